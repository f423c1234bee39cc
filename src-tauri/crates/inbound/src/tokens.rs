//! Accepted tokens. One that arrives again is reported (`duplicate_id`), since nothing else in a JWT delivery is
//! signed.

use std::collections::{HashSet, VecDeque};

use parking_lot::Mutex;

/// How many tokens are remembered. They expire within minutes, and a listener sees far fewer in that time.
const REMEMBERED: usize = 10_000;
/// A longer `jti` is not remembered.
const LONGEST: usize = 512;

/// The `jti`s of accepted tokens, by project.
#[derive(Default)]
pub(crate) struct SeenTokens(Mutex<Tokens>);

#[derive(Default)]
struct Tokens {
    known: HashSet<(i64, String)>,
    order: VecDeque<(i64, String)>,
}

impl SeenTokens {
    /// Remembers a token. True if it arrived before.
    pub(crate) fn again(&self, project: i64, jti: &str) -> bool {
        if jti.len() > LONGEST {
            return false;
        }
        let mut tokens = self.0.lock();
        let token = (project, jti.to_owned());
        if !tokens.known.insert(token.clone()) {
            return true;
        }
        tokens.order.push_back(token);
        if tokens.order.len() > REMEMBERED
            && let Some(oldest) = tokens.order.pop_front()
        {
            tokens.known.remove(&oldest);
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_told_again_by_project_and_forgotten_in_order() {
        let seen = SeenTokens::default();
        assert!(!seen.again(1, "a"));
        assert!(seen.again(1, "a"));
        assert!(!seen.again(2, "a"));
        for index in 0..REMEMBERED {
            seen.again(3, &index.to_string());
        }
        assert!(!seen.again(1, "a"), "forgotten");
        assert_eq!(seen.0.lock().known.len(), REMEMBERED);
    }
}
