//! What a file of responses holds, in numbers.

use serde::Serialize;

use crate::answer::Answer;
use crate::counts::Counts;
use crate::state::{Packed, RowState};

/// Kinds of errors, and of finish reasons, that are counted each by itself.
pub const KINDS: usize = 50;

/// What was read so far, in numbers.
///
/// Every line that is not blank is a row, and every row is in exactly one of `good`, `failed`, `repeats` and
/// `strays`. `failed` is the sum of `errors`, `blocked`, `cut_off`, `empty` and `unparsable`. If the requests are
/// known, `good + failed + missing = asked` at any time; if only their number is, as long as no more answers came
/// than that.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Summary {
    /// Lines that are not blank.
    pub rows: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// All of the file was read.
    pub finished: bool,
    /// The file ends in the middle of a line: the last one has no `\n` and is no JSON.
    pub cut_at_end: bool,
    /// Requests, each key once, if anything is known of them.
    pub asked: Option<u64>,
    /// Answers that are good.
    pub good: u64,
    /// Answers that are of no use.
    pub failed: u64,
    /// Requests without an answer so far.
    pub missing: Option<u64>,
    /// Errors in place of a response.
    pub errors: u64,
    /// Blocked prompts and answers.
    pub blocked: u64,
    /// Answers that ran into the limit of tokens.
    pub cut_off: u64,
    /// Answers with nothing in them.
    pub empty: u64,
    /// Those among the empty ones whose finish reason is `STOP`.
    pub empty_stops: u64,
    /// Lines that cannot be read.
    pub unparsable: u64,
    /// Keys that came more than once. Of such rows the first counts. Keys are told apart by hashes of 64 bits, so one
    /// in about 30 million files of a million rows may say one too many.
    pub doubled_keys: u64,
    /// Rows whose key had come before.
    pub repeats: u64,
    /// Rows that answer none of the requests that are known: their key was not asked for, or cannot be read. None if
    /// the requests are not known.
    pub strays: u64,
    /// Rows without a key.
    pub without_key: u64,
    /// Kinds of errors of the failed, the most frequent first, [`KINDS`] at most.
    pub error_kinds: Vec<ErrorKind>,
    /// Errors of further kinds.
    pub other_errors: u64,
    /// Finish reasons of the good and the failed, the most frequent first, [`KINDS`] at most.
    pub finish_reasons: Vec<FinishKind>,
    /// Finish reasons of further kinds.
    pub other_finish_reasons: u64,
    /// Tokens of all rows, repeats and strays too.
    pub tokens: TokenSums,
    /// Rows that hold an embedding, or several; repeats and strays too.
    pub embeddings: u64,
}

/// Errors of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ErrorKind {
    /// The code, of HTTP or of gRPC.
    pub code: Option<i64>,
    /// The status, `RESOURCE_EXHAUSTED` for example; empty if there is none. 64 characters at most.
    pub status: String,
    /// How many rows.
    pub rows: u64,
}

/// Answers that finished for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct FinishKind {
    /// The reason, `STOP` for example. 64 characters at most.
    pub reason: String,
    /// How many rows.
    pub rows: u64,
}

/// Sums of tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct TokenSums {
    /// Of prompts, and of texts that were embedded.
    pub input: u64,
    /// Of answers.
    pub output: u64,
    /// Of thoughts.
    pub thinking: u64,
    /// Of prompts out of a cache; they are among `input`.
    pub cached: u64,
    /// Rows that tell none of these.
    pub rows_without: u64,
}

/// What is counted as rows come.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    states: [u64; 6],
    empty_stops: u64,
    repeats: u64,
    strays: u64,
    without_key: u64,
    errors: Counts,
    finishes: Counts,
    tokens: TokenSums,
    embeddings: u64,
}

impl Tally {
    pub(crate) fn add(&mut self, answer: &Answer<'_>, row: Packed) {
        self.repeats += u64::from(row.is(Packed::REPEAT));
        self.strays += u64::from(row.is(Packed::STRAY));
        self.without_key += u64::from(answer.key.is_none());
        self.embeddings += u64::from(answer.embedding);
        self.add_tokens(answer);
        if !row.counts() {
            return;
        }
        if let Some(count) = self.states.get_mut(answer.state as usize) {
            *count += 1;
        }
        if let Some(failure) = &answer.failure {
            self.errors.add(failure.code, failure.status.as_deref().unwrap_or_default(), KINDS);
        }
        if let Some(reason) = &answer.finish {
            self.finishes.add(None, reason, KINDS);
            self.empty_stops += u64::from(answer.state == RowState::Empty && reason == "STOP");
        }
    }

    fn add_tokens(&mut self, answer: &Answer<'_>) {
        let (sums, tokens) = (&mut self.tokens, &answer.tokens);
        for (sum, more) in [
            (&mut sums.input, tokens.input),
            (&mut sums.output, tokens.output),
            (&mut sums.thinking, tokens.thinking),
            (&mut sums.cached, tokens.cached),
        ] {
            *sum = sum.saturating_add(more.unwrap_or(0));
        }
        sums.rows_without += u64::from(tokens.none());
    }

    /// The numbers so far; what is not counted here is left at nothing.
    pub(crate) fn summary(&self, asked: Option<u64>) -> Summary {
        let [good, errors, blocked, cut_off, empty, unparsable] = self.states;
        let failed = errors + blocked + cut_off + empty + unparsable;
        Summary {
            asked,
            good,
            failed,
            missing: asked.map(|asked| asked.saturating_sub(good + failed)),
            errors,
            blocked,
            cut_off,
            empty,
            empty_stops: self.empty_stops,
            unparsable,
            repeats: self.repeats,
            strays: self.strays,
            without_key: self.without_key,
            error_kinds: self
                .errors
                .list()
                .into_iter()
                .map(|(code, status, rows)| ErrorKind { code, status, rows })
                .collect(),
            other_errors: self.errors.others(),
            finish_reasons: self
                .finishes
                .list()
                .into_iter()
                .map(|(_, reason, rows)| FinishKind { reason, rows })
                .collect(),
            other_finish_reasons: self.finishes.others(),
            tokens: self.tokens,
            embeddings: self.embeddings,
            ..Summary::default()
        }
    }
}
