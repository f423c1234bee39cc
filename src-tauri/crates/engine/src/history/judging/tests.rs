use super::*;

#[test]
fn the_life_of_a_secret_is_that_of_the_arrival() {
    const END: i64 = 1_800_000_000;
    let current = [KeyState::Current];
    let ending = [KeyState::Grace { until: END }, KeyState::Expired { at: END }];
    for (states, then, expected) in [
        (&current[..], i64::MIN, KeyState::Current),
        (&current[..], END, KeyState::Current),
        (&ending[..], END - GRACE_S - 1, KeyState::Current),
        (&ending[..], END - GRACE_S, KeyState::Grace { until: END }),
        (&ending[..], END - 1, KeyState::Grace { until: END }),
        (&ending[..], END, KeyState::Expired { at: END }),
        (&ending[..], i64::MAX, KeyState::Expired { at: END }),
    ] {
        for state in states {
            assert_eq!(state_at(*state, then), expected, "{state:?} at {then}");
        }
    }
}

#[test]
fn a_verdict_gets_better_and_never_worse() {
    let of = |outcome, reason: &'static str, found_nothing| {
        let key = SecretKey {
            id: "a".into(),
            secret: signature::Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap(),
            state: KeyState::Current,
        };
        let keys = Keyring { secrets: vec![key], ..Keyring::default() };
        let none = Received { headers: &[], body: b"" };
        let verdict = verify(&none, &keys, &Policy::default(), &Seen::default(), 0);
        let verdict = if found_nothing { signature::explain(verdict, None) } else { verdict };
        Verdict { outcome, reason: reason.into(), ..verdict }
    };
    use Outcome::{Rejected, Unchecked, Verified};
    for (old, new, expected) in [
        (of(Verified, "valid", false), of(Verified, "valid", false), false),
        (of(Verified, "valid", false), of(Rejected, "no_matching_signature", false), false),
        (of(Verified, "valid", false), of(Unchecked, "no_secret", false), false),
        (of(Rejected, "a", true), of(Unchecked, "no_secret", false), false),
        (of(Rejected, "a", false), of(Rejected, "a", false), false),
        (of(Rejected, "a", true), of(Rejected, "a", false), true),
        (of(Rejected, "a", false), of(Rejected, "b", false), true),
        (of(Rejected, "a", false), of(Verified, "valid", false), true),
        (of(Unchecked, "no_secret", false), of(Verified, "valid", false), true),
        (of(Unchecked, "no_secret", false), of(Rejected, "a", false), true),
        (of(Unchecked, "no_secret", false), of(Unchecked, "no_secret", false), false),
        (of(Unchecked, "no_secret", false), of(Unchecked, "jwks_unavailable", false), true),
    ] {
        assert_eq!(
            replaces(&new, &old),
            expected,
            "{} {} to {} {}",
            old.reason,
            probed(&old),
            new.reason,
            probed(&new)
        );
    }
}
