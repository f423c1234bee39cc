//! A path that is safe to show: without the path token, an earlier one, or most of either.

use std::borrow::Cow;

/// Replaces a segment that is not shown.
const HIDDEN: &str = "…";
/// This many characters of the token in a row count as part of it: the rest would be too easy to guess.
const PART: usize = 6;
/// The longest path that is examined, in bytes: no more than that is kept anyway.
const LOOKED_AT: usize = 1024;

/// `path` with `…` for each segment that contains `token` or part of it. `stray`: the request came without the token,
/// so every segment that looks like one may be an earlier one.
pub(super) fn without_secrets(path: &str, token: Option<&str>, stray: bool) -> String {
    let Some(token) = token else { return path.to_owned() };
    let token = token.to_ascii_lowercase();
    let mut end = path.len().min(LOOKED_AT);
    while !path.is_char_boundary(end) {
        end -= 1;
    }
    let path = path.get(..end).unwrap_or_default();
    let shown = |segment| if is_secret(segment, &token, stray) { HIDDEN } else { segment };
    path.split('/').map(shown).collect::<Vec<_>>().join("/")
}

fn is_secret(segment: &str, token: &str, stray: bool) -> bool {
    let plain = decoded(segment).to_ascii_lowercase();
    let part = PART.min(token.len());
    let parts = token.as_bytes().windows(part);
    let holds_part = parts.into_iter().any(|part| plain.as_bytes().windows(part.len()).any(|one| one == part));
    let letters = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    holds_part || (stray && plain.split(|c| !letters(c)).any(|run| run.len() >= super::SHORTEST_TOKEN))
}

/// The segment with `%41` and the like decoded.
fn decoded(segment: &str) -> Cow<'_, str> {
    if !segment.contains('%') {
        return segment.into();
    }
    let bytes = segment.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let digits = (*byte == b'%').then(|| segment.get(at + 1..at + 3)).flatten();
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(value) => {
                out.push(value);
                at += 3;
            }
            None => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "k3y9fq2abcde";

    #[test]
    fn a_token_is_not_shown_nor_most_of_it_in_any_print() {
        for (path, shown) in [
            ("/k3y9fq2abcde/sandbox/x", "/…/sandbox/x"),
            ("/K3Y9FQ2ABCDE", "/…"),
            ("/k3y9fq2abcd", "/…"),
            ("/3y9fq2abcde.", "/…"),
            ("/k3y9fq%32abcde/x", "/…/x"),
            ("/dev/k3y9fq2abcde;v=1/x", "/dev/…/x"),
            ("//k3y9fq2abcde//", "//…//"),
            ("/xk3y9fqx", "/…"),
            ("/", "/"),
            ("*", "*"),
        ] {
            for stray in [false, true] {
                assert_eq!(without_secrets(path, Some(TOKEN), stray), shown, "{path}");
            }
        }
    }

    #[test]
    fn what_came_without_the_token_may_hold_an_earlier_one() {
        for (path, shown) in [
            ("/m9x2v7zr3hd6w5tn/sandbox", "/…/sandbox"),
            ("/m9x2v7zr3hd6w5tn%2e/sandbox", "/…/sandbox"),
            ("/.env", "/.env"),
            ("/wp/login.php", "/wp/login.php"),
        ] {
            assert_eq!(without_secrets(path, Some(TOKEN), true), shown, "{path}");
        }
        assert_eq!(without_secrets("/nightly-run/x", Some(TOKEN), false), "/nightly-run/x", "of a project");
        assert_eq!(without_secrets("/nightly-run/x", None, true), "/nightly-run/x", "there is no token");
    }

    #[test]
    fn a_path_of_odd_letters_is_no_trouble() {
        for path in ["/%", "/%4", "/%zz", "/%é", "/é%f", &format!("/{}", "é".repeat(2_000))] {
            assert!(!without_secrets(path, Some(TOKEN), true).is_empty());
        }
    }
}
