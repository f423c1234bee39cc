//! The gate: what a request from the internet must bring to be let in. Local requests bypass it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use http::{HeaderMap, Method, Uri, header};
use parking_lot::{Mutex, RwLock};
use subtle::ConstantTimeEq as _;

use crate::origin::{self, Own, PublicOrigin};

mod bytes;
mod rate;
mod shown;

use bytes::Budget;
pub(crate) use bytes::Spent;

/// The fewest characters of a path token.
const SHORTEST_TOKEN: usize = 8;

/// For how long the rate may be exceeded at once, in seconds.
const BURST_S: f64 = 2.0;
/// Requests that may arrive at once, whatever the rate.
const BURST_AT_LEAST: f64 = 10.0;

/// Headers that proxies add to every request. A request with one of them came through a proxy, whatever its `Host`
/// says: a web server may pass on any `Host` that it receives. Their values are not read.
const OF_PROXIES: [&str; 4] = ["x-forwarded-for", "forwarded", "x-real-ip", "cf-connecting-ip"];

/// Where the monotonic time comes from.
pub type Monotonic = Arc<dyn Fn() -> Instant + Send + Sync>;

/// What requests from the internet must bring. The default asks for nothing.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct GateRules {
    /// The address under which the listener is reached from the internet, with a trailing slash.
    pub public: Option<String>,
    /// The first path segment that a public request must have, as it appears in the address (no slash, nothing that a
    /// URL would escape). A request without it is answered 404, not kept, and counted.
    pub path_token: Option<String>,
    /// Public requests a second. Requests beyond that are answered 429, not kept, and counted. 0 means no limit.
    pub per_second: u32,
    /// Bytes of public requests a second, heads and bodies. Requests beyond that are answered 429, not kept, and
    /// counted. 0 means no limit.
    pub bytes_per_second: u64,
}

impl fmt::Debug for GateRules {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("GateRules")
            .field("path_token", &self.path_token.as_ref().map(|_| "…"))
            .field("per_second", &self.per_second)
            .field("bytes_per_second", &self.bytes_per_second)
            .finish_non_exhaustive() // the public address may carry the token
    }
}

/// The gate of a listener. Cloning shares it.
#[derive(Clone)]
pub struct Gate(Arc<Inner>);

struct Inner {
    /// Whether there are rules. For a local request this is all that is read while there are none.
    shut: AtomicBool,
    rules: RwLock<Rules>,
    bucket: Mutex<Bucket>,
    budget: Mutex<Budget>,
    /// The rate of requests that are not from the internet.
    local: rate::Rate,
    now: Monotonic,
    began: Instant,
}

#[derive(Default)]
struct Rules {
    given: GateRules,
    public: Option<Public>,
}

/// A public address, taken apart.
struct Public {
    host: String,
    port: u16,
    default_port: u16,
    /// The host is a name of this machine, which local requests use as well: only its port tells them apart.
    loopback: bool,
    /// `/hooks/`, without the path token.
    path: String,
}

/// Tokens that requests spend.
struct Bucket {
    level: f64,
    at: Instant,
}

/// Whether a request is let in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Admission<'a> {
    /// It may.
    In {
        /// Its path without the path token.
        path: &'a str,
        /// Whether it is from the internet; `None` without rules.
        public: Option<bool>,
    },
    /// It lacks the path token.
    Stray,
    /// Too many arrived from the internet.
    TooMany,
    /// Too many arrived from elsewhere than the internet.
    TooManyLocal,
    /// A web page of another site sent it.
    CrossSite,
}

/// What the gate looks at.
pub(crate) struct Asked<'a, 'h> {
    /// Whether it came over a tunnel's connection.
    pub(crate) tunnelled: bool,
    /// Where the listener's socket is.
    pub(crate) own: Own,
    /// Its method.
    pub(crate) method: &'a Method,
    /// Its target.
    pub(crate) uri: &'a Uri,
    /// Its headers.
    pub(crate) headers: &'h HeaderMap,
    /// It does not count against the rate: it is a probe of our own.
    pub(crate) free: bool,
}

impl Default for Gate {
    fn default() -> Self {
        Self::new(Arc::new(Instant::now))
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Gate").field("shut", &self.0.shut).finish_non_exhaustive()
    }
}

impl Gate {
    /// An open gate, with a clock.
    #[must_use]
    pub fn new(now: Monotonic) -> Self {
        let began = now();
        let bucket = Bucket { level: BURST_AT_LEAST, at: began };
        let budget = Budget::new(0, began);
        Self(Arc::new(Inner {
            shut: AtomicBool::new(false),
            rules: RwLock::default(),
            bucket: Mutex::new(bucket),
            budget: Mutex::new(budget),
            local: rate::Rate::default(),
            now,
            began,
        }))
    }

    /// Puts rules in force, starting with the next request.
    pub fn set(&self, rules: GateRules) {
        let rules = GateRules { path_token: rules.path_token.filter(|token| !token.is_empty()), ..rules };
        let mut current = self.0.rules.write();
        if current.given == rules {
            return;
        }
        if current.given.per_second != rules.per_second {
            let mut bucket = self.0.bucket.lock();
            *bucket = Bucket { level: burst(rules.per_second), at: (self.0.now)() };
        }
        if current.given.bytes_per_second != rules.bytes_per_second {
            let mut budget = self.0.budget.lock();
            *budget = Budget::new(rules.bytes_per_second, (self.0.now)());
        }
        let public = rules.public.as_deref().and_then(|base| Public::read(base, rules.path_token.as_deref()));
        *current = Rules { given: rules, public };
        self.0.shut.store(current.given != GateRules::default(), Ordering::Relaxed);
    }

    /// Limits requests that are not from the internet to so many a second, and two seconds' worth at once. 0, the
    /// default, means no limit.
    pub fn limit_local(&self, per_second: u32) {
        self.0.local.set(per_second);
    }

    /// A path that is safe to show: without the path token. `stray`: the request came without it.
    pub(crate) fn shown_path(&self, path: &str, stray: bool) -> String {
        let rules = self.0.rules.read();
        shown::without_secrets(path, rules.given.path_token.as_deref(), stray)
    }

    /// Decides whether this request is let in.
    pub(crate) fn admit<'a>(&self, asked: &Asked<'a, '_>) -> Admission<'a> {
        let path = asked.uri.path();
        if !self.0.shut.load(Ordering::Relaxed) {
            return self.admit_local(asked, None).unwrap_or(Admission::In { path, public: None });
        }
        let rules = self.0.rules.read();
        // Applies before the address is known, too: a tunnel may bring requests before it reports that it is online.
        let public = asked.tunnelled
            || OF_PROXIES.iter().any(|name| asked.headers.contains_key(*name))
            || rules.public.as_ref().is_some_and(|public| public.is_meant(asked));
        // A local request may have the token or not: perhaps the address was copied from the bar.
        let path = match rules.without_token(path) {
            Some(rest) => rest,
            None if public => return Admission::Stray,
            None => path,
        };
        let meant = rules.public.as_ref();
        if !public {
            return self.admit_local(asked, meant).unwrap_or(Admission::In { path, public: Some(false) });
        }
        if asked.is_cross_site(meant) {
            return Admission::CrossSite;
        }
        if !asked.free && rules.given.per_second > 0 && !self.spend(rules.given.per_second) {
            return Admission::TooMany;
        }
        let bytes_per_second = rules.given.bytes_per_second;
        if !asked.free && bytes_per_second > 0 {
            let mut budget = self.0.budget.lock();
            if !budget.admits(bytes_per_second, bytes::head(asked), (self.0.now)()) {
                return Admission::TooMany;
            }
        }
        Admission::In { path, public: Some(true) }
    }

    /// Why a request that is not known to be from the internet is turned away.
    fn admit_local<'a>(&self, asked: &Asked<'_, '_>, public: Option<&Public>) -> Option<Admission<'a>> {
        if asked.is_cross_site(public) {
            return Some(Admission::CrossSite);
        }
        let since = || (self.0.now)().saturating_duration_since(self.0.began);
        let counted = !asked.free && !asked.tunnelled;
        (counted && !self.0.local.spend(since)).then_some(Admission::TooManyLocal)
    }

    fn spend(&self, per_second: u32) -> bool {
        let now = (self.0.now)();
        let mut bucket = self.0.bucket.lock();
        let passed = now.saturating_duration_since(bucket.at);
        if passed > Duration::ZERO {
            bucket.level = (bucket.level + passed.as_secs_f64() * f64::from(per_second)).min(burst(per_second));
            bucket.at = now;
        }
        if bucket.level < 1.0 {
            return false;
        }
        bucket.level -= 1.0;
        true
    }
}

impl Asked<'_, '_> {
    /// A probe of our own may carry any origin.
    fn is_cross_site(&self, public: Option<&Public>) -> bool {
        let public = public.map(Public::origin);
        !self.free && origin::is_cross_site(self.method, self.headers, self.own, public.as_ref())
    }
}

fn burst(per_second: u32) -> f64 {
    (f64::from(per_second) * BURST_S).max(BURST_AT_LEAST)
}

impl Rules {
    /// The path after the token, or the whole path if no token is required. `None` if the token is missing.
    fn without_token<'a>(&self, path: &'a str) -> Option<&'a str> {
        let Some(token) = &self.given.path_token else { return Some(path) };
        // A proxy either passes the path of its own address on, or strips it.
        let folder = self.public.as_ref().map_or("/", |public| &public.path);
        after_token(path, token).or_else(|| {
            let inside = path.strip_prefix(folder.trim_end_matches('/')).filter(|_| folder != "/")?;
            after_token(inside, token)
        })
    }
}

fn after_token<'a>(path: &'a str, token: &str) -> Option<&'a str> {
    let segment = path.strip_prefix('/')?;
    let (segment, rest) = segment.split_at(segment.find('/').unwrap_or(segment.len()));
    // The length of a token is not secret; its bytes are.
    let same: bool = segment.as_bytes().ct_eq(token.as_bytes()).into();
    same.then_some(if rest.is_empty() { "/" } else { rest })
}

impl Public {
    fn read(base: &str, token: Option<&str>) -> Option<Self> {
        let uri: Uri = base.parse().ok()?;
        let host = plain(uri.host()?).to_ascii_lowercase();
        let default_port = if uri.scheme_str() == Some("http") { 80 } else { 443 };
        let mut path = format!("{}/", uri.path().trim_end_matches('/'));
        if let Some(folder) = token.and_then(|token| path.strip_suffix(&format!("/{token}/"))) {
            path = format!("{folder}/");
        }
        let port = uri.port_u16().unwrap_or(default_port);
        Some(Self { loopback: is_loopback(&host), host, port, default_port, path })
    }

    fn origin(&self) -> PublicOrigin<'_> {
        let scheme = if self.default_port == 80 { "http" } else { "https" };
        PublicOrigin { scheme, host: &self.host, port: self.port }
    }

    /// Whether the request was sent to this address, as far as can be seen.
    fn is_meant(&self, asked: &Asked<'_, '_>) -> bool {
        let named = asked.headers.get_all(header::HOST).iter().filter_map(|host| host.to_str().ok());
        // A target in absolute form outranks `Host` (RFC 9112, 3.2.2); if they differ, either will do.
        let target = asked.uri.authority().map(http::uri::Authority::as_str);
        named.chain(target).any(|authority| self.is(authority))
    }

    fn is(&self, authority: &str) -> bool {
        let (host, port) = split(authority);
        if !plain(host).eq_ignore_ascii_case(&self.host) {
            return false;
        }
        // A web server ignores the port in `Host`, and may pass on what it received.
        !self.loopback || port.unwrap_or(self.default_port) == self.port
    }
}

/// Strips the dot that ends a fully qualified name.
fn plain(host: &str) -> &str {
    host.strip_suffix('.').unwrap_or(host)
}

fn split(authority: &str) -> (&str, Option<u16>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port.parse().ok()),
        _ => (authority, None),
    }
}

/// Whether this is a name or address of this machine. An IPv6 address may be in brackets.
pub(crate) fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests;
