//! The front ends: what they are given and what they get, under the package's names.

use crate::{
    error::{Result, internal},
    fields::{read, write},
};
use wasm_bindgen::prelude::*;
use wxpay_core::{
    Fields, Key,
    client_pay::{self, AppPrepaid, Contract, Coupon, NativeProduct, NativeReply, Prepaid},
    workwx,
};

/// The parameters of a front end as fields, or an address or a signature, whatever the call returns.
/// Times are whole numbers of seconds.
#[wasm_bindgen(js_name = clientPay)]
pub fn client_pay(call: &str, given: &str, key: String, sign_type: &str) -> Result<String> {
    let given = read(given)?;
    let text = |name| given.get(name).unwrap_or_default();
    // The facade has made sure that it is a safe integer from 0 on.
    let time = |name| text(name).parse().unwrap_or(u64::MAX);
    // Calls without a merchant key.
    match call {
        "h5Url" => return Ok(client_pay::h5_url(text("mweb_url"), text("redirect_url"))?),
        "wxConfig" => {
            return Ok(write(&client_pay::wx_config(
                text("appId"),
                text("jsapi_ticket"),
                text("url"),
                time("timestamp"),
                text("nonceStr"),
            )?));
        }
        _ => {}
    }
    let key = Key::any(key)?;
    let sign_type = sign_type.parse()?;
    let prepaid = Prepaid {
        appid: text("appId"),
        prepay_id: text("prepay_id"),
        timestamp: time("timeStamp"),
        nonce: text("nonceStr"),
        sign_type,
    };
    let (mch_id, timestamp, nonce) = (text("mch_id"), time("timestamp"), text("nonce_str"));
    let fields = match call {
        "miniProgramPay" => client_pay::mini_program_pay(&prepaid, &key),
        "jsapiPay" => client_pay::jsapi_pay(&prepaid, &key),
        "chooseWxPay" => client_pay::choose_wx_pay(&prepaid, &key),
        "appPay" => {
            let prepaid = AppPrepaid {
                appid: text("appid"),
                partnerid: text("partnerid"),
                prepayid: text("prepayid"),
                timestamp,
                nonce: text("noncestr"),
                sign_type,
                sub_appid: text("sub_appid"),
                sub_mch_id: text("sub_mch_id"),
            };
            client_pay::app_pay(&prepaid, &key)
        }
        "sendBizRedPacket" => client_pay::send_biz_red_packet(
            prepaid.appid,
            text("package"),
            prepaid.timestamp,
            prepaid.nonce,
            &key,
        ),
        "contractSigning" => {
            let contract = Contract {
                appid: text("appid"),
                mch_id,
                plan_id: text("plan_id"),
                contract_code: text("contract_code"),
                contract_display_account: text("contract_display_account"),
                request_serial: time("request_serial"),
                notify_url: text("notify_url"),
                timestamp,
            };
            client_pay::contract_signing(&contract, &key)
        }
        "payscoreUse" => client_pay::payscore_use(mch_id, text("package"), timestamp, nonce, &key),
        "payscoreEnable" => client_pay::payscore_enable(
            mch_id,
            text("service_id"),
            text("out_request_no"),
            timestamp,
            nonce,
            &key,
        ),
        "nativeUrl" => {
            let product = NativeProduct {
                appid: text("appid"),
                mch_id,
                product_id: text("product_id"),
                timestamp: time("time_stamp"),
                nonce,
            };
            return Ok(client_pay::native_url(&product, &key)?);
        }
        "nativeReply" => {
            let outcome = given.filled("err_code_des").map_or(Ok(text("prepay_id")), Err);
            let reply = NativeReply { appid: text("appid"), mch_id, nonce, outcome };
            return Ok(client_pay::native_reply(&reply, &key)?);
        }
        "sendCoupon" => {
            // Numbered from 0, as they are signed.
            let coupons: Vec<_> = (0..=client_pay::COUPONS)
                .map(|number| coupon(&given, &number.to_string()))
                .take(time("count").try_into().unwrap_or(usize::MAX))
                .collect();
            return Ok(client_pay::send_coupon(text("send_coupon_merchant"), &coupons, &key)?);
        }
        "couponUrl" => {
            let (merchant, open_id) = (text("send_coupon_merchant"), text("open_id"));
            return Ok(client_pay::coupon_url(merchant, open_id, &coupon(&given, ""), &key)?);
        }
        "sendworkwxredpack" => return Ok(workwx::workwx_sign(&given, workwx::RED_PACKET, &key)?),
        "paywwsptrans2pocket" => return Ok(workwx::workwx_sign(&given, workwx::PAYMENT, &key)?),
        _ => return Err(internal("no such call")),
    };
    Ok(write(&fields?))
}

fn coupon<'a>(given: &'a Fields, number: &str) -> Coupon<'a> {
    let text = |name: &str| given.get(&format!("{name}{number}")).unwrap_or_default();
    Coupon {
        stock_id: text("stock_id"),
        out_request_no: text("out_request_no"),
        coupon_code: text("coupon_code"),
        create_coupon_merchant: text("create_coupon_merchant"),
        customize_send_time: text("customize_send_time"),
    }
}
