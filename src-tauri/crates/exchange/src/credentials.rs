//! What is left out of files that leave this machine, unless the user asks for it.

use crate::Record;

/// Headers that let their owner in somewhere. In lower case. The signature of a webhook is none of them: it is bound to
/// its body and its time.
const HEADERS: [&str; 16] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
    "x-goog-api-key",
    "x-api-key",
    "api-key",
    "x-auth-token",
    "x-access-token",
    "x-goog-iap-jwt-assertion",
    "x-amz-security-token",
    "cf-access-jwt-assertion",
    "cf-access-client-id",
    "cf-access-client-secret",
    "cf-access-token",
    "ngrok-authtoken",
];
/// Parameters of a query that do the same. In lower case.
const PARAMETERS: [&str; 6] = ["key", "api_key", "apikey", "access_token", "token", "auth"];
/// What a query holds in place of one.
const LEFT_OUT: &str = "LEFT-OUT";

/// What becomes of credentials.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Credentials {
    /// Whether they stay in.
    pub keep: bool,
    /// First segments of the path that the gate asks for: who knows one can send deliveries.
    pub path_tokens: Vec<String>,
}

impl Credentials {
    /// Takes them out of the record, and notes in it what that was.
    pub fn strip(&self, record: &mut Record) {
        if self.keep {
            return;
        }
        let mut left_out = Vec::new();
        record.headers.retain(|(name, _)| keeps(name, &mut left_out));
        if let Some(answer) = &mut record.answer {
            answer.headers.retain(|(name, _)| keeps(name, &mut left_out));
        }
        if let Some(rest) = self.path_tokens.iter().find_map(|token| without(&record.path, token)) {
            record.path = rest;
            left_out.push("path token".to_owned());
        }
        if let Some(query) = record.query.take() {
            record.query = Some(strip_query(&query, &mut left_out));
        }
        for name in left_out {
            if !record.left_out.contains(&name) {
                record.left_out.push(name);
            }
        }
    }
}

/// Whether a header is a credential.
#[must_use]
pub(crate) fn is_credential(name: &str) -> bool {
    HEADERS.iter().any(|known| known.eq_ignore_ascii_case(name))
}

fn keeps(name: &str, left_out: &mut Vec<String>) -> bool {
    let keeps = !is_credential(name);
    if !keeps {
        left_out.push(name.to_ascii_lowercase());
    }
    keeps
}

/// The path without this first segment.
fn without(path: &str, token: &str) -> Option<String> {
    let rest = path.strip_prefix('/')?.strip_prefix(token)?;
    match rest {
        "" => Some("/".to_owned()),
        _ => rest.starts_with('/').then(|| rest.to_owned()),
    }
}

fn strip_query(query: &str, left_out: &mut Vec<String>) -> String {
    let parts = query.split('&').map(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        if !value.is_empty() && PARAMETERS.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            left_out.push(format!("{} in the query", name.to_ascii_lowercase()));
            return format!("{name}={LEFT_OUT}");
        }
        part.to_owned()
    });
    parts.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(path: &str, query: Option<&str>) -> Record {
        let header = |name: &str| (name.to_owned(), b"secret".to_vec());
        Record {
            path: path.into(),
            query: query.map(str::to_owned),
            headers: ["Authorization", "webhook-id", "X-Goog-Api-Key", "Cookie", "webhook-signature"]
                .map(header)
                .into(),
            ..Record::default()
        }
    }

    #[test]
    fn credentials_go_and_it_is_said_what_went() {
        let mut one = record("/abcdefgh12/hooks", Some("a=1&key=AIza&b"));
        let out = Credentials { keep: false, path_tokens: vec!["abcdefgh12".into()] };
        out.strip(&mut one);
        let names: Vec<_> = one.headers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["webhook-id", "webhook-signature"]);
        assert_eq!((one.path.as_str(), one.query.as_deref()), ("/hooks", Some("a=1&key=LEFT-OUT&b")));
        assert_eq!(one.left_out, ["authorization", "x-goog-api-key", "cookie", "path token", "key in the query"]);
        let before = one.left_out.clone();
        out.strip(&mut one);
        assert_eq!(one.query.as_deref(), Some("a=1&key=LEFT-OUT&b"));
        assert_eq!(one.left_out, before, "twice is as good as once");
    }

    #[test]
    fn they_stay_where_they_were_asked_for() {
        let mut one = record("/abcdefgh12", None);
        Credentials { keep: true, path_tokens: vec!["abcdefgh12".into()] }.strip(&mut one);
        assert_eq!((one.headers.len(), one.path.as_str(), one.left_out.len()), (5, "/abcdefgh12", 0));
    }

    #[test]
    fn a_path_token_is_a_whole_segment() {
        for (path, rest) in [("/tok", Some("/")), ("/tok/", Some("/")), ("/tok/a/b", Some("/a/b")), ("/token", None)] {
            assert_eq!(without(path, "tok").as_deref(), rest, "{path}");
        }
    }
}
