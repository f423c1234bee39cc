//! The `webhook-signature` of one attempt.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use samples::{TokenForm, token_claims};
use signature::{Secret, sign};

use crate::settings::{DynamicScheme, Settings};
use crate::shared::Shared;
use crate::world::Webhook;

use crate::clock::Millis;

/// What signs a delivery.
pub(crate) enum Signer {
    /// `whsec_…` texts, newest first, with one entry for each.
    V1(Vec<String>),
    /// The same, but with the text after the prefix as the key, as on the night of the launch.
    LaunchNight(Vec<String>),
    /// The first Ed25519 key.
    V1a,
    /// The RSA key, and the token's claims.
    Jwt(TokenForm),
}

impl Signer {
    /// For a registered webhook, or, without one, for a job's own address.
    pub(crate) fn of(webhook: Option<&Webhook>, settings: &Settings, now: Millis) -> Self {
        let Some(webhook) = webhook else {
            return match settings.dynamic {
                DynamicScheme::V1a => Self::V1a,
                DynamicScheme::Jwt => Self::Jwt(settings.token.clone()),
            };
        };
        let most = if settings.sign_with_all_secrets { usize::MAX } else { 1 };
        let secrets = webhook.live(now).rev().take(most).map(|secret| secret.text.clone()).collect();
        if settings.faults.launch_night_key { Self::LaunchNight(secrets) } else { Self::V1(secrets) }
    }

    /// Signs. `timestamp` in Unix seconds.
    ///
    /// # Errors
    /// A sentence for the log if no key can sign.
    pub(crate) async fn sign(&self, shared: &Shared, id: &str, timestamp: i64, body: &[u8]) -> Result<String, String> {
        match self {
            Self::V1(secrets) => list(secrets, |text| {
                let secret = Secret::parse(text).map_err(|error| error.to_string())?;
                Ok(sign::v1(&secret, id, timestamp, body))
            }),
            Self::LaunchNight(secrets) => list(secrets, |text| {
                let key = text.strip_prefix("whsec_").unwrap_or(text);
                // The bytes of the text as a key.
                let secret =
                    Secret::parse(&format!("whsec_{}", STANDARD.encode(key))).map_err(|error| error.to_string())?;
                Ok(sign::v1(&secret, id, timestamp, body))
            }),
            Self::V1a => match shared.keys.first_seed() {
                Some(seed) => Ok(sign::v1a(&seed, id, timestamp, body)),
                None => Err("There is no Ed25519 key to sign with.".to_owned()),
            },
            Self::Jwt(form) => {
                let rsa = shared.keys.rsa().await.map_err(|error| format!("The token was not signed: {error}."))?;
                let profile = shared.profile.clone().claiming(form.clone());
                let claims = token_claims(&profile, id, timestamp, body);
                rsa.sign(Some(rsa.kid()), &claims).map_err(|error| format!("The sample could not be signed: {error}"))
            }
        }
    }
}

fn list(secrets: &[String], entry: impl Fn(&str) -> Result<String, String>) -> Result<String, String> {
    let entries: Vec<String> = secrets.iter().map(|text| entry(text)).collect::<Result<_, _>>()?;
    if entries.is_empty() {
        return Err("The webhook has no secret that is still good: rotate it.".to_owned());
    }
    Ok(entries.join(" "))
}
