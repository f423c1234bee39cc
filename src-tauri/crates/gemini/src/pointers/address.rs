//! Files and addresses: recognises which of the known forms a value has.

use reqwest::Url;

use super::API_HOST;

/// A value that is a possible address.
pub(super) enum Address {
    /// A file of the Files API.
    File {
        /// The id without `files/`.
        id: String,
    },
    /// An object in Cloud Storage.
    Storage {
        /// Whether the name is safe in a command line without quotes.
        safe: bool,
    },
    /// Any other address.
    Web {
        /// What people call it.
        label: &'static str,
        /// What to know about it.
        note: String,
    },
}

/// A sentence on why a value is not an address.
pub(super) struct NotAnAddress(pub(super) String);

/// Ids of files, batches, interactions and operations.
pub(super) fn is_id(text: &str) -> bool {
    (1..=512).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// `files/{id}` for a file in any of its forms: `files/…`, a bare id, or an address of the Gemini API with or without
/// `download/`, `:download` and `?alt=media`. `None` for everything else.
#[must_use]
pub fn file_name(text: &str) -> Option<String> {
    let id = if let Some(id) = text.strip_prefix("files/") {
        id.strip_suffix(":download").unwrap_or(id)
    } else if text.starts_with("https://") {
        let url = Url::parse(text).ok()?;
        let id = file_id_of(&url)?;
        return Some(format!("files/{id}"));
    } else {
        text
    };
    is_id(id).then(|| format!("files/{id}"))
}

pub(super) fn read(text: &str) -> Result<Address, NotAnAddress> {
    if let Some(rest) = text.strip_prefix("gs://") {
        return storage(rest);
    }
    if text.starts_with("files/") || is_id(text) {
        return match file_name(text) {
            Some(name) => Ok(Address::File { id: name.trim_start_matches("files/").to_owned() }),
            None => no("This does not look like the name of a file of the service, so it is not looked up."),
        };
    }
    let Ok(url) = Url::parse(text) else {
        return no("This is not a known form of file or address, so it is not looked up.");
    };
    match url.scheme() {
        "https" => web(text, &url),
        "http" => no("An address without encryption (http); the service uses https. It is not opened."),
        scheme => Err(NotAnAddress(format!(
            "An address of the kind `{}:` is not opened.",
            scheme.chars().take(20).collect::<String>()
        ))),
    }
}

fn no<T>(note: &str) -> Result<T, NotAnAddress> {
    Err(NotAnAddress(note.to_owned()))
}

fn storage(rest: &str) -> Result<Address, NotAnAddress> {
    let Some((bucket, object)) = rest.split_once('/') else {
        return no("A Cloud Storage address needs a bucket and an object, gs://bucket/object.");
    };
    let bucket_ok = (3..=222).contains(&bucket.len())
        && bucket
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'_' | b'-'));
    if !bucket_ok || object.is_empty() {
        return no("This is not the name of an object in Cloud Storage, gs://bucket/object.");
    }
    // Not quoted or escaped, so its characters must have no meaning to a POSIX shell, cmd.exe or PowerShell, nor to
    // gcloud's own wildcards.
    let safe = object
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'/' | b'=' | b'+' | b':'));
    Ok(Address::Storage { safe })
}

fn web(text: &str, url: &Url) -> Result<Address, NotAnAddress> {
    if !url.username().is_empty() || url.password().is_some() {
        return no("The address contains a user name or a password, as misleading addresses do; it is not opened.");
    }
    if text.contains('\\') {
        return no("The address contains a backslash, which programs read differently; it is not opened.");
    }
    let Some(host) = url.host_str() else {
        return no("The address names no host.");
    };
    if let Some(id) = file_id_of(url) {
        return Ok(Address::File { id });
    }
    if host == API_HOST && url.port().is_none() {
        return Ok(Address::Web {
            label: "Google address",
            note: "An address of the Gemini API that is not a file; it is not fetched.".to_owned(),
        });
    }
    if looks_like_google(host) {
        return Ok(Address::Web {
            label: "web address",
            note: format!("The host {host} only resembles Google's; the API key is never sent there."),
        });
    }
    Ok(Address::Web { label: "web address", note: format!("Not the Gemini API: the API key is never sent to {host}.") })
}

/// The file's id in `https://{API_HOST}/[download/]v1…/files/{id}[:download][?alt=media]`.
fn file_id_of(url: &Url) -> Option<String> {
    let ours = url.scheme() == "https"
        && url.host_str() == Some(API_HOST)
        && url.port().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if !ours || !matches!(url.query(), None | Some("" | "alt=media")) {
        return None;
    }
    let path = url.path().strip_prefix('/')?;
    let path = path.strip_prefix("download/").unwrap_or(path);
    let (version, rest) = path.split_once('/')?;
    if !matches!(version, "v1" | "v1beta" | "v1alpha") {
        return None;
    }
    let id = rest.strip_prefix("files/")?;
    let id = id.strip_suffix(":download").unwrap_or(id);
    is_id(id).then(|| id.to_owned())
}

/// Hosts that contain Google's name without being in one of its domains, and the API's host in disguise.
fn looks_like_google(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let googles = ["googleapis.com", "google.com", "googleusercontent.com", "storage.googleapis.com"]
        .iter()
        .any(|domain| host == *domain || host.strip_suffix(domain).is_some_and(|start| start.ends_with('.')));
    if googles {
        // A port other than 443, or a trailing dot, on the API's own name.
        return host == API_HOST;
    }
    ["google", "g00gle", "goog1e", "generativelanguage", "gemini"].iter().any(|name| host.contains(name))
        || host.split('.').any(|label| label.starts_with("xn--"))
}
