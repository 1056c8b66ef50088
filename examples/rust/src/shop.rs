use crate::Result;
use std::env;
use wxpay_core::{
    Fields, Key,
    endpoint::{Endpoint, Repeat},
    merchant::Merchant,
    nonce_str,
};

/// The merchant, from the environment.
pub struct Shop {
    /// The key that signs. It shows itself to nobody.
    pub key: Key,
    appid: String,
    mch_id: String,
    notify_url: String,
    /// Where a gateway simulator listens; WeChat's own hosts otherwise.
    gateway: Option<String>,
}

impl Shop {
    /// Reads `WXPAY_APPID`, `WXPAY_MCHID` and `WXPAY_KEY`, and where they are set
    /// `WXPAY_NOTIFY_URL` and `GATEWAY_URL`.
    pub fn from_env() -> Result<Self> {
        let names = ["WXPAY_APPID", "WXPAY_MCHID", "WXPAY_KEY"];
        let missing: Vec<_> = names.into_iter().filter(|name| env::var(name).is_err()).collect();
        if !missing.is_empty() {
            return Err(format!("these settings are missing: {}", missing.join(", ")).into());
        }
        let shop = Shop {
            key: Key::new(env::var("WXPAY_KEY")?)?,
            appid: env::var("WXPAY_APPID")?,
            mch_id: env::var("WXPAY_MCHID")?,
            notify_url: env::var("WXPAY_NOTIFY_URL")
                .unwrap_or_else(|_| "http://127.0.0.1:3000/pay/notify".into()),
            gateway: env::var("GATEWAY_URL").ok(),
        };
        shop.merchant().check()?;
        Ok(shop)
    }

    /// Whose messages these are.
    pub fn merchant(&self) -> Merchant<'_> {
        Merchant { appid: &self.appid, mch_id: &self.mch_id, sub_mch_id: None }
    }

    /// What the shop itself puts into a request, with a fresh nonce.
    pub fn settings(&self) -> Result<Fields> {
        Ok(Fields::from_pairs([
            ("appid", self.appid.as_str()),
            ("mch_id", &self.mch_id),
            ("notify_url", &self.notify_url),
            ("spbill_create_ip", "127.0.0.1"),
            ("sign_type", "HMAC-SHA256"),
            ("nonce_str", &nonce_str()?),
        ])?)
    }

    /// The host that answers.
    pub fn origin<'s>(&'s self, endpoint: &Endpoint<'_>) -> &'s str {
        self.gateway.as_deref().unwrap_or(endpoint.host.origin())
    }

    /// What to do when no answer came: nobody knows whether the request arrived.
    pub fn unanswered(endpoint: &Endpoint<'_>) -> String {
        let (name, query) = (endpoint.name, endpoint.query.as_ref().map(|query| query.endpoint));
        match (endpoint.repeat, query) {
            (Repeat::Always, _) => format!("no answer to {name}: ask again"),
            (Repeat::Same(field), _) => {
                format!("no answer to {name}: send it again with the same {field}")
            }
            (Repeat::Never, Some(query)) => {
                format!("no answer to {name}: its outcome is unknown, ask {query}")
            }
            (Repeat::Never, None) => format!("no answer to {name}: its outcome is unknown"),
        }
    }
}
