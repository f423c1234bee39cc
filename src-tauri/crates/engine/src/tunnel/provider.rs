//! Makes a provider from the settings.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use inbound::tunnel::cloudflared::{self, Cloudflared};
use inbound::tunnel::ngrok::{Ngrok, Proxies, Server};
use inbound::tunnel::{Own, Tunnel};
use zeroize::Zeroizing;

use crate::common::Environment;
use crate::dto::{TunnelProvider, TunnelSettings};
use crate::error::{Code, Error, Result};

/// What a tunnel is made from. `Debug` does not show the authtoken.
pub struct TunnelPlan {
    /// What the user set.
    pub settings: TunnelSettings,
    /// The user's own public address, with a slash at its end.
    pub own_address: Option<String>,
    /// The authtoken of ngrok.
    pub authtoken: Option<Zeroizing<String>>,
    /// Where running child processes are noted.
    pub folder: PathBuf,
    /// The variables that Pollux was started with.
    pub environment: Environment,
}

impl fmt::Debug for TunnelPlan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TunnelPlan")
            .field("provider", &self.settings.provider)
            .field("authtoken", &self.authtoken.as_ref().map(|_| "…"))
            .finish_non_exhaustive()
    }
}

/// Makes a tunnel, or says why it cannot.
pub type TunnelFactory = Arc<dyn Fn(TunnelPlan) -> Result<Box<dyn Tunnel>> + Send + Sync>;

/// Makes the real providers.
pub(crate) fn real() -> TunnelFactory {
    Arc::new(make)
}

fn make(plan: TunnelPlan) -> Result<Box<dyn Tunnel>> {
    let settings = plan.settings;
    match settings.provider {
        TunnelProvider::None => Err(Error::new(Code::TunnelNone, "No tunnel is chosen.")),
        TunnelProvider::Own => Ok(Box::new(Own { address: plan.own_address.unwrap_or_default() })),
        TunnelProvider::Cloudflared => {
            let program = settings.cloudflared_path.map(PathBuf::from);
            let note = plan.folder.join(format!("{NOTE}{}{NOTE_END}", std::process::id()));
            Ok(Box::new(Cloudflared::new(program, settings.cloudflared_http2, note)))
        }
        TunnelProvider::Ngrok => {
            let token = plan.authtoken.unwrap_or_default();
            Ok(Box::new(Ngrok {
                domain: settings.ngrok_domain,
                policy: settings.ngrok_policy,
                metadata: settings.ngrok_metadata,
                server: server(&plan.environment)?,
                proxies: Proxies::read(|name| (plan.environment)(name)),
                ..Ngrok::new(token.as_str())
            }))
        }
    }
}

/// Where to open ngrok's session, for accounts with an agent ingress of their own.
fn server(environment: &Environment) -> Result<Option<Server>> {
    let filled = |name: &str| environment(name).filter(|value| !value.trim().is_empty());
    let Some(address) = filled(NGROK_SERVER) else { return Ok(None) };
    let ca_pem = filled(NGROK_CA).map(|path| {
        std::fs::read_to_string(&path).map_err(|error| Error {
            code: Code::NgrokCaUnreadable,
            message: format!("The certificates of {NGROK_CA} could not be read from {path}."),
            detail: Some(error.to_string()),
        })
    });
    Ok(Some(Server { address: address.trim().to_owned(), ca_pem: ca_pem.transpose()? }))
}

/// The address of that server, such as `connect.example.com:443`, in place of ngrok's.
const NGROK_SERVER: &str = "POLLUX_NGROK_SERVER";
/// A PEM file of the authority that must have issued that server's certificate, in place of ngrok's.
const NGROK_CA: &str = "POLLUX_NGROK_CA";
/// How the names of notes about child processes begin. Each process of ours has its own, so that none ends another's
/// child.
const NOTE: &str = "cloudflared-";
const NOTE_END: &str = ".json";

/// Ends the child processes that a crash of ours left running, as noted in `folder`.
pub(super) async fn reap_children(folder: PathBuf) {
    let reaped = tokio::task::spawn_blocking(move || {
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            if name.to_str().is_some_and(|name| name.starts_with(NOTE) && name.ends_with(NOTE_END)) {
                let reaped = cloudflared::reap(&entry.path());
                tracing::info!(?reaped, "an earlier run left a note about cloudflared");
            }
        }
    });
    if let Err(error) = reaped.await {
        tracing::error!(%error, "could not check for child processes that an earlier run left");
    }
}
