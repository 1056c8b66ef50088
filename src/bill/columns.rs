//! Which column of a bill holds what: by its title, never by its place.

use alloc::{borrow::ToOwned, string::String, vec::Vec};

/// What a column holds.
///
/// ```
/// use wxpay_core::bill::{Kind, columns};
///
/// let kinds: Vec<Kind> =
///     columns("交易时间,总金额,手续费").iter().map(|c| c.kind).collect();
/// assert_eq!(kinds, [Kind::Time, Kind::Fen, Kind::Text], "fees have five decimals");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A time, `yyyy-MM-dd HH:mm:ss` in GMT+8; where it is the first column, rows are known by it.
    Time,
    /// Text.
    Text,
    /// Text from outside, in which a comma and a backtick may follow each other.
    Free,
    /// Text of a last column that rows may leave out.
    Rest,
    /// An amount in yuan, at most whole fen.
    Fen,
    /// A number of things.
    Count,
}

impl Kind {
    /// One letter, for the way to JavaScript.
    #[doc(hidden)]
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Kind::Time => 'd',
            Kind::Text => 't',
            Kind::Free => 'a',
            Kind::Rest => 'r',
            Kind::Fen => 'f',
            Kind::Count => 'c',
        }
    }

    /// The kind of this letter; text for any other.
    #[doc(hidden)]
    #[must_use]
    pub const fn of_letter(letter: u8) -> Self {
        match letter {
            b'd' => Kind::Time,
            b'a' => Kind::Free,
            b'r' => Kind::Rest,
            b'f' => Kind::Fen,
            b'c' => Kind::Count,
            _ => Kind::Text,
        }
    }
}

/// A column of the bill at hand.
///
/// ```
/// use wxpay_core::bill::{Column, Kind, columns};
///
/// let column = Column { name: "total_fee".into(), kind: Kind::Fen };
/// assert_eq!(columns("订单金额"), [column]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// WeChat's name of the field; the title itself where the title is not known.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
}

/// A title that is known.
///
/// ```
/// use wxpay_core::bill::COLUMNS;
///
/// let known = COLUMNS.iter().find(|known| known.title == "退款金额").ok_or("an unknown title")?;
/// assert_eq!(known.name, "refund_fee");
/// assert_eq!(known.beside, Some(("申请退款金额", "settlement_refund_fee")));
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Title {
    /// As it stands in the bill.
    pub title: &'static str,
    /// The name that the API has for it elsewhere.
    pub name: &'static str,
    /// What the column holds.
    pub kind: Kind,
    /// Another name, where the bill also has a column of this title.
    pub beside: Option<(&'static str, &'static str)>,
}

const fn title(title: &'static str, name: &'static str, kind: Kind) -> Title {
    Title { title, name, kind, beside: None }
}

/// Every title of every type of bill, in both generations of columns (before and after the
/// settlement amounts came), of their summaries, and of the fund flow.
///
/// Fees have five decimals and stay text: they are no whole fen.
pub const COLUMNS: &[Title] = &[
    title("交易时间", "trade_time", Kind::Time),
    title("公众账号ID", "appid", Kind::Text),
    title("商户号", "mch_id", Kind::Text),
    title("特约商户号", "sub_mch_id", Kind::Text),
    title("子商户号", "sub_mch_id", Kind::Text),
    title("设备号", "device_info", Kind::Text),
    title("微信订单号", "transaction_id", Kind::Text),
    title("商户订单号", "out_trade_no", Kind::Text),
    title("用户标识", "openid", Kind::Text),
    title("交易类型", "trade_type", Kind::Text),
    title("交易状态", "trade_state", Kind::Text),
    title("付款银行", "bank_type", Kind::Text),
    title("货币种类", "fee_type", Kind::Text),
    title("应结订单金额", "settlement_total_fee", Kind::Fen),
    title("订单金额", "total_fee", Kind::Fen),
    title("总金额", "total_fee", Kind::Fen),
    title("代金券金额", "coupon_fee", Kind::Fen),
    title("代金券或立减优惠金额", "coupon_fee", Kind::Fen),
    title("退款申请时间", "refund_apply_time", Kind::Text),
    title("退款成功时间", "refund_success_time", Kind::Text),
    title("微信退款单号", "refund_id", Kind::Text),
    title("商户退款单号", "out_refund_no", Kind::Text),
    // The refund that was asked for, until bills told the two apart.
    Title {
        title: "退款金额",
        name: "refund_fee",
        kind: Kind::Fen,
        beside: Some(("申请退款金额", "settlement_refund_fee")),
    },
    title("申请退款金额", "refund_fee", Kind::Fen),
    title("充值券退款金额", "coupon_refund_fee", Kind::Fen),
    title("代金券或立减优惠退款金额", "coupon_refund_fee", Kind::Fen),
    title("退款类型", "refund_channel", Kind::Text),
    title("退款状态", "refund_status", Kind::Text),
    title("商品名称", "body", Kind::Text),
    title("商户数据包", "attach", Kind::Free),
    title("手续费", "poundage", Kind::Text),
    title("返还手续费", "refund_poundage", Kind::Text),
    title("费率", "poundage_rate", Kind::Text),
    title("费率备注", "rate_remark", Kind::Rest),
    // Summaries.
    title("总交易单数", "total_count", Kind::Count),
    title("应结订单总金额", "settlement_total_fee", Kind::Fen),
    title("订单总金额", "total_fee", Kind::Fen),
    title("总交易额", "total_fee", Kind::Fen),
    title("退款总金额", "settlement_refund_fee", Kind::Fen),
    title("申请退款总金额", "refund_fee", Kind::Fen),
    title("总退款金额", "refund_fee", Kind::Fen),
    title("充值券退款总金额", "coupon_refund_fee", Kind::Fen),
    title("总代金券或立减优惠退款金额", "coupon_refund_fee", Kind::Fen),
    title("手续费总金额", "poundage", Kind::Text),
    // Fund flow.
    title("记账时间", "billing_time", Kind::Time),
    title("微信支付业务单号", "biz_transaction_id", Kind::Text),
    title("资金流水单号", "fund_flow_id", Kind::Text),
    title("业务名称", "biz_name", Kind::Text),
    title("业务类型", "biz_type", Kind::Text),
    title("收支类型", "financial_type", Kind::Text),
    title("收支金额（元）", "financial_fee", Kind::Fen),
    title("收支金额(元)", "financial_fee", Kind::Fen),
    title("账户结余（元）", "account_balance", Kind::Fen),
    title("账户结余(元)", "account_balance", Kind::Fen),
    title("资金变更提交申请人", "fund_applicant", Kind::Text),
    title("备注", "memo", Kind::Free),
    title("业务凭证号", "biz_voucher_id", Kind::Text),
    title("资金流水总笔数", "total_count", Kind::Count),
    title("收入笔数", "income_count", Kind::Count),
    title("收入金额", "income_fee", Kind::Fen),
    title("支出笔数", "expense_count", Kind::Count),
    title("支出金额", "expense_fee", Kind::Fen),
];

/// Comments have no titles: their first line is the offset to go on with.
pub const COMMENTS: &[(&str, Kind)] = &[
    ("comment_time", Kind::Time),
    ("transaction_id", Kind::Text),
    ("stars", Kind::Count),
    ("comment", Kind::Free),
];

/// The columns of a bill or a summary with this line of titles.
///
/// ```
/// use wxpay_core::bill::columns;
///
/// let names = |line| columns(line).into_iter().map(|c| c.name).collect::<Vec<_>>();
/// assert_eq!(names("商户订单号,新的一列"), ["out_trade_no", "新的一列"]);
/// assert_eq!(names("20"), ["comment_time", "transaction_id", "stars", "comment"]);
/// ```
#[must_use]
pub fn columns(line: &str) -> Vec<Column> {
    let titles: &[&str] = &line.split(',').collect::<Vec<_>>();
    if let [offset] = titles
        && !offset.is_empty()
        && offset.bytes().all(|b| b.is_ascii_digit())
    {
        let column = |&(name, kind): &(&str, Kind)| Column { name: name.to_owned(), kind };
        return COMMENTS.iter().map(column).collect();
    }
    let column = |given: &&str| match COLUMNS.iter().find(|known| known.title == *given) {
        Some(known) => {
            let name = match known.beside {
                Some((other, name)) if titles.contains(&other) => name,
                _ => known.name,
            };
            Column { name: name.to_owned(), kind: known.kind }
        }
        None => Column { name: (*given).to_owned(), kind: Kind::Text },
    };
    titles.iter().map(column).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeSet;

    #[test]
    fn each_title_stands_once() {
        let titles: BTreeSet<_> = COLUMNS.iter().map(|known| known.title).collect();
        assert_eq!(titles.len(), COLUMNS.len());
    }

    #[test]
    fn letters_and_kinds_are_the_same() {
        for known in COLUMNS {
            assert_eq!(Kind::of_letter(u8::try_from(known.kind.letter()).unwrap()), known.kind);
        }
    }

    #[test]
    fn a_refund_amount_is_what_it_is_in_its_generation() {
        let names = |line: &str| -> Vec<String> {
            columns(line).into_iter().map(|column| column.name).collect()
        };
        assert_eq!(names("总金额,退款金额"), ["total_fee", "refund_fee"]);
        assert_eq!(
            names("退款金额,订单金额,申请退款金额"),
            ["settlement_refund_fee", "total_fee", "refund_fee"]
        );
        assert_eq!(names("新的一列"), ["新的一列"]);
        assert_eq!(names("200"), ["comment_time", "transaction_id", "stars", "comment"]);
    }
}
