//! The authtoken of ngrok: its text in the vault, its hint in the settings of the store.

use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::Tunnel;
use crate::dto::{Authtoken, AuthtokenFrom, TunnelProvider, TunnelView};
use crate::error::{Code, Error, Result};
use crate::projects::names::hint;

/// Its id in the vault.
const KEPT: &str = "tunnel:ngrok";
/// The setting that holds its hint, so that showing it does not bother the keychain.
const HINT: &str = "tunnel.ngrok_authtoken";
/// ngrok's own variable.
const VARIABLE: &str = "NGROK_AUTHTOKEN";
const LONGEST: usize = 512;

impl Tunnel {
    /// Stores the authtoken of ngrok; `None` destroys it. If ngrok is running, restarts it with the new one.
    ///
    /// # Errors
    /// `invalid_authtoken` if it is not one, `vault_failed` if it could not be stored.
    pub async fn set_authtoken(&self, token: Option<String>) -> Result<TunnelView> {
        let token = token.map(Zeroizing::new);
        let text = token.as_ref().map(|token| Zeroizing::new(token.trim().to_owned()));
        let kept = self.keep_authtoken(text.clone()).await;
        let what = if text.is_some() { "tunnel.authtoken_set" } else { "tunnel.authtoken_remove" };
        let target = text.as_ref().map_or_else(|| "ngrok".to_owned(), |text| format!("ngrok ({})", hint(text)));
        self.actions.act(None, what, &target, &kept, "").await;
        kept?;
        self.read_authtoken_hint().await;
        if text.is_some() && self.tunnel_settings().provider == TunnelProvider::Ngrok {
            self.restart_tunnel().await;
        }
        self.tell_tunnel();
        Ok(self.view())
    }

    async fn keep_authtoken(&self, text: Option<Zeroizing<String>>) -> Result<()> {
        let failed = |message: String| Error::new(Code::VaultFailed, message);
        let vault = self.projects.vault().clone();
        let Some(text) = text else {
            self.common.store().settings().remove(HINT).await?;
            return blocking(move || vault.delete(KEPT)).await?.map_err(|error| failed(error.to_string()));
        };
        if text.is_empty() || text.len() > LONGEST || !text.chars().all(|c| c.is_ascii_graphic()) {
            let message = "This is not an authtoken of ngrok: it is one word of letters, digits and _. Copy it from \
                           dashboard.ngrok.com, under Your Authtoken.";
            return Err(Error::new(Code::InvalidAuthtoken, message));
        }
        let shown = json!({ "hint": hint(&text) });
        blocking(move || vault.put(KEPT, &text)).await?.map_err(|error| failed(error.to_string()))?;
        Ok(self.common.store().settings().set(HINT, &shown).await?)
    }

    /// Reads the hint to show: that of the stored authtoken, which comes first, or that of the variable's.
    pub(crate) async fn read_authtoken_hint(&self) {
        let stored = match self.common.store().settings().get(HINT).await {
            Ok(stored) => stored,
            Err(error) => {
                tracing::warn!(%error, "the hint of the authtoken could not be read");
                None
            }
        };
        let kept = stored.as_ref().and_then(|value| value.get("hint")).and_then(Value::as_str).map(str::to_owned);
        self.show_authtoken(kept);
    }

    /// `kept`: the hint of the stored one.
    fn show_authtoken(&self, kept: Option<String>) {
        let variable = self.common.variable(VARIABLE).map(|token| hint(&token));
        let shown = match (kept, variable) {
            (Some(hint), passed_over) => Some(Authtoken { hint, from: AuthtokenFrom::Kept, passed_over }),
            (None, Some(hint)) => Some(Authtoken { hint, from: AuthtokenFrom::Environment, passed_over: None }),
            (None, None) => None,
        };
        self.state.shown().authtoken = shown;
    }

    /// The authtoken to connect with: the stored one, otherwise the variable's.
    pub(super) async fn ngrok_authtoken(&self) -> Result<Zeroizing<String>> {
        let failure =
            |code: Code, message: &str, detail: Option<String>| Error { code, message: message.to_owned(), detail };
        let vault = self.projects.vault().clone();
        let kept = match blocking(move || vault.get(KEPT)).await {
            Ok(Ok(kept)) => kept,
            Ok(Err(error)) => {
                Err(failure(Code::VaultFailed, "The authtoken of ngrok could not be read.", Some(error.to_string())))?
            }
            Err(error) => Err(failure(Code::VaultFailed, "The authtoken of ngrok could not be read.", error.detail))?,
        };
        let listed = self.common.store().settings().get(HINT).await.ok().flatten().is_some();
        if let Some(kept) = kept.filter(|text| !text.is_empty()) {
            return Ok(kept);
        }
        match self.common.variable(VARIABLE) {
            Some(token) => {
                // The vault has lost the stored one, so the variable's is in use.
                self.show_authtoken(None);
                Ok(token)
            }
            None if listed => Err(failure(
                Code::NgrokAuthtokenGone,
                "An authtoken of ngrok was entered, but the secret store no longer has it. Enter it again.",
                None,
            )),
            None => Err(failure(
                Code::NgrokAuthtokenMissing,
                "ngrok needs an authtoken. Copy yours from dashboard.ngrok.com, under Your Authtoken, and enter it in the \
                 settings, or start Pollux with NGROK_AUTHTOKEN.",
                None,
            )),
        }
    }
}

/// Runs a call off the async threads: a keychain may ask its user.
async fn blocking<T: Send + 'static>(call: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(call)
        .await
        .map_err(|error| Error::new(Code::Internal, "The secret store did not answer.").with_detail(error))
}
