//! A delivery as it came in.

/// One HTTP request, as far as verification needs it.
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    /// Header lines in the order in which they came: names in any case, duplicates kept, values as raw bytes.
    pub headers: &'a [(String, Vec<u8>)],
    /// The raw body: exactly the bytes that came over the wire.
    pub body: &'a [u8],
}
