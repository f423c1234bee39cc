//! What cloudflared prints: nothing may panic, the pieces do not matter, what is kept is short and steers nothing, and
//! the host can be used in an address. The first byte of the input is the size of the pieces.

use inbound::tunnel::cloudflared::fuzzing::{Said, read};

use super::rig::{Pieces, block_on, is_shown};

/// Characters of a line, with the ellipsis.
const LINE: usize = 301;
const LINES: usize = 12;

/// The body.
pub fn run(data: &[u8]) {
    let [size, output @ ..] = data else { return };
    let said = |size| block_on(read(Pieces::new(output, size))).expect("a pipe from memory ends");
    let whole = said(output.len());
    assert_eq!(whole, said(usize::from(*size) + 1));

    let Said { lines, hostname, quic_errors, refusals, failure, why } = whole;
    assert!(lines.len() <= LINES);
    assert!(lines.iter().all(|line| is_shown(line, LINE)), "{lines:?}");
    let breaks = output.iter().filter(|byte| **byte == b'\n').count() as u32 + 1;
    assert!(quic_errors <= breaks && refusals <= breaks);
    if let Some(host) = hostname {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
        assert!(host.len() <= 253 && host.contains('.') && host.bytes().all(plain), "{host}");
        let label = |label: &str| (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-');
        assert!(host.split('.').all(label), "{host}");
    }
    assert_eq!(failure.detail.unwrap_or_default(), lines.join("\n"));
    assert!(!failure.message.is_empty() && is_shown(&failure.message, 1_000), "{}", failure.message);
    assert!(is_shown(&why, 1_500), "{why}");
}
