use wxpay_core::diagnose::*;
use std::time::Instant;
const KEY: &str = "192006250b4c09247ec02edce69f6a2d";
#[test]
fn quick() {
    let s = "appid=wxd930ea5d5a258f4f&attach=a b&body=腾讯充值&mch_id=10000100&nonce_str=ibuaiVcKdpRxkhJA&notify_url=https://example.com/wx/notify&openid=oUpF8uMuAJO_M2pxb1Q9zNjWeS6o&out_trade_no=20150806125346&sign_type=MD5&spbill_create_ip=123.12.12.123&total_fee=88&trade_type=JSAPI";
    for sign in ["F1BEB7FD4AADBB320D95EC02CC83DCD1", "0C91A1836A469C44099A13B9E64DFBE7514CAEB13DE0671DDDD0ED6AFF255F45"] {
        let t = Instant::now();
        let d = diagnose(s, KEY, &Options { sign: Some(sign), ..Options::default() }).unwrap();
        println!("{:?} {d:?}", t.elapsed());
    }
    let d = diagnose("appid=wxd930ea5d5a258f4f&body=test&device_info=1000&mch_id=10000100&nonce_str=ibuaiVcKdpRxkhJA", KEY, &Options { sign: Some("9A0A8659F005D6984697E2CA0A9CF3B7"), ..Options::default() }).unwrap();
    println!("{d:?}");
}
