//! Who may call `/emulator/…`: programs on this machine, without a key.

use std::net::IpAddr;

use axum::http::{StatusCode, header};
use url::Url;

use crate::rest::{ApiError, Call, auth};
use crate::shared::Shared;

/// Lets calls from this machine pass if they are made to an address of this machine. A page of another site can reach
/// the emulator through a browser: by its own name if it made that point here ("DNS rebinding"), which `Host` shows, or
/// from its own origin, which `Origin` shows. A caller with the emulator's key may call from anywhere.
pub(super) fn check(shared: &Shared, call: &Call) -> Result<(), ApiError> {
    let refused = |message: &str| Err(ApiError::interactions(StatusCode::FORBIDDEN, message));
    let host = call.header(header::HOST.as_str()).unwrap_or_default();
    if let Some(origin) = call.headers.get(header::ORIGIN)
        && origin.to_str().ok().and_then(|origin| origin.strip_prefix("http://")) != Some(host)
    {
        return refused("Pages of other sites cannot control the emulator.");
    }
    if shared.api_key.is_some() && auth::check(shared, call).is_ok() {
        return Ok(());
    }
    if !call.peer.ip().to_canonical().is_loopback() {
        return refused("The emulator is controlled from its own machine, or with its API key.");
    }
    if is_here(host, shared.address.ip()) {
        return Ok(());
    }
    refused("The emulator is controlled at its own address, such as http://127.0.0.1, or with its API key.")
}

/// Whether a `Host` header names a loopback address, or the one that the emulator listens on.
fn is_here(host: &str, bound: IpAddr) -> bool {
    let Ok(url) = Url::parse(&format!("http://{host}/")) else { return false };
    if url.path() != "/" || !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
        return false;
    }
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback() || IpAddr::V4(address) == bound,
        Some(url::Host::Ipv6(address)) => address.is_loopback() || IpAddr::V6(address) == bound,
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn only_names_of_this_machine_are_here() {
        let bound = IpAddr::V4(Ipv4Addr::new(192, 168, 1, 5));
        for host in ["127.0.0.1:80", "localhost", "LOCALHOST:4711", "127.9.9.9", "[::1]:1", "192.168.1.5:4711"] {
            assert!(is_here(host, bound), "{host}");
        }
        for host in [
            "",
            "example.com",
            "localhost.example.com",
            "127.0.0.1.example.com",
            "192.168.1.6",
            "example.com/@127.0.0.1",
            "a@127.0.0.1",
            "127.0.0.1/x",
            "127.0.0.1?x",
            "[::2]",
            "127.0.0.1:99999",
        ] {
            assert!(!is_here(host, bound), "{host}");
        }
    }
}
