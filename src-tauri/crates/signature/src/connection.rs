//! Headers that belong to one connection: no signature is about them, and nothing that stands in between passes them on.

/// RFC 9110, 7.6.1: of one hop, not of the message. In lower case.
const HOP_BY_HOP: [&str; 7] =
    ["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"];
/// RFC 9110, 11.7: between a client and the next proxy. In lower case.
const PROXY: [&str; 2] = ["proxy-authenticate", "proxy-authorization"];

/// Whether the header is of the connection and not of the message (RFC 9110, 7.6.1). `name` in lower case.
#[must_use]
pub fn is_hop_by_hop(name: &str) -> bool {
    HOP_BY_HOP.contains(&name)
}

/// Whether the header is between a client and the next proxy only (RFC 9110, 11.7). `name` in lower case.
#[must_use]
pub fn is_for_a_proxy(name: &str) -> bool {
    PROXY.contains(&name)
}
