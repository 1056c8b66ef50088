//! Names that a field could have had.

use super::{
    change::Edit,
    message::{Message, squash},
    mistake::Mistake,
    model::Model,
};
use alloc::{
    string::{String, ToString},
    vec::Vec,
};

impl Model<'_> {
    pub(super) fn names(&mut self, message: &Message) {
        let present = self.present();
        let styles: [fn(&str) -> Option<String>; 4] = [
            |name| Some(name.to_ascii_lowercase()),
            |name| Some(camel(name)),
            |name| Some(snake(name)),
            |name| Some(squash(name)),
        ];
        for style in styles {
            let edits: Vec<Edit> = present
                .iter()
                .filter_map(|&field| self.renamed(field, &style(self.name_of(field))?))
                .collect();
            if edits.len() > 1 {
                self.edit(Mistake::FieldName, None, edits);
            }
        }
        // As the message has them, where the front end wants other names.
        let given: Vec<(u16, &str)> = (0..)
            .zip(&message.parts)
            .filter_map(|(field, part)| Some((field, part.spelled.as_deref()?)))
            .filter(|(field, _)| present.contains(field))
            .collect();
        if given.len() > 1 {
            let edits =
                given.iter().filter_map(|(field, name)| self.renamed(*field, name)).collect();
            self.edit(Mistake::FieldName, None, edits);
        }
        for (field, name) in given {
            self.rename(field, name);
        }
        for field in present {
            let name = self.name_of(field).to_string();
            for other in styles.iter().filter_map(|style| style(&name)) {
                self.rename(field, &other);
            }
            let squashed = squash(&name);
            for group in GROUPS.iter().filter(|group| group.iter().any(|n| squash(n) == squashed)) {
                for other in *group {
                    self.rename(field, other);
                }
            }
        }
    }

    #[inline(never)]
    fn renamed(&mut self, field: u16, name: &str) -> Option<Edit> {
        if name == self.name_of(field) {
            return None;
        }
        let name = Some(self.arena.put(name.as_bytes()));
        Some(Edit { field, name, ..Edit::default() })
    }

    #[inline(never)]
    fn rename(&mut self, field: u16, name: &str) {
        if let Some(edit) = self.renamed(field, name) {
            self.one(Mistake::FieldName, edit);
        }
    }
}

/// Names that users take for one another.
const GROUPS: &[&[&str]] = &[
    &["appid", "appId", "appID", "app_id", "AppId", "wxappid", "mch_appid"],
    &["wxappid", "appid"],
    &["mch_appid", "appid"],
    &["timestamp", "timeStamp", "time_stamp", "TimeStamp"],
    &["noncestr", "nonceStr", "nonce_str"],
    &["signtype", "signType", "sign_type"],
    &["mchid", "mchId", "mch_id", "partnerid"],
    &["partnerid", "partnerId", "mch_id", "mchid"],
    &["prepayid", "prepayId", "prepay_id"],
    &["submchid", "subMchId", "sub_mch_id", "sub_mchid"],
    &["subappid", "subAppId", "sub_appid"],
    &["openid", "openId", "openID", "open_id"],
    &["notifyurl", "notifyUrl", "notify_url"],
    &["package", "packageValue", "Package"],
];

/// `out_trade_no` as `outTradeNo`.
fn camel(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut parts = name.split('_');
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let mut chars = part.chars();
        out.extend(chars.next().map(|c| c.to_ascii_uppercase()));
        out.push_str(chars.as_str());
    }
    out
}

/// `outTradeNo` as `out_trade_no`.
fn snake(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}
