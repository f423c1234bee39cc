//! What a request asks of the emulator: how its job ends, and what goes wrong with it.
//!
//! A member of `user_metadata` says it, or a header, which wins; both have to be right.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::jobs::Wishes;
use crate::jobs::rows::Rows;
use crate::rest::Call;
use crate::world::{Outcome, Telling, WebhookConfig};

/// The most functions that are called at once.
const MOST_CALLS: u8 = 8;

/// What a request asks for; the outcome apart, because it may be chosen otherwise. `fitting` lists the outcomes that
/// its kind allows.
pub(super) fn wishes(
    call: &Call,
    config: Option<&WebhookConfig>,
    fitting: &[Outcome],
) -> Result<(Wishes, Option<Outcome>), String> {
    let asked = Asked { call, config };
    let names = |all: &[Outcome]| all.iter().map(|one| json!(one)).collect::<Vec<_>>();
    let allowed = format!("This request can end with: {}.", quoted(&names(fitting)));
    let outcome = asked.one("outcome", &allowed, |value| named(value).filter(|outcome| fitting.contains(outcome)))?;
    let ways = [Telling::Usual, Telling::Never, Telling::WrongState].map(|one| json!(one));
    let telling = asked.one("call", &format!("Expected one of: {}.", quoted(&ways)), named)?;
    let rows = asked.one("rows", "", |value| value.as_str().map(|text| Rows::parse(text).map(|_| text.to_owned())))?;
    let rows = rows.transpose().map_err(|wrong| wrong_rows(&wrong))?;
    let calls = asked.one("calls", &format!("Expected a number from 1 to {MOST_CALLS}."), |value| {
        let number = value.as_u64().or_else(|| value.as_str()?.parse().ok())?;
        u8::try_from(number).ok().filter(|number| (1..=MOST_CALLS).contains(number))
    })?;
    let wishes = Wishes { outcome: outcome.unwrap_or_default(), telling: telling.unwrap_or_default(), rows, calls };
    Ok((wishes, outcome))
}

/// The words for rows that a batch cannot have.
pub(super) fn wrong_rows(wrong: &str) -> String {
    format!("Invalid value for 'emulator_rows': {wrong}. Expected numbers of rows, such as 'error=3,missing=1'.")
}

fn named<T: DeserializeOwned>(value: &Value) -> Option<T> {
    serde_json::from_value(value.clone()).ok()
}

fn quoted(names: &[Value]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("'{}'", name.as_str().unwrap_or_default())).collect();
    names.join(", ")
}

struct Asked<'a> {
    call: &'a Call,
    config: Option<&'a WebhookConfig>,
}

impl Asked<'_> {
    /// The value of one wish, read. `allowed` says what can be read.
    fn one<T>(&self, name: &str, allowed: &str, read: impl Fn(&Value) -> Option<T>) -> Result<Option<T>, String> {
        let (member, header) = (format!("emulator_{name}"), format!("x-emulator-{name}"));
        let metadata = self.config.and_then(|config| config.user_metadata.as_ref());
        let from_member = metadata.and_then(|metadata| metadata.get(&member)).cloned();
        let text = |bytes: &[u8]| Value::String(String::from_utf8_lossy(bytes).trim().to_owned());
        let from_header = self.call.headers.get(&header).map(|header| text(header.as_bytes()));
        let mut chosen = None;
        for (place, value) in [(member, from_member), (header, from_header)] {
            let Some(value) = value else { continue };
            match read(&value) {
                Some(read) => chosen = Some(read),
                None => {
                    let value = value.as_str().map_or_else(|| value.to_string(), |text| format!("'{text}'"));
                    return Err(format!("Invalid value for '{place}': {value}. {allowed}").trim_end().to_owned());
                }
            }
        }
        Ok(chosen)
    }
}
