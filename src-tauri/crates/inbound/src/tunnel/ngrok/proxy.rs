//! The way to ngrok: straight, or through the proxy that the user's network requires.

use std::error::Error;
use std::io;
use std::sync::Arc;

use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service as _;

use crate::gate::is_loopback;

/// The default port of SOCKS proxies.
const SOCKS_PORT: u16 = 1080;

/// The proxies of the user's network. The default is none. `Debug` shows no password.
#[derive(Clone, Debug, Default)]
pub struct Proxies(Option<Arc<Matcher>>);

impl Proxies {
    /// As `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` or their lower-case names say; `variable` reads one. Supports HTTP
    /// (by `CONNECT`) and SOCKS 5, with and without a password; the proxy resolves the name.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Self {
        let value = |name: &str| {
            let value = variable(name).or_else(|| variable(&name.to_ascii_lowercase()));
            value.map(|value| value.trim().to_owned()).unwrap_or_default()
        };
        let matcher = Matcher::builder().https(value("HTTPS_PROXY")).all(value("ALL_PROXY")).no(value("NO_PROXY"));
        Self(Some(Arc::new(matcher.build())))
    }

    /// The proxy for an address; none for addresses of this machine.
    fn before(&self, host: &str, address: &Uri) -> Option<Intercept> {
        self.0.as_ref().filter(|_| !is_loopback(host))?.intercept(address)
    }
}

/// Connects. Small writes are sent at once: an answer would otherwise wait for a window update to be acknowledged.
pub(super) async fn connect(proxies: &Proxies, host: &str, port: u16) -> io::Result<TcpStream> {
    let bracketed = if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.to_owned() };
    let address: Uri = format!("https://{bracketed}:{port}/").parse().map_err(io::Error::other)?;
    let socket = match proxies.before(host, &address) {
        Some(proxy) => through(&proxy, address).await?,
        None => TcpStream::connect((host, port)).await?,
    };
    socket.set_nodelay(true)?;
    Ok(socket)
}

async fn through(proxy: &Intercept, address: Uri) -> io::Result<TcpStream> {
    let mut socket = HttpConnector::new();
    socket.enforce_http(false);
    let at = proxy.uri().clone();
    let failed = |why: String| {
        let name = proxy.uri().authority().map_or("", |authority| authority.as_str());
        io::Error::other(format!("through the proxy {name} of HTTPS_PROXY or ALL_PROXY: {why}"))
    };
    let connected = match at.scheme_str() {
        Some("http") => {
            let mut tunnel = Tunnel::new(at, socket);
            if let Some(login) = proxy.basic_auth() {
                tunnel = tunnel.with_auth(login.clone());
            }
            tunnel.call(address).await.map_err(|error| failed(words(&error)))
        }
        Some("socks5" | "socks5h") => {
            let mut socks = SocksV5::new(with_port(at).map_err(io::Error::other)?, socket);
            if let Some((user, password)) = proxy.raw_auth() {
                socks = socks.with_auth(user.to_owned(), password.to_owned());
            }
            socks.call(address).await.map_err(|error| failed(words(&error)))
        }
        other => {
            let scheme = other.unwrap_or_default();
            Err(failed(format!("{scheme}:// is not among http://, socks5:// and socks5h://; set one of these")))
        }
    };
    connected.map(TokioIo::into_inner)
}

fn with_port(proxy: Uri) -> Result<Uri, http::Error> {
    let Some(authority) = proxy.authority().filter(|authority| authority.port().is_none()) else { return Ok(proxy) };
    let authority = format!("{authority}:{SOCKS_PORT}");
    Uri::builder().scheme(proxy.scheme_str().unwrap_or_default()).authority(authority).path_and_query("/").build()
}

/// An error with its causes. None of them contains the password.
fn words(error: &impl Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}
