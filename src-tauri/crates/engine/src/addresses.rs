//! The addresses at which the listener is and was reached, and what they say about the uri of a webhook.

use std::net::SocketAddr;
use std::sync::Arc;

use parking_lot::RwLock;
use reqwest::Url;
use tokio::sync::watch;

use crate::common::Common;
use crate::dto::{ListenerState, UriPlace};
use crate::error::{Code, Error, Result};

/// The addresses of the listener, each with a slash at its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bases {
    /// The public one: the tunnel's, or the one that it will have again.
    pub(crate) public: Option<String>,
    /// Whether it leads here now, as far as known.
    pub(crate) reached: bool,
    /// The listener's own address, while it listens.
    pub(crate) local: Option<String>,
    /// Earlier addresses; the current ones may be among them.
    pub(crate) earlier: Vec<Earlier>,
}

/// An earlier address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Earlier {
    /// The address.
    pub(crate) base: String,
    /// Whether it was a public one.
    pub(crate) public: bool,
}

/// The room of the addresses. Cloning shares it.
#[derive(Clone)]
pub(crate) struct Addresses {
    common: Common,
    bases: Arc<RwLock<Bases>>,
    /// Where the listener's socket is.
    socket: watch::Sender<Option<SocketAddr>>,
}

impl Addresses {
    pub(crate) fn new(common: Common) -> Self {
        Self { common, bases: Arc::default(), socket: watch::Sender::new(None) }
    }

    /// The addresses of the listener.
    pub(crate) fn bases(&self) -> Bases {
        self.bases.read().clone()
    }

    /// Where the listener's socket is; `None` while it does not listen.
    pub(crate) fn socket(&self) -> Option<SocketAddr> {
        *self.socket.borrow()
    }

    /// Hears whenever the socket is elsewhere.
    pub(crate) fn follow_socket(&self) -> watch::Receiver<Option<SocketAddr>> {
        self.socket.subscribe()
    }

    /// Notes where the socket is, or that there is none.
    pub(crate) fn set_socket(&self, address: Option<SocketAddr>) {
        self.socket.send_replace(address);
    }

    /// The host names at which the listener is reached from outside.
    pub(crate) fn public_hosts(&self) -> Vec<String> {
        let public = self.bases().public.and_then(|base| Url::parse(&base).ok());
        public.and_then(|url| url.host_str().map(str::to_owned)).into_iter().collect()
    }

    /// Notes the listener's new state.
    pub(crate) async fn set_local(&self, state: &ListenerState) {
        let local = match state {
            ListenerState::Listening { address, .. } => Some(address.clone()),
            _ => None,
        };
        self.note_base(local.as_deref(), false).await;
        self.write_bases(|bases| bases.local = local);
    }

    /// Notes a new public address, or the one that was read at the start. `reached`: it leads here now; otherwise it
    /// will again.
    pub(crate) async fn set_public(&self, public: Option<String>, reached: bool) {
        self.note_base(public.as_deref().filter(|_| reached), true).await;
        self.write_bases(|bases| {
            bases.public = public;
            bases.reached = reached;
        });
    }

    /// Writes an address down, so that it is known as an earlier one some day. If that fails, only a repair is not
    /// offered.
    async fn note_base(&self, base: Option<&str>, public: bool) {
        let addresses = self.common.store().addresses();
        if let Some(base) = base
            && let Err(error) = addresses.seen(base, public, self.common.now_ms()).await
        {
            // Without the address: it may hold the path token.
            tracing::warn!(%error, "an address of the listener could not be stored");
        }
        match addresses.list().await {
            Ok(list) => {
                let earlier = list.into_iter().map(|one| Earlier { base: one.base, public: one.public }).collect();
                self.write_bases(|bases| bases.earlier = earlier);
            }
            Err(error) => tracing::warn!(%error, "the earlier addresses of the listener could not be read"),
        }
    }

    fn write_bases(&self, change: impl FnOnce(&mut Bases)) {
        change(&mut self.bases.write());
    }
}

/// Whose address `uri` is, and where it should point instead, for the project with this path. `paths`: those of all
/// projects.
pub(crate) fn place_of(uri: &str, path: &str, paths: &[String], bases: &Bases) -> (UriPlace, Option<String>) {
    let Ok(uri) = Url::parse(uri.trim()) else { return (UriPlace::Elsewhere, None) };
    let current = [(&bases.public, true), (&bases.local, false)];
    let current = current.into_iter().filter_map(|(base, public)| Some((base.as_deref()?, public)));
    let current: Vec<(Url, bool)> =
        current.filter_map(|(base, public)| Some((Url::parse(base).ok()?, public))).collect();
    let is_other = |segment: &str| !segment.is_empty() && segment != path && paths.iter().any(|one| one == segment);
    let ours = |rest: &str| {
        let first = rest.split('/').next().unwrap_or_default();
        if path.is_empty() { !is_other(first) } else { first == path }
    };
    if current.iter().filter_map(|(base, _)| below(&uri, base)).any(ours) {
        return (UriPlace::Ours, None);
    }
    let earlier = bases.earlier.iter().filter_map(|one| Some((Url::parse(&one.base).ok()?, one.public)));
    // The longest base says the most. If two are the same, a current one wins over an earlier one.
    let mut found: Option<(&str, bool, usize)> = None;
    let all: Vec<(Url, bool)> = current.iter().cloned().chain(earlier).collect();
    for (base, public) in &all {
        if let Some(rest) = below(&uri, base)
            && found.is_none_or(|(_, _, len)| base.path().len() > len)
        {
            found = Some((rest, *public, base.path().len()));
        }
    }
    let Some((rest, public, _)) = found else { return (UriPlace::Elsewhere, None) };
    let to =
        current.iter().find(|(_, kind)| *kind == public).map(|(base, _)| repaired(base, path, rest, &uri, is_other));
    (UriPlace::Earlier, to)
}

/// The part of `uri`'s path below `base`.
fn below<'a>(uri: &'a Url, base: &Url) -> Option<&'a str> {
    let same_port = uri.port_or_known_default() == base.port_or_known_default();
    if uri.scheme() != base.scheme() || !same_port || !same_host(uri, base) {
        return None;
    }
    let folder = base.path();
    match uri.path().strip_prefix(folder) {
        Some(rest) => Some(rest),
        None => (uri.path() == folder.trim_end_matches('/')).then_some(""),
    }
}

/// Whether the hosts are the same. `localhost` is any address of this machine's own.
fn same_host(one: &Url, other: &Url) -> bool {
    let loopback = |url: &Url| match url.host_str() {
        Some("[::1]") => true,
        Some(host) => host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback()),
        None => false,
    };
    let name = |url: &Url| url.host_str() == Some("localhost");
    one.host_str() == other.host_str() || (name(one) && loopback(other)) || (loopback(one) && name(other))
}

/// The same uri below another base: the project's own segment replaces the one that was there.
fn repaired(base: &Url, path: &str, rest: &str, uri: &Url, is_other: impl Fn(&str) -> bool) -> String {
    let (first, behind) = rest.split_once('/').map_or((rest, None), |(first, behind)| (first, Some(behind)));
    let kept = match path.is_empty() {
        // The default project has no segment of its own, so only another project's is taken away.
        true if is_other(first) => behind.unwrap_or_default().to_owned(),
        true => rest.to_owned(),
        false => behind.map_or_else(|| path.to_owned(), |behind| format!("{path}/{behind}")),
    };
    let mut to = base.clone();
    to.set_path(&format!("{}{kept}", base.path()));
    to.set_query(uri.query());
    to.to_string()
}

/// A base as it is stored: scheme, host and path, with a slash at the end. The error says what is wrong.
pub(crate) fn public_address(text: &str) -> Result<String> {
    let wrong = |why: &str| {
        Error::new(
            Code::InvalidSetting,
            format!("The public address cannot be used: {why}. Enter one such as https://hooks.example.com/."),
        )
    };
    let mut url = Url::parse(text.trim()).map_err(|error| wrong(&format!("it cannot be read ({error})")))?;
    if !matches!(url.scheme(), "https" | "http") || !url.has_host() {
        return Err(wrong("it must start with https://"));
    }
    let local = url.host_str() == Some("localhost")
        || url.host_str().is_some_and(|host| {
            host.trim_matches(|c| c == '[' || c == ']')
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| address.is_loopback())
        });
    if url.scheme() == "http" && !local {
        return Err(wrong("it must start with https:// (http:// is for this machine only)"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("it must not carry a user name or password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("it must end with its path, without ? or #"));
    }
    if !url.path().ends_with('/') {
        let folder = format!("{}/", url.path());
        url.set_path(&folder);
    }
    Ok(url.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bases() -> Bases {
        Bases {
            public: Some("https://now.example/".into()),
            reached: true,
            local: Some("http://127.0.0.1:4710/".into()),
            earlier: vec![
                Earlier { base: "https://then.example/".into(), public: true },
                Earlier { base: "https://proxy.example/hooks/".into(), public: true },
                Earlier { base: "http://127.0.0.1:5000/".into(), public: false },
                Earlier { base: "https://now.example/deep/".into(), public: true },
            ],
        }
    }

    #[test]
    fn a_uri_is_ours_was_ours_or_is_somebody_elses() {
        let paths: Vec<String> = ["", "prod", "sandbox"].map(str::to_owned).to_vec();
        let earlier = |to: &str| (UriPlace::Earlier, Some(to.to_owned()));
        let ours = (UriPlace::Ours, None);
        let elsewhere = (UriPlace::Elsewhere, None);
        let table = [
            // The project of a path.
            ("https://now.example/prod", "prod", ours.clone()),
            ("https://now.example/prod/", "prod", ours.clone()),
            ("https://now.example/prod/deeper?a=1", "prod", ours.clone()),
            ("HTTPS://NOW.example:443/prod", "prod", ours.clone()),
            ("http://127.0.0.1:4710/prod", "prod", ours.clone()),
            ("http://localhost:4710/prod", "prod", ours.clone()),
            ("https://now.example/production", "prod", earlier("https://now.example/prod")),
            ("https://now.example/", "prod", earlier("https://now.example/prod")),
            ("https://now.example", "prod", earlier("https://now.example/prod")),
            ("https://now.example/sandbox/x?q=1", "prod", earlier("https://now.example/prod/x?q=1")),
            ("https://then.example/prod/x?q=a%20b", "prod", earlier("https://now.example/prod/x?q=a%20b")),
            ("https://then.example:443/old/", "prod", earlier("https://now.example/prod/")),
            ("https://proxy.example/hooks/prod", "prod", earlier("https://now.example/prod")),
            ("https://proxy.example/hooks", "prod", earlier("https://now.example/prod")),
            ("https://proxy.example/other", "prod", elsewhere.clone()),
            ("https://now.example/deep/prod/x", "prod", earlier("https://now.example/prod/x")),
            ("http://127.0.0.1:5000/prod", "prod", earlier("http://127.0.0.1:4710/prod")),
            ("http://127.0.0.1:4711/prod", "prod", elsewhere.clone()),
            ("http://now.example/prod", "prod", elsewhere.clone()),
            ("https://now.example.evil/prod", "prod", elsewhere.clone()),
            ("https://then.example:8443/prod", "prod", elsewhere.clone()),
            ("no uri", "prod", elsewhere.clone()),
            // The default project gets what belongs to no other project.
            ("https://now.example/", "", ours.clone()),
            ("https://now.example/anything/x", "", ours.clone()),
            ("https://now.example/prod/x", "", earlier("https://now.example/x")),
            ("https://then.example/anything/x", "", earlier("https://now.example/anything/x")),
            ("https://then.example/prod", "", earlier("https://now.example/")),
            ("http://127.0.0.1:5000/", "", earlier("http://127.0.0.1:4710/")),
        ];
        for (uri, path, expected) in table {
            assert_eq!(place_of(uri, path, &paths, &bases()), expected, "{uri} for {path:?}");
        }
    }

    #[test]
    fn without_an_address_of_that_kind_there_is_nothing_to_repair_to() {
        let none = Bases { public: None, local: None, ..bases() };
        let paths = ["prod".to_owned()];
        for uri in ["https://then.example/prod", "http://127.0.0.1:5000/prod"] {
            assert_eq!(place_of(uri, "prod", &paths, &none), (UriPlace::Earlier, None));
        }
        // Below what was current until now, nothing is known any more, unless it was noted.
        assert_eq!(place_of("http://127.0.0.1:4710/prod", "prod", &paths, &none), (UriPlace::Elsewhere, None));
    }

    #[test]
    fn a_public_address_is_normalised_or_refused_with_the_reason() {
        for (text, expected) in [
            (" https://Hooks.Example ", "https://hooks.example/"),
            ("https://hooks.example:443/a", "https://hooks.example/a/"),
            ("https://hooks.example:8443/a/", "https://hooks.example:8443/a/"),
            ("http://localhost:4710", "http://localhost:4710/"),
            ("http://[::1]:4710", "http://[::1]:4710/"),
        ] {
            assert_eq!(public_address(text).unwrap(), expected);
        }
        for (text, reason) in [
            ("hooks.example", "cannot be read"),
            ("http://hooks.example", "this machine only"),
            ("ftp://hooks.example", "start with https://"),
            ("https://user:pass@hooks.example", "user name"),
            ("https://hooks.example/?a=1", "without ? or #"),
            ("https://hooks.example/#x", "without ? or #"),
        ] {
            let error = public_address(text).unwrap_err();
            assert!(error.code == Code::InvalidSetting && error.message.contains(reason), "{text}: {error}");
        }
    }
}
