//! muxado's frames as ngrok's service sends them, through the door before the crate that reads them: nothing may panic,
//! the pieces do not matter, and whatever opens a stream goes on with its whole beginning or not at all. The first byte
//! of the input is the size of the pieces.

use inbound::tunnel::ngrok::passed;
use serde_json::Value;

const HEAD: usize = 8;
const DATA: u8 = 1;
const SYN: u8 = 0b0010;
/// A connection; the length of its header and the header follow.
const PROXY: u32 = 3;
/// Streams that bring a command in JSON.
const COMMANDS: [u32; 4] = [4, 5, 6, 9];
/// The longest header of a connection.
const LONGEST: i64 = 16 * 1024;

/// The body.
pub fn run(data: &[u8]) {
    let [size, came @ ..] = data else { return };
    let at_once = |size| passed(came, size).map_err(|error| error.to_string());
    let whole = at_once(came.len());
    assert_eq!(whole, at_once(usize::from(*size) + 1));
    if let Ok(passed) = whole {
        assert!(passed.len() <= came.len());
        check(&passed);
    }
}

struct Frame<'a> {
    kind: u8,
    flags: u8,
    stream: u32,
    content: &'a [u8],
}

/// The first frame and what is behind it; `None` if there is no whole one.
fn first(frames: &[u8]) -> Option<(Frame<'_>, &[u8])> {
    let (head, rest) = frames.split_first_chunk::<HEAD>()?;
    let [l0, l1, l2, kind, s0, s1, s2, s3] = *head;
    let len = u32::from_be_bytes([0, l0, l1, l2]) as usize;
    let (content, rest) = rest.split_at_checked(len)?;
    let stream = u32::from_be_bytes([s0, s1, s2, s3]) & (u32::MAX >> 1);
    Some((Frame { kind: kind >> 4, flags: kind & 0x0f, stream, content }, rest))
}

/// The crate opens a stream for every frame with that flag, and then waits for its beginning before it takes another.
fn check(passed: &[u8]) {
    let mut rest = passed;
    while let Some((frame, behind)) = first(rest) {
        rest = behind;
        if frame.flags & SYN == 0 {
            continue;
        }
        assert_eq!(frame.kind, DATA, "a frame without data opens stream {}", frame.stream);
        let mut begun = frame.content.to_vec();
        while !is_whole(&begun) {
            let more = first(rest).filter(|(more, _)| more.stream == frame.stream);
            let (more, behind) =
                more.unwrap_or_else(|| panic!("the beginning of stream {} went on in part", frame.stream));
            rest = behind;
            if more.kind == DATA {
                begun.extend_from_slice(more.content);
            }
        }
    }
}

/// Whether the crate goes on behind this beginning.
fn is_whole(data: &[u8]) -> bool {
    let Some((kind, rest)) = data.split_first_chunk() else { return false };
    let kind = u32::from_be_bytes(*kind);
    if COMMANDS.contains(&kind) {
        // It reads a value, and would read for ever where this fails.
        return serde_json::from_slice::<Value>(rest).is_ok();
    }
    if kind != PROXY {
        return true;
    }
    let Some((len, rest)) = rest.split_first_chunk() else { return false };
    let len = i64::from_le_bytes(*len);
    assert!((0..=LONGEST).contains(&len), "it would make room for {len} bytes");
    rest.len() as i64 >= len
}
