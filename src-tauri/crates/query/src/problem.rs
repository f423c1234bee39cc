//! What was not understood, and what is nearest to it.

use std::fmt;

/// A place in a query that was not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where it begins, in bytes.
    pub start: usize,
    /// Where it ends, in bytes.
    pub end: usize,
    /// What is wrong, what was expected.
    pub message: String,
    /// What would be understood in the place of `start..end`; empty: leave that out.
    pub nearest: Option<String>,
}

impl Problem {
    pub(crate) fn new(start: usize, end: usize, message: impl Into<String>, nearest: Option<String>) -> Self {
        Self { start, end, message: message.into(), nearest }
    }
}

/// Why a query was not understood: at least one problem, in the order of the text, at most [`crate::MAX_PROBLEMS`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.0.iter().enumerate() {
            if at > 0 {
                out.write_str(" ")?;
            }
            out.write_str(&problem.message)?;
        }
        Ok(())
    }
}

/// The candidate that `word` was probably meant to be: one that it begins, or one with at most two slips of the keys.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: String = word.chars().take(64).collect::<String>().to_lowercase().replace('_', "-");
    let length = word.chars().count();
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let begins = length >= 2 && candidate.starts_with(&word);
            let slips = if begins { 0 } else { strsim::osa_distance(&word, candidate) };
            let allowed = if length <= 3 { 1 } else { 2 };
            (slips <= allowed && slips < length).then_some((slips, candidate))
        })
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, candidate)| candidate)
}
