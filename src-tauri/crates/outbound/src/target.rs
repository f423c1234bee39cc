//! A target: an http or https address.

use std::fmt;
use std::net::IpAddr;

use http::Uri;
use url::{Host, Url};

/// Why an address cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// It is not an http or https address.
    #[error("{0:?} is not an address that can be sent to. Give one such as http://localhost:3000/webhooks.")]
    NotHttp(String),
    /// It contains a user name or password.
    #[error("The address contains a user name or a password, which would be kept in the history. Leave them out.")]
    Credentials,
}

/// An address that deliveries can be sent to, without a fragment and with its host in ASCII.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    url: String,
    uri: Uri,
    authority: String,
    local: bool,
}

impl Target {
    /// Reads an address. The default scheme is `http://` if it is on this machine (`localhost:3000/hook`, `3000`), and
    /// `https://` otherwise.
    ///
    /// # Errors
    /// If it is not valid, or contains a password.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        let text = text.trim();
        let not_http = || TargetError::NotHttp(text.to_owned());
        let url = match text.split_once("://") {
            Some(_) => Url::parse(text).map_err(|_| not_http())?,
            None => guessed(text).ok_or_else(not_http)?,
        };
        Self::of(url, text)
    }

    fn of(mut url: Url, text: &str) -> Result<Self, TargetError> {
        let not_http = || TargetError::NotHttp(text.to_owned());
        if !matches!(url.scheme(), "http" | "https") || url.port() == Some(0) {
            return Err(not_http());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(TargetError::Credentials);
        }
        url.set_fragment(None);
        let local = url.host().is_some_and(|host| is_loopback(&host));
        let uri: Uri = url.as_str().parse().map_err(|_| not_http())?;
        let authority = uri.authority().ok_or_else(not_http)?.as_str().to_owned();
        Ok(Self { url: url.into(), uri, authority, local })
    }

    /// `http://localhost:3000/hook`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// `localhost:3000`, the value of `Host`.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// `localhost`; an IPv6 address in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        self.uri.host().unwrap_or_default()
    }

    /// `/hook?a=b`.
    #[must_use]
    pub fn path(&self) -> &str {
        self.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str)
    }

    /// Whether it is on this machine, so that nothing leaves it.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.local
    }

    pub(crate) fn uri(&self) -> &Uri {
        &self.uri
    }

    /// The port, or the default one.
    pub(crate) fn port(&self) -> u16 {
        self.uri.port_u16().unwrap_or(if self.is_tls() { 443 } else { 80 })
    }

    pub(crate) fn is_tls(&self) -> bool {
        self.uri.scheme_str() == Some("https")
    }
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.url)
    }
}

/// Completes an address that was typed in short form.
fn guessed(text: &str) -> Option<Url> {
    if text.is_empty() || text.starts_with(['/', '?', '#']) {
        return None;
    }
    if text.parse::<u16>().is_ok() {
        return Url::parse(&format!("http://localhost:{text}/")).ok();
    }
    if let Some(rest) = text.strip_prefix(':') {
        return Url::parse(&format!("http://localhost:{rest}")).ok();
    }
    let plain = Url::parse(&format!("http://{text}")).ok()?;
    // `mailto:a@b` and the like: a scheme, and no port after the colon.
    if text
        .split_once(':')
        .is_some_and(|(_, rest)| !text.starts_with('[') && !rest.starts_with(|c: char| c.is_ascii_digit()))
    {
        return None;
    }
    if plain.host().is_some_and(|host| is_loopback(&host)) {
        return Some(plain);
    }
    Url::parse(&format!("https://{text}")).ok()
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => {
            // Not `app.localhost`: many resolvers ask the network for it, and whoever answers decides where it goes.
            name.strip_suffix('.').unwrap_or(name).eq_ignore_ascii_case("localhost")
        }
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => {
            address.is_loopback() || address.to_ipv4_mapped().is_some_and(|mapped| IpAddr::V4(mapped).is_loopback())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_are_typed() {
        for (text, url, local) in [
            ("http://localhost:3000/hook?a=b#part", "http://localhost:3000/hook?a=b", true),
            (" https://hooks.example.com ", "https://hooks.example.com/", false),
            ("localhost:3000/hook", "http://localhost:3000/hook", true),
            ("3000", "http://localhost:3000/", true),
            (":3000/hook", "http://localhost:3000/hook", true),
            ("127.0.0.1:8080", "http://127.0.0.1:8080/", true),
            ("127.9.8.7", "http://127.9.8.7/", true),
            ("[::1]:8080/x", "http://[::1]:8080/x", true),
            ("http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", true),
            ("http://[::ffff:10.0.0.7]/", "http://[::ffff:a00:7]/", false),
            ("http://app.localhost/", "http://app.localhost/", false),
            ("app.localhost:3000", "https://app.localhost:3000/", false),
            ("http://LOCALHOST./", "http://localhost./", true),
            ("localhost.:3000/x", "http://localhost.:3000/x", true),
            ("hooks.example.com/x", "https://hooks.example.com/x", false),
            ("http://10.0.0.7/", "http://10.0.0.7/", false),
            ("http://localhost.example.com/", "http://localhost.example.com/", false),
            ("http://notlocalhost/", "http://notlocalhost/", false),
            ("http://b\u{fc}cher.example/\u{e9}", "http://xn--bcher-kva.example/%C3%A9", false),
        ] {
            let target = Target::parse(text).unwrap();
            assert_eq!((target.url(), target.is_local()), (url, local), "{text}");
        }
        for text in [
            "",
            " ",
            "/hook",
            "ftp://localhost/",
            "mailto:a@b",
            "file:///etc/passwd",
            "http://",
            "http://:0/",
            "javascript:alert(1)",
        ] {
            assert_eq!(Target::parse(text), Err(TargetError::NotHttp(text.trim().to_owned())), "{text}");
        }
        for text in ["http://ada:secret@localhost/", "http://ada@localhost/"] {
            let error = Target::parse(text).unwrap_err();
            assert_eq!(error, TargetError::Credentials, "{text}");
            assert!(!error.to_string().contains("ada"));
        }
    }

    #[test]
    fn what_goes_out_is_told_apart_from_where_it_goes() {
        let target = Target::parse("http://localhost:3000/hook?a=b").unwrap();
        assert_eq!((target.authority(), target.path()), ("localhost:3000", "/hook?a=b"));
        assert_eq!(Target::parse("https://example.com:443").unwrap().authority(), "example.com");
    }
}
