//! How two messages came: header lines, and what else there is to say of their way.

use std::collections::HashMap;

use serde::Serialize;

use crate::align;
use crate::meaning::{Counts, Kind};
use crate::shown::{Value, beginning};
use crate::side::Side;

/// Rows that are listed of each kind. More are counted.
const LISTED: usize = 400;
/// Values that are listed of one header.
const VALUES: usize = 20;
/// Bytes of a header's name.
const NAME: usize = 200;

/// Headers that are others for each delivery, even of the same bytes: what the sender makes anew (the time, and the
/// signature over it), and what those in between write on every request. In lower case, in the order of the alphabet.
const EACH: [&str; 26] = [
    "age",
    "b3",
    "cf-ray",
    "date",
    "traceparent",
    "tracestate",
    "webhook-signature",
    "webhook-timestamp",
    "x-amz-cf-id",
    "x-amzn-requestid",
    "x-amzn-trace-id",
    "x-b3-parentspanid",
    "x-b3-spanid",
    "x-b3-traceid",
    "x-cloud-trace-context",
    "x-correlation-id",
    "x-datadog-parent-id",
    "x-datadog-trace-id",
    "x-envoy-attempt-count",
    "x-fastly-request-id",
    "x-github-request-id",
    "x-request-id",
    "x-request-start",
    "x-response-time",
    "x-runtime",
    "x-vercel-id",
];

/// Headers by which a proxy shows itself, the most telling first. In lower case.
const PROXIES: [&str; 14] = [
    "via",
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-by",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
    "cf-connecting-ip",
    "cdn-loop",
    "x-amz-cf-id",
    "x-envoy-external-address",
    "x-proxy-id",
    "x-original-host",
    "ngrok-skip-browser-warning",
];

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(rename = "TransportAbout"))]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// A header.
    Header,
    /// Something else: the method, the path, the sender.
    Fact,
}

/// A header or a fact of both sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(rename = "TransportRow"))]
pub struct Row {
    /// Header or fact.
    pub about: About,
    /// Its name; a header's in lower case.
    pub name: String,
    /// How it differs; `None`: it is the same.
    pub kind: Option<Kind>,
    /// The values of A, in order; none if it has no such header.
    pub a: Vec<Value>,
    /// The values of B.
    pub b: Vec<Value>,
    /// Values that are not listed, of both.
    pub more: u64,
}

/// The plane of transport.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Transport {
    /// What differs and need not.
    pub changes: Vec<Row>,
    /// How much of that there is, listed or not.
    pub counts: Counts,
    /// What differs for each delivery, as it should.
    pub each: Vec<Row>,
    /// How many rows that is, listed or not.
    pub each_count: u64,
    /// What is the same.
    pub same: Vec<Row>,
    /// How many rows that is, listed or not.
    pub equal: u64,
    /// Headers that both have and that stand elsewhere among the others.
    pub moved: Vec<String>,
    /// How many headers that is, listed or not.
    pub moved_count: u64,
    /// Of the headers that only one has, one by which a proxy shows itself.
    pub proxy: Option<Proxy>,
}

/// A header of a proxy that only one side has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(rename = "ProxyHeader"))]
pub struct Proxy {
    /// Whether it is B that has it.
    pub in_b: bool,
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Value,
}

/// Compares how they came.
pub(crate) fn compare(a: &Side<'_>, b: &Side<'_>) -> Transport {
    let mut found = Transport::default();
    for (at, fact) in a.facts.iter().enumerate() {
        let other = b.facts.get(at).filter(|other| other.name == fact.name).and_then(|other| other.value.as_deref());
        let values = |value: Option<&str>| value.map(Value::of).into_iter().collect::<Vec<_>>();
        let (one, two) = (values(fact.value.as_deref()), values(other));
        if !one.is_empty() || !two.is_empty() {
            found.add(About::Fact, fact.name.to_owned(), fact.value.as_deref() == other, fact.each, (one, two), 0);
        }
    }
    headers(a, b, &mut found);
    // What the sender makes anew comes before what its connection is.
    found.each.sort_by_key(|row| row.about == About::Fact);
    found.proxy = proxy(a, b);
    found
}

impl Transport {
    fn add(
        &mut self,
        about: About,
        name: String,
        equal: bool,
        each: bool,
        (a, b): (Vec<Value>, Vec<Value>),
        more: u64,
    ) {
        let kind = match (a.is_empty(), b.is_empty()) {
            _ if equal => None,
            (true, _) => Some(Kind::Added),
            (_, true) => Some(Kind::Removed),
            _ => Some(Kind::Changed),
        };
        let list = match kind {
            None => {
                self.equal += 1;
                &mut self.same
            }
            Some(_) if each => {
                self.each_count += 1;
                &mut self.each
            }
            Some(kind) => {
                self.counts.add(kind);
                &mut self.changes
            }
        };
        if list.len() < LISTED {
            list.push(Row { about, name, kind, a, b, more });
        }
    }
}

fn headers(a: &Side<'_>, b: &Side<'_>, found: &mut Transport) {
    let (in_a, in_b) = (Lines::of(a), Lines::of(b));
    let none = Vec::new();
    let of_b_only = in_b.order.iter().filter(|name| !in_a.values.contains_key(*name));
    for name in in_a.order.iter().chain(of_b_only) {
        let (one, two) = (in_a.values.get(name).unwrap_or(&none), in_b.values.get(name).unwrap_or(&none));
        let values = |all: &Vec<&[u8]>| all.iter().take(VALUES).map(|value| Value::of_bytes(value)).collect::<Vec<_>>();
        let more = (one.len().saturating_sub(VALUES) + two.len().saturating_sub(VALUES)) as u64;
        let each = EACH.binary_search(&name.as_str()).is_ok();
        let name = beginning(name, NAME).to_owned();
        found.add(About::Header, name, one == two, each, (values(one), values(two)), more);
    }
    let places: HashMap<&str, usize> = in_b
        .order
        .iter()
        .filter(|name| in_a.values.contains_key(*name))
        .enumerate()
        .map(|(at, name)| (name.as_str(), at))
        .collect();
    let (both, others): (Vec<&String>, Vec<usize>) =
        in_a.order.iter().filter_map(|name| Some((name, *places.get(name.as_str())?))).unzip();
    let moved = align::moved(&others);
    found.moved_count = moved.len() as u64;
    found.moved = moved.into_iter().take(LISTED).map(|at| beginning(both[at], NAME).to_owned()).collect();
}

/// The headers of a side by name.
struct Lines<'a> {
    /// Names in lower case, in the order in which they first came.
    order: Vec<String>,
    values: HashMap<String, Vec<&'a [u8]>>,
}

impl<'a> Lines<'a> {
    fn of(side: &Side<'a>) -> Self {
        let mut lines = Self { order: Vec::new(), values: HashMap::new() };
        for (name, value) in side.headers {
            let name = name.to_ascii_lowercase();
            if !lines.values.contains_key(&name) {
                lines.order.push(name.clone());
            }
            lines.values.entry(name).or_default().push(value.as_slice());
        }
        lines
    }
}

fn proxy(a: &Side<'_>, b: &Side<'_>) -> Option<Proxy> {
    PROXIES.iter().find_map(|name| {
        let (in_a, in_b) = (a.values(name).next(), b.values(name).next());
        match (in_a, in_b) {
            (Some(value), None) | (None, Some(value)) => {
                Some(Proxy { in_b: in_b.is_some(), name: (*name).to_owned(), value: Value::of_bytes(value) })
            }
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_can_be_searched() {
        assert!(EACH.is_sorted());
        assert!(EACH.iter().chain(&PROXIES).all(|name| *name == name.to_ascii_lowercase()));
    }
}
