//! Who takes the money.

use crate::{Error, ErrorCode, Fields, Result};

/// The ids that stand in every message.
///
/// ```
/// use wxpay_core::{ErrorCode, merchant::Merchant};
///
/// let merchant =
///     Merchant { appid: "wxd930ea5d5a258f4f", mch_id: "10000100", sub_mch_id: None };
/// merchant.check()?;
/// let swapped = Merchant { appid: merchant.mch_id, mch_id: merchant.appid, ..merchant };
/// assert_eq!(swapped.check().map_err(|e| e.code()), Err(ErrorCode::ConfigInvalid));
/// # Ok::<(), wxpay_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Merchant<'a> {
    /// The app id of the orders: `wx` and 16 more.
    pub appid: &'a str,
    /// The merchant id: 8 to 10 digits.
    pub mch_id: &'a str,
    /// The sub-merchant, where the merchant is a service provider.
    pub sub_mch_id: Option<&'a str>,
}

impl Merchant<'_> {
    /// Checks the shape of both, which catches swapped and abbreviated settings at the start.
    ///
    /// # Errors
    /// `CONFIG_INVALID` with the field.
    pub fn check(&self) -> Result<()> {
        let tail = self.appid.strip_prefix('w').unwrap_or_default();
        if tail.len() != 17 || !tail.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(Error::new(
                ErrorCode::ConfigInvalid,
                "an app id is `wx` and 16 letters or digits, from the app's platform",
            )
            .field("appid"));
        }
        if !(8..=10).contains(&self.mch_id.len())
            || !self.mch_id.bytes().all(|b| b.is_ascii_digit())
        {
            return Err(Error::new(
                ErrorCode::ConfigInvalid,
                "a merchant id is 8 to 10 digits, from the merchant platform; give it as a string",
            )
            .field("mchid"));
        }
        Ok(())
    }

    /// Checks that a message is for this merchant. Old samples of a merchant's own payments repeat
    /// its id as `sub_mch_id`; the `appid` of a contract may be absent.
    pub(crate) fn check_message(&self, fields: &Fields, contract: bool) -> Result<()> {
        let (appid, sub) = (fields.filled("appid"), fields.filled("sub_mch_id"));
        let name = if appid != Some(self.appid) && !(contract && appid.is_none()) {
            "appid"
        } else if fields.filled("mch_id") != Some(self.mch_id) {
            "mch_id"
        } else if sub != self.sub_mch_id && (self.sub_mch_id.is_some() || sub != Some(self.mch_id))
        {
            "sub_mch_id"
        } else {
            return Ok(());
        };
        Err(Error::new(
            ErrorCode::NotifyMerchant,
            "the notification is for another app or merchant than the configured one",
        )
        .field(name))
    }
}
