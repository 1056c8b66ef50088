//! The closed list of mistakes that the doctor knows, in words for both sides of the wire.

use super::text::replace;
use alloc::string::String;

/// What a text says of the place: one field, or all that are concerned.
const PLACE: &str = "{f}";

/// What the signature covers when a received message does not fit: our copy is what changed.
const RECEIVED_ZH: &str = "验签要用收到的原始报文（字节原样解析一次），不要在验签前改动字段名或值";
const RECEIVED_EN: &str =
    "verify over the raw body as it came, parsed once, before any name or value is changed";

macro_rules! mistakes {
    ($($variant:ident = $id:literal, $zh:literal, $en:literal, $fix_zh:literal, $fix_en:literal;)+) => {
        /// A mistake, from the closed list.
        ///
        /// ```
        /// use wxpay_core::diagnose::Mistake;
        ///
        /// assert_eq!(Mistake::KeyNewline.id(), "key-newline");
        /// assert!(Mistake::ALL.contains(&Mistake::KeyNewline));
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Mistake {
            $(#[doc = $en] $variant,)+
        }

        impl Mistake {
            /// Every mistake.
            pub const ALL: &'static [Mistake] = &[$(Mistake::$variant),+];

            /// The id, and the texts. A table takes half of the module that branches take.
            const WORDS: &'static [[&'static str; 5]] = &[$([$id, $zh, $en, $fix_zh, $fix_en]),+];
        }
    };
}

mistakes! {
    LowerCase = "lower-case",
        "签名是小写的十六进制", "the signature is in lower case",
        "把十六进制结果转成大写", "convert the hexadecimal digits to upper case";
    Base64 = "base64",
        "签名是 Base64，不是十六进制", "the signature is Base64, not hexadecimal",
        "把摘要输出为大写十六进制", "write the digest as upper-case hexadecimal digits";
    Algorithm = "algorithm",
        "签名算法与 sign_type 不一致（没有 sign_type 即 MD5）", "the algorithm is not the one of sign_type (without sign_type it is MD5)",
        "让 sign_type 与所用算法一致，并参与签名", "let sign_type say which algorithm is used; it is signed too";
    HashForHmac = "hash-for-hmac",
        "用了普通 SHA-256，而不是 HMAC-SHA256", "plain SHA-256 was used instead of HMAC-SHA256",
        "用商户密钥作 HMAC 的密钥，末尾仍要拼接 &key=", "use HMAC with the merchant key, over the string that still ends with &key=";
    HmacForMd5 = "hmac-for-md5",
        "用了 HMAC-MD5，而不是 MD5", "HMAC-MD5 was used instead of MD5",
        "对末尾拼接了 &key= 的字符串直接求 MD5", "take the plain MD5 of the string that ends with &key=";
    OrderSign = "order-sign",
        "把统一下单的 sign 当作 paySign 用了", "the sign of the order was sent as paySign",
        "前端参数要用 appId、timeStamp、nonceStr、package、signType 重新签名", "sign again over appId, timeStamp, nonceStr, package and signType";
    SandboxKey = "sandbox-key",
        "用的是沙箱密钥", "the sandbox key was used",
        "正式环境用商户平台的 API 密钥，沙箱用 getsignkey 的密钥", "use the key of the merchant platform in production, that of getsignkey in the sandbox";
    OtherKey = "other-key",
        "用的是另一个密钥", "another key was used",
        "两边使用同一商户号当前生效的 API v2 密钥", "use the API v2 key of this merchant id, the one in force, on both sides";
    KeyNewline = "key-newline",
        "密钥带有换行符", "the key has a line break",
        "读取密钥后去掉首尾空白", "trim the key after reading it";
    KeySpace = "key-space",
        "密钥带有空白或不可见字符", "the key has white space or invisible characters",
        "去掉密钥中的空白，它只有 32 位字母和数字", "remove them: the key is 32 letters and digits";
    KeyBom = "key-bom",
        "密钥带有 BOM（字节顺序标记）", "the key has a byte order mark",
        "把密钥文件存为无 BOM 的 UTF-8", "save the key's file as UTF-8 without a byte order mark";
    KeyQuotes = "key-quotes",
        "密钥带有引号", "the key has quotes",
        "去掉配置文件或环境变量中密钥两侧的引号", "remove the quotes around the key in the configuration or environment";
    KeyHex = "key-hex",
        "密钥被当作十六进制解码了", "the key was decoded from hexadecimal",
        "密钥按文本的字节使用，不解码", "use the bytes of the key's text, not decoded";
    KeyCase = "key-case",
        "密钥的大小写被改变了", "the case of the key was changed",
        "密钥区分大小写，原样使用", "the key is case-sensitive: use it as it is";
    KeyLength = "key-length",
        "密钥少了或多了字符", "characters of the key are missing or too many",
        "重新完整复制密钥，共 32 位", "copy the whole key again: 32 characters";
    KeyEmpty = "key-empty",
        "签名时密钥是空的（空串、undefined 或 null）", "the key was empty when signing (an empty string, undefined or null)",
        "检查读取密钥的配置", "check the setting that holds the key";
    KeyNotAppended = "key-not-appended",
        "末尾没有拼接 &key=密钥", "&key= and the key were not appended",
        "签名串末尾要拼接 &key=密钥，HMAC-SHA256 也一样", "append &key= and the key to the string, for HMAC-SHA256 too";
    KeyName = "key-name",
        "密钥的参数名不是 key", "the key was appended under another name than key",
        "用小写的 &key= 拼接密钥", "append the key as &key=, in lower case";
    KeyNameMissing = "key-name-missing",
        "密钥直接拼接，缺少 key=", "the key was appended without key=",
        "用 &key= 拼接密钥", "append the key as &key=";
    KeyJoint = "key-joint",
        "密钥与参数之间的连接符不对", "what joins the fields and the key is wrong",
        "参数与密钥之间正好是 &key=，密钥之后没有任何字符", "exactly &key= stands between the fields and the key, and nothing behind the key";
    KeySorted = "key-sorted",
        "key 和其他参数一起排序了", "key was sorted among the fields",
        "先排序其他参数，最后再拼接 &key=", "sort the fields first, then append &key=";
    KeyFirst = "key-first",
        "密钥拼接在最前面", "the key was put in front",
        "&key= 拼接在末尾", "append &key= at the end";
    Joiner = "joiner",
        "参数之间的连接符不是 &", "the fields were not joined with &",
        "用单个 & 连接，不要转义成 &amp;", "join with a single &, not escaped as &amp;";
    SignIncluded = "sign-included",
        "sign 参与了签名", "sign was signed too",
        "签名前去掉 sign（和 paySign）", "leave sign (and paySign) out of the string";
    EmptyIncluded = "empty-included",
        "空值参与了签名（{f}）", "empty fields were signed ({f})",
        "值为空的参数不参与签名，也不发送", "leave empty fields out, of the string and of the message";
    SignTypeDropped = "sign-type-dropped",
        "发送了 sign_type，但没有参与签名", "sign_type was sent and not signed",
        "发送的 sign_type 要参与签名", "sign sign_type where it is sent";
    SignTypeAdded = "sign-type-added",
        "签名里有 sign_type，报文里没有", "sign_type was signed and not sent",
        "sign_type 要么既发送又签名，要么都没有", "send and sign sign_type, or neither";
    SignTypeValue = "sign-type-value",
        "签名时 sign_type 的值与发送的不同", "sign_type had another value in the string than in the message",
        "发送的和签名的 sign_type 要相同：MD5 或 HMAC-SHA256", "send the sign_type that is signed: MD5 or HMAC-SHA256";
    ZeroDropped = "zero-dropped",
        "值为 0 的参数被当作空值丢掉了（{f}）", "a field of value 0 was dropped as if it were empty ({f})",
        "只丢掉空串；\"0\" 要参与签名", "drop empty strings only; \"0\" is signed";
    FieldDropped = "field-dropped",
        "有参数没有参与签名（{f}）", "a field was not signed ({f})",
        "报文里所有非空参数都要参与签名，不要用固定的参数表", "sign every filled field of the message, not a fixed list";
    FieldAdded = "field-added",
        "签名里有报文中没有的参数（{f}）", "a field was signed that is not in the message ({f})",
        "只签名实际发送的参数", "sign exactly what is sent";
    FieldName = "field-name",
        "参数名的写法不对（{f}）", "a field was signed under another spelling of its name ({f})",
        "下单用 appid、nonce_str；小程序和 JSAPI 用 appId、timeStamp、nonceStr、signType；App 全小写", "appid and nonce_str in an order; appId, timeStamp, nonceStr, signType for mini programs and JSAPI; all lower case for the App";
    OrderInsertion = "order-insertion",
        "参数没有排序", "the fields were not sorted",
        "按 ASCII 码排序，从小到大", "sort the names by their ASCII bytes";
    OrderCase = "order-case-insensitive",
        "排序时忽略了大小写", "the names were sorted without regard to case",
        "按 ASCII 码排序，大写在前", "sort the names by their ASCII bytes: upper case comes first";
    OrderPairs = "order-pairs",
        "按“名=值”整串排序了，而不是按参数名", "whole name=value strings were sorted, not the names",
        "只按参数名排序", "sort by the names alone";
    OrderNumeric = "order-numeric",
        "数字名被排到最前，或按数值排序（coupon_fee_2 与 coupon_fee_10）", "numbers in names were sorted by value or put first (coupon_fee_2, coupon_fee_10)",
        "按 ASCII 码排序", "sort the names by their ASCII bytes";
    OrderLocale = "order-locale",
        "按语言习惯排序了（localeCompare）", "the names were sorted by the rules of a language (localeCompare)",
        "按 ASCII 码排序", "sort the names by their ASCII bytes";
    OrderReversed = "order-reversed",
        "排序方向反了", "the fields were sorted backwards",
        "按 ASCII 码排序，从小到大", "sort the names by their ASCII bytes, ascending";
    Nonce = "nonce",
        "签名用的随机串不是发送的那个（{f}）", "the nonce that was signed is not the one that was sent ({f})",
        "随机串只生成一次，签名和发送用同一个", "make the nonce once, and sign and send the same";
    PackagePrefix = "package-prefix",
        "package 缺少 prepay_id= 前缀", "package has no prepay_id= in front",
        "package 的值是 prepay_id= 加上预支付单号", "the value of package is prepay_id= and the id";
    TimestampMilliseconds = "timestamp-milliseconds",
        "时间戳用了毫秒（{f}）", "the timestamp is in milliseconds ({f})",
        "用 10 位的秒", "use seconds, 10 digits";
    TimestampFraction = "timestamp-fraction",
        "时间戳带有小数（{f}）", "the timestamp has a fraction ({f})",
        "取整到秒", "round it down to seconds";
    Trimmed = "trimmed",
        "值的首尾空白在签名前被去掉了（{f}）", "white space around the value was removed before signing ({f})",
        "发送和签名用同一个值，最好都不含首尾空白", "sign and send the same value, best without such white space";
    LineBreaks = "line-breaks",
        "值里的换行符不同（CRLF 与 LF）（{f}）", "the line breaks in the value differ, CRLF or LF ({f})",
        "发送和签名用同一个值；XML 里 CR 要写成 &#13;", "sign and send the same value; in XML write CR as &#13;";
    Invisible = "invisible",
        "值里的不可见字符（BOM、零宽空格）被去掉了（{f}）", "invisible characters in the value (byte order mark, zero-width space) were removed ({f})",
        "在签名和发送之前统一清除", "remove them before both signing and sending";
    CdataIncluded = "cdata-included",
        "CDATA 标记被算进了值里（{f}）", "CDATA markers are part of the value on one side ({f})",
        "对原值签名，之后再加 CDATA；收到时先解析 XML 再验签", "sign the bare value and add CDATA afterwards; parse a received message before verifying";
    Escaped = "escaped",
        "签名用的是转义后的值（&amp;amp; 之类）（{f}）", "the escaped value was signed, with &amp; and the like ({f})",
        "对原值签名，之后再做 XML 或 HTML 转义", "sign the bare value, escape for XML or HTML afterwards";
    Unescaped = "unescaped",
        "签名用的是反转义后的值（{f}）", "the value was unescaped before signing ({f})",
        "签名用的值要与 XML 解析后的值一致，只解码一次", "sign the value that the XML says, decoded once";
    UrlEncoded = "url-encoded",
        "值在签名前做了 URL 编码（{f}）", "the value was URL-encoded before signing ({f})",
        "签名用未编码的原值", "sign the bare value";
    FormEncoded = "form-encoded",
        "值在签名前做了表单编码，空格变成 +（{f}）", "the value was form-encoded before signing, a space as + ({f})",
        "签名用未编码的原值，不要用 http_build_query 或 URLSearchParams", "sign the bare value, not http_build_query or URLSearchParams";
    UrlDecoded = "url-decoded",
        "值在签名前做了 URL 解码（{f}）", "the value was URL-decoded before signing ({f})",
        "签名用实际发送的值", "sign the value that is sent";
    PlusSpace = "plus-space",
        "加号与空格互相替换了（{f}）", "plus signs and spaces were exchanged ({f})",
        "值要原样传递，不要做表单解码", "pass the value on as it is, without form decoding";
    Gbk = "gbk",
        "签名用了 GBK 编码（{f}）", "the bytes are GBK, not UTF-8 ({f})",
        "按 UTF-8 取字节", "take the bytes of UTF-8";
    Latin1 = "latin1",
        "签名用了 Latin-1 或 ASCII 编码，中文丢失（{f}）", "the bytes are Latin-1 or ASCII, not UTF-8 ({f})",
        "按 UTF-8 取字节", "take the bytes of UTF-8";
    Mojibake = "mojibake",
        "UTF-8 字节被当作 Latin-1 读取，成了乱码（{f}）", "UTF-8 bytes were read as Latin-1 ({f})",
        "两边都按 UTF-8 解码", "decode as UTF-8 on both sides";
    UnicodeForm = "unicode-form",
        "Unicode 规范化形式不同（NFC 与 NFD）（{f}）", "the Unicode form differs, NFC or NFD ({f})",
        "签名前统一为 NFC，并发送同一个值", "normalise to NFC before signing, and send the same";
    UnicodeEscaped = "unicode-escaped",
        "非 ASCII 字符写成了 \\uXXXX（{f}）", "characters beyond ASCII were written as \\uXXXX ({f})",
        "签名的字节要与发送的完全一致", "sign exactly the bytes that are sent";
    JsonReformatted = "json-reformatted",
        "JSON 值被重新序列化了（空格或 \\/）（{f}）", "the JSON value was serialised anew, with other spaces or \\/ ({f})",
        "只序列化一次，签名和发送用同一个字符串", "serialise once, sign and send the same string";
    Quoted = "quoted",
        "值的两侧多了引号（{f}）", "the value stands in quotes on one side ({f})",
        "对字符串本身签名，不要再做 JSON.stringify", "sign the text itself, not JSON.stringify of it";
    AmountYuan = "amount-yuan",
        "金额的单位不一致：元与分（{f}）", "the amount is in yuan on one side and in fen on the other ({f})",
        "金额一律用整数分", "amounts are integers in fen";
    NumberFloat = "number-float",
        "整数被写成小数（{f}）", "an integer was written with decimals ({f})",
        "金额和数量用整数或字符串", "use integers or strings";
    NumberParsed = "number-parsed",
        "值被解析成数字后又写回（丢失前导零或精度）（{f}）", "the value was read as a number and lost leading zeros or digits ({f})",
        "所有值都按字符串处理", "keep every value a string";
    Boolean = "boolean",
        "布尔值的写法不同（{f}）", "a boolean is spelled otherwise ({f})",
        "先转成接口要求的字符串，再签名和发送", "turn it into the string that the API wants, then sign and send that";
    NullText = "null-text",
        "空值被写成了 null 或 undefined 文本（{f}）", "an empty value was signed as the text null or undefined ({f})",
        "空值不参与签名，也不发送", "leave empty values out, of the string and of the message";
    ObjectText = "object-text",
        "对象被写成了 [object Object]（{f}）", "an object was signed as [object Object] ({f})",
        "只序列化一次，签名和发送用同一个字符串", "serialise once, sign and send the same string";
    OtherValue = "other-value",
        "签名的值与发送的不同（{f}）", "the value that was signed is not the one that was sent ({f})",
        "签名之后不要再改动参数", "change nothing after signing";
}

impl Mistake {
    /// The stable id.
    #[must_use]
    pub const fn id(self) -> &'static str {
        Self::WORDS[self as usize][0]
    }

    /// What is wrong and what to do: Chinese, English, and both again for the remedy.
    pub(super) fn words(self, field: Option<&str>, received: bool) -> [String; 4] {
        let [_, zh, en, fix_zh, fix_en] = Self::WORDS[self as usize];
        let (fix_zh, fix_en) = if received && self.is_of_values() {
            (RECEIVED_ZH, RECEIVED_EN)
        } else {
            (fix_zh, fix_en)
        };
        let place = |all: &str| match field {
            Some(field) => alloc::format!("`{field}`"),
            None => all.into(),
        };
        [
            replace(zh, PLACE, &place("全部")),
            replace(en, PLACE, &place("all")),
            fix_zh.into(),
            fix_en.into(),
        ]
    }

    /// Whether the signature covers other names or values than the message has.
    fn is_of_values(self) -> bool {
        self as usize >= Mistake::SignTypeDropped as usize
            && !(Mistake::OrderInsertion as usize..=Mistake::OrderReversed as usize)
                .contains(&(self as usize))
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Mistake {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}
