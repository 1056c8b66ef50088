//! Bills: whatever stands in the values, and wherever the bytes are cut on their way, the rows are
//! the same.
#![allow(
    clippy::panic,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "tests fail by panicking"
)]

use proptest::{collection::vec, prelude::*, sample::select};
use wxpay_core::{
    ErrorCode,
    bill::{self, Column, Kind},
};

mod window;
use window::{Read, read};

const NEW: &str = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,\
                   交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,\
                   退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,\
                   申请退款金额,费率备注";
const SUMMARY: &str = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,\
                       申请退款总金额";

/// Text of the merchant's: all that rows turn on, but no comma and backtick together.
fn free() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => "[ -+.-_a-~]{0,6}",
        3 => select(vec![
            ",", "`", "``", "\n", "\r\n", "\r", "\n`x", "\r\n`201", "总交易单数", "\n总交易", "奶茶",
            "🧋", "\"", "'", "<", "\u{feff}", "0.00",
        ]).prop_map(String::from),
    ];
    vec(part, 0..5)
        .prop_map(|parts| parts.concat().replace(",`", ", `"))
        .prop_filter("a carriage return at the end is taken for the line's", |text| {
            !text.ends_with('\r') && !text.ends_with(',')
        })
}

fn yuan() -> impl Strategy<Value = i64> {
    prop_oneof![Just(0), 0..100_000i64, 0..9_007_199_254_740_991i64]
}

fn row() -> impl Strategy<Value = Vec<String>> {
    (0..86_400u32, free(), free(), vec(yuan(), 6), "[0-9A-Za-z_-]{1,32}", free()).prop_map(
        |(second, body, attach, fen, number, device)| {
            let (minutes, second) = (second / 60, second % 60);
            let time = format!("2014-11-10 {:02}:{:02}:{second:02}", minutes / 60, minutes % 60);
            let fen: Vec<String> = fen.iter().map(i64::to_string).collect();
            let fen = |i: usize| fen[i].clone();
            let text = |text: &str| text.to_owned();
            vec![
                time,
                text("wx2421b1c4370ec43b"),
                text("10000100"),
                text("0"),
                device,
                text("1001690740201411100005734289"),
                number,
                text("085e9858e3ba5186aafcbaed1"),
                text("MICROPAY"),
                text("SUCCESS"),
                text("CFT"),
                text("CNY"),
                fen(0),
                fen(1),
                text("0"),
                text("0"),
                fen(2),
                fen(3),
                text(""),
                text(""),
                body,
                attach,
                text("0.00600"),
                text("0.60%"),
                fen(4),
                fen(5),
                text(""),
            ]
        },
    )
}

fn written(rows: &[Vec<String>], line: &str, columns: &[Column]) -> String {
    let mut bill = format!("\u{feff}{NEW}{line}");
    let write = |values: &[String], columns: &[Column]| -> String {
        let values: Vec<String> = values
            .iter()
            .zip(columns)
            .map(|(value, column)| match column.kind.letter() {
                'f' => {
                    let fen: i64 = value.parse().expect("fen");
                    format!("`{}.{:02}", fen / 100, fen % 100)
                }
                _ => format!("`{value}"),
            })
            .collect();
        values.join(",")
    };
    for row in rows {
        bill += &write(row, columns);
        bill += line;
    }
    bill + SUMMARY + line + &format!("`{}.0,`1.00,`0.0,`0,`-0.00600,`1.0,`0.00{line}", rows.len())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn any_pieces_give_the_same_rows(
        rows in vec(row(), 0..6), line in select(vec!["\r\n", "\n"]), pieces in vec(1..900usize, 1..6),
    ) {
        let bill = written(&rows, line, &bill::columns(NEW));
        let whole = read(bill.as_bytes(), &[]).expect("a bill");
        prop_assert_eq!(&whole.rows, &rows);
        let summary = [&rows.len().to_string(), "100", "0", "0", "-0.00600", "100", "0"];
        prop_assert_eq!(whole.summary.as_ref().expect("a summary"), &summary);
        prop_assert_eq!(&read(bill.as_bytes(), &pieces).expect("the same bill"), &whole);
        prop_assert_eq!(&read(bill.as_bytes(), &[1]).expect("the same bill"), &whole);
    }

    #[test]
    fn a_bill_that_is_cut_is_refused(rows in vec(row(), 0..3), at in any::<prop::sample::Index>()) {
        let bill = written(&rows, "\r\n", &bill::columns(NEW));
        // Behind the first digits of the last amount nothing shows the cut.
        let at = at.index(bill.len() - "0.00\r\n".len());
        prop_assert_eq!(read(&bill.as_bytes()[..at], &[700]).map(|_| ()), Err(ErrorCode::BillInvalid));
    }

    #[test]
    fn no_bytes_make_it_panic(
        bytes in vec(prop_oneof![any::<u8>(), select(b",`\n\r20-".to_vec())], 0..300),
        letters in vec(select(b"dtarfc".to_vec()), 1..5), last in any::<bool>(),
    ) {
        let kinds: Vec<Kind> = letters.iter().map(|&letter| Kind::of_letter(letter)).collect();
        if let Ok(found) = bill::rows(&bytes, &kinds, 1, last, |_, _| {}) {
            prop_assert!(found.consumed <= bytes.len());
        }
        let _ = bill::opening(&bytes, last);
    }
}

fn small(text: &str) -> Result<Read, ErrorCode> {
    read(text.as_bytes(), &[])
}

const TITLES: &str = "交易时间,商户订单号,商品名称,商户数据包,订单金额,费率备注";

#[test]
fn values_may_hold_what_rows_are_made_of() {
    let bill = format!(
        "{TITLES}\r\n`2014-11-10 16:33:45,`A`1,`tea, `milk`\r\n`hot`,`a,b\nc\r\n,`0.01,`\r\n\
         总交易单数,总交易额\r\n`45.0,`0.01\r\n"
    );
    let read = small(&bill).expect("a bill");
    let row = ["2014-11-10 16:33:45", "A`1", "tea, `milk`\r\n`hot`", "a,b\nc\r\n", "1", ""];
    assert_eq!(read.rows, [row]);
    assert_eq!(read.summary.expect("a summary"), ["45", "1"]);
}

#[test]
fn a_surplus_of_values_moves_no_amount() {
    let bill = format!(
        "{TITLES}\n`2014-11-10 16:33:45,`A1,`tea,`a,`b,`,`c,`12.34,`x\n`2014-11-10 16:33:46,`A2,`,`,`5.00,`\n\
         总交易单数\n`2\n"
    );
    let read = small(&bill).expect("a bill");
    assert_eq!(read.rows[0], ["2014-11-10 16:33:45", "A1", "tea", "a,`b,`,`c", "1234", "x"]);
    assert_eq!(read.rows[1], ["2014-11-10 16:33:46", "A2", "", "", "500", ""]);
}

#[test]
fn the_remark_on_the_rate_may_be_missing() {
    let bill = format!(
        "{TITLES}\r\n`2014-11-10 16:33:45,`A1,`tea,`x,`1.00\r\n`2014-11-10 16:33:46,`A2,`,`,`2\r\n\
         总交易单数\r\n`2"
    );
    let read = small(&bill).expect("a bill");
    assert_eq!(read.rows[0][4..], ["100", ""]);
    assert_eq!(read.rows[1][4..], ["200", ""]);
}

#[test]
fn what_is_no_bill_is_refused() {
    let head = format!("{TITLES}\r\n`2014-11-10 16:33:45,`A1,`tea,`x,");
    let tail = ",`\r\n总交易单数\r\n`1\r\n";
    assert!(small(&format!("{head}`1.00{tail}")).is_ok());
    for bill in [
        String::new(),
        "{\"errcode\":1}".into(),
        format!("{head}`0.001{tail}"),
        format!("{head}`free{tail}"),
        format!("{head}`1.00{tail}`2\r\n"),
        format!("{head}`1.00{tail}\r\nmore"),
        format!("{head}`1.00{tail}").replace("2014-11", "14-11"),
        format!("{TITLES}\r\n`2014-11-10 16:33:44,`A0\r\n{}`1.00{tail}", &head[TITLES.len() + 2..]),
        format!("{TITLES}\r\n总交易单数\r\n"),
        format!("{TITLES}\r\n总交易单数,总交易额\r\n`1\r\n"),
        format!("{TITLES}\r\n`2014-11-10 16:33:45,`A1\r\n总交易单数\r\n`1\r\n"),
    ] {
        assert_eq!(small(&bill).map(|_| ()), Err(ErrorCode::BillInvalid), "{bill}");
    }
    let bill = format!("{head}`0.001{tail}");
    let kinds: Vec<Kind> = bill::columns(TITLES).iter().map(|column| column.kind).collect();
    let rest = &bill.as_bytes()[TITLES.len() + 2..];
    let error = bill::rows(rest, &kinds, 17, true, |_, _| {}).expect_err("no whole fen");
    assert_eq!(error.to_string(), "row 17 of the bill is cut off, or does not fit title 5");
}

#[test]
fn gbk_is_refused_in_a_row_too() {
    let mut bill = format!("{TITLES}\r\n`2014-11-10 16:33:45,`A1,`").into_bytes();
    bill.extend(b"\xc4\xcc\xb2\xe8");
    bill.extend(",`x,`1.00,`\r\n总交易单数\r\n`1\r\n".as_bytes());
    assert_eq!(read(&bill, &[]).map(|_| ()), Err(ErrorCode::BillInvalid));
}
