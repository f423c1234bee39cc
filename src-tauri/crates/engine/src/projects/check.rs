//! What a project may be: names, paths, addresses, keys; and the one harmless call that tries them.

use std::time::Instant;

use gemini::client::{Client, GOOGLE_BASE_URL};
use reqwest::Url;
use zeroize::Zeroizing;

use super::Projects;
use super::names::{hint, version};
use crate::dto::{ApiKeyDraft, ApiVersion, ProjectCheck, ProjectDraft};
use crate::error::{Code, Error, Result};
use crate::registry::SANDBOX_PATH;
use crate::service_error::service_error;

/// Longest name, in characters.
const NAME: usize = 100;
/// Longest path segment.
const PATH: usize = 64;
/// Most webhooks to ask for: the service's largest page.
const WEBHOOKS: u32 = 1000;

/// A draft that passed its checks.
pub(super) struct Plan {
    pub(super) name: String,
    pub(super) path: String,
    /// `None`: Google's.
    pub(super) base_url: Option<String>,
    pub(super) api_version: ApiVersion,
    pub(super) key: KeyChange,
}

/// What to do with the API key.
pub(super) enum KeyChange {
    Keep,
    Put(Zeroizing<String>),
    Drop,
}

impl Plan {
    /// For the log.
    pub(super) fn words(&self) -> String {
        let key = match &self.key {
            KeyChange::Keep => String::new(),
            KeyChange::Put(text) => format!(", API key {}", hint(text)),
            KeyChange::Drop => ", no API key".to_owned(),
        };
        let base = self.base_url.as_deref().unwrap_or(GOOGLE_BASE_URL);
        format!("{}, path /{}, {base}, {}{key}", self.name, self.path, version(self.api_version))
    }
}

impl Projects {
    /// What `draft` makes of a project: a new one, or the one that was `before`.
    pub(super) async fn planned(&self, draft: &ProjectDraft, before: Option<&store::Project>) -> Result<Plan> {
        let others: Vec<store::Project> = self.common.store().projects().list().await?;
        let others: Vec<&store::Project> =
            others.iter().filter(|other| Some(other.id) != before.map(|before| before.id)).collect();
        let name = name(&draft.name)?;
        // The name is taken even where the Sandbox never ran, as on the command line.
        let builtin = name.eq_ignore_ascii_case("sandbox") && before.is_none_or(|before| before.name != name);
        if builtin || others.iter().any(|other| other.name == name) {
            return Err(Error::new(
                Code::NameTaken,
                format!("Another project is called {name:?}. Choose another name."),
            ));
        }
        let taken = |path: &str| path == SANDBOX_PATH || others.iter().any(|other| other.path == path);
        let path = match (draft.path.as_deref().map(str::trim), before) {
            (None, Some(before)) => before.path.clone(),
            (None, None) => made_of(&name, taken),
            (Some(""), Some(before)) if before.path.is_empty() => String::new(),
            (Some(_), Some(before)) if before.path.is_empty() => {
                return Err(Error::new(
                    Code::BuiltinProject,
                    "This project takes the deliveries that belong to no other project, so it has no path of its own. \
                     Add a project for the path.",
                ));
            }
            (Some(path), _) => checked_path(path, taken)?,
        };
        let base_url = base_url(draft.base_url.as_deref())?;
        let key = match &draft.api_key {
            ApiKeyDraft::Kept => {
                // Check one that cannot be read now, too: it is used as soon as the vault gives it out.
                if let Some((before, key)) = before.and_then(|before| Some((before, before.key.as_ref()?))) {
                    belongs(&before.name, &key.hint, before.base_url.as_deref(), base_url.as_deref())?;
                }
                KeyChange::Keep
            }
            ApiKeyDraft::Nowhere => KeyChange::Drop,
            given => KeyChange::Put(self.given(given)?),
        };
        if let KeyChange::Put(text) = &key {
            client(base_url.as_deref(), draft.api_version, text)?;
        }
        Ok(Plan { name, path, base_url, api_version: draft.api_version, key })
    }

    /// The key that a form holds, typed or by the name of its variable.
    fn given(&self, draft: &ApiKeyDraft) -> Result<Zeroizing<String>> {
        match draft {
            ApiKeyDraft::Typed { text } => Ok(Zeroizing::new(text.trim().to_owned())),
            ApiKeyDraft::Environment { name } => self.environment_key(name).ok_or_else(|| {
                let message = "Pollux was not started with this variable, or it is empty. Type the key, or start Pollux \
                               with GEMINI_API_KEY or GOOGLE_API_KEY set.";
                Error::new(Code::NoApiKey, message)
            }),
            ApiKeyDraft::Kept | ApiKeyDraft::Nowhere => {
                Err(Error::new(Code::NoApiKey, "There is no API key to try. Type one."))
            }
        }
    }

    /// Makes one harmless call with what a form holds, and keeps nothing. `id`: the project whose stored key
    /// `ApiKeyDraft::Kept` means.
    pub async fn check(&self, id: Option<i64>, draft: ProjectDraft) -> Result<ProjectCheck> {
        let known = id.map(|id| self.registry.project(id)).transpose()?;
        let client = match (&draft.api_key, known) {
            (ApiKeyDraft::Kept, Some(project)) if project.sandbox => self.client(project.id)?,
            (ApiKeyDraft::Kept, Some(project)) => {
                // Fails with the reason why there is none.
                self.client(project.id)?;
                let base_url = base_url(draft.base_url.as_deref())?;
                // Read both at once: between two reads the project may get another address with another key.
                let (given_for, key) = self.clients.key(project.id).unwrap_or_default();
                belongs(&project.name, &hint(&key), Some(&given_for), base_url.as_deref())?;
                client(base_url.as_deref(), draft.api_version, &key)?
            }
            (given, _) => {
                let key = self.given(given)?;
                client(base_url(draft.base_url.as_deref())?.as_deref(), draft.api_version, &key)?
            }
        };
        let started = Instant::now();
        let list = client.webhook_list(WEBHOOKS, None).await.map_err(|error| {
            let missing = error.http() == Some(404);
            let told = service_error(error, false);
            match missing {
                true => Error {
                    code: Code::ServiceRefused,
                    message: "The service at this base URL knows no webhooks. Check the base URL and the version."
                        .to_owned(),
                    ..told
                },
                false => told,
            }
        })?;
        Ok(ProjectCheck {
            webhooks: u32::try_from(list.webhooks.len()).unwrap_or(u32::MAX),
            took_ms: u32::try_from(started.elapsed().as_millis()).unwrap_or(u32::MAX),
        })
    }
}

/// Checks that a stored key goes only to the origin that it was given for: to change the address is to give the key
/// again. `None`: Google's.
fn belongs(name: &str, hint: &str, given_for: Option<&str>, asked: Option<&str>) -> Result<()> {
    let (given_for, asked) = (origin(given_for), origin(asked));
    if given_for == asked {
        return Ok(());
    }
    Err(Error::new(
        Code::KeyOfAnotherAddress,
        format!(
            "The API key of {name} ({hint}) was given for {given_for}, so it is not sent to {asked}. Type the key for the \
             new address, or take it away."
        ),
    ))
}

/// Scheme, host and port.
fn origin(base_url: Option<&str>) -> String {
    let text = base_url.unwrap_or(GOOGLE_BASE_URL);
    Url::parse(text).map_or_else(|_| text.to_owned(), |url| url.origin().ascii_serialization())
}

fn client(base_url: Option<&str>, version: ApiVersion, key: &str) -> Result<Client> {
    Client::new(base_url.unwrap_or(GOOGLE_BASE_URL), version.into(), key).map_err(|error| service_error(error, false))
}

fn name(text: &str) -> Result<String> {
    let name = text.trim();
    let wrong = |message: String| Err(Error::new(Code::InvalidName, message));
    if name.is_empty() {
        return wrong("A project needs a name.".to_owned());
    }
    if name.chars().count() > NAME {
        return wrong(format!("A project's name has {NAME} characters at most."));
    }
    if name.chars().any(char::is_control) {
        return wrong("A project's name is one line, without control characters.".to_owned());
    }
    Ok(name.to_owned())
}

fn checked_path(path: &str, taken: impl Fn(&str) -> bool) -> Result<String> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let wrong = |why: String| Err(Error::new(Code::InvalidPath, format!("{why} A path looks like results-prod.")));
    if path.is_empty() || !path.chars().all(fits) {
        return wrong("A project's path is made of a-z, 0-9 and -, without a slash.".to_owned());
    }
    if path.len() > PATH {
        return wrong(format!("A project's path has {PATH} characters at most."));
    }
    if path == SANDBOX_PATH {
        return wrong("The path sandbox belongs to the Sandbox.".to_owned());
    }
    if taken(path) {
        return Err(Error::new(
            Code::PathTaken,
            format!("The path /{path} belongs to another project. Choose another."),
        ));
    }
    Ok(path.to_owned())
}

/// A free path made from the name.
fn made_of(name: &str, taken: impl Fn(&str) -> bool) -> String {
    // Leaves room for the number at its end.
    const LONGEST: usize = PATH - 8;
    let mut path = String::new();
    for c in name.chars().map(|c| c.to_ascii_lowercase()) {
        match c.is_ascii_alphanumeric() {
            true => path.push(c),
            false if !path.is_empty() && !path.ends_with('-') => path.push('-'),
            false => {}
        }
    }
    path.truncate(LONGEST);
    let path = match path.trim_end_matches('-') {
        "" => "project",
        path => path,
    };
    if !taken(path) {
        return path.to_owned();
    }
    (2u32..).map(|number| format!("{path}-{number}")).find(|path| !taken(path)).unwrap_or_default()
}

/// As it is stored: `None` for Google's.
fn base_url(text: Option<&str>) -> Result<Option<String>> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    // Any key will do: only the address is checked.
    let client = client(Some(text), ApiVersion::default(), "key")?;
    let url = client.base().as_str().trim_end_matches('/').to_owned();
    Ok((url != GOOGLE_BASE_URL).then_some(url))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_made_of_the_name() {
        let taken = |path: &str| matches!(path, "sandbox" | "prod" | "prod-2" | "project");
        for (name, expected) in [
            ("Nightly results", "nightly-results"),
            ("  Ünï (EU) / 2 ", "n-eu-2"),
            ("prod", "prod-3"),
            ("Sandbox", "sandbox-2"),
            ("日本", "project-2"),
            ("--", "project-2"),
        ] {
            assert_eq!(made_of(name, taken), expected, "{name}");
        }
        let long = made_of(&"x".repeat(100), |path| path.len() == 56);
        assert_eq!((long.len(), long.ends_with("-2")), (58, true));
        assert!(checked_path(&long, |_| false).is_ok());
    }

    #[test]
    fn what_cannot_be_a_path_is_told() {
        for path in ["", "a/b", "A", "a_b", "ü", ".", "sandbox", &"x".repeat(65)] {
            assert_eq!(checked_path(path, |_| false).unwrap_err().code, Code::InvalidPath, "{path}");
        }
        assert_eq!(checked_path("a", |_| true).unwrap_err().code, Code::PathTaken);
        assert!(checked_path(&"x".repeat(64), |_| false).is_ok());
    }

    #[test]
    fn googles_base_url_is_nothing_special_to_remember() {
        for text in [None, Some(""), Some(" https://generativelanguage.googleapis.com/ ")] {
            assert_eq!(base_url(text).unwrap(), None);
        }
        for (text, expected) in [
            ("http://localhost:8080/", "http://localhost:8080"),
            ("https://Gateway.example/gemini/", "https://gateway.example/gemini"),
        ] {
            assert_eq!(base_url(Some(text)).unwrap().as_deref(), Some(expected));
        }
        for text in ["gateway.example", "http://gateway.example", "https://u:p@gateway.example", "https://a.example/?b"]
        {
            assert_eq!(base_url(Some(text)).unwrap_err().code, Code::InvalidBaseUrl, "{text}");
        }
    }

    #[test]
    fn a_kept_key_stays_with_its_origin() {
        let google = "https://generativelanguage.googleapis.com";
        for (given_for, asked) in [
            (None, Some(google)),
            (Some("https://gateway.example/gemini"), Some("https://gateway.example:443/other")),
            (Some("http://127.0.0.1:8080"), Some("http://127.0.0.1:8080/v2")),
        ] {
            assert!(belongs("prod", "…a91f", given_for, asked).is_ok(), "{given_for:?} {asked:?}");
        }
        for (given_for, asked) in [
            (None, Some("https://gateway.example")),
            (Some("https://gateway.example"), None),
            (Some("https://gateway.example"), Some("http://gateway.example")),
            (Some("https://gateway.example"), Some("https://gateway.example:8443")),
            (Some("https://gateway.example"), Some("https://sub.gateway.example")),
            (Some("http://127.0.0.1:8080"), Some("http://localhost:8080")),
        ] {
            let error = belongs("prod", "…a91f", given_for, asked).unwrap_err();
            assert_eq!(error.code, Code::KeyOfAnotherAddress, "{given_for:?} {asked:?}");
        }
    }

    #[test]
    fn a_name_is_one_line_of_some_length() {
        assert_eq!(name("  Nightly ").unwrap(), "Nightly");
        for text in ["", "  ", "a\nb", &"x".repeat(101)] {
            assert_eq!(name(text).unwrap_err().code, Code::InvalidName);
        }
    }
}
