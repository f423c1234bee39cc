//! A delivery as it came in, and the three headers that matter in it.

use std::borrow::Cow;

/// One HTTP request, as far as verification needs it.
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    /// Header lines in the order in which they came: names in any case, duplicates kept, values as raw bytes.
    pub headers: &'a [(String, Vec<u8>)],
    /// The raw body: exactly the bytes that came over the wire.
    pub body: &'a [u8],
}

/// One of the three headers, by how often it came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Field<'a> {
    /// No such line.
    #[default]
    Missing,
    /// One line.
    One(&'a [u8]),
    /// Several lines: ambiguous, whatever they hold.
    Repeated,
}

/// Where the three headers are at fault, by the first of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Missing,
    Repeated,
    Empty,
}

/// The three headers of Standard Webhooks (SW-31 to SW-33).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Fields<'a> {
    pub(crate) id: Field<'a>,
    pub(crate) timestamp: Field<'a>,
    pub(crate) signature: Field<'a>,
    /// `svix-id`, `svix-timestamp` or `svix-signature` came too. They are not read.
    pub(crate) svix: bool,
    /// A name that was meant as one of the three and is not: `webhook_id`, `X-Webhook-Id` (SW-30).
    pub(crate) lookalike: Option<&'a str>,
}

pub(crate) const ID: &str = "webhook-id";
pub(crate) const TIMESTAMP: &str = "webhook-timestamp";
pub(crate) const SIGNATURE: &str = "webhook-signature";

impl<'a> Field<'a> {
    /// The value, where there is just one line and it holds something.
    pub(crate) fn value(self) -> Option<&'a [u8]> {
        match self {
            Self::One(value) if !is_blank(value) => Some(value),
            _ => None,
        }
    }

    pub(crate) fn fault(self) -> Option<Fault> {
        match self {
            Self::Missing => Some(Fault::Missing),
            Self::Repeated => Some(Fault::Repeated),
            Self::One(value) if is_blank(value) => Some(Fault::Empty),
            Self::One(_) => None,
        }
    }

    fn add(&mut self, value: &'a [u8]) {
        *self = match self {
            Self::Missing => Self::One(value),
            _ => Self::Repeated,
        };
    }
}

impl<'a> Fields<'a> {
    /// Picks the three headers out of all lines, names in any case.
    pub(crate) fn read(headers: &'a [(String, Vec<u8>)]) -> Self {
        let mut fields = Self::default();
        for (name, value) in headers {
            if name.eq_ignore_ascii_case(ID) {
                fields.id.add(value);
            } else if name.eq_ignore_ascii_case(TIMESTAMP) {
                fields.timestamp.add(value);
            } else if name.eq_ignore_ascii_case(SIGNATURE) {
                fields.signature.add(value);
            } else if ["svix-id", "svix-timestamp", "svix-signature"].iter().any(|svix| name.eq_ignore_ascii_case(svix))
            {
                fields.svix = true;
            } else if is_lookalike(name) {
                fields.lookalike = Some(name);
            }
        }
        fields
    }

    /// The headers with their names, in the order of the checks.
    pub(crate) fn named(&self) -> [(&'static str, Field<'a>); 3] {
        [(ID, self.id), (TIMESTAMP, self.timestamp), (SIGNATURE, self.signature)]
    }
}

/// Whether a name differs from one of the three by `_` for `-`, or by an `x-` before it.
fn is_lookalike(name: &str) -> bool {
    let bare = match name.get(..2) {
        Some(start) if start.eq_ignore_ascii_case("x-") => &name[2..],
        _ => name,
    };
    let same = |left: u8, right: u8| left.eq_ignore_ascii_case(&right) || (left == b'_' && right == b'-');
    [ID, TIMESTAMP, SIGNATURE].iter().any(|wanted| {
        wanted.len() == bare.len() && bare.bytes().zip(wanted.bytes()).all(|(left, right)| same(left, right))
    })
}

/// Whether a field value is nothing but optional white space (RFC 9110, 5.5), which HTTP stacks trim away.
fn is_blank(value: &[u8]) -> bool {
    value.iter().all(|byte| matches!(byte, b' ' | b'\t'))
}

/// All values of one header, in order.
pub(crate) fn values<'a>(headers: &'a [(String, Vec<u8>)], wanted: &'a str) -> impl Iterator<Item = &'a [u8]> {
    headers.iter().filter(move |(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.as_slice())
}

/// Bytes of a header for a person: at most 80 characters, with control and direction characters made visible.
pub(crate) fn shown(value: &[u8]) -> Cow<'static, str> {
    const MOST: usize = 80;
    let text = String::from_utf8_lossy(value);
    let mut shown = String::with_capacity(text.len().min(MOST));
    for c in text.chars().take(MOST) {
        let hidden = c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
        if hidden {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    if text.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown.into()
}
