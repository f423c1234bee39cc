//! Checks that the settings of the tunnel are within their ranges.

use crate::dto::{Project, TunnelSettings};
use crate::error::{Code, Error, Result};

/// Lengths of a path token: a shorter one can be guessed by trying.
const TOKEN: std::ops::RangeInclusive<usize> = 8..=64;
/// Longest traffic policy, in bytes.
const POLICY: usize = 64 * 1024;
/// Longest metadata, in bytes, by ngrok's limit.
const METADATA: usize = 4096;
const DOMAIN: usize = 253;
const PER_SECOND: u32 = 100_000;
const MIB_PER_SECOND: u32 = 10_000;

/// The settings of the tunnel if they are within their ranges; otherwise what is wrong with them.
pub(crate) fn checked(mut settings: TunnelSettings, projects: &[Project]) -> Result<TunnelSettings> {
    let invalid = |message: String| Err(Error::new(Code::InvalidSetting, message));
    let filled = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    settings.ngrok_domain = filled(settings.ngrok_domain).map(|text| domain(&text)).transpose()?;
    settings.ngrok_policy = filled(settings.ngrok_policy);
    settings.ngrok_metadata = filled(settings.ngrok_metadata);
    settings.cloudflared_path = filled(settings.cloudflared_path);
    settings.path_token = filled(settings.path_token).map(|text| text.trim_matches('/').to_owned());
    let too_long = |text: &Option<String>, most: usize| text.as_ref().is_some_and(|text| text.len() > most);
    if too_long(&settings.ngrok_policy, POLICY) {
        return invalid(format!("The traffic policy is longer than {} KiB.", POLICY / 1024));
    }
    if too_long(&settings.ngrok_metadata, METADATA) {
        return invalid(format!("The metadata is longer than {METADATA} bytes."));
    }
    if settings.per_second > PER_SECOND {
        return invalid(format!("The rate must be 0 (no limit) to {PER_SECOND} requests a second."));
    }
    if settings.mib_per_second > MIB_PER_SECOND {
        return invalid(format!("The rate must be 0 (no limit) to {MIB_PER_SECOND} MiB a second."));
    }
    if let Some(token) = &settings.path_token {
        let plain = token.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        if !plain || !TOKEN.contains(&token.len()) {
            return invalid(format!(
                "The path token must be {} to {} letters, digits, - or _.",
                TOKEN.start(),
                TOKEN.end()
            ));
        }
        if projects.iter().any(|project| project.path == *token) {
            return invalid("The path token is the path of a project. Choose another.".to_owned());
        }
    }
    Ok(settings)
}

/// Reads `hooks.example.com`, also from a whole address.
fn domain(text: &str) -> Result<String> {
    let host = text.strip_prefix("https://").unwrap_or(text).trim_end_matches('/').to_ascii_lowercase();
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    if host.len() > DOMAIN || !host.contains('.') || !host.split('.').all(label) {
        return Err(Error::new(
            Code::InvalidSetting,
            "The ngrok domain cannot be used. Enter one such as hooks.example.com or name.ngrok-free.app.",
        ));
    }
    Ok(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(path: &str) -> Project {
        Project {
            id: 1,
            name: path.to_owned(),
            path: path.to_owned(),
            sandbox: false,
            ..serde_json::from_value(serde_json::json!({
                "id": 1, "name": "", "path": "", "sandbox": false, "base_url": "", "api_version": "v1", "api_key": null
            }))
            .unwrap()
        }
    }

    #[test]
    fn settings_are_trimmed_and_checked() {
        let token = |token: &str| TunnelSettings { path_token: Some(token.into()), ..TunnelSettings::default() };
        let domain = |domain: &str| TunnelSettings { ngrok_domain: Some(domain.into()), ..TunnelSettings::default() };
        let projects = [project(""), project("nightly-run")];
        let check = |settings| checked(settings, &projects);
        for (settings, expected) in [
            (token(" /abcDEF-1_/ "), Some("abcDEF-1_")),
            (token("  "), None),
            (token(&"a".repeat(64)), Some(&*"a".repeat(64))),
        ] {
            assert_eq!(check(settings).unwrap().path_token.as_deref(), expected);
        }
        for (settings, expected) in [
            (domain(" https://Hooks.Example.com/ "), Some("hooks.example.com")),
            (domain("a-b.ngrok-free.app"), Some("a-b.ngrok-free.app")),
            (domain(""), None),
        ] {
            assert_eq!(check(settings).unwrap().ngrok_domain.as_deref(), expected);
        }
        let refused = [
            token("short12"),
            token(&"a".repeat(65)),
            token("with/slash"),
            token("with space"),
            token("perc%41nt"),
            token("nightly-run"),
            domain("http://hooks.example.com"),
            domain("hooks"),
            domain("hooks..example"),
            domain("-a.example"),
            domain("a.example/path"),
            domain("a.example:443"),
            TunnelSettings { per_second: 100_001, ..TunnelSettings::default() },
            TunnelSettings { ngrok_metadata: Some("x".repeat(4097)), ..TunnelSettings::default() },
            TunnelSettings { ngrok_policy: Some("x".repeat(65 * 1024)), ..TunnelSettings::default() },
        ];
        for settings in refused {
            assert_eq!(check(settings.clone()).unwrap_err().code, Code::InvalidSetting, "{settings:?}");
        }
    }
}
