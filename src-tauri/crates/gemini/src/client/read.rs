//! Reads answers: unknown members are ignored, missing ones are empty.

use std::fmt;

use serde_json::Value;
use zeroize::Zeroizing;

/// The text of a signing secret, which the service shows only once. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    pub(crate) fn new(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }

    /// The whole text, `whsec_…`.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SecretText(…)")
    }
}

/// Why a job failed: google.rpc.Status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobFailure {
    /// google.rpc.Code, such as 3; 0 if it was not given as a number.
    pub code: i64,
    /// What the service says.
    pub message: String,
}

impl JobFailure {
    pub(crate) fn read(value: Option<&Value>) -> Option<Self> {
        let error = value.filter(|value| value.is_object())?;
        Some(Self {
            code: error.get("code").and_then(Value::as_i64).unwrap_or_default(),
            message: text(error, &["message"]).unwrap_or_default(),
        })
    }
}

/// The first of these members that exists: some services use camelCase, others snake_case.
pub(crate) fn member<'a>(value: &'a Value, names: &[&str]) -> Option<&'a Value> {
    names.iter().filter_map(|name| value.get(name)).find(|found| !found.is_null())
}

pub(crate) fn text(value: &Value, names: &[&str]) -> Option<String> {
    member(value, names)?.as_str().map(str::to_owned)
}

/// A whole number, which proto-JSON writes as a string if it has 64 bits.
pub(crate) fn whole(value: &Value, names: &[&str]) -> Option<u64> {
    let found = member(value, names)?;
    found.as_u64().or_else(|| found.as_str()?.parse().ok())
}

/// The texts of a list; other values are left out.
pub(crate) fn texts(value: &Value, names: &[&str]) -> Vec<String> {
    let items = member(value, names).and_then(Value::as_array);
    items.into_iter().flatten().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

/// A list's objects, read one by one.
pub(crate) fn items<T>(value: &Value, names: &[&str], read: impl Fn(&Value) -> T) -> Vec<T> {
    let items = member(value, names).and_then(Value::as_array);
    items.into_iter().flatten().filter(|item| item.is_object()).map(read).collect()
}
