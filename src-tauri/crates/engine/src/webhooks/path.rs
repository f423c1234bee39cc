//! Paths of uris: tell whether what came to a path came to a webhook.

/// The path of a uri, without a slash at its end, as [`same_path`] compares it.
pub(crate) fn path_of(uri: &str) -> Option<String> {
    let url = reqwest::Url::parse(uri).ok()?;
    Some(url.path().trim_end_matches('/').to_owned())
}

/// Whether what came to `path` came to a webhook with this path.
pub(crate) fn same_path(path: &str, webhook: &str) -> bool {
    path.trim_end_matches('/') == webhook
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_the_same_with_and_without_a_slash_at_the_end() {
        for (uri, path, same) in [
            ("https://a.example/hooks/", "/hooks", true),
            ("https://a.example/hooks", "/hooks/", true),
            ("https://a.example/hooks?x=1", "/hooks", true),
            ("https://a.example", "/", true),
            ("https://a.example/hooks", "/hooks/deeper", false),
            ("https://a.example/a%20b", "/a%20b", true),
        ] {
            assert_eq!(same_path(path, &path_of(uri).unwrap()), same, "{uri} and {path}");
        }
        assert_eq!(path_of("no uri"), None);
    }
}
