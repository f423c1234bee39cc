//! Where a delivery has the text that was searched for.

use std::sync::Arc;

use query::{Expr, Field, Needle};
use rusqlite::{Connection, OptionalExtension};

use super::hunt::Wanted;
use super::record::{CONTENT, Content};
use super::{Search, record};
use crate::table::note;
use crate::{Error, encode};

/// Bytes that are shown before and after a hit.
const BEFORE: usize = 48;
const AFTER: usize = 96;

/// A place that has the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The part of the delivery.
    pub place: HitPlace,
    /// The name of the header.
    pub name: Option<String>,
    /// What comes before the hit, as text: bytes that are not UTF-8 are U+FFFD.
    pub before: String,
    /// The hit.
    pub text: String,
    /// What comes after it.
    pub after: String,
    /// Where the hit begins in that part, in bytes.
    pub offset: u64,
}

/// A part of a delivery that is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HitPlace {
    /// The path.
    Path,
    /// What follows the `?`.
    Query,
    /// The name of a header.
    HeaderName,
    /// The value of a header.
    Header,
    /// The body.
    Body,
    /// The user's note.
    Note,
}

/// The pieces of text to look for, by where.
struct Needles {
    anywhere: Vec<(Needle, usize)>,
    headers: Vec<(Needle, usize)>,
    body: Vec<(Needle, usize)>,
    path: Vec<(Needle, usize)>,
    note: Vec<(Needle, usize)>,
}

impl Needles {
    fn new(expr: &Expr) -> Self {
        let of = |wanted: &dyn Fn(&Field) -> bool| {
            let needle = |text: &str| (Needle::new(text.as_bytes()), text.len());
            expr.needles(&wanted).into_iter().map(needle).collect()
        };
        Self {
            anywhere: of(&|field| *field == Field::Text),
            headers: of(&|field| matches!(field, Field::Header(_) | Field::Id)),
            body: of(&|field| matches!(field, Field::Body(_) | Field::Meta(_) | Field::Job)),
            path: of(&|field| *field == Field::Path),
            note: of(&|field| *field == Field::Note),
        }
    }

    fn is_empty(&self) -> bool {
        [&self.anywhere, &self.headers, &self.body, &self.path, &self.note].iter().all(|needles| needles.is_empty())
    }
}

impl Search {
    /// The places in which a delivery has what the query searches for, at most so many: path, headers, body, note.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn hits(&self, wanted: &Arc<Wanted>, id: i64, most: usize) -> Result<Vec<Hit>, Error> {
        let needles = Needles::new(wanted.expr());
        if needles.is_empty() {
            return Ok(Vec::new());
        }
        self.0.parts.readers.read(move |conn, _| hits(conn, &needles, id, most)).await
    }

    /// The first such place of each of these deliveries, if it has one.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn first_hits(&self, wanted: &Arc<Wanted>, ids: &[i64]) -> Result<Vec<Option<Hit>>, Error> {
        let needles = Needles::new(wanted.expr());
        if needles.is_empty() {
            return Ok(vec![None; ids.len()]);
        }
        let ids = ids.to_vec();
        let first = move |conn: &Connection, id: &i64| Ok(hits(conn, &needles, *id, 1)?.into_iter().next());
        self.0.parts.readers.read(move |conn, _| ids.iter().map(|id| first(conn, id)).collect()).await
    }
}

fn hits(conn: &Connection, needles: &Needles, id: i64, most: usize) -> Result<Vec<Hit>, Error> {
    let sql = format!("SELECT {CONTENT} FROM delivery_content WHERE id = ?1");
    let mut statement = conn.prepare_cached(&sql)?;
    let found = statement.query_row([id], |row| Ok(in_content(needles, &Content::take(row, 0)?, most))).optional()?;
    let Some(mut found) = found else { return Ok(Vec::new()) };
    if found.len() < most
        && !needles.note.is_empty()
        && let Some(text) = note::of(conn, id)?
    {
        let mut hits = Hits { found, most };
        hits.look(HitPlace::Note, None, text.as_bytes(), &[&needles.note]);
        found = hits.found;
    }
    Ok(found)
}

fn in_content(needles: &Needles, content: &record::Content<'_>, most: usize) -> Vec<Hit> {
    let Needles { anywhere, headers, body, path, .. } = needles;
    let mut hits = Hits { found: Vec::new(), most };
    hits.look(HitPlace::Path, None, content.path, &[anywhere, path]);
    hits.look(HitPlace::Query, None, content.query.unwrap_or_default(), &[anywhere, path]);
    for (name, value) in encode::header_pairs(content.headers) {
        hits.look(HitPlace::HeaderName, Some(name), name, &[anywhere]);
        hits.look(HitPlace::Header, Some(name), value, &[anywhere, headers]);
    }
    hits.look(HitPlace::Body, None, content.body, &[anywhere, body]);
    hits.found
}

struct Hits {
    found: Vec<Hit>,
    most: usize,
}

impl Hits {
    /// Adds what one part has, in the order in which it stands there.
    fn look(&mut self, place: HitPlace, name: Option<&[u8]>, hay: &[u8], needles: &[&Vec<(Needle, usize)>]) {
        let mut from = 0;
        while self.found.len() < self.most {
            let Some(rest) = hay.get(from..).filter(|rest| !rest.is_empty()) else { return };
            let first = needles
                .iter()
                .flat_map(|needles| needles.iter())
                .filter_map(|(needle, length)| Some((needle.find(rest)?, *length)))
                .min_by_key(|(at, length)| (*at, usize::MAX - length));
            let Some((at, length)) = first.filter(|(_, length)| *length > 0) else { return };
            let (start, end) = (from + at, from + at + length);
            self.found.push(Hit {
                place,
                name: name.map(|name| String::from_utf8_lossy(name).into_owned()),
                before: text(hay, start.saturating_sub(BEFORE), start),
                text: text(hay, start, end),
                after: text(hay, end, end.saturating_add(AFTER)),
                offset: start as u64,
            });
            from = end;
        }
    }
}

/// A piece of bytes as text, whole characters only.
fn text(hay: &[u8], from: usize, to: usize) -> String {
    let is_inside = |at: usize| hay.get(at).is_some_and(|byte| byte & 0xc0 == 0x80);
    let (mut from, mut to) = (from, to.min(hay.len()));
    // At most three bytes continue a character.
    for _ in 0..3 {
        from += usize::from(from < to && is_inside(from) && from > 0);
        to -= usize::from(to > from && is_inside(to));
    }
    String::from_utf8_lossy(hay.get(from..to).unwrap_or_default()).into_owned()
}
