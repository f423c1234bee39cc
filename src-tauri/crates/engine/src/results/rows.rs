//! Pages of a batch's rows.

use std::fs::File;
use std::sync::Arc;

use results::{Filter, Index, Requests, read_bytes, read_row};

use super::open::Open;
use super::{Results, blocking, not_readable, summary};
use crate::dto::{ResultRow, ResultRowState, ResultRows, ResultState, ResultStrip, RowFilter, RowTokens};
use crate::error::{Code, Error, Result};

/// The most rows of a page.
const PAGE: u32 = 200;
/// The most bytes of a line that are given.
const LINE: u64 = 4 << 20;
/// The most parts of the strip.
const PARTS: u32 = 400;

impl Results {
    /// Rows from a place on, of those that match, at most 200. `text`: only rows that have it; those are looked for in
    /// the background, and [`ResultRows::exact`] says when all are found.
    ///
    /// # Errors
    /// `not_found` if it is not open, or has no rows; `not_readable` if its file cannot be read.
    pub async fn rows(&self, id: u32, filter: RowFilter, text: &str, start: u64, count: u32) -> Result<ResultRows> {
        let open = self.get(id)?;
        let count = count.min(PAGE);
        let ready = open.view().state == ResultState::Ready;
        if !text.is_empty() {
            let searched = self.search(&open, text);
            return blocking(move || {
                let (numbers, over) = searched.found(&open, filter);
                page(&open, &numbers, start, count, over && ready)
            })
            .await;
        }
        blocking(move || {
            if filter == RowFilter::All {
                return all(&open, start, count, ready);
            }
            let numbers = selected(&open, filter)?;
            page(&open, &numbers, start, count, ready)
        })
        .await
    }

    /// The number of the next failed or missing row, or of the one before; `None` if there is none.
    ///
    /// # Errors
    /// `not_found` if it is not open.
    pub fn next_failed(&self, id: u32, from: u64, back: bool) -> Result<Option<u64>> {
        let open = self.get(id)?;
        let scanner = open.scanner.lock();
        let Some(scanner) = scanner.as_ref() else { return Ok(None) };
        let index = scanner.index();
        let rows = u64::from(index.row_count());
        let missing = u64::from(index.count(Filter::Missing));
        let row = u32::try_from(from.min(rows)).unwrap_or(u32::MAX);
        Ok(match back {
            true if from > rows => Some(from - 1),
            true => index.previous_failed(row).map(u64::from),
            false if from < rows => {
                let next = index.next_failed(row).map(u64::from);
                next.or_else(|| (missing > 0).then_some(rows))
            }
            false => (from + 1 < rows + missing).then_some(from + 1),
        })
    }

    /// Where failed and missing rows are, over all rows; at most 400 parts.
    ///
    /// # Errors
    /// `not_found` if it is not open.
    pub fn strip(&self, id: u32, parts: u32) -> Result<ResultStrip> {
        let open = self.get(id)?;
        let parts = parts.clamp(1, PARTS);
        let scanner = open.scanner.lock();
        let mut strip = ResultStrip { failed: Vec::new(), missing: Vec::new(), parts };
        let Some(scanner) = scanner.as_ref() else { return Ok(strip) };
        let marks = scanner.index().marks(parts as usize);
        for (part, mark) in (0..).zip(&marks) {
            if mark.failed > 0 {
                strip.failed.push(part);
            }
            if mark.missing > 0 {
                strip.missing.push(part);
            }
        }
        Ok(strip)
    }

    /// A row's line, or a missing row's request, as text; at most 4 MiB of it.
    ///
    /// # Errors
    /// `not_found` if there is no such row; `not_readable`.
    pub async fn row(&self, id: u32, number: u64) -> Result<String> {
        let open = self.get(id)?;
        blocking(move || {
            let (place, path) = {
                let scanner = open.scanner.lock();
                let index = scanner.as_ref().ok_or_else(|| Error::not_found("row"))?.index();
                let rows = u64::from(index.row_count());
                if number < rows {
                    (index.place(narrow(number)), open.path())
                } else {
                    let requests = open.requests.lock().clone();
                    let (path, requests) = requests.ok_or_else(|| Error::not_found("row"))?;
                    let request = index.rows(Filter::Missing).nth(narrow(number - rows) as usize);
                    (request.and_then(|request| requests.place(request)), path)
                }
            };
            let place = place.ok_or_else(|| Error::not_found("row"))?;
            let mut file = File::open(&path).map_err(|error| not_readable(&path, &error))?;
            let bytes = read_bytes(&mut file, place, LINE).map_err(unread)?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        })
        .await
    }
}

/// All rows of the output, then the missing ones.
fn all(open: &Open, start: u64, count: u32, ready: bool) -> Result<ResultRows> {
    let (rows, missing) = {
        let scanner = open.scanner.lock();
        let Some(scanner) = scanner.as_ref() else { return Err(no_rows(open)) };
        let index = scanner.index();
        (u64::from(index.row_count()), missing_count(index, ready))
    };
    let end = start.saturating_add(u64::from(count)).min(rows + missing);
    let numbers: Vec<u64> = (start..end).collect();
    Ok(ResultRows { first: start, matched: rows + missing, exact: ready, rows: read(open, &numbers)? })
}

/// Missing rows are named only once all of the file was read.
fn missing_count(index: &Index, ready: bool) -> u64 {
    if ready && index.requests().is_some() { u64::from(index.count(Filter::Missing)) } else { 0 }
}

fn page(open: &Open, numbers: &[u64], start: u64, count: u32, exact: bool) -> Result<ResultRows> {
    let from = usize::try_from(start).unwrap_or(usize::MAX).min(numbers.len());
    let to = from.saturating_add(count as usize).min(numbers.len());
    let some = numbers.get(from..to).unwrap_or_default();
    Ok(ResultRows { first: start, matched: numbers.len() as u64, exact, rows: read(open, some)? })
}

impl From<RowFilter> for Filter {
    fn from(filter: RowFilter) -> Self {
        match filter {
            RowFilter::All => Self::All,
            RowFilter::Failed => Self::Failed,
            RowFilter::Missing => Self::Missing,
            RowFilter::Doubled => Self::Doubled,
        }
    }
}

/// The numbers of the rows that a filter selects.
fn selected(open: &Open, filter: RowFilter) -> Result<Vec<u64>> {
    let which = filter.into();
    let ready = open.view().state == ResultState::Ready;
    let scanner = open.scanner.lock();
    let Some(scanner) = scanner.as_ref() else { return Err(no_rows(open)) };
    let index = scanner.index();
    let rows = index.row_count();
    if which == Filter::Missing {
        // The n-th missing one: which request it is, is looked up when it is read.
        let count = missing_count(index, ready);
        return Ok((u64::from(rows)..u64::from(rows) + count).collect());
    }
    let mut kept = open.selected.lock();
    let known = kept.as_ref().filter(|(of, at, _)| *of == which && *at == rows).map(|(_, _, found)| found.clone());
    let found = known.unwrap_or_else(|| Arc::new(index.selected(which)));
    *kept = Some((which, rows, found.clone()));
    Ok(found.iter().map(|row| u64::from(*row)).collect())
}

/// Reads rows by their numbers.
fn read(open: &Open, numbers: &[u64]) -> Result<Vec<ResultRow>> {
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    let path = open.path();
    let mut file = File::open(&path).map_err(|error| not_readable(&path, &error))?;
    let scanner = open.scanner.lock();
    let Some(scanner) = scanner.as_ref() else { return Err(no_rows(open)) };
    let index = scanner.index();
    let rows = u64::from(index.row_count());
    let requests = open.requests.lock().clone();
    let mut request_file = None;
    let mut missing: Option<Vec<u32>> = None;
    let mut found = Vec::with_capacity(numbers.len());
    for number in numbers {
        if *number < rows {
            let row = read_row(&mut file, index, narrow(*number)).map_err(unread)?;
            let doubled = row.repeat_of.is_some();
            found.push(summary::row(row, if doubled { 2 } else { 1 }));
            continue;
        }
        let Some((path, requests)) = &requests else { continue };
        let missing = missing.get_or_insert_with(|| index.selected(Filter::Missing));
        let Some(request) = missing.get(narrow(number - rows) as usize) else { continue };
        if request_file.is_none() {
            request_file = Some(File::open(path).map_err(|error| not_readable(path, &error))?);
        }
        if let Some(file) = &mut request_file {
            found.push(missing_row(*number, requests, file, *request)?);
        }
    }
    Ok(found)
}

fn missing_row(number: u64, requests: &Requests, file: &mut File, request: u32) -> Result<ResultRow> {
    let request = requests.read(file, request).map_err(unread)?;
    Ok(ResultRow {
        number,
        line: request.line,
        key: request.key,
        state: ResultRowState::Missing,
        detail: None,
        answers: 0,
        repeat: false,
        tokens: RowTokens::default(),
        text: format!("Asked for in line {}; no line of the output has this key", request.line),
        cut: false,
    })
}

fn narrow(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn no_rows(open: &Open) -> Error {
    match open.view().error {
        Some(error) => error,
        None => Error::new(Code::NotFound, "No rows have been read yet."),
    }
}

pub(super) fn unread(error: impl std::fmt::Display) -> Error {
    Error::new(Code::NotReadable, "A row could not be read back from the disk.").with_detail(error)
}
