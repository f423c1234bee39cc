//! One of the two that are compared.

/// What a side is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A request that reached the listener: its content may be signed.
    Delivery,
    /// The answer to a request that was sent on.
    Answer,
}

/// A fact about the way of a message besides its headers: its method, the sender's address, a status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// `method`, `path`, `sender`.
    pub name: &'static str,
    /// Its value; `None` if there is none.
    pub value: Option<String>,
    /// Whether it is another one each time, like a port.
    pub each: bool,
}

/// A delivery or an answer, as it is kept.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// What it is.
    pub role: Role,
    /// Header lines in the order of arrival, duplicates kept, values as raw bytes.
    pub headers: &'a [(String, Vec<u8>)],
    /// The raw body as far as it is kept.
    pub body: &'a [u8],
    /// Its length as sent, as far as known.
    pub body_len: u64,
    /// Whether only a part of it is kept.
    pub cut: bool,
    /// SHA-256 of the whole body, if it is known of one that is kept in part.
    pub sha256: Option<[u8; 32]>,
    /// The body with its content encoding undone, if it has one and that could be done.
    pub decoded: Option<&'a [u8]>,
    /// What else there is to compare, in the same order on both sides.
    pub facts: &'a [Fact],
}

impl<'a> Side<'a> {
    pub(crate) fn is_whole(&self) -> bool {
        !self.cut
    }

    pub(crate) fn is_signed(&self) -> bool {
        self.role == Role::Delivery
    }

    /// The body as people read it.
    pub(crate) fn read(&self) -> &'a [u8] {
        self.decoded.unwrap_or(self.body)
    }

    /// The values of a header, in order. `name` in lower case.
    pub(crate) fn values(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        let lines = self.headers.iter().filter(move |(header, _)| header.eq_ignore_ascii_case(name));
        lines.map(|(_, value)| value.as_slice())
    }

    /// The value of a header, if it came exactly once.
    pub(crate) fn only(&self, name: &str) -> Option<&'a [u8]> {
        let mut values = self.values(name);
        values.next().filter(|_| values.next().is_none())
    }
}
