//! Every sample and every broken kind gets exactly the promised verdict.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use gemini::PointerKind;
use samples::{
    BrokenKind, ComposeError, Prepared, Profile, Random, RsaKey, SampleRequest, SigningKeys, broken_kinds, compose,
    message_id, sample_types, system_random,
};
use serde_json::json;
use signature::{
    Jwks, KeySet, KeyState, Keyring, Others, Outcome, Policy, Received, Scheme, Secret, SecretKey, Seen, Verdict,
    explain, probe, verify,
};

const NOW: i64 = 1_769_083_200;
const SCHEMES: [Scheme; 3] = [Scheme::V1, Scheme::V1a, Scheme::Jwt];

static KEYS: LazyLock<SigningKeys> = LazyLock::new(|| SigningKeys {
    rsa: Some(Arc::new(RsaKey::generate("test-key-1".to_owned()).unwrap())),
    strange_rsa: Some(Arc::new(RsaKey::generate("strange".to_owned()).unwrap())),
    ..SigningKeys::generate(&system_random()).unwrap()
});

/// What a receiver has: the secret and the published keys; other schemes may arrive.
static KEYRING: LazyLock<Keyring> = LazyLock::new(|| Keyring {
    secrets: vec![SecretKey {
        id: "sandbox".to_owned(),
        secret: Secret::parse(KEYS.secret.as_deref().unwrap()).unwrap(),
        state: KeyState::Current,
    }],
    jwks: Jwks::Known(Arc::new(KeySet::parse(KEYS.jwks().to_string().as_bytes()).unwrap())),
    closed: false,
});

fn request(event_type: &str, variant: Option<&str>, scheme: Scheme, broken: Option<&str>) -> SampleRequest {
    SampleRequest {
        event_type: event_type.to_owned(),
        variant: variant.map(str::to_owned),
        scheme,
        broken: broken.map(str::to_owned),
    }
}

fn composed(request: &SampleRequest) -> Prepared {
    let random = system_random();
    let id = message_id(&random).unwrap();
    compose(request, &KEYS, &Profile::default(), &id, NOW, &random).unwrap()
}

fn verdict(prepared: &Prepared) -> Verdict {
    let received = Received { headers: &prepared.headers, body: &prepared.body };
    let (policy, others) = (Policy::default(), Others::default());
    let verdict = verify(&received, &KEYRING, &policy, &Seen::default(), NOW);
    let diagnosis = match verdict.outcome {
        Outcome::Rejected => probe(&received, &KEYRING, &others, &policy, NOW, &verdict, || false),
        _ => None,
    };
    explain(verdict, diagnosis)
}

/// The reason of a token that does not cover its body.
const UNBOUND: &str = "body_not_bound_to_token";

fn warnings(verdict: &Verdict) -> HashSet<&str> {
    verdict.warnings.iter().map(|warning| &*warning.code).collect()
}

#[test]
fn every_sample_is_genuine_and_reads_without_a_problem() {
    let mut count = 0;
    for sample in sample_types() {
        assert!(!sample.variants.is_empty());
        for variant in &sample.variants {
            for scheme in SCHEMES {
                let what = format!("{} {} {scheme:?}", sample.name, variant.id);
                let prepared = composed(&request(sample.name, Some(variant.id), scheme, None));
                assert_eq!(prepared.times, 1);

                let verdict = verdict(&prepared);
                // A plain token says nothing about the body.
                let expected = match scheme {
                    Scheme::Jwt => (Outcome::Unbound, UNBOUND),
                    Scheme::V1 | Scheme::V1a => (Outcome::Verified, "valid"),
                };
                assert_eq!((verdict.outcome, &*verdict.reason), expected, "{what}: {verdict:?}");
                assert_eq!(verdict.scheme, Some(scheme), "{what}");
                let key = verdict.key.as_ref().unwrap();
                assert_eq!(
                    key.id,
                    match scheme {
                        Scheme::V1 => "sandbox",
                        Scheme::V1a => "jwks[0]",
                        Scheme::Jwt => "test-key-1",
                    },
                    "{what}"
                );
                assert_eq!(warnings(&verdict), HashSet::new(), "{what}");

                let (event, pointers) = gemini::event::read_with_pointers(&prepared.body);
                assert_eq!(event.event_type.as_deref(), Some(sample.name), "{what}");
                assert!(event.known, "{what}");
                assert_eq!((&event.problems, &event.unknown_fields), (&vec![], &vec![]), "{what}");
                assert_eq!(event.user_metadata.is_some(), variant.id.starts_with("metadata"), "{what}");
                assert_eq!(event.timestamp.as_deref(), Some("2026-01-22T11:59:57Z"), "{what}");
                assert!(!pointers.is_empty());
                for pointer in &pointers {
                    assert_ne!(pointer.kind, PointerKind::Other, "{what}: {pointer:?}");
                    assert_ne!(pointer.kind, PointerKind::Https, "{what}: {pointer:?}");
                }
                assert!(gemini::event::summary(&prepared.body).pointer.is_some());
                count += 1;
            }
        }
    }
    assert!(count >= 9 * 3 * 3, "{count} samples");
}

#[test]
fn the_variants_cover_the_forms_that_have_been_seen() {
    let body = |event_type: &str, variant: &str| -> serde_json::Value {
        serde_json::from_slice(&composed(&request(event_type, Some(variant), Scheme::V1, None)).body).unwrap()
    };
    let starts = |value: &serde_json::Value, start: &str| value.as_str().is_some_and(|text| text.starts_with(start));
    assert!(starts(&body("batch.succeeded", "file")["data"]["output_file_uri"], "files/batch-"));
    assert!(starts(&body("batch.succeeded", "cloud_storage")["data"]["output_file_uri"], "gs://"));
    assert!(starts(&body("batch.succeeded", "file")["data"]["id"], "batches/"));
    assert!(starts(&body("batch.expired", "bare_id")["data"]["id"], "batch_"));
    assert!(body("batch.succeeded", "inline")["data"].get("output_file_uri").is_none());
    assert!(body("batch.failed", "code_number")["data"]["error_code"].is_number());
    assert!(body("batch.failed", "code_text")["data"]["error_code"].is_string());
    let fields = |variant: &str| -> Vec<String> {
        body("video.generated", variant)["data"].as_object().unwrap().keys().cloned().collect()
    };
    assert_eq!(fields("output_file"), ["id", "output_file_uri", "file_name"]);
    assert_eq!(fields("file_id"), ["id", "file_id", "video_uri"]);
    assert_eq!(fields("video_uri"), ["id", "video_uri"]);
    assert!(body("interaction.completed", "metadata")["data"]["user_metadata"].is_object());
    assert!(body("interaction.completed", "metadata_top")["user_metadata"].is_object());
    // The first variant is the default.
    let default: serde_json::Value =
        serde_json::from_slice(&composed(&request("batch.succeeded", None, Scheme::V1, None)).body).unwrap();
    assert!(starts(&default["data"]["output_file_uri"], "files/batch-"));
}

#[test]
fn every_broken_kind_keeps_its_promise() {
    for kind in broken_kinds() {
        for scheme in kind.schemes {
            for event_type in ["batch.succeeded", "interaction.failed", "video.generated"] {
                keeps_its_promise(kind, *scheme, event_type);
            }
        }
    }
}

fn keeps_its_promise(kind: &BrokenKind, scheme: Scheme, event_type: &str) {
    let what = format!("{} {scheme:?} {event_type}", kind.id);
    let prepared = composed(&request(event_type, None, scheme, Some(kind.id)));
    let verdict = verdict(&prepared);
    let (outcome, reason) = match kind.reason {
        "valid" if scheme == Scheme::Jwt && kind.id != "bound_token" => (Outcome::Unbound, UNBOUND),
        "valid" => (Outcome::Verified, "valid"),
        refused => (Outcome::Rejected, refused),
    };
    assert_eq!((verdict.outcome, &*verdict.reason), (outcome, reason), "{what}: {}", verdict.sentence);
    assert_eq!(prepared.times, if kind.id == "duplicate" { 2 } else { 1 }, "{what}");
    let found = verdict.diagnosis.as_ref().map(|diagnosis| diagnosis.code.as_str());
    assert_eq!(found, kind.diagnosis, "{what}");
    let warned = match kind.id {
        "large_body" => Some("payload_over_20kb"),
        "body_not_utf8" => Some("body_not_utf8"),
        "dotted_id" => Some("id_contains_full_stop"),
        "svix_headers" => Some("svix_branded_headers"),
        _ => None,
    };
    if let Some(code) = warned {
        assert!(warnings(&verdict).contains(code), "{what}: {:?}", verdict.warnings);
    }
}

#[test]
fn the_catalog_of_broken_kinds_is_in_order() {
    let mut ids = HashSet::new();
    for kind in broken_kinds() {
        assert!(ids.insert(kind.id), "{} twice", kind.id);
        assert!((2..=4).contains(&kind.label.split_whitespace().count()), "{}", kind.label);
        assert!(kind.what.ends_with('.') && !kind.schemes.is_empty(), "{}", kind.id);
        let wire = serde_json::to_value(kind).unwrap();
        let members: Vec<_> = wire.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, ["id", "label", "what", "reason", "schemes"]);
    }
    for id in [
        "wrong_secret",
        "stale",
        "future",
        "tampered_body",
        "missing_header",
        "missing_id",
        "alg_none",
        "unknown_kid",
        "hs256_public_key",
        "garbage",
        "reserialised_body",
        "undecoded_secret",
        "prefix_kept_secret",
        "ms_timestamp",
        "expired_token",
        "duplicate",
        "truncated_signature",
        "not_json",
        "unknown_type",
        "body_not_utf8",
        "gzip_body",
        "trailing_newline",
        "svix_headers",
    ] {
        assert!(ids.contains(id), "{id}");
    }
    let wrong = broken_kinds().iter().find(|kind| kind.id == "wrong_secret").unwrap();
    assert_eq!(serde_json::to_value(wrong).unwrap()["schemes"], json!(["v1", "v1a"]));
}

#[test]
fn what_there_is_not_is_said() {
    let random = system_random();
    let failed = |request: &SampleRequest, keys: &SigningKeys| {
        compose(request, keys, &Profile::default(), "msg_1", NOW, &random).unwrap_err()
    };
    let cases = [
        (request("audio.generated", None, Scheme::V1, None), "audio.generated"),
        (request("batch.failed", Some("x"), Scheme::V1, None), "no variant \"x\""),
        (request("batch.failed", None, Scheme::V1, Some("x")), "no broken kind \"x\""),
        (request("batch.failed", None, Scheme::V1, Some("alg_none")), "does not exist for the scheme v1"),
    ];
    for (request, text) in cases {
        let error = failed(&request, &KEYS).to_string();
        assert!(error.contains(text), "{error}");
    }
    for scheme in SCHEMES {
        let error = failed(&request("batch.failed", None, scheme, None), &SigningKeys::default());
        assert!(matches!(error, ComposeError::NoKey(_)), "{error}");
    }
    // A secret of another kind is refused without being shown.
    let keys = SigningKeys {
        secret: Some("whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=".to_owned()),
        ..SigningKeys::default()
    };
    let error = failed(&request("batch.failed", None, Scheme::V1, None), &keys).to_string();
    assert!(!error.contains("1SiA4o"), "{error}");

    let broken: Random = Arc::new(|_| Err(std::io::Error::other("dry")));
    let error =
        compose(&request("batch.failed", None, Scheme::V1, None), &KEYS, &Profile::default(), "msg_1", NOW, &broken);
    assert!(error.unwrap_err().to_string().contains("dry"));
    assert!(SigningKeys::generate(&broken).is_err());
}

#[test]
fn the_same_random_bytes_give_the_same_delivery() {
    let seeded = || -> Random {
        Arc::new(|bytes| {
            bytes.fill(7);
            Ok(())
        })
    };
    let once = || {
        let keys = SigningKeys::generate(&seeded()).unwrap();
        compose(
            &request("batch.succeeded", None, Scheme::V1a, None),
            &keys,
            &Profile::default(),
            "msg_1",
            NOW,
            &seeded(),
        )
        .unwrap()
    };
    assert_eq!(once(), once());
    assert_eq!(message_id(&seeded()).unwrap(), "msg_07070707-0707-4707-8707-070707070707");
}

#[test]
fn debug_shows_no_key() {
    let secret = KEYS.secret.as_deref().unwrap();
    let shown = format!("{:?} {:?}", *KEYS, KEYS.rsa);
    assert!(!shown.contains(secret) && !shown.contains("PRIVATE") && !shown.contains("seeds"), "{shown}");
}

#[test]
fn jsonwebtoken_reads_the_jwks_too() {
    let set: jsonwebtoken::jwk::JwkSet = serde_json::from_value(KEYS.jwks()).unwrap();
    assert_eq!(set.keys.len(), 4);
    assert!(set.keys[..3].iter().all(|key| key.common.key_id.is_none()));
    assert!(set.find("test-key-1").is_some());
    let prepared = composed(&request("batch.succeeded", None, Scheme::Jwt, None));
    let (_, token) = prepared.headers.iter().find(|(name, _)| name == "webhook-signature").unwrap();
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256);
    validation.validate_exp = false;
    validation.set_audience(&[&Profile::default().audience]);
    let key = jsonwebtoken::DecodingKey::from_jwk(set.find("test-key-1").unwrap()).unwrap();
    let claims = jsonwebtoken::decode::<serde_json::Value>(token, &key, &validation).unwrap().claims;
    let names: HashSet<_> = claims.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["iss", "aud", "iat", "exp", "jti"].into());
}
