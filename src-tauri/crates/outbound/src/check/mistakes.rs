//! The mistakes that receivers make, and the lines that each causes to fail: no others may.

/// A mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Its name: `truncated_compare`.
    pub name: &'static str,
    /// At least one of these lines fails, and no other. A leading `*` stands for `v1`, `v1a` and `jwt`.
    pub fails: &'static [&'static str],
}

impl Mistake {
    /// The mistake with this name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        MISTAKES.iter().find(|mistake| mistake.name == name)
    }

    /// Whether this line may fail.
    #[must_use]
    pub fn explains(&self, line: &str) -> bool {
        self.fails.iter().any(|pattern| match pattern.strip_prefix('*') {
            None => *pattern == line,
            Some("") => true,
            Some(rest) => ["v1", "v1a", "jwt"].iter().any(|scheme| line.strip_prefix(scheme) == Some(rest)),
        })
    }
}

#[rustfmt::skip]
/// The lines that each mistake fails, by the rules and not by what a library happens to do.
pub static MISTAKES: [Mistake; 22] = [
    Mistake { name: "none", fails: &[] },
    // Compact ASCII survives most serialisers unchanged; if not even that does, the plain one fails and is explained.
    Mistake { name: "reserialises", fails: &[
        "json_white_space", "json_escapes", "json_unicode", "json_key_order", "json_big_numbers", "json_reprinted",
        "v1_valid", "v1a_valid",
    ] },
    Mistake { name: "undecoded_secret", fails: &["v1_undecoded_secret"] },
    Mistake { name: "whole_secret", fails: &["v1_prefix_kept"] },
    // Milliseconds are correctly signed: only the time is wrong.
    Mistake { name: "no_time_check", fails: &["*_stale", "*_future", "*_ms_timestamp"] },
    Mistake { name: "not_idempotent", fails: &["handled_once", "handled_once_at_once"] },
    Mistake { name: "truncated_compare", fails: &["*_tail_altered", "*_truncated_signature"] },
    Mistake { name: "trusts_alg", fails: &["jwt_alg_none", "jwt_hs256_public_key"] },
    Mistake { name: "fails_on_unknown_type", fails: &["unknown_type", "launch_type"] },
    Mistake { name: "no_verification", fails: &[
        "refuses_anything", "json_reprinted", "*_tampered_body", "*_wrong_secret", "*_id_swapped", "*_time_swapped",
        "*_truncated_signature", "*_tail_altered", "*_other_version", "*_garbage_signature", "*_empty_signature",
        "*_missing_signature", "*_missing_id", "*_missing_timestamp", "*_stale", "*_future", "*_ms_timestamp",
        "*_iso_timestamp", "*_undecoded_secret", "*_prefix_kept", "*_body_only", "*_hex_signature", "*_public_key_as_secret",
        "*_alg_none", "*_hs256_public_key", "*_wrong_key", "*_unknown_kid", "*_tampered_claims", "*_expired",
        "*_not_yet_valid", "*_missing_exp", "*_wrong_audience", "*_wrong_issuer", "*_no_claims",
    ] },
    Mistake { name: "first_signature_only", fails: &["*_two_signatures_right_last", "*_unknown_version_beside"] },
    Mistake { name: "slow", fails: &["answers_in_time"] },
    Mistake { name: "crashes_on_missing_header", fails: &[
        "*_missing_signature", "*_missing_id", "*_missing_timestamp", "empty_post",
    ] },
    Mistake { name: "small_body_limit", fails: &["larger_body"] },
    Mistake { name: "unsigned_without_header", fails: &["*_missing_signature"] },
    // Keeps the keys that it fetched, as libraries do. That is no mistake.
    Mistake { name: "keeps_keys", fails: &[] },
    // It fails at everything: the first plain delivery stands for all.
    Mistake { name: "answers_500", fails: &["*_valid"] },
    Mistake { name: "dies_on_alg_none", fails: &["jwt_alg_none"] },
    // The first line with a list stands for the others.
    Mistake { name: "compares_whole_header", fails: &["*_two_signatures_right_first"] },
    Mistake { name: "splits_at_comma", fails: &["*_two_signatures_right_first"] },
    Mistake { name: "checks_no_claim", fails: &["jwt_no_claims"] },
    Mistake { name: "crashes_on_list", fails: &["not_an_event"] },
];
