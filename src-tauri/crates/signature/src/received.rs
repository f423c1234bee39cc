//! A delivery as it was received, and the three headers that matter.

use std::borrow::Cow;

/// What verification needs of an HTTP request.
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    /// Header lines in the order of arrival: names in any case, duplicates kept, values as raw bytes.
    pub headers: &'a [(String, Vec<u8>)],
    /// The raw body: exactly the bytes that arrived over the wire.
    pub body: &'a [u8],
}

/// One of the three headers, by how often it occurs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Field<'a> {
    /// No such line.
    #[default]
    Missing,
    /// One line.
    One(&'a [u8]),
    /// Several lines: ambiguous, whatever they contain.
    Repeated,
}

/// What is wrong with the three headers, by the first one that is.
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
    /// Whether `svix-id`, `svix-timestamp` or `svix-signature` arrived as well. They are not read.
    pub(crate) svix: bool,
    /// A name that was probably meant as one of the three: `webhook_id`, `X-Webhook-Id` (SW-30).
    pub(crate) lookalike: Option<&'a str>,
}

pub(crate) const ID: &str = "webhook-id";
pub(crate) const TIMESTAMP: &str = "webhook-timestamp";
pub(crate) const SIGNATURE: &str = "webhook-signature";

impl<'a> Field<'a> {
    /// The value, if there is exactly one line and it is not empty.
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
    /// Picks the three headers out of all lines, whatever the case of their names.
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

/// Whether a name differs from one of the three by `_` for `-`, or by a leading `x-`.
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

/// Whether a field value is only optional white space (RFC 9110, 5.5), which HTTP stacks trim away.
fn is_blank(value: &[u8]) -> bool {
    value.iter().all(|byte| matches!(byte, b' ' | b'\t'))
}

/// All values of one header, in order.
pub(crate) fn values<'a>(headers: &'a [(String, Vec<u8>)], wanted: &'a str) -> impl Iterator<Item = &'a [u8]> {
    headers.iter().filter(move |(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.as_slice())
}

/// Header bytes for people to read: at most 80 characters, with control and direction characters made visible.
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
