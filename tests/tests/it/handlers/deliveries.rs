//! Deliveries of which it is known whether they are genuine: those of the Sandbox, in every scheme and every broken kind,
//! and some that it does not have, made by hand.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::{Json, Router, routing::get};
use samples::{Profile, RsaKey, SampleRequest, SigningKeys, broken_kinds, compose, message_id, system_random};
use serde_json::json;
use signature::Scheme::{self, Jwt, V1, V1a};
use signature::{Secret, sign};
use tests::sender::{BODY, SECRET, now};

#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) scheme: Scheme,
    /// A broken kind of the Sandbox, or a name of this file's.
    pub(crate) what: &'static str,
    pub(crate) genuine: bool,
    pub(crate) id: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
    times: u32,
    index: usize,
}

impl Delivery {
    /// Sends it once: the status, where there is an answer.
    pub(crate) async fn try_send(&self, client: &reqwest::Client, url: &str) -> reqwest::Result<u16> {
        let mut request = client.post(url).body(self.body.clone());
        for (name, value) in &self.headers {
            request = request.header(name, value.as_slice());
        }
        Ok(request.send().await?.status().as_u16())
    }

    /// Sends it: its place in the list, the last answer's status, and how long the first one took.
    pub(crate) fn send(
        &self,
        client: &reqwest::Client,
        url: &str,
    ) -> impl Future<Output = (usize, u16, Duration)> + use<> {
        let (delivery, client, url) = (self.clone(), client.clone(), url.to_owned());
        async move {
            let (mut first, mut status) = (None, 0);
            for _ in 0..delivery.times {
                let mut request = client.post(&url).body(delivery.body.clone());
                for (name, value) in &delivery.headers {
                    request = request.header(name, value.as_slice());
                }
                let since = Instant::now();
                status = request.send().await.unwrap().status().as_u16();
                first.get_or_insert(since.elapsed());
            }
            (delivery.index, status, first.unwrap())
        }
    }
}

/// The keys, and where the public ones are served.
pub(crate) struct Sender {
    keys: SigningKeys,
    pub(crate) jwks: String,
}

impl Sender {
    pub(crate) async fn start() -> Self {
        let rsa =
            |kid: &'static str| tokio::task::spawn_blocking(|| Arc::new(RsaKey::generate(kid.to_owned()).unwrap()));
        let mut keys = SigningKeys::generate(&system_random()).unwrap();
        keys.secret = Some(SECRET.to_owned());
        keys.rsa = Some(rsa("known").await.unwrap());
        keys.strange_rsa = Some(rsa("strange").await.unwrap());
        let served = keys.jwks();
        let router = Router::new().route("/jwks.json", get(move || std::future::ready(Json(served.clone()))));
        let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let jwks = format!("http://{}/jwks.json", socket.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(socket, router).await });
        Self { keys, jwks }
    }

    /// All of them, each with an id of its own.
    pub(crate) fn deliveries(&self) -> Vec<Delivery> {
        let mut all: Vec<Delivery> = [V1, V1a, Jwt].into_iter().flat_map(|scheme| self.composed(scheme)).collect();
        all.extend(self.by_hand());
        for (index, delivery) in all.iter_mut().enumerate() {
            delivery.index = index;
        }
        all
    }

    /// Good ones.
    pub(crate) fn good(&self, count: usize) -> Vec<Delivery> {
        (0..count).map(|_| self.one(V1, None)).collect()
    }

    fn composed(&self, scheme: Scheme) -> impl Iterator<Item = Delivery> {
        let broken = broken_kinds().iter().filter(move |kind| kind.schemes.contains(&scheme));
        std::iter::once(None).chain(broken.map(Some)).map(move |kind| {
            let mut delivery = self.one(scheme, kind.map(|kind| kind.id));
            // The claim that tells of another body is the Sandbox's own: nobody documents that there is one to look at.
            delivery.genuine = kind.is_none_or(|kind| kind.reason == "valid" || kind.id == "swapped_body");
            delivery
        })
    }

    fn one(&self, scheme: Scheme, broken: Option<&'static str>) -> Delivery {
        let request = SampleRequest {
            event_type: "batch.succeeded".to_owned(),
            variant: None,
            scheme,
            broken: broken.map(str::to_owned),
        };
        let id = message_id(&system_random()).unwrap();
        let sent = compose(&request, &self.keys, &Profile::default(), &id, now(), &system_random()).unwrap();
        Delivery {
            scheme,
            what: broken.unwrap_or("good"),
            genuine: true,
            id: sent.id,
            headers: sent.headers,
            body: sent.body,
            times: sent.times,
            index: 0,
        }
    }

    fn by_hand(&self) -> Vec<Delivery> {
        let secret = Secret::parse(SECRET).unwrap();
        let (at, body) = (now(), BODY.as_bytes());
        let make = |what, genuine, body: &[u8], time: &str, signature: &dyn Fn(&str) -> String| {
            let id = message_id(&system_random()).unwrap();
            let headers =
                [("webhook-id", id.as_str()), ("webhook-timestamp", time), ("webhook-signature", &signature(&id))];
            let headers = headers.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec())).to_vec();
            Delivery { scheme: V1, what, genuine, id, headers, body: body.to_vec(), times: 1, index: 0 }
        };
        let time = at.to_string();
        let v1 = |id: &str, body: &[u8]| sign::v1(&secret, id, at, body);
        let good = |what, body: &[u8]| make(what, true, body, &time, &|id| v1(id, body));
        let signed = |what, genuine, signature: &dyn Fn(&str) -> String| make(what, genuine, body, &time, signature);
        let timed = |what, time: &str| make(what, false, body, time, &|id| v1(id, body));

        let odd =
            r#"{ "type": "\u0062atch.failed", "n": 1E400, "n": 12345678901234567890123, "data": {"id": "\u00e9\/"} }"#;
        let large =
            json!({ "type": "batch.succeeded", "data": { "id": "b", "note": "x".repeat(2 << 20) } }).to_string();
        let other = Secret::parse(&Secret::generate([7; 32])).unwrap();
        let public = sign::v1a_public_text(&self.keys.seeds[0]).replace("whpk_", "whsec_");
        let public = Secret::parse(&public).unwrap();
        let mut bare = good("no_headers", body);
        (bare.genuine, bare.headers) = (false, Vec::new());
        vec![
            good("unusual_json", odd.as_bytes()),
            good("empty_body", b""),
            good("list_body", br#"[{"type":"batch.succeeded"}]"#),
            good("two_mebibytes", large.as_bytes()),
            bare,
            signed("good_first", true, &|id| format!("{} {}", v1(id, body), sign::v1(&other, id, at, body))),
            signed("among_others", true, &|id| format!("{} v1, nonsense v9,AAAA", v1(id, body))),
            signed("public_key_as_secret", false, &|id| sign::v1(&public, id, at, body)),
            signed("first_eight", false, &|id| v1(id, body)[..11].to_owned()),
            signed("tail_altered", false, &|id| format!("{}{}=", &v1(id, body)[..23], "A".repeat(23))),
            signed("empty_entry", false, &|_| "v1,".to_owned()),
            signed("without_version", false, &|id| v1(id, body)[3..].to_owned()),
            signed("joined_by_comma", false, &|id| format!("{},{}", v1(id, body), v1(id, body))),
            // int() and parseInt() take these for the time that was signed.
            timed("plus", &format!("+{at}")),
            timed("fraction", &format!("{at}.0")),
            timed("words", "a moment ago"),
            timed("far_beyond", &"9".repeat(40)),
        ]
    }
}
