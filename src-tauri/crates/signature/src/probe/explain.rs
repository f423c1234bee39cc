//! Puts the diagnosis into the verdict.

use crate::ladder::NEAR_MISS;
use crate::{Diagnosis, Outcome, StepStatus, Text, Verdict};

/// What the near-miss rung shows if the probe ran and found nothing.
const NOTHING_NEAR: &str = "nothing near was found";

/// Whether [`explain`] has processed this verdict, whether or not it found anything. Only rejected verdicts are ever
/// probed; for any other this is false.
pub fn probed(verdict: &Verdict) -> bool {
    let rung = verdict.steps.iter().find(|step| step.check == NEAR_MISS.0);
    rung.is_some_and(|step| step.status != StepStatus::Skipped || step.seen == NOTHING_NEAR)
}

/// Puts what the probe found into the verdict: the near-miss step, a better cause, and the sentence. A rejected verdict
/// without a diagnosis says that nothing was found; any other verdict is left as it is.
pub fn explain(mut verdict: Verdict, diagnosis: Option<Diagnosis>) -> Verdict {
    if verdict.outcome != Outcome::Rejected {
        return verdict;
    }
    let (status, expected, seen): (_, Text, Text) = match &diagnosis {
        None => (StepStatus::Skipped, "what would have matched".into(), NOTHING_NEAR.into()),
        Some(found) => (StepStatus::Near, "what would have matched".into(), short(&found.finding).into()),
    };
    if let Some(step) = verdict.steps.iter_mut().find(|step| step.check == NEAR_MISS.0) {
        (step.status, step.expected, step.seen) = (status, expected, seen);
    }
    if let Some(found) = &diagnosis
        && let Some((cause, sentence)) = words(&found.code)
    {
        if !cause.is_empty() {
            verdict.cause = cause.into();
        }
        if !sentence.is_empty() {
            verdict.sentence = format!("Rejected: {sentence}.");
        }
    }
    verdict.diagnosis = diagnosis;
    verdict
}

/// The finding as a rung shows it: without what the rung's title already says.
fn short(finding: &str) -> String {
    finding.strip_prefix("The signature ").unwrap_or(finding).trim_end_matches('.').to_owned()
}

/// Cause and sentence by code. If one is empty, the verdict's own is better.
fn words(code: &str) -> Option<(&'static str, &'static str)> {
    Some(match code {
        "body_reserialized" => {
            ("re-serialised", "the body was changed after it was signed: it is the same JSON, written differently")
        }
        "body_trailing_newline" => {
            ("newline at the end", "the body was changed after it was signed: the white space at its end differs")
        }
        "body_newline_conversion" => {
            ("line ends changed", "the body was changed after it was signed: its line ends were converted")
        }
        "body_bom" => {
            ("byte order mark", "the body was changed after it was signed: the byte order mark before it differs")
        }
        "body_unicode_normalised" => {
            ("Unicode form", "the body was changed after it was signed: its Unicode form was normalised")
        }
        "body_charset" => {
            ("character set", "the body was changed after it was signed: it was turned into another character set")
        }
        "body_content_encoding" => ("compression", "the signature covers the body on the other side of a compression"),
        "secret_not_base64_decoded" => {
            ("secret not decoded", "the sender used the secret's text as the key, without base64 decoding")
        }
        "secret_used_with_prefix_as_text" => {
            ("whsec_ left in", "the sender used the secret's whole text, with whsec_, as the key")
        }
        "secret_expired" => ("expired secret", "it is signed with a secret that is no longer accepted"),
        "secret_of_another_project" => ("other project", "it is signed with a secret of another project"),
        "header_merged" => {
            ("header merged", "header lines were merged by commas on the way, so the signature list cannot be read")
        }
        "header_repeated" => ("", "a header came more than once, and one of the lines is the one that was signed"),
        "timestamp_not_plain" => ("", "webhook-timestamp was rewritten: it is not whole Unix seconds in plain digits"),
        "timestamp_looks_like_milliseconds" => {
            ("milliseconds", "its time is not in seconds but in milliseconds or less")
        }
        "signature_version_label" => {
            ("wrong version", "the signature is right, but it is labelled with the wrong version")
        }
        "signature_encoding" => {
            ("signature encoding", "the signature is right, but it is not written as padded base64")
        }
        "signature_list_malformed" => ("malformed list", "the signature is right, but the list around it is malformed"),
        "hmac_with_public_key" => {
            ("HMAC with public key", "it is signed with the public key as if that were a secret, which anyone can do")
        }
        "jwt_hs256_with_public_key" => (
            "HS256, public key",
            "the token is signed by HMAC with the public key as the secret, which anyone can do: treat it as an attack",
        ),
        "jwt_hs256_with_empty_key" => (
            "HS256, empty key",
            "the token is signed by HMAC with an empty secret, which anyone can do: treat it as an attack",
        ),
        "jwt_alg_none" => {
            ("alg none", "the token is not signed (alg none), so anyone could have made it: treat it as an attack")
        }
        "jwt_other_key" => ("other key", "the token is signed with another key of the JWKS than the one it names"),
        code if code.starts_with("signed_content_") => {
            ("other content signed", "the sender signed something other than id, timestamp and body")
        }
        _ => return None,
    })
}
