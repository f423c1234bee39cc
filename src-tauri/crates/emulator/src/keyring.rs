//! The emulator's own keys: those that sign dynamic deliveries, and the JWKS that publishes them.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};

use parking_lot::Mutex;
use samples::{KeyError, Random, RsaKey, SigningKeys, random};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::OnceCell;

use crate::journal::Journal;
use crate::settings::DynamicScheme;

/// The keys. RSA keys are made off the async threads when they are first needed.
pub(crate) struct KeyRing {
    plain: Mutex<SigningKeys>,
    random: Random,
    rsa: Mutex<Arc<Later>>,
    strange_rsa: Later,
    /// How often the published keys were requested.
    asked: AtomicU64,
    /// Where they are kept, if anywhere.
    journal: OnceLock<Weak<Journal>>,
}

/// An RSA key that is made when it is first needed. Its id is drawn beforehand, so the time of that does not change
/// what requests draw.
struct Later {
    kid: String,
    key: OnceCell<Arc<RsaKey>>,
}

impl Later {
    fn new(random: &Random) -> Result<Self, KeyError> {
        let kid = random::bytes::<20>(random)?.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { kid, key: OnceCell::new() })
    }

    async fn get(&self) -> Result<Arc<RsaKey>, KeyError> {
        let kid = self.kid.clone();
        let generate = async || {
            let key = tokio::task::spawn_blocking(move || RsaKey::generate(kid).map(Arc::new)).await;
            key.unwrap_or(Err(KeyError::Rsa))
        };
        self.key.get_or_try_init(generate).await.cloned()
    }
}

/// The keys as the journal keeps them. `Debug` shows none of them.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct KeptKeys {
    pub(crate) secret: Option<String>,
    pub(crate) seeds: Vec<[u8; 32]>,
    /// `kid` and private key, once it was needed.
    #[serde(default)]
    pub(crate) rsa: Option<(String, String)>,
}

impl fmt::Debug for KeptKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("KeptKeys").finish_non_exhaustive()
    }
}

impl KeyRing {
    pub(crate) fn generate(random: &Random) -> Result<Self, KeyError> {
        Self::new(SigningKeys::generate(random)?, random)
    }

    pub(crate) fn from_kept(kept: KeptKeys, random: &Random) -> Result<Self, KeyError> {
        let keys = SigningKeys { secret: kept.secret, seeds: kept.seeds, ..SigningKeys::default() };
        let mut ring = Self::new(keys, random)?;
        if let Some((kid, private)) = kept.rsa {
            let key = RsaKey::from_private_text(kid.clone(), &private)?;
            ring.rsa = Mutex::new(Arc::new(Later { kid, key: OnceCell::new_with(Some(Arc::new(key))) }));
        }
        Ok(ring)
    }

    fn new(plain: SigningKeys, random: &Random) -> Result<Self, KeyError> {
        Ok(Self {
            plain: Mutex::new(plain),
            random: Arc::clone(random),
            rsa: Mutex::new(Arc::new(Later::new(random)?)),
            strange_rsa: Later::new(random)?,
            asked: AtomicU64::new(0),
            journal: OnceLock::new(),
        })
    }

    /// Keeps them in this journal from now on, including those that are made later.
    pub(crate) fn keep_in(&self, journal: &Arc<Journal>) {
        // A ring is given its journal once, when it is made.
        let _ = self.journal.set(Arc::downgrade(journal));
        self.keep();
    }

    fn keep(&self) {
        if let Some(journal) = self.journal.get().and_then(Weak::upgrade) {
            let plain = self.plain();
            let later = self.later();
            let rsa = later.key.get().map(|rsa| (rsa.kid().to_owned(), rsa.private_text()));
            journal.keep_keys(&KeptKeys { secret: plain.secret, seeds: plain.seeds, rsa });
        }
    }

    /// The secret and the seeds, without RSA keys.
    pub(crate) fn plain(&self) -> SigningKeys {
        self.plain.lock().clone()
    }

    /// The Ed25519 key that signs.
    pub(crate) fn first_seed(&self) -> Option<[u8; 32]> {
        self.plain.lock().seeds.first().copied()
    }

    fn later(&self) -> Arc<Later> {
        Arc::clone(&self.rsa.lock())
    }

    /// Replaces the keys for dynamic deliveries of both schemes: the old ones disappear from the JWKS.
    pub(crate) fn rotate(&self) -> Result<(), KeyError> {
        let fresh = SigningKeys::generate(&self.random)?;
        let later = Arc::new(Later::new(&self.random)?);
        *self.rsa.lock() = later;
        self.plain.lock().seeds = fresh.seeds;
        self.keep();
        Ok(())
    }

    pub(crate) async fn rsa(&self) -> Result<Arc<RsaKey>, KeyError> {
        let later = self.later();
        if let Some(rsa) = later.key.get() {
            return Ok(Arc::clone(rsa));
        }
        let rsa = later.get().await?;
        self.keep();
        Ok(rsa)
    }

    pub(crate) async fn strange_rsa(&self) -> Result<Arc<RsaKey>, KeyError> {
        self.strange_rsa.get().await
    }

    /// How often [`KeyRing::jwks`] returned the published keys.
    pub(crate) fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    /// The keys published under this scheme: only the Ed25519 keys, as the service does, or with the RSA key that the
    /// guide describes.
    pub(crate) async fn jwks(&self, scheme: DynamicScheme) -> Value {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let mut published = self.plain();
        if scheme == DynamicScheme::Jwt {
            published.rsa = match self.rsa().await {
                Ok(rsa) => Some(rsa),
                // The other keys are unaffected.
                Err(error) => {
                    tracing::warn!(%error, "the emulator cannot publish an RSA key");
                    None
                }
            };
        }
        published.jwks()
    }
}
