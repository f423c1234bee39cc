//! Each handler of `tests/handlers` does what its name says, and nothing else is wrong with it: what is sent to it is
//! known to be genuine or not, and `mistaken` tells where a mistake shows.

mod deliveries;

use std::time::Duration;

use signature::Scheme::{self, Jwt, V1, V1a};
use tests::handlers::{Handler, Language};
use tests::sender::SECRET;
use tokio::task::JoinSet;

use self::deliveries::{Delivery, Sender};

/// What a handler makes of a delivery, by its status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Accepted,
    Refused,
    TooLarge,
    Crashed,
}
use Answer::{Accepted, Crashed, Refused, TooLarge};

impl Answer {
    fn of(status: u16) -> Self {
        match status {
            200 => Accepted,
            400 | 401 => Refused,
            413 => TooLarge,
            500 => Crashed,
            other => panic!("status {other}"),
        }
    }
}

/// What the handler with the mistake answers where it differs from the right one; `None` elsewhere.
fn mistaken(mistake: &str, language: Language, delivery: &Delivery) -> Option<Answer> {
    let Delivery { scheme, what, genuine, .. } = delivery;
    let signed = matches!(scheme, V1 | V1a);
    let answer = match (mistake, *what) {
        ("reserialises", "reserialised_body" | "trailing_newline") => Accepted,
        // Python's parser skips the mark.
        ("reserialises", "byte_order_mark") if language == Language::Python => Accepted,
        ("reserialises", "not_json" | "empty_body" | "unusual_json") => Refused,
        // Node's parser takes anything for UTF-8: a token, which says nothing about the body, stays good.
        ("reserialises", "body_not_utf8") if signed || language == Language::Python => Refused,
        ("undecoded_secret" | "whole_secret", what) if *scheme == V1 => {
            let own = if mistake == "whole_secret" { "prefix_kept_secret" } else { "undecoded_secret" };
            if what == own { Accepted } else { Refused }
        }
        ("no_time_check", "stale" | "future" | "ms_timestamp") => Accepted,
        ("truncated_compare", "truncated_signature" | "first_eight" | "tail_altered") if *scheme == V1 => Accepted,
        ("trusts_alg", "alg_none" | "hs256_public_key") => Accepted,
        ("fails_on_unknown_type", "unknown_type" | "launch_type") => Crashed,
        ("no_verification", _) => Accepted,
        ("first_signature_only", "two_signatures") => Refused,
        ("compares_whole_header" | "splits_at_comma", "two_signatures" | "good_first" | "among_others") => Refused,
        // The first two parts of it are a signature.
        ("splits_at_comma", "joined_by_comma") => Accepted,
        ("checks_no_claim", "expired_token" | "no_expiry" | "not_yet_valid") => Accepted,
        ("answers_500", _) => Crashed,
        ("crashes_on_list", "list_body") => Crashed,
        (
            "crashes_on_missing_header",
            "missing_header" | "missing_id" | "missing_timestamp" | "svix_headers" | "no_headers",
        ) => Crashed,
        ("unsigned_without_header", "missing_header" | "svix_headers" | "no_headers") => Accepted,
        ("small_body_limit", "two_mebibytes") => TooLarge,
        _ => return None,
    };
    (answer != right(*genuine)).then_some(answer)
}

fn right(genuine: bool) -> Answer {
    if genuine { Accepted } else { Refused }
}

/// Sends everything, many at once.
async fn answers(handler: &Handler, deliveries: &[Delivery]) -> Vec<(Answer, Duration)> {
    // A connection for each: none is taken up again that the handler is about to close.
    let client = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap();
    let mut sending: JoinSet<_> = deliveries.iter().map(|one| one.send(&client, &handler.url)).collect();
    let mut answers = Vec::new();
    while let Some(done) = sending.join_next().await {
        answers.push(done.unwrap());
    }
    answers.sort_by_key(|(index, ..)| *index);
    answers.into_iter().map(|(_, status, took)| (Answer::of(status), took)).collect()
}

/// Every delivery of the schemes that the handler knows, and of those that it does not.
async fn shows(language: Language, mistake: &str, known: &[Scheme]) {
    let sender = Sender::start().await;
    let jwks = known.contains(&Jwt).then_some(sender.jwks.as_str());
    let handler = Handler::start(language, mistake, SECRET, jwks);
    let mut deliveries = sender.deliveries();
    for delivery in &mut deliveries {
        delivery.genuine &= known.contains(&delivery.scheme);
    }

    let answers = answers(&handler, &deliveries).await;
    let mut shown = false;
    for (delivery, (answer, took)) in deliveries.iter().zip(answers) {
        let mistaken = mistaken(mistake, language, delivery);
        shown |= mistaken.is_some();
        let expected = mistaken.unwrap_or_else(|| right(delivery.genuine));
        assert_eq!(answer, expected, "{:?} {}", delivery.scheme, delivery.what);
        if mistake == "slow" && answer == Accepted {
            assert!(took >= Duration::from_secs(5), "it works before it answers: {took:?}");
            shown = true;
        }
    }

    let handled = handler.handled().await;
    for delivery in deliveries.iter().filter(|one| one.what == "duplicate" && one.genuine) {
        let told = handled.get(&delivery.id).copied().unwrap_or_default();
        let expected = match mistake {
            "undecoded_secret" | "whole_secret" if delivery.scheme == V1 => 0,
            "answers_500" => 0,
            "not_idempotent" => 2,
            _ => 1,
        };
        assert_eq!(told, expected, "{:?}", delivery.scheme);
        shown |= told == 2;
    }
    assert_eq!(shown, !matches!(mistake, "none" | "keeps_keys"), "a mistake shows");
}

/// Fifty messages, and one more fifty times, all at once: taken each time, and each handled once.
async fn burst(language: Language) {
    let sender = Sender::start().await;
    let handler = Handler::start(language, "none", SECRET, None);
    let (mut many, same) = (sender.good(50), sender.good(1).remove(0));
    many.extend((0..50).map(|_| same.clone()));
    for (answer, _) in answers(&handler, &many).await {
        assert_eq!(answer, Accepted);
    }
    let handled = handler.handled().await;
    assert_eq!(handled.len(), 51);
    assert!(handled.values().all(|count| *count == 1), "{handled:?}");
}

macro_rules! variants {
    ($module:ident, $language:expr, $($mistake:ident),+) => {
        mod $module {
            $(
                #[tokio::test]
                async fn $mistake() {
                    super::shows($language, stringify!($mistake), &[super::V1, super::V1a, super::Jwt]).await;
                }
            )+

            #[tokio::test]
            async fn none_without_keys() {
                super::shows($language, "none", &[super::V1]).await;
            }

            #[tokio::test]
            async fn a_burst() {
                super::burst($language).await;
            }
        }
    };
}

macro_rules! languages {
    ($($mistake:ident),+) => {
        variants!(python, tests::handlers::Language::Python, $($mistake),+);
        variants!(node, tests::handlers::Language::Node, $($mistake),+);
    };
}

languages!(
    none,
    reserialises,
    undecoded_secret,
    whole_secret,
    no_time_check,
    not_idempotent,
    truncated_compare,
    trusts_alg,
    fails_on_unknown_type,
    no_verification,
    first_signature_only,
    slow,
    crashes_on_missing_header,
    small_body_limit,
    unsigned_without_header,
    keeps_keys,
    answers_500,
    compares_whole_header,
    splits_at_comma,
    checks_no_claim,
    crashes_on_list
);

/// Started again by the harness as by a supervisor, at the same address.
#[tokio::test]
async fn a_token_without_a_signature_ends_the_one_that_catches_nothing() {
    let sender = Sender::start().await;
    let fatal = sender.deliveries().into_iter().find(|one| one.what == "alg_none").unwrap();
    let client = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap();
    for language in [Language::Python, Language::Node] {
        let handler = Handler::start_supervised(language, "dies_on_alg_none", SECRET, Some(&sender.jwks));
        fatal.try_send(&client, &handler.url).await.unwrap_err();
        let since = std::time::Instant::now();
        let good = sender.good(1).remove(0);
        let status = loop {
            match good.try_send(&client, &handler.url).await {
                Ok(status) => break status,
                Err(_) if since.elapsed() < Duration::from_secs(60) => {
                    tokio::time::sleep(Duration::from_millis(50)).await
                }
                Err(error) => panic!("{language:?}: {error}"),
            }
        };
        assert_eq!(status, 200, "{language:?}");
    }
}
