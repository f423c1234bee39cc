//! The user's own address: a reverse proxy, Tailscale Funnel, a dev box. Nothing is started and nothing is held open;
//! the probe tells whether the address really leads here.

use std::pin::Pin;

use http::Uri;

use super::{Failure, FailureCode, Site, State, Tunnel};

/// An address that the user set up to lead to the listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Own {
    /// `https://hooks.example.com/`; a missing trailing slash is added.
    pub address: String,
}

impl Tunnel for Own {
    fn run(self: Box<Self>, site: Site) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(run(self.address, site))
    }
}

async fn run(address: String, site: Site) {
    let last = match base(&address) {
        Ok(public) => {
            follow(public, &site).await;
            State::Stopped
        }
        Err(failure) => State::Failed(failure),
    };
    // Nobody reads the states, so nobody has to know.
    let _ = site.states.send(last).await;
}

/// Reports whether the listener is running, until it is stopped.
async fn follow(public: String, site: &Site) {
    let mut local = site.local.clone();
    let mut told = None;
    loop {
        let listens = local.borrow_and_update().is_some();
        let state = match (listens, told) {
            (true, Some(true)) | (false, Some(false)) => None,
            (true, _) => Some(State::Online { public: public.clone(), latency: None }),
            (false, None) => Some(State::Starting),
            (false, Some(true)) => Some(State::Reconnecting {
                why: "Nothing listens behind your address: the listener is not running. Start it.".to_owned(),
                retry_in: None,
                attempt: 1,
            }),
        };
        if let Some(state) = state
            && site.states.send(state).await.is_err()
        {
            return;
        }
        told = Some(listens);
        match site.stop.run_until_cancelled(local.changed()).await {
            Some(Ok(())) => {}
            // The listener is gone for good; the user still has to stop us.
            Some(Err(_)) => return site.stop.cancelled().await,
            None => return,
        }
    }
}

/// The address with a trailing slash, or what is wrong with it.
fn base(address: &str) -> Result<String, Failure> {
    let address = address.trim();
    if address.is_empty() {
        return Err(Failure {
            code: FailureCode::OwnAddressMissing,
            message: "There is no public address. Enter the https address at which your proxy or dev box can be \
                      reached from the internet."
                .to_owned(),
            detail: None,
        });
    }
    let wrong = |why: &str| Failure {
        code: FailureCode::OwnAddressInvalid,
        message: format!("The public address cannot be used: {why}. It should look like https://hooks.example.com/."),
        detail: None,
    };
    let uri: Uri = address.parse().map_err(|_| wrong("it is not an address"))?;
    if !matches!(uri.scheme_str(), Some("https" | "http")) {
        return Err(wrong("it must start with https://"));
    }
    if uri.authority().is_none_or(|authority| authority.host().is_empty() || authority.as_str().contains('@')) {
        return Err(wrong("it needs a host, and no user name or password"));
    }
    if uri.query().is_some() || address.contains('#') {
        return Err(wrong("it must end with its path, without ? or #"));
    }
    Ok(format!("{}/", address.trim_end_matches('/')))
}
