//! The probe: a signed, binary POST from this machine through the public address back to the listener, and what it
//! shows. The listener recognises its own probes by their signature, answers them with what arrived, and keeps nothing.

mod body;
mod compare;
mod foreign;
mod send;

use std::collections::VecDeque;
use std::fmt;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit as _, Mac as _};
use http::HeaderMap;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::gate::Monotonic;

pub use send::{Outcome, ProbeResult, probe};

/// The header that marks a probe.
pub const PROBE_HEADER: &str = "x-pollux-probe";
/// A probe is recognised for this long after it was made.
const LIFE: Duration = Duration::from_secs(60);
/// The most probes under way. The oldest is forgotten to make room for another.
const OUTSTANDING: usize = 16;
/// How much of a probe's body is read: more than is sent, so that additions show.
pub(crate) const READ_AT_MOST: usize = 4 * body::LEN;

/// Fills the slice with random bytes; false if the system gave none.
pub type Random = Arc<dyn Fn(&mut [u8]) -> bool + Send + Sync>;

/// Makes probes and recognises them when they arrive. Cloning shares it.
#[derive(Clone)]
pub struct Probes(Arc<Inner>);

struct Inner {
    /// The key of this process, which never leaves it. `None` if the system gave no random bytes: no probe can be made
    /// then.
    key: Option<[u8; 32]>,
    random: Random,
    now: Monotonic,
    made: Instant,
    outstanding: Mutex<VecDeque<Outstanding>>,
    /// The number of outstanding probes. While it is 0, deliveries are not examined.
    count: AtomicUsize,
}

struct Outstanding {
    nonce: String,
    at: Instant,
}

/// A probe that is ready to be sent.
#[derive(Clone)]
pub struct ProbeRequest {
    /// Where it goes.
    pub url: String,
    /// Its headers. Two of them have the same name.
    pub headers: Vec<(&'static str, String)>,
    /// 64 KiB of everything that is easily broken on the way: each byte value, line ends, a BOM, zeros, bytes that are
    /// not text.
    pub body: bytes::Bytes,
    pub(crate) nonce: String,
}

impl fmt::Debug for ProbeRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ProbeRequest").field("nonce", &self.nonce).finish_non_exhaustive()
    }
}

impl Default for Probes {
    fn default() -> Self {
        Self::new(Arc::new(|bytes| aws_lc_rs::rand::fill(bytes).is_ok()), Arc::new(Instant::now))
    }
}

impl fmt::Debug for Probes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Probes").field("outstanding", &self.0.count).finish_non_exhaustive()
    }
}

impl Probes {
    /// With a key drawn from `random`, and a clock.
    #[must_use]
    pub fn new(random: Random, now: Monotonic) -> Self {
        let mut key = [0; 32];
        let key = random(&mut key).then_some(key);
        let made = now();
        Self(Arc::new(Inner { key, random, now, made, outstanding: Mutex::default(), count: AtomicUsize::new(0) }))
    }

    /// Makes a probe of the address `base`, which ends with a slash. `None` if the system gave no random bytes.
    #[must_use]
    pub fn request(&self, base: &str) -> Option<ProbeRequest> {
        let key = self.0.key?;
        let mut drawn = [0; 48];
        if !(self.0.random)(&mut drawn) {
            return None;
        }
        let (nonce, seed) = drawn.split_at(16);
        let nonce = hex(nonce);
        let body = body::bytes(seed);
        let now = (self.0.now)();
        let at = now.saturating_duration_since(self.0.made).as_millis();
        let signed = format!("v1.{nonce}.{at}.{}", hex(&Sha256::digest(&body)));
        let mac = mac(&key, &["probe", &signed])?;
        {
            let mut outstanding = self.0.outstanding.lock();
            outstanding.retain(|one| now.saturating_duration_since(one.at) <= LIFE);
            while outstanding.len() >= OUTSTANDING {
                outstanding.pop_front();
            }
            outstanding.push_back(Outstanding { nonce: nonce.clone(), at: now });
            self.0.count.store(outstanding.len(), Ordering::Relaxed);
        }
        let headers = body::headers(&nonce, format!("{signed}.{mac}"));
        Some(ProbeRequest { url: format!("{base}{PATH}"), headers, body, nonce })
    }

    /// Whether this is one of our probes. Each is recognised once. While none is under way, this costs one relaxed
    /// load.
    pub(crate) fn recognise(&self, headers: &HeaderMap) -> Option<Ticket> {
        if self.0.count.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let key = self.0.key?;
        let mut values = headers.get_all(PROBE_HEADER).iter();
        let value = values.next()?.to_str().ok()?;
        if values.next().is_some() {
            return None;
        }
        let (signed, given) = value.rsplit_once('.')?;
        let expected = mac(&key, &["probe", signed])?;
        if !bool::from(expected.as_bytes().ct_eq(given.as_bytes())) {
            return None;
        }
        let nonce = signed.split('.').nth(1)?;
        let now = (self.0.now)();
        let mut outstanding = self.0.outstanding.lock();
        let at = outstanding.iter().position(|one| one.nonce == nonce)?;
        let one = outstanding.remove(at)?;
        self.0.count.store(outstanding.len(), Ordering::Relaxed);
        (now.saturating_duration_since(one.at) <= LIFE).then_some(Ticket { nonce: one.nonce })
    }

    /// Forgets a probe that has arrived, or never will.
    pub(crate) fn forget(&self, nonce: &str) {
        let mut outstanding = self.0.outstanding.lock();
        outstanding.retain(|one| one.nonce != nonce);
        self.0.count.store(outstanding.len(), Ordering::Relaxed);
    }

    /// The answer to a probe: a signed account of what arrived.
    pub(crate) fn echo(&self, ticket: Ticket, arrived: Arrived<'_>) -> Option<Vec<u8>> {
        let mut echo = Echo {
            nonce: ticket.nonce,
            sha256: hex(&Sha256::digest(arrived.body)),
            length: arrived.length,
            whole: arrived.whole,
            target: arrived.target.to_owned(),
            public: arrived.public,
            token: arrived.token,
            headers: crate::capture::headers(arrived.headers)
                .into_iter()
                .map(|(name, value)| (name, base64::Engine::encode(&base64::prelude::BASE64_STANDARD, value)))
                .collect(),
            mac: String::new(),
        };
        echo.mac = self.echo_mac(&echo)?;
        serde_json::to_vec(&echo).ok()
    }

    /// The echo in an answer, if it has one that is ours and answers this probe.
    pub(crate) fn read_echo(&self, answer: &[u8], nonce: &str) -> Option<Echo> {
        let echo: Echo = serde_json::from_slice(answer).ok()?;
        let expected = self.echo_mac(&echo)?;
        (bool::from(expected.as_bytes().ct_eq(echo.mac.as_bytes())) && echo.nonce == nonce).then_some(echo)
    }

    fn echo_mac(&self, echo: &Echo) -> Option<String> {
        let mut text = format!(
            "{} {} {} {} {:?} {}\n{}\n",
            echo.nonce, echo.sha256, echo.length, echo.whole, echo.public, echo.token, echo.target
        );
        for (name, value) in &echo.headers {
            let _ = writeln!(text, "{name}:{value}");
        }
        mac(&self.0.key?, &["echo", &text])
    }
}

/// The last segment of a probe's path.
const PATH: &str = "pollux-probe";

/// A probe that was recognised.
pub(crate) struct Ticket {
    nonce: String,
}

/// What arrived of a probe.
pub(crate) struct Arrived<'a> {
    /// As far as it was read.
    pub(crate) body: &'a [u8],
    /// Of the body.
    pub(crate) length: u64,
    /// All of the body came.
    pub(crate) whole: bool,
    /// Path and query.
    pub(crate) target: &'a str,
    /// Its headers.
    pub(crate) headers: &'a HeaderMap,
    /// Whether the gate took it for a request from the internet; `None` if the gate has no rules.
    pub(crate) public: Option<bool>,
    /// Whether it had the path token, if one is required.
    pub(crate) token: bool,
}

/// The answer to a probe.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Echo {
    nonce: String,
    pub(crate) sha256: String,
    pub(crate) length: u64,
    pub(crate) whole: bool,
    pub(crate) target: String,
    pub(crate) public: Option<bool>,
    pub(crate) token: bool,
    /// Names, and values in base64.
    pub(crate) headers: Vec<(String, String)>,
    mac: String,
}

fn mac(key: &[u8; 32], parts: &[&str]) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    for part in parts {
        mac.update(part.as_bytes());
        mac.update(b"\0");
    }
    Some(hex(&mac.finalize().into_bytes()))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
