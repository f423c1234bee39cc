//! Rewrites a JSON text in the ways in which serialisers write it. Numbers keep their text; only names, strings and
//! white space are written again.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// How the text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct JsonForm {
    pub(super) order: Order,
    pub(super) spacing: Spacing,
    pub(super) escapes: Escapes,
    pub(super) numbers: Numbers,
    pub(super) newline: bool,
}

/// The order of members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    AsSent,
    /// By name, at every depth.
    Sorted,
    /// As the service writes its events: type, version, timestamp, data.
    Service,
    /// The n-th alternative order of the outermost members.
    Other(usize),
}

/// The white space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spacing {
    None,
    /// `", "` and `": "`, as Python's `json.dumps`.
    Python,
    /// One member per line, indented by this many spaces.
    Indent(usize),
    Tabs,
}

/// How strings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escapes {
    /// Escapes only what must be escaped.
    Least,
    /// `\u00e9` for everything outside ASCII, as in Python.
    Ascii,
    /// The same with capital letters, `\u00E9`, as in C#.
    AsciiCapital,
    /// `\/`, and `\u00e9` for everything outside ASCII, as in PHP.
    Php,
    /// `\u003c`, `\u003e`, `\u0026`, as in Go.
    Html,
}

/// How numbers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Numbers {
    AsSent,
    /// The shortest form, as in JavaScript: `1.0` becomes `1`.
    Shortest,
    /// All whole numbers with a fraction, as a reader of doubles writes them: `1` becomes `1.0`.
    Fractions,
    /// All whole numbers that end in two or more zeros with an exponent: `100` becomes `1e2`.
    Exponents(Exponent),
    /// Only the n-th whole number with a fraction.
    FractionAt(usize),
    /// Only the n-th whole number with an exponent.
    ExponentAt(usize, Exponent),
}

/// How an exponent is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exponent {
    /// `1e2`
    Small,
    /// `1E2`
    Capital,
    /// `1e+2`
    Plus,
}

/// A parsed text that preserves what rewriting preserves.
#[derive(Debug)]
pub(super) enum Node<'a> {
    Object(Vec<(String, Node<'a>)>),
    Array(Vec<Node<'a>>),
    Text(String),
    /// A number, or true, false, null.
    Scalar(&'a str),
}

/// How many whole numbers are tried one at a time.
const MOST_WHOLE: usize = 8;

/// The outermost members are tried in all orders if there are no more than this.
const MOST_PERMUTED: usize = 5;

impl<'a> Node<'a> {
    pub(super) fn parse(body: &'a [u8]) -> Option<Self> {
        Self::read(serde_json::from_slice(body).ok()?)
    }

    fn read(raw: &'a RawValue) -> Option<Self> {
        let text = raw.get();
        Some(match text.as_bytes().first()? {
            b'{' => {
                let Members(members) = serde_json::from_str(text).ok()?;
                let read = members.into_iter().map(|(name, raw)| Some((name, Self::read(raw)?)));
                Self::Object(read.collect::<Option<_>>()?)
            }
            b'[' => {
                let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
                Self::Array(items.into_iter().map(Self::read).collect::<Option<_>>()?)
            }
            b'"' => Self::Text(serde_json::from_str(text).ok()?),
            _ => Self::Scalar(text),
        })
    }

    /// How many other orders of the outermost members there are to try.
    pub(super) fn orders(&self) -> usize {
        match self {
            Self::Object(members) if members.len() <= MOST_PERMUTED => (1..=members.len()).product(),
            _ => 0,
        }
    }

    /// Writes the text in a form.
    pub(super) fn write(&self, form: JsonForm) -> String {
        let mut out = String::new();
        self.write_to(&mut out, form, 0, &Cell::new(0));
        if form.newline {
            out.push('\n');
        }
        out
    }

    /// How many whole numbers there are, and how many of them could have an exponent.
    fn wholes(&self) -> (usize, usize) {
        let sum = |nodes: &mut dyn Iterator<Item = &Self>| {
            nodes.map(Self::wholes).fold((0, 0), |sum, more| (sum.0 + more.0, sum.1 + more.1))
        };
        match self {
            Self::Object(members) => sum(&mut members.iter().map(|(_, value)| value)),
            Self::Array(items) => sum(&mut items.iter()),
            Self::Scalar(text) if is_whole(text) => (1, usize::from(text.ends_with("00"))),
            Self::Text(_) | Self::Scalar(_) => (0, 0),
        }
    }

    /// `wholes` counts the whole numbers written so far.
    fn write_to(&self, out: &mut String, form: JsonForm, depth: usize, wholes: &Cell<usize>) {
        match self {
            Self::Object(members) => {
                let ordered = form.order.apply(members, depth);
                bracket(out, form.spacing, depth, '{', '}', &ordered, |out, (name, value)| {
                    write_text(out, name, form.escapes);
                    out.push_str(if form.spacing == Spacing::None { ":" } else { ": " });
                    value.write_to(out, form, depth + 1, wholes);
                });
            }
            Self::Array(items) => {
                let items: Vec<&Self> = items.iter().collect();
                bracket(out, form.spacing, depth, '[', ']', &items, |out, item| {
                    item.write_to(out, form, depth + 1, wholes)
                });
            }
            Self::Text(text) => write_text(out, text, form.escapes),
            Self::Scalar(text) => {
                out.push_str(&number(text, form.numbers, wholes.get()));
                wholes.set(wholes.get() + usize::from(is_whole(text)));
            }
        }
    }
}

impl Order {
    fn apply<'n, 'a>(self, members: &'n [(String, Node<'a>)], depth: usize) -> Vec<&'n (String, Node<'a>)> {
        const SERVICE: [&str; 13] = [
            "type",
            "version",
            "timestamp",
            "data",
            "id",
            "output_file_uri",
            "file_id",
            "file_name",
            "video_uri",
            "error_code",
            "error_message",
            "user_metadata",
            "test",
        ];
        let mut ordered: Vec<_> = members.iter().collect();
        match self {
            Self::AsSent => {}
            Self::Sorted => ordered.sort_by(|left, right| left.0.cmp(&right.0)),
            Self::Service => {
                ordered.sort_by_key(|(name, _)| SERVICE.iter().position(|known| known == name).unwrap_or(SERVICE.len()))
            }
            Self::Other(nth) if depth == 0 => {
                let mut nth = nth;
                let mut rest = std::mem::take(&mut ordered);
                while !rest.is_empty() {
                    let at = nth % rest.len();
                    nth /= rest.len();
                    ordered.push(rest.remove(at));
                }
            }
            Self::Other(_) => {}
        }
        ordered
    }
}

/// Writes a list in brackets, with nothing in them if it is empty.
fn bracket<T>(
    out: &mut String,
    spacing: Spacing,
    depth: usize,
    open: char,
    close: char,
    items: &[T],
    write: impl Fn(&mut String, &T),
) {
    out.push(open);
    let line = |out: &mut String, depth: usize| match spacing {
        Spacing::Indent(width) => {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', width * depth));
        }
        Spacing::Tabs => {
            out.push('\n');
            out.extend(std::iter::repeat_n('\t', depth));
        }
        Spacing::None | Spacing::Python => {}
    };
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push_str(if spacing == Spacing::Python { ", " } else { "," });
        }
        line(out, depth + 1);
        write(out, item);
    }
    if !items.is_empty() {
        line(out, depth);
    }
    out.push(close);
}

fn write_text(out: &mut String, text: &str, escapes: Escapes) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '/' if escapes == Escapes::Php => out.push_str("\\/"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' if escapes == Escapes::Html => escape(out, c),
            c if (c as u32) < 0x20 => escape(out, c),
            c if !c.is_ascii() && matches!(escapes, Escapes::Ascii | Escapes::Php) => escape(out, c),
            c if !c.is_ascii() && escapes == Escapes::AsciiCapital => escape_capital(out, c),
            c => out.push(c),
        }
    }
    out.push('"');
}

fn escape(out: &mut String, c: char) {
    let mut units = [0; 2];
    for unit in c.encode_utf16(&mut units) {
        out.push_str(&format!("\\u{unit:04x}"));
    }
}

fn escape_capital(out: &mut String, c: char) {
    let mut units = [0; 2];
    for unit in c.encode_utf16(&mut units) {
        out.push_str(&format!("\\u{unit:04X}"));
    }
}

/// A number in the style of a form, the `nth` whole one if it is one. True, false and null are not numbers.
fn number(text: &str, numbers: Numbers, nth: usize) -> Cow<'_, str> {
    let whole = is_whole(text);
    match numbers {
        Numbers::Shortest if text.starts_with(['-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']) && !whole => {
            match text.parse::<f64>() {
                Ok(value) if value.is_finite() && value.abs() < 1e21 => format!("{value}").into(),
                _ => text.into(),
            }
        }
        Numbers::Fractions if whole => format!("{text}.0").into(),
        Numbers::FractionAt(at) if whole && at == nth => format!("{text}.0").into(),
        Numbers::Exponents(exponent) if whole => exponent.write(text).into(),
        Numbers::ExponentAt(at, exponent) if whole && at == nth => exponent.write(text).into(),
        _ => text.into(),
    }
}

/// A number without fraction and exponent.
fn is_whole(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

impl Exponent {
    const ALL: [Self; 3] = [Self::Small, Self::Capital, Self::Plus];

    /// `1500` as `1.5e3`; a number that does not end in two zeros is left as it is.
    fn write(self, whole: &str) -> String {
        if !whole.ends_with("00") || whole.trim_start_matches('-').starts_with('0') {
            return whole.to_owned();
        }
        let (sign, digits) = match whole.strip_prefix('-') {
            Some(digits) => ("-", digits),
            None => ("", whole),
        };
        let (first, rest) = digits.split_at(1);
        let rest = rest.trim_end_matches('0');
        let point = if rest.is_empty() { "" } else { "." };
        let e = match self {
            Self::Small => "e",
            Self::Capital => "E",
            Self::Plus => "e+",
        };
        format!("{sign}{first}{point}{rest}{e}{}", digits.len() - 1)
    }
}

/// The members of an object in order, with the texts of their values.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;
        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(entry) = entries.next_entry()? {
                    members.push(entry);
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(MembersVisitor).map(Members)
    }
}

/// The forms to try, the most common first.
pub(super) fn forms(node: &Node<'_>, body: &[u8]) -> Vec<JsonForm> {
    const SPACINGS: [Spacing; 5] =
        [Spacing::None, Spacing::Python, Spacing::Indent(2), Spacing::Indent(4), Spacing::Tabs];
    let text = String::from_utf8_lossy(body);
    let mut escapes = vec![Escapes::Least];
    if !text.is_ascii() || text.contains("\\u") {
        escapes.extend([Escapes::Ascii, Escapes::AsciiCapital]);
    }
    if !text.is_ascii() || text.contains("\\u") || text.contains('/') {
        escapes.push(Escapes::Php);
    }
    if text.contains(['<', '>', '&']) {
        escapes.push(Escapes::Html);
    }
    let fraction =
        text.as_bytes().windows(2).any(|pair| pair[0].is_ascii_digit() && matches!(pair[1], b'.' | b'e' | b'E'));
    let numbers: &[Numbers] = if fraction { &[Numbers::AsSent, Numbers::Shortest] } else { &[Numbers::AsSent] };
    let mut forms = Vec::new();
    for newline in [false, true] {
        for order in [Order::AsSent, Order::Sorted, Order::Service] {
            for &numbers in numbers {
                for &escapes in &escapes {
                    forms.extend(SPACINGS.map(|spacing| JsonForm { order, spacing, escapes, numbers, newline }));
                }
            }
        }
    }
    for nth in 0..node.orders() {
        for spacing in [Spacing::None, Spacing::Python, Spacing::Indent(2)] {
            let order = Order::Other(nth);
            forms.push(JsonForm { order, spacing, escapes: Escapes::Least, numbers: Numbers::AsSent, newline: false });
        }
    }
    for numbers in whole_numbers(node) {
        for order in [Order::AsSent, Order::Sorted] {
            for spacing in [Spacing::None, Spacing::Python, Spacing::Indent(2)] {
                forms.push(JsonForm { order, spacing, escapes: Escapes::Least, numbers, newline: false });
            }
        }
    }
    forms
}

/// The ways in which whole numbers may have been written: all of them, or each of the first few alone.
fn whole_numbers(node: &Node<'_>) -> Vec<Numbers> {
    let (wholes, round) = node.wholes();
    let mut ways = Vec::new();
    if wholes > 0 {
        ways.push(Numbers::Fractions);
    }
    if round > 0 {
        ways.extend(Exponent::ALL.map(Numbers::Exponents));
    }
    if wholes > 1 {
        ways.extend((0..wholes.min(MOST_WHOLE)).map(Numbers::FractionAt));
    }
    if round > 1 {
        for nth in 0..wholes.min(MOST_WHOLE) {
            ways.extend(Exponent::ALL.map(|exponent| Numbers::ExponentAt(nth, exponent)));
        }
    }
    ways
}

impl JsonForm {
    /// `the same JSON without spaces, with its members sorted`.
    pub(super) fn words(self) -> String {
        let mut words = "the same JSON ".to_owned();
        words.push_str(match self.spacing {
            Spacing::None => "without spaces",
            Spacing::Python => "with \", \" and \": \" as Python writes it",
            Spacing::Indent(2) => "indented by two spaces",
            Spacing::Indent(_) => "indented by four spaces",
            Spacing::Tabs => "indented by tabs",
        });
        words.push_str(match self.order {
            Order::AsSent => "",
            Order::Sorted => ", its members sorted by name",
            Order::Service => ", its members in the order in which the service writes them",
            Order::Other(_) => ", its members in another order",
        });
        words.push_str(match self.escapes {
            Escapes::Least => "",
            Escapes::Ascii | Escapes::AsciiCapital => ", with \\u escapes for what is not ASCII",
            Escapes::Php => ", with \\/ and \\u escapes as PHP writes it",
            Escapes::Html => ", with \\u003c for < as Go writes it",
        });
        words.push_str(match self.numbers {
            Numbers::AsSent => "",
            Numbers::Shortest => ", its numbers in their shortest form",
            Numbers::Fractions => ", its whole numbers written as 1.0",
            Numbers::FractionAt(_) => ", one of its whole numbers written as 1.0",
            Numbers::Exponents(_) => ", its round numbers written as 1e2",
            Numbers::ExponentAt(..) => ", one of its round numbers written as 1e2",
        });
        if self.newline {
            words.push_str(", and a newline at the end");
        }
        words
    }
}
