//! Makes the deliveries of a check.

use bytes::Bytes;
use samples::{ComposeError, Profile, Random, SampleRequest, SigningKeys, compose, message_id};
use serde_json::{Value, json};
use signature::{Scheme, Secret, sign};

use super::{Clock, Plan};

/// Bytes of a randomly drawn key.
const KEY: usize = 32;

/// One POST.
#[derive(Clone, Debug)]
pub(super) struct Delivery {
    /// What distinguishes it, if a line has several.
    pub(super) label: String,
    pub(super) id: String,
    pub(super) headers: Vec<(String, Vec<u8>)>,
    pub(super) body: Bytes,
}

/// The deliveries of a line, in the order of sending.
pub(super) type Made = Result<Vec<Delivery>, ComposeError>;

/// One request.
#[derive(Clone)]
pub(super) enum Shot {
    Post(Delivery),
    /// A POST without a body or any of the headers.
    Bare,
    Get,
    /// Sends its body in pieces.
    Drip(Delivery),
}

/// Signs, correctly and wrongly.
pub(super) struct Forge {
    keys: SigningKeys,
    secret: Option<Secret>,
    old_secret: Option<Secret>,
    profile: Profile,
    clock: Clock,
    random: Random,
}

impl Forge {
    pub(super) fn new(plan: &Plan) -> Self {
        let secret = plan.secret.as_ref().map(|named| named.secret.clone());
        let keys = SigningKeys { secret: secret.as_ref().map(|secret| secret.text().to_owned()), ..plan.keys.clone() };
        Self {
            keys,
            secret,
            old_secret: plan.old_secret.as_ref().map(|named| named.secret.clone()),
            profile: plan.profile.clone(),
            clock: plan.now.clone(),
            random: plan.random.clone(),
        }
    }

    /// Unix seconds.
    pub(super) fn now(&self) -> i64 {
        (self.clock)()
    }

    pub(super) fn id(&self) -> Result<String, ComposeError> {
        Ok(message_id(&self.random)?)
    }

    fn key(&self) -> Result<[u8; KEY], ComposeError> {
        let mut bytes = [0; KEY];
        (self.random)(&mut bytes)?;
        Ok(bytes)
    }

    /// A sample of the catalog, signed for now. `broken` as in [`samples::broken_kinds`].
    pub(super) fn sample(
        &self,
        scheme: Scheme,
        event_type: &str,
        variant: Option<&str>,
        broken: Option<&str>,
    ) -> Result<Delivery, ComposeError> {
        self.sample_for(&self.profile, scheme, event_type, variant, broken)
    }

    fn sample_for(
        &self,
        profile: &Profile,
        scheme: Scheme,
        event_type: &str,
        variant: Option<&str>,
        broken: Option<&str>,
    ) -> Result<Delivery, ComposeError> {
        let request = SampleRequest {
            event_type: event_type.to_owned(),
            variant: variant.map(str::to_owned),
            scheme,
            broken: broken.map(str::to_owned),
        };
        let made = compose(&request, &self.keys, profile, &self.id()?, self.now(), &self.random)?;
        Ok(Delivery { label: String::new(), id: made.id, headers: made.headers, body: made.body.into() })
    }

    /// The plain one: `batch.succeeded`, compact JSON in ASCII, for now.
    pub(super) fn plain(&self, scheme: Scheme) -> Result<Delivery, ComposeError> {
        self.sample(scheme, "batch.succeeded", None, None)
    }

    /// The plain one, broken like this.
    pub(super) fn broken(&self, scheme: Scheme, kind: &str) -> Made {
        Ok(vec![self.sample(scheme, "batch.succeeded", None, Some(kind))?])
    }

    /// A token with these claims and otherwise correct, or broken like this.
    pub(super) fn token_of(&self, issuer: &str, audience: &str, broken: Option<&str>) -> Made {
        let (issuer, audience) = (issuer.to_owned(), audience.to_owned());
        let profile = Profile { issuer, audience, ..self.profile.clone() };
        Ok(vec![self.sample_for(&profile, Scheme::Jwt, "batch.succeeded", None, broken)?])
    }

    /// The claims of this check's tokens.
    pub(super) fn issuer(&self) -> &str {
        &self.profile.issuer
    }

    pub(super) fn audience(&self) -> &str {
        &self.profile.audience
    }

    /// The plain payload.
    pub(super) fn payload(&self, scheme: Scheme) -> Result<Value, ComposeError> {
        Ok(serde_json::from_slice(&self.plain(scheme)?.body).unwrap_or_default())
    }

    /// Any body, signed for this many seconds from now.
    pub(super) fn signed(&self, scheme: Scheme, shift: i64, body: impl Into<Bytes>) -> Result<Delivery, ComposeError> {
        self.signed_as(scheme, &self.id()?, shift, body)
    }

    /// The same for a message that already has its id.
    pub(super) fn signed_as(
        &self,
        scheme: Scheme,
        id: &str,
        shift: i64,
        body: impl Into<Bytes>,
    ) -> Result<Delivery, ComposeError> {
        let (time, body) = (self.now().saturating_add(shift), body.into());
        let signature = self.signature(scheme, id, time, &body)?;
        Ok(self.delivery(id, time, &signature, body))
    }

    /// The right signature.
    pub(super) fn signature(&self, scheme: Scheme, id: &str, time: i64, body: &[u8]) -> Result<String, ComposeError> {
        match scheme {
            Scheme::V1 => Ok(sign::v1(self.secret()?, id, time, body)),
            Scheme::V1a => Ok(sign::v1a(self.seed()?, id, time, body)),
            Scheme::Jwt => {
                let rsa = self.keys.rsa.as_ref().ok_or(ComposeError::NoKey("an RSA key is needed for a token"))?;
                let expires = time.saturating_add(self.profile.token_lifetime);
                let (issuer, audience) = (&self.profile.issuer, &self.profile.audience);
                let claims = json!({ "iss": issuer, "aud": audience, "iat": time, "exp": expires, "jti": id });
                Ok(rsa.sign(Some(rsa.kid()), &claims)?)
            }
        }
    }

    /// A well-formed signature by a key that nobody has.
    pub(super) fn strange(&self, scheme: Scheme, id: &str, time: i64, body: &[u8]) -> Result<String, ComposeError> {
        let key = self.key()?;
        if scheme == Scheme::V1a {
            return Ok(sign::v1a(&key, id, time, body));
        }
        let secret = Secret::parse(&Secret::generate(key)).map_err(|_| ComposeError::NoKey("a secret is needed"))?;
        Ok(sign::v1(&secret, id, time, body))
    }

    /// The previous secret.
    pub(super) fn by_the_old_secret(&self) -> Made {
        let body = self.plain(Scheme::V1)?.body;
        let secret = self.old_secret.as_ref().ok_or(ComposeError::NoKey("there is no old secret"))?;
        let (id, time) = (self.id()?, self.now());
        let signature = sign::v1(secret, &id, time, &body);
        Ok(vec![self.delivery(&id, time, &signature, body)])
    }

    /// `v1` with the bytes of the public Ed25519 key as the secret.
    pub(super) fn by_the_public_key(&self) -> Made {
        let body = self.plain(Scheme::V1)?.body;
        let text = sign::v1a_public_text(self.seed()?);
        let text = format!("whsec_{}", text.trim_start_matches("whpk_"));
        let secret = Secret::parse(&text).map_err(|_| ComposeError::NoKey("an Ed25519 key is needed"))?;
        let (id, time) = (self.id()?, self.now());
        let signature = sign::v1(&secret, &id, time, &body);
        Ok(vec![self.delivery(&id, time, &signature, body)])
    }

    /// Header lines in the order in which the service sends them.
    pub(super) fn delivery(&self, id: &str, time: i64, signature: &str, body: Bytes) -> Delivery {
        let lines = [
            ("content-type", "application/json"),
            ("user-agent", &self.profile.user_agent),
            ("webhook-id", id),
            ("webhook-timestamp", &time.to_string()),
            ("webhook-signature", signature),
        ];
        let headers = lines.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec())).to_vec();
        Delivery { label: String::new(), id: id.to_owned(), headers, body }
    }

    fn secret(&self) -> Result<&Secret, ComposeError> {
        self.secret.as_ref().ok_or(ComposeError::NoKey("a whsec_ secret is needed for v1"))
    }

    fn seed(&self) -> Result<&[u8; 32], ComposeError> {
        self.keys.seeds.first().ok_or(ComposeError::NoKey("an Ed25519 key is needed for v1a"))
    }
}

impl Delivery {
    pub(super) fn labelled(mut self, label: &str) -> Self {
        label.clone_into(&mut self.label);
        self
    }

    pub(super) fn get(&self, name: &str) -> String {
        let line = self.headers.iter().find(|(header, _)| header == name);
        line.map(|(_, value)| String::from_utf8_lossy(value).into_owned()).unwrap_or_default()
    }

    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        if let Some((_, old)) = self.headers.iter_mut().find(|(header, _)| header == name) {
            *old = value.as_bytes().to_vec();
        }
        self
    }
}
