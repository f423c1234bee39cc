//! A batch's rows in the form that the window shows.

use results::{Index, Row, RowState, Summary};

use crate::dto::{ResultRow, ResultRowState, RowKind, RowTokens, RowsSummary};

/// The counts.
pub(super) fn of(summary: &Summary, index: &Index) -> RowsSummary {
    let told = summary.rows > summary.tokens.rows_without;
    let tokens = |sum: u64| told.then_some(sum);
    RowsSummary {
        asked: summary.asked,
        answered: summary.rows,
        good: summary.good,
        failed: summary.failed,
        errors: summary.errors,
        partial: summary.blocked + summary.cut_off + summary.empty,
        unparsable: summary.unparsable,
        missing: summary.missing,
        missing_named: index.requests().is_some(),
        doubled: summary.doubled_keys,
        repeats: summary.repeats,
        strays: summary.strays,
        error_kinds: summary
            .error_kinds
            .iter()
            .map(|kind| RowKind { name: error_name(kind.code, &kind.status), count: kind.rows })
            .collect(),
        finish_reasons: summary
            .finish_reasons
            .iter()
            .map(|kind| RowKind { name: kind.reason.clone(), count: kind.rows })
            .collect(),
        empty_stops: summary.empty_stops,
        embeddings: summary.embeddings,
        keyless: summary.without_key,
        tokens: RowTokens {
            input: tokens(summary.tokens.input),
            output: tokens(summary.tokens.output),
            thinking: tokens(summary.tokens.thinking),
            cached: tokens(summary.tokens.cached),
        },
        cut_at_end: summary.cut_at_end,
    }
}

fn error_name(code: Option<i64>, status: &str) -> String {
    match (code, status) {
        (Some(code), "") => code.to_string(),
        (Some(code), status) => format!("{code} {status}"),
        (None, "") => "no code".to_owned(),
        (None, status) => status.to_owned(),
    }
}

/// A row of the output. `answers`: how many rows have its key.
pub(super) fn row(row: Row, answers: u32) -> ResultRow {
    let text = match row.message {
        Some(message) if row.text.is_empty() || row.state == RowState::Error => message,
        _ => row.text,
    };
    ResultRow {
        number: u64::from(row.row),
        line: row.line,
        key: row.key,
        state: state(row.state),
        detail: Some(row.detail).filter(|detail| !detail.is_empty()),
        answers,
        repeat: row.repeat_of.is_some(),
        tokens: RowTokens {
            input: row.tokens.input,
            output: row.tokens.output,
            thinking: row.tokens.thinking,
            cached: row.tokens.cached,
        },
        text,
        cut: row.text_cut,
    }
}

fn state(state: RowState) -> ResultRowState {
    match state {
        RowState::Good => ResultRowState::Good,
        RowState::Error => ResultRowState::Error,
        RowState::Blocked => ResultRowState::Blocked,
        RowState::CutOff => ResultRowState::CutOff,
        RowState::Empty => ResultRowState::Empty,
        RowState::Unparsable => ResultRowState::Unparsable,
        RowState::Missing => ResultRowState::Missing,
    }
}
