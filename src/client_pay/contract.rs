use super::{filled, seal, seconds};
use crate::{Fields, Key, Result, SignType};

/// The mini program in which a payer signs a deduction contract.
pub const CONTRACT_APP_ID: &str = "wxbd687630cd02ce1d";
/// Its page.
pub const CONTRACT_PATH: &str = "pages/index/index";

/// A deduction contract (委托代扣) that a payer is to sign.
///
/// ```
/// use wxpay_core::{
///     Key,
///     client_pay::{Contract, contract_signing},
/// };
///
/// let key = Key::new("192006250b4c09247ec02edce69f6a2d")?;
/// let contract = Contract {
///     appid: "wxd930ea5d5a258f4f",
///     mch_id: "10000100",
///     plan_id: "12535",
///     contract_code: "100000",
///     contract_display_account: "Ming",
///     request_serial: 123,
///     notify_url: "https://shop.example/pay/contract",
///     timestamp: 1_414_561_699,
/// };
/// let nameless = Contract { contract_display_account: "", ..contract };
/// let error = contract_signing(&nameless, &key).expect_err("the payer reads it");
/// assert_eq!(error.field_name(), Some("contract_display_account"));
/// # Ok::<(), wxpay_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Contract<'a> {
    /// The app id.
    pub appid: &'a str,
    /// The merchant id.
    pub mch_id: &'a str,
    /// The contract template.
    pub plan_id: &'a str,
    /// The merchant's contract number, once per merchant and plan.
    pub contract_code: &'a str,
    /// The account's name as the payer reads it.
    pub contract_display_account: &'a str,
    /// A number that grows from one request to the next.
    pub request_serial: u64,
    /// Where the contract notification goes.
    pub notify_url: &'a str,
    /// Unix time in seconds.
    pub timestamp: u64,
}

/// The `extraData` of `wx.navigateToMiniProgram` to the page where a payer signs the contract; the
/// two numbers are integers in [`Fields::iter_written`]. Signed with MD5, without a nonce.
///
/// The payer may come back without `referrerInfo.extraData`: query the contract.
///
/// ```
/// use wxpay_core::{
///     Key,
///     client_pay::{Contract, contract_signing},
/// };
///
/// let key = Key::new("192006250b4c09247ec02edce69f6a2d")?;
/// let contract = Contract {
///     appid: "wxd930ea5d5a258f4f",
///     mch_id: "10000100",
///     plan_id: "12535",
///     contract_code: "100000",
///     contract_display_account: "Ming",
///     request_serial: 123,
///     notify_url: "https://shop.example/pay/contract",
///     timestamp: 1_414_561_699,
/// };
/// let data = contract_signing(&contract, &key)?;
/// let numbers: Vec<&str> = data.iter_written().filter(|f| f.2).map(|f| f.0).collect();
/// assert_eq!(numbers, ["request_serial", "timestamp"]);
/// assert_eq!(data.get("sign").map(str::len), Some(32));
/// # Ok::<(), wxpay_core::Error>(())
/// ```
///
/// # Errors
/// `FIELD_MISSING` for an empty part, `FIELD_VALUE` for a time in milliseconds.
pub fn contract_signing(contract: &Contract<'_>, key: &Key) -> Result<Fields> {
    seconds(contract.timestamp, "timestamp")?;
    let mut data = filled(&[
        ("appid", contract.appid),
        ("mch_id", contract.mch_id),
        ("plan_id", contract.plan_id),
        ("contract_code", contract.contract_code),
        ("contract_display_account", contract.contract_display_account),
        ("notify_url", contract.notify_url),
    ])?;
    data.insert_integer("request_serial", contract.request_serial)?;
    data.insert_integer("timestamp", contract.timestamp)?;
    seal(data, "sign", key, SignType::Md5)
}
