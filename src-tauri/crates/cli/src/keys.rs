//! Keys on the command line: secrets from options, the environment or a file; a JWKS from a file or an address.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use gemini::JwksCache;
use gemini::jwks::{Fetch, FetchError, Fetching, HttpFetch};
use signature::{Jwks, KeySet, KeyState, Secret, SecretError, SecretKey};
use zeroize::Zeroizing;

/// Where the keys come from.
#[derive(Args, Default)]
pub(crate) struct Keys {
    #[command(flatten)]
    secrets: Secrets,
    /// The published keys of dynamic webhooks: a file or an address.
    #[arg(long, value_name = "FILE|URL")]
    jwks: Option<String>,
}

/// Where secrets come from.
#[derive(Args, Default)]
pub(crate) struct Secrets {
    /// A signing secret (whsec_…) or public key (whpk_…). Repeat for several.
    #[arg(long, value_name = "SECRET")]
    secret: Vec<String>,
    /// A file with one secret per line.
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// Secrets from the environment, separated by white space.
    #[arg(long = "secret-from-env", env = "POLLUX_SECRET", hide = true, hide_env_values = true)]
    from_env: Option<String>,
}

/// Why a key could not be used.
pub(crate) enum KeyProblem {
    /// The text of a secret is not one.
    Secret(SecretError),
    /// A file or address could not be read.
    Unreadable(String),
}

impl KeyProblem {
    /// Puts it in words, for a caller without a verdict to put it in.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Secret(error) => error.to_string(),
            Self::Unreadable(message) => message.clone(),
        }
    }
}

impl Keys {
    /// Whether anything was given to check with.
    pub(crate) fn given(&self) -> bool {
        let Secrets { secret, secret_file, from_env } = &self.secrets;
        !secret.is_empty() || secret_file.is_some() || from_env.is_some() || self.jwks.is_some()
    }

    /// The same, without the environment.
    pub(crate) fn given_as_options(&self) -> bool {
        !self.secrets.secret.is_empty() || self.secrets.secret_file.is_some() || self.jwks.is_some()
    }
}

impl Secrets {
    /// The texts of all secrets, in order: options, file, environment.
    pub(crate) fn texts(&self) -> Result<Vec<Zeroizing<String>>, String> {
        let mut texts: Vec<Zeroizing<String>> = self.secret.iter().map(|text| Zeroizing::new(text.clone())).collect();
        if let Some(path) = &self.secret_file {
            let content = std::fs::read_to_string(path).map(Zeroizing::new);
            let content = content.map_err(|error| format!("{} could not be read: {error}", path.display()))?;
            if content.trim().is_empty() {
                return Err(format!("{} holds no secret: one per line is expected", path.display()));
            }
            texts.extend(
                content.lines().filter(|line| !line.trim().is_empty()).map(|line| Zeroizing::new(line.to_owned())),
            );
        }
        if let Some(env) = &self.from_env {
            if env.trim().is_empty() {
                return Err("POLLUX_SECRET is set but holds no secret: give it one or unset it".to_owned());
            }
            texts.extend(env.split_whitespace().map(|text| Zeroizing::new(text.to_owned())));
        }
        Ok(texts)
    }
}

impl Keys {
    /// All secrets, parsed.
    pub(crate) fn secrets(&self) -> Result<Vec<SecretKey>, KeyProblem> {
        let texts = self.secrets.texts().map_err(KeyProblem::Unreadable)?;
        let parse = |(index, text): (usize, &Zeroizing<String>)| {
            let secret = Secret::parse(text).map_err(KeyProblem::Secret)?;
            Ok(SecretKey { id: format!("secret[{index}]"), secret, state: KeyState::Current })
        };
        texts.iter().enumerate().map(parse).collect()
    }

    /// Was a JWKS named?
    pub(crate) fn has_jwks(&self) -> bool {
        self.jwks.is_some()
    }

    /// The JWKS, read once.
    pub(crate) async fn jwks(&self) -> Result<Jwks, String> {
        let Some(named) = &self.jwks else { return Ok(Jwks::None) };
        if is_address(named) {
            return match self.cache()? {
                Some(cache) => Ok(cache.get().await),
                None => Ok(Jwks::None),
            };
        }
        let bytes = std::fs::read(named).map_err(|error| format!("{named} could not be read: {error}"))?;
        let keys = KeySet::parse(&bytes).map_err(|error| format!("{named} is not a JWKS: {error}"))?;
        Ok(Jwks::Known(Arc::new(keys)))
    }

    /// The JWKS, read again when a key is missing.
    pub(crate) fn cache(&self) -> Result<Option<JwksCache>, String> {
        let Some(named) = &self.jwks else { return Ok(None) };
        if is_address(named) {
            let fetch = HttpFetch::new(named).map_err(|error| format!("{named} cannot be used: {error}"))?;
            return Ok(Some(JwksCache::new(fetch)));
        }
        let path = PathBuf::from(named);
        std::fs::metadata(&path).map_err(|error| format!("{named} could not be read: {error}"))?;
        Ok(Some(JwksCache::new(FileFetch(path))))
    }
}

fn is_address(named: &str) -> bool {
    Path::new(named).components().count() > 0 && (named.starts_with("https://") || named.starts_with("http://"))
}

struct FileFetch(PathBuf);

impl Fetch for FileFetch {
    fn fetch(&self) -> Fetching<'_> {
        Box::pin(async {
            let read = tokio::fs::read(&self.0).await;
            read.map_err(|error| FetchError::Unreachable(format!("{} could not be read: {error}", self.0.display())))
        })
    }
}
