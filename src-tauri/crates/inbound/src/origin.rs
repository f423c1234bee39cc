//! Recognises requests that a web page sends. Any page in the user's browser may post to this machine, and browsers say
//! so: each POST from a page names its origin, and `Sec-Fetch-Site` says how that relates to the target. Servers send
//! neither. (Fetch standard, "append a request Origin header"; Fetch Metadata Request Headers.)

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, Method, header};

/// The listener's own address, as a page that it served would name it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Own(pub(crate) SocketAddr);

/// The origin of the public address: its scheme, host and port.
pub(crate) struct PublicOrigin<'a> {
    pub(crate) scheme: &'a str,
    pub(crate) host: &'a str,
    pub(crate) port: u16,
}

/// Whether a page of another site sent it. The origin is compared with the listener's known addresses, never with
/// `Host`: a name that an attacker points at this machine appears in both.
pub(crate) fn is_cross_site(method: &Method, headers: &HeaderMap, own: Own, public: Option<&PublicOrigin<'_>>) -> bool {
    let foreign = headers.get_all(header::ORIGIN).iter().any(|origin| match origin.to_str() {
        Ok(origin) => !is_ours(origin, own, public),
        Err(_) => true,
    });
    let other_site = headers.get_all("sec-fetch-site").iter().any(|site| {
        let site = site.as_bytes().trim_ascii();
        site.eq_ignore_ascii_case(b"cross-site") || site.eq_ignore_ascii_case(b"same-site")
    });
    foreign || (other_site && !is_followed_link(method, headers))
}

/// A link to the listener that somebody followed: it opens the health line and sends nothing.
fn is_followed_link(method: &Method, headers: &HeaderMap) -> bool {
    let says =
        |name: &str, expected: &str| headers.get(name).is_some_and(|value| value.as_bytes() == expected.as_bytes());
    method == Method::GET && says("sec-fetch-mode", "navigate") && says("sec-fetch-dest", "document")
}

fn is_ours(origin: &str, own: Own, public: Option<&PublicOrigin<'_>>) -> bool {
    // `null` has no scheme: it comes from a sandboxed frame, a file or a redirect.
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let default_port = if scheme.eq_ignore_ascii_case("https") { 443 } else { 80 };
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => match port.parse() {
            Ok(port) => (host, port),
            Err(_) => return false,
        },
        _ => (authority, default_port),
    };
    let local = scheme.eq_ignore_ascii_case("http") && port == own.0.port() && is_here(host, own.0.ip());
    local
        || public.is_some_and(|public| {
            scheme.eq_ignore_ascii_case(public.scheme) && host.eq_ignore_ascii_case(public.host) && port == public.port
        })
}

/// A name or address of the listener's socket.
fn is_here(host: &str, bound: IpAddr) -> bool {
    if host.eq_ignore_ascii_case("localhost") {
        return true;
    }
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    address.is_ok_and(|address| address == bound || address.is_loopback())
}

/// The origin as it is shown: nothing after its host and port.
pub(crate) fn named(headers: &HeaderMap) -> Option<String> {
    let origin = String::from_utf8_lossy(headers.get(header::ORIGIN)?.as_bytes()).into_owned();
    let Some((scheme, rest)) = origin.split_once("://") else { return Some(origin) };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    Some(format!("{scheme}://{host}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(method: Method, lines: &[(&'static str, &str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        let public = PublicOrigin { scheme: "https", host: "hooks.example", port: 443 };
        is_cross_site(&method, &headers, Own("127.0.0.1:4710".parse().unwrap()), Some(&public))
    }

    #[test]
    fn an_origin_is_the_listeners_own_or_it_is_foreign() {
        for ours in [
            "http://127.0.0.1:4710",
            "http://localhost:4710",
            "HTTP://LocalHost:4710",
            "http://[::1]:4710",
            "https://hooks.example",
            "https://Hooks.Example:443",
        ] {
            assert!(!asked(Method::POST, &[("origin", ours)]), "{ours}");
        }
        for foreign in [
            "https://evil.example",
            "http://evil.example:4710", // rebound to this machine: it is in `Host`, too
            "null",
            "",
            "http://localhost",
            "http://localhost:3000",
            "https://localhost:4710",
            "http://localhost.evil.example:4710",
            "http://127.0.0.1:4710.evil.example",
            "http://192.0.2.7:4710",
            "http://hooks.example",
            "https://hooks.example:8443",
            "https://hooks.example.evil",
            "https://hooks.example@evil.example",
            "chrome-extension://abcdef",
            "file://",
        ] {
            assert!(asked(Method::POST, &[("origin", foreign), ("host", "evil.example:4710")]), "{foreign}");
        }
        assert!(asked(Method::POST, &[("origin", "http://localhost:4710"), ("origin", "https://evil.example")]));
        let mut headers = HeaderMap::new();
        headers.insert("origin", http::HeaderValue::from_bytes(b"http://\xff").unwrap());
        assert!(is_cross_site(&Method::POST, &headers, Own("127.0.0.1:4710".parse().unwrap()), None));
    }

    #[test]
    fn what_the_browser_says_of_the_site_counts_without_an_origin() {
        for (site, foreign) in
            [("cross-site", true), ("same-site", true), ("Cross-Site", true), ("same-origin", false), ("none", false)]
        {
            for method in [Method::POST, Method::GET, Method::OPTIONS] {
                assert_eq!(asked(method, &[("sec-fetch-site", site)]), foreign, "{site}");
            }
        }
        assert!(!asked(Method::POST, &[]), "a server names neither");
    }

    #[test]
    fn a_link_may_be_followed_and_a_form_may_not_be_sent() {
        let link = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
        assert!(!asked(Method::GET, &link));
        assert!(asked(Method::POST, &link));
        assert!(asked(Method::GET, &[link[0], link[1], ("sec-fetch-dest", "iframe")]));
        assert!(asked(Method::GET, &[link[0], link[1], link[2], ("origin", "https://evil.example")]));
    }

    #[test]
    fn what_is_shown_of_an_origin_ends_with_its_host() {
        let shown = |origin: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("origin", origin.parse().unwrap());
            named(&headers)
        };
        assert_eq!(shown("https://u:secret@evil.example:8/p?token=x").as_deref(), Some("https://evil.example:8"));
        assert_eq!(shown("null").as_deref(), Some("null"));
        assert_eq!(named(&HeaderMap::new()), None);
    }
}
