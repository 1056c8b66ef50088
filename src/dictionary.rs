//! The names of the fields that stand in most messages of API v2, sorted by their bytes.
//!
//! The rank of a known name is its sort order, so a message of known names is sorted by setting
//! bits. Names that are not here work as well, only slower: nothing is ever learned from a message,
//! so no message can fill or spoil the list.

use crate::text;

/// The names, separated by single spaces.
pub const NAMES: &str = "\
    act_name amount appId appid attach auth_code bank_type bill_date bill_type body cash_fee \
    cash_fee_type cash_refund_fee change_type check_name client_ip code_url combine_appid \
    contract_code contract_display_account contract_id coupon_count coupon_fee coupon_fee_0 \
    coupon_fee_1 coupon_fee_10 coupon_fee_11 coupon_fee_12 coupon_fee_13 coupon_fee_14 \
    coupon_fee_15 coupon_fee_16 coupon_fee_17 coupon_fee_18 coupon_fee_19 coupon_fee_2 \
    coupon_fee_3 coupon_fee_4 coupon_fee_5 coupon_fee_6 coupon_fee_7 coupon_fee_8 coupon_fee_9 \
    coupon_id coupon_id_0 coupon_id_1 coupon_id_10 coupon_id_11 coupon_id_12 coupon_id_13 \
    coupon_id_14 coupon_id_15 coupon_id_16 coupon_id_17 coupon_id_18 coupon_id_19 coupon_id_2 \
    coupon_id_3 coupon_id_4 coupon_id_5 coupon_id_6 coupon_id_7 coupon_id_8 coupon_id_9 \
    coupon_refund_count coupon_refund_count_0 coupon_refund_count_1 coupon_refund_fee \
    coupon_refund_fee_0 coupon_refund_fee_1 coupon_type coupon_type_0 coupon_type_1 \
    coupon_type_10 coupon_type_11 coupon_type_12 coupon_type_13 coupon_type_14 coupon_type_15 \
    coupon_type_16 coupon_type_17 coupon_type_18 coupon_type_19 coupon_type_2 coupon_type_3 \
    coupon_type_4 coupon_type_5 coupon_type_6 coupon_type_7 coupon_type_8 coupon_type_9 desc \
    detail device_info err_code err_code_des fee_type goods_tag is_subscribe limit_pay mch_appid \
    mch_billno mch_id mchid mweb_url nonceStr nonce_str noncestr notify_url openid operate_time \
    out_refund_no out_refund_no_0 out_refund_no_1 out_trade_no package partner_trade_no \
    partnerid paySign payment_no payment_time plan_id prepay_id prepayid product_id \
    profit_sharing promotion_detail rate_value re_openid re_user_name receipt refund_account \
    refund_account_0 refund_account_1 refund_channel refund_channel_0 refund_channel_1 \
    refund_count refund_desc refund_fee refund_fee_0 refund_fee_1 refund_fee_type refund_id \
    refund_id_0 refund_id_1 refund_recv_accout refund_recv_accout_0 refund_recv_accout_1 \
    refund_request_source refund_status refund_status_0 refund_status_1 refund_success_time_0 \
    refund_success_time_1 remark req_info request_serial result_code result_msg return_code \
    return_msg scene_id scene_info send_name settlement_refund_fee settlement_refund_fee_0 \
    settlement_refund_fee_1 settlement_total_fee sign signType sign_type spbill_create_ip \
    sub_appid sub_is_subscribe sub_mch_id sub_openid success_time timeStamp time_end time_expire \
    time_stamp time_start timestamp total_amount total_fee total_num total_refund_count \
    trade_state trade_state_desc trade_type transaction_id version wishing wxappid";

/// How many there are.
pub const COUNT: usize = count();

pub(crate) const BYTES: &[u8] = NAMES.as_bytes();
/// Twice the names and more: most look-ups end at the first place.
const PLACES: usize = 512;
const FREE: u8 = u8::MAX;
const STARTS: [u16; COUNT + 1] = starts();
const TABLE: [u8; PLACES] = table();

/// `sign`, which is never signed.
pub(crate) const SIGN: u16 = rank(b"sign");
/// `sign_type`, which declares the algorithm.
pub(crate) const SIGN_TYPE: u16 = rank(b"sign_type");

const fn count() -> usize {
    let bytes = NAMES.as_bytes();
    let (mut at, mut count) = (0, 1);
    while at < bytes.len() {
        if bytes[at] == b' ' {
            count += 1;
        }
        at += 1;
    }
    count
}

const fn starts() -> [u16; COUNT + 1] {
    let mut starts = [0; COUNT + 1];
    let (mut at, mut rank) = (0, 1);
    while at < BYTES.len() {
        if BYTES[at] == b' ' {
            starts[rank] = at as u16 + 1;
            rank += 1;
        }
        at += 1;
    }
    starts[COUNT] = BYTES.len() as u16 + 1;
    starts
}

/// Spreads the names over the places: length, both ends and the middle tell most of them apart.
const fn place(name: &[u8]) -> usize {
    let length = name.len();
    mix(
        length,
        name[0] as usize,
        name[length / 2] as usize,
        name[length - 2] as usize,
        name[length - 1] as usize,
    )
}

const fn mix(
    length: usize,
    first: usize,
    middle: usize,
    last_but_one: usize,
    last: usize,
) -> usize {
    (length * 1007 + last * 547 + last_but_one * 625 + first * 71 + middle * 481) % PLACES
}

const fn table() -> [u8; PLACES] {
    let mut table = [FREE; PLACES];
    let mut rank = 0;
    while rank < COUNT {
        let mut at = place(name_at(rank));
        while table[at] != FREE {
            at = (at + 1) % PLACES;
        }
        table[at] = rank as u8;
        rank += 1;
    }
    table
}

const fn name_at(rank: usize) -> &'static [u8] {
    let (_, rest) = BYTES.split_at(STARTS[rank] as usize);
    let (name, _) = rest.split_at(STARTS[rank + 1] as usize - 1 - STARTS[rank] as usize);
    name
}

const fn rank(name: &[u8]) -> u16 {
    let mut rank = 0;
    while !matches!(compare(name_at(rank), name), core::cmp::Ordering::Equal) {
        rank += 1;
    }
    rank as u16
}

const fn compare(a: &[u8], b: &[u8]) -> core::cmp::Ordering {
    let mut at = 0;
    while at < a.len() && at < b.len() {
        if a[at] != b[at] {
            return if a[at] < b[at] {
                core::cmp::Ordering::Less
            } else {
                core::cmp::Ordering::Greater
            };
        }
        at += 1;
    }
    if a.len() == b.len() {
        core::cmp::Ordering::Equal
    } else if a.len() < b.len() {
        core::cmp::Ordering::Less
    } else {
        core::cmp::Ordering::Greater
    }
}

// The ranks are the sort order: a name out of its place would break signatures.
const _: () = {
    assert!(COUNT < FREE as usize);
    let mut rank = 1;
    while rank < COUNT {
        assert!(matches!(compare(name_at(rank - 1), name_at(rank)), core::cmp::Ordering::Less));
        rank += 1;
    }
};

/// The rank of the known name of `length` bytes that stands at `start` of the message.
#[inline]
pub(crate) fn find(message: &[u8], start: usize, length: usize) -> Option<u16> {
    let byte = |at: usize| message.get(start + at).map_or(0, |&byte| usize::from(byte));
    if length < 2 {
        return None;
    }
    let mut at = mix(length, byte(0), byte(length / 2), byte(length - 2), byte(length - 1));
    loop {
        let rank = TABLE.get(at % PLACES).copied().unwrap_or(FREE);
        if rank == FREE {
            return None;
        }
        let rank = u16::from(rank);
        let (first, next) = span(rank);
        if next - first == length && text::equal(message, start, BYTES, first, length) {
            return Some(rank);
        }
        at += 1;
    }
}

/// Where the known name of this rank stands in [`NAMES`].
pub(crate) fn span(rank: u16) -> (usize, usize) {
    let rank = usize::from(rank);
    match (STARTS.get(rank), STARTS.get(rank + 1)) {
        (Some(&start), Some(&next)) => (usize::from(start), usize::from(next) - 1),
        _ => (0, 0),
    }
}
