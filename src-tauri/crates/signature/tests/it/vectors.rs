//! Every vector of `tests/fixtures/vectors`: outcome, reason, matched key, warnings and diagnosis.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use signature::{
    Jwks, JwtPolicy, KeySet, KeyState, Keyring, Others, Outcome, Policy, Received, Secret, SecretKey, Seen, Verdict,
    probe, refuse, verify,
};

const NO_DEADLINE: fn() -> bool = || false;

pub(crate) fn load(name: &str) -> Value {
    let path = format!("{}/../../../tests/fixtures/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))).unwrap()
}

fn body(vector: &Value) -> Vec<u8> {
    let text = vector.get("body").and_then(Value::as_str).unwrap_or_default();
    match vector.get("body_encoding").and_then(Value::as_str) {
        Some("base64") => STANDARD.decode(text).unwrap(),
        _ => text.as_bytes().to_vec(),
    }
}

fn headers(vector: &Value) -> Vec<(String, Vec<u8>)> {
    let mut lines = Vec::new();
    for (name, value) in vector["headers"].as_object().unwrap() {
        match value {
            Value::Array(values) => {
                lines.extend(values.iter().map(|value| (name.clone(), value.as_str().unwrap().into())))
            }
            value => lines.push((name.clone(), value.as_str().unwrap().into())),
        }
    }
    lines
}

fn strings(value: Option<&Value>) -> Vec<String> {
    let list = value.and_then(Value::as_array).into_iter().flatten();
    list.map(|item| item.as_str().unwrap().to_owned()).collect()
}

pub(crate) fn keyring(secrets: &[String]) -> Result<Keyring, signature::SecretError> {
    let parse = |(index, text): (usize, &String)| {
        Ok(SecretKey { id: format!("secret-{index}"), secret: Secret::parse(text)?, state: KeyState::Current })
    };
    let secrets = secrets.iter().enumerate().map(parse).collect::<Result<_, _>>()?;
    Ok(Keyring { secrets, jwks: Jwks::None, closed: true })
}

pub(crate) fn jwks(set: &Value) -> Keyring {
    let set = KeySet::parse(set.to_string().as_bytes()).unwrap();
    Keyring { secrets: Vec::new(), jwks: Jwks::Known(Arc::new(set)), closed: true }
}

/// The reason of a token that does not cover its body; the vectors warn of it.
const UNBOUND: &str = "body_not_bound_to_token";

/// The mismatches, one per line.
fn differences(vector: &Value, verdict: &Verdict, diagnosis: Option<&str>) -> Vec<String> {
    let mut found = Vec::new();
    let codes: Vec<&str> = verdict.warnings.iter().map(|warning| &*warning.code).collect();
    let expect = vector["expect"].as_str().unwrap();
    let (reason, warning) = match expect {
        "duplicate_id" | "id_contains_full_stop" => ("valid", Some(expect)),
        other => (other, None),
    };
    // The vectors know a token that does not cover its body as a valid one.
    let is_unbound = verdict.outcome == Outcome::Unbound && verdict.reason == UNBOUND;
    let (outcome, reason) = match reason {
        "valid" if is_unbound => (Outcome::Unbound, UNBOUND),
        "valid" => (Outcome::Verified, reason),
        _ => (Outcome::Rejected, reason),
    };
    if verdict.outcome != outcome || verdict.reason != reason {
        found.push(format!("expected {reason}, got {:?} {}", verdict.outcome, verdict.reason));
    }
    if warning.is_some_and(|warning| !codes.contains(&warning)) {
        found.push(format!("expected the warning {expect}, got {codes:?}"));
    }
    if vector.get("warnings").is_some() {
        let wanted = strings(vector.get("warnings"));
        let unbound = (verdict.outcome == Outcome::Unbound).then_some(UNBOUND);
        // Where it is told with others, its place among them is not ours to know.
        let told = wanted.iter().map(String::as_str).filter(|code| Some(*code) != unbound);
        if codes.iter().copied().ne(told) {
            found.push(format!("expected the warnings {wanted:?}, got {codes:?}"));
        }
    }
    let wanted = vector.get("diagnosis").and_then(Value::as_str);
    if wanted.is_some() && wanted != diagnosis {
        found.push(format!("expected the diagnosis {wanted:?}, got {diagnosis:?}"));
    }
    if verdict.sentence.is_empty() || !verdict.sentence.ends_with('.') {
        found.push(format!("no sentence: {:?}", verdict.sentence));
    }
    found
}

/// If all peers agree, so do we, unless the vectors say that all of them are wrong.
fn against_peers(vector: &Value, verdict: &Verdict) -> Option<String> {
    let agreed = vector.get("expect_matches_all_peers") == Some(&Value::Bool(true));
    let accepted = vector.get("peers_accept").and_then(Value::as_u64)? > 0;
    (agreed && accepted != (verdict.outcome == Outcome::Verified))
        .then(|| format!("all peers say {accepted}, we say {:?}", verdict.outcome))
}

fn report(failures: Vec<String>, ran: usize, least: usize) {
    assert!(ran >= least, "only {ran} vectors ran");
    assert!(failures.is_empty(), "{} of {ran} fail:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn standard_webhooks_vectors() {
    let vectors = load("standard-webhooks.json");
    let (mut failures, mut ran) = (Vec::new(), 0);
    for vector in vectors.as_array().unwrap() {
        let mut secrets = strings(vector.get("secrets"));
        if secrets.is_empty() {
            secrets.push(vector["secret"].as_str().unwrap().to_owned());
        }
        let now = vector["now"].as_i64().unwrap();
        let (headers, body) = (headers(vector), body(vector));
        let received = Received { headers: &headers, body: &body };
        let id = vector["headers"].get("webhook-id").and_then(Value::as_str).unwrap_or_default();
        let seen = Seen { message_id: strings(vector.get("seen_ids")).iter().any(|seen| seen == id), token_id: false };
        let (verdict, diagnosis) = match keyring(&secrets) {
            Err(error) => (refuse(&error), None),
            Ok(keys) => {
                let verdict = verify(&received, &keys, &Policy::default(), &seen, now);
                let diagnosis =
                    probe(&received, &keys, &Others::default(), &Policy::default(), now, &verdict, NO_DEADLINE);
                (verdict, diagnosis)
            }
        };
        ran += 1;
        let mut found = differences(vector, &verdict, diagnosis.as_ref().map(|diagnosis| diagnosis.code.as_str()));
        found.extend(against_peers(vector, &verdict));
        if let Some(index) = vector.get("matched_secret_index").and_then(Value::as_u64)
            && verdict.key.as_ref().map(|key| key.index as u64) != Some(index)
        {
            found.push(format!("expected secret {index}, got {:?}", verdict.key));
        }
        if verdict.outcome != Outcome::Rejected && diagnosis.is_some() {
            found.push("diagnosed although not rejected".to_owned());
        }
        failures.extend(found.into_iter().map(|what| format!("{}: {what}", vector["name"])));
    }
    report(failures, ran, 90);
}

#[test]
fn v1a_vectors() {
    let file = load("v1a.json");
    let (mut failures, mut ran) = (Vec::new(), 0);
    for vector in file["vectors"].as_array().unwrap() {
        let keys = jwks(vector.get("jwks").unwrap_or(&file["jwks"]));
        let now = vector["now"].as_i64().unwrap();
        let (headers, body) = (headers(vector), body(vector));
        let received = Received { headers: &headers, body: &body };
        let verdict = verify(&received, &keys, &Policy::default(), &Seen::default(), now);
        let diagnosis = probe(&received, &keys, &Others::default(), &Policy::default(), now, &verdict, NO_DEADLINE);
        ran += 1;
        let mut found = differences(vector, &verdict, diagnosis.as_ref().map(|diagnosis| diagnosis.code.as_str()));
        if let Some(index) = vector.get("matched_key").and_then(Value::as_u64)
            && verdict.key.as_ref().map(|key| key.index as u64) != Some(index)
        {
            found.push(format!("expected key {index}, got {:?}", verdict.key));
        }
        failures.extend(found.into_iter().map(|what| format!("{}: {what}", vector["name"])));
    }
    report(failures, ran, 20);
}

fn policy(vector: &Value) -> Policy {
    let policy = &vector["policy"];
    let text = |name: &str| policy.get(name).and_then(Value::as_str).map(str::to_owned);
    Policy {
        jwt: JwtPolicy {
            algorithms: strings(policy.get("algorithms")),
            audience: text("audience"),
            issuer: text("issuer"),
            leeway: policy["leeway"].as_u64().unwrap(),
            required: strings(policy.get("required")),
        },
        ..Policy::default()
    }
}

/// The `jti` of a token, if it can be read.
fn jti(token: &str) -> Option<String> {
    let decoded = signature::decode_signature(token.as_bytes());
    decoded.token?.claims.get("jti")?.as_str().map(str::to_owned)
}

#[test]
fn jwt_vectors() {
    let file = load("jwt.json");
    let (mut failures, mut ran) = (Vec::new(), 0);
    for vector in file["vectors"].as_array().unwrap() {
        let keys = jwks(vector.get("jwks").unwrap_or(&file["jwks"]));
        let now = vector["now"].as_i64().unwrap();
        let token = vector["token"].as_str().unwrap();
        let body = body(vector);
        let timestamp = now.to_string();
        let all = [
            ("Webhook-Id".to_owned(), b"msg_1".to_vec()),
            ("Webhook-Timestamp".to_owned(), timestamp.into_bytes()),
            ("Webhook-Signature".to_owned(), token.as_bytes().to_vec()),
        ];
        let seen = Seen {
            message_id: false,
            token_id: jti(token).is_some_and(|jti| strings(vector.get("seen_jti")).contains(&jti)),
        };
        // Only the token decides: its signature does not cover the other two headers.
        for headers in [&all[..], &all[2..]] {
            let received = Received { headers, body: &body };
            let verdict = verify(&received, &keys, &policy(vector), &seen, now);
            let mut found = differences(vector, &verdict, None);
            let unbound = verdict.outcome == Outcome::Unbound;
            if unbound != verdict.sentence.contains("body not covered") {
                found.push(format!("unbound {unbound}, but: {}", verdict.sentence));
            }
            let accept = vector["peers_accept"].as_u64().unwrap();
            let agreed = accept == 0 || Some(accept) == vector["peers_total"].as_u64();
            // No peer checks the body.
            let comparable = agreed && vector["group"] != "body_binding";
            if comparable && (accept > 0) != verdict.outcome.is_genuine() {
                found.push(format!("{accept} peers accept, we say {:?}", verdict.outcome));
            }
            failures.extend(found.into_iter().map(|what| format!("{}: {what}", vector["name"])));
        }
        ran += 1;
    }
    report(failures, ran, 60);
}
