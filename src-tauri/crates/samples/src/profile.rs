//! What nobody has published about the service's deliveries, as settings.

use serde::{Deserialize, Serialize};

/// How the sender presents itself. Every field is an assumption that the user may change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The `user-agent` header.
    pub user_agent: String,
    /// The `iss` claim of tokens; left out if empty.
    pub issuer: String,
    /// The `aud` claim of tokens; left out if empty.
    pub audience: String,
    /// Whether the members of the event are claims of its token.
    pub holds_event: bool,
    /// How long a token is valid, in seconds.
    pub token_lifetime: i64,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            user_agent: "Google-Gemini-Webhooks/1.0 (Pollux Sandbox)".to_owned(),
            issuer: "https://generativelanguage.googleapis.com".to_owned(),
            audience: "pollux-sandbox".to_owned(),
            token_lifetime: 300,
            holds_event: false,
        }
    }
}

impl Profile {
    /// The same with these claims.
    #[must_use]
    pub fn claiming(self, token: TokenForm) -> Self {
        let TokenForm { issuer, audience, holds_event } = token;
        Self { issuer, audience, holds_event, ..self }
    }
}

/// What the token of a JWT delivery claims besides `iat`, `exp` and `jti`. The guide's sample checks `aud` against a
/// value that it never explains; `iss`, and whether the token covers the body, are not documented at all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(default, deny_unknown_fields)]
pub struct TokenForm {
    /// `iss`; left out if empty.
    pub issuer: String,
    /// `aud`; left out if empty.
    pub audience: String,
    /// Whether the claims are the event: its members are among them, so the token vouches for the body. Otherwise it
    /// says nothing about the body.
    pub holds_event: bool,
}

impl TokenForm {
    /// The token claims of a profile.
    #[must_use]
    pub fn of(profile: &Profile) -> Self {
        let Profile { issuer, audience, holds_event, .. } = profile.clone();
        Self { issuer, audience, holds_event }
    }
}

impl Default for TokenForm {
    fn default() -> Self {
        Self::of(&Profile::default())
    }
}
