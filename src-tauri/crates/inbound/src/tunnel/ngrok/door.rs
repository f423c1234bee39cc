//! The door before muxado: the service's streams go in one at a time, each with its whole beginning.
//!
//! The crate takes the next stream only once it has read the beginning of the one before, and muxado stops reading
//! while 64 wait to be taken. Interleaved beginnings, which a crowd of clients makes the service send, would then wait
//! for each other for ever. And a command that is cut off in the middle would be read for ever, without a pause. So
//! each stream is held back until its beginning is whole, and then passed on in one piece.

use std::collections::HashMap;
use std::io;

use bytes::{Buf as _, BytesMut};
use serde_json::Value;
use tokio::io::ReadBuf;

/// A frame: 24 bits of length, 4 of type, 4 of flags, 32 with the stream.
const HEAD: usize = 8;
const RESET: u8 = 0;
const DATA: u8 = 1;
const SYN: u8 = 0b0010;
const FIN: u8 = 0b0001;
/// The type of a stream that brings a connection; the length of a header and the header follow.
const PROXY: u32 = 3;
/// Types of streams that bring a command in JSON: restart, stop, update, and the end of an endpoint.
const COMMANDS: [u32; 4] = [4, 5, 6, 9];
/// The longest header of a connection. They have some 200 bytes.
const LONGEST: usize = 16 * 1024;
/// The longest frame with a beginning: the window of a stream, since the service may send more along with it.
const WINDOW: usize = 256 * 1024;
/// How many streams are held back at once, and how many bytes of them.
const MOST: (usize, usize) = (1024, 4 * 1024 * 1024);

/// What arrived and was not read yet.
#[derive(Default)]
pub(super) struct Door {
    /// The start of a frame that is incomplete, or may not be passed on yet.
    raw: BytesMut,
    /// Ready to be read.
    open: BytesMut,
    /// How much is still missing of a frame that is being passed on.
    passing: usize,
    held: HashMap<u32, HeldBack>,
    /// Bytes in them.
    held_len: usize,
}

#[derive(Default)]
struct HeldBack {
    /// The frames, as they arrived.
    frames: BytesMut,
    /// The content of those frames.
    data: Vec<u8>,
}

impl Door {
    /// Passes on what may be. False if there is nothing.
    pub(super) fn give(&mut self, buffer: &mut ReadBuf<'_>) -> bool {
        let len = self.open.len().min(buffer.remaining());
        buffer.put_slice(&self.open.split_to(len));
        len > 0
    }

    /// Takes what arrived. Fails if it is nothing that an ngrok service sends.
    pub(super) fn take(&mut self, mut came: &[u8]) -> io::Result<()> {
        if self.raw.is_empty() {
            // The usual case: the rest of a frame that is being passed on.
            let (rest, others) = came.split_at(self.passing.min(came.len()));
            self.open.extend_from_slice(rest);
            self.passing -= rest.len();
            came = others;
        }
        self.raw.extend_from_slice(came);
        while let Some(&[l0, l1, l2, kind, s0, s1, s2, s3]) = self.raw.first_chunk::<HEAD>() {
            let len = u32::from_be_bytes([0, l0, l1, l2]) as usize;
            let stream = u32::from_be_bytes([s0, s1, s2, s3]) & (u32::MAX >> 1);
            let (kind, flags) = (kind >> 4, kind & 0x0f);
            // The crate opens a stream for any frame that says so, and its beginning could then come in parts.
            if kind != DATA && flags & SYN != 0 {
                return Err(io::Error::other("ngrok opened a stream without its beginning"));
            }
            let begins = kind == DATA && flags & SYN != 0;
            if !begins && !self.held.contains_key(&stream) {
                let now = (HEAD + len).min(self.raw.len());
                self.passing = HEAD + len - now;
                self.open.extend_from_slice(&self.raw.split_to(now));
                continue;
            }
            if len > WINDOW {
                return Err(io::Error::other("ngrok sent a stream whose beginning is too long"));
            }
            if self.raw.len() < HEAD + len {
                break;
            }
            let frame = self.raw.split_to(HEAD + len);
            self.hold(stream, kind, flags, &frame)?;
        }
        Ok(())
    }

    fn hold(&mut self, stream: u32, kind: u8, flags: u8, frame: &[u8]) -> io::Result<()> {
        let held = self.held.entry(stream).or_default();
        held.frames.extend_from_slice(frame);
        self.held_len += frame.len();
        if kind == DATA {
            held.data.extend_from_slice(frame.get(HEAD..).unwrap_or_default());
        }
        let whole = is_whole(&held.data)?;
        // A stream that ends before it has begun matters to nobody.
        let ended = kind == RESET || flags & FIN != 0;
        if (whole || ended)
            && let Some(held) = self.held.remove(&stream)
        {
            self.held_len -= held.frames.len();
            if whole {
                self.open.extend_from_slice(&held.frames);
            }
        }
        let (most, most_len) = MOST;
        if self.held.len() > most || self.held_len > most_len {
            return Err(io::Error::other("ngrok opened too many streams at once"));
        }
        Ok(())
    }
}

/// What is passed on of what arrived, `at_once` bytes (at least one) at a time; for the fuzz targets.
///
/// # Errors
/// If it is nothing that an ngrok service sends.
#[cfg(feature = "fuzzing")]
pub fn passed(came: &[u8], at_once: usize) -> io::Result<Vec<u8>> {
    let (mut door, mut out) = (Door::default(), Vec::new());
    for some in came.chunks(at_once.max(1)) {
        door.take(some)?;
        let mut room = [0; 64];
        loop {
            let mut buffer = ReadBuf::new(&mut room);
            if !door.give(&mut buffer) {
                break;
            }
            out.extend_from_slice(buffer.filled());
        }
    }
    Ok(out)
}

/// Whether the beginning of a stream is whole.
fn is_whole(mut data: &[u8]) -> io::Result<bool> {
    let Ok(kind) = data.try_get_u32() else { return Ok(false) };
    if COMMANDS.contains(&kind) {
        // As the crate reads it: what it cannot read, it would wait for without a pause once the stream has ended.
        return Ok(serde_json::from_slice::<Value>(data).is_ok());
    }
    if kind != PROXY {
        return Ok(true);
    }
    let Ok(len) = data.try_get_i64_le() else { return Ok(false) };
    match usize::try_from(len) {
        Ok(len @ ..=LONGEST) => Ok(data.len() >= len),
        _ => Err(io::Error::other("ngrok sent a connection header that is too long")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn frame(stream: u32, kind: u8, flags: u8, data: &[u8]) -> Vec<u8> {
        let len = u32::try_from(data.len()).unwrap();
        let mut frame = (len << 8 | u32::from(kind << 4 | flags)).to_be_bytes().to_vec();
        frame.extend(stream.to_be_bytes());
        frame.extend(data);
        frame
    }

    fn connection(header: &[u8]) -> Vec<u8> {
        let len = i64::try_from(header.len()).unwrap();
        [&PROXY.to_be_bytes()[..], &len.to_le_bytes(), header].concat()
    }

    /// What is passed on of what arrived, `at_once` bytes at a time.
    fn passed(came: &[u8], at_once: usize) -> io::Result<Vec<u8>> {
        let (mut door, mut out) = (Door::default(), Vec::new());
        for some in came.chunks(at_once) {
            door.take(some)?;
            let mut room = [0; 64];
            loop {
                let mut buffer = ReadBuf::new(&mut room);
                if !door.give(&mut buffer) {
                    break;
                }
                out.extend_from_slice(buffer.filled());
            }
        }
        Ok(out)
    }

    #[test]
    fn streams_go_on_one_at_a_time_with_their_whole_beginning() {
        let (begin, header) = (connection(b"{}"), b"{}");
        let parts: Vec<_> = (1..=200).map(|n| frame(2 * n, DATA, SYN, begin.get(..5).unwrap())).collect();
        let rests: Vec<_> = (1..=200).map(|n| frame(2 * n, DATA, 0, begin.get(5..).unwrap())).collect();
        let other = frame(1, DATA, 0, &[7; 5000]);
        let window = frame(1, 2, 0, &[0, 0, 1, 0]);
        let body = frame(2, DATA, FIN, b"body");
        let came = [parts.concat(), other.clone(), window.clone(), rests.concat(), body.clone()].concat();
        let mut expected = [other, window].concat();
        for (part, rest) in parts.iter().zip(&rests) {
            expected.extend([&part[..], rest].concat());
        }
        expected.extend(body);
        for at_once in [1, 7, 8, 9, 4096, came.len()] {
            assert_eq!(passed(&came, at_once).unwrap(), expected, "{at_once}");
        }
        assert_eq!(begin.len(), 12 + header.len());
    }

    #[test]
    fn a_command_goes_on_when_it_is_whole_and_never_in_part() {
        let stop = 9_u32.to_be_bytes();
        let first = frame(4, DATA, SYN, &stop);
        let half = frame(4, DATA, 0, b"{\"Id\":");
        assert_eq!(passed(&[&first[..], &half].concat(), 3).unwrap(), b"");
        let rest = frame(4, DATA, 0, b"\"x\"}");
        let whole = [first, half, rest].concat();
        assert_eq!(passed(&whole, 3).unwrap(), whole);
        let beat = frame(6, DATA, SYN, &u32::MAX.to_be_bytes());
        assert_eq!(passed(&beat, 1).unwrap(), beat);
    }

    #[test]
    fn a_command_that_the_crate_cannot_read_never_goes_on() {
        for text in [&b"1e999"[..], b"\"\\ud800\"", b"\"\xff\"", &[b'['; 130]] {
            let command = [&9_u32.to_be_bytes()[..], text].concat();
            assert_eq!(passed(&frame(2, DATA, SYN | FIN, &command), 7).unwrap(), b"");
        }
    }

    #[test]
    fn a_beginning_may_have_more_along_with_it() {
        let all = frame(2, DATA, SYN, &[connection(b"{}"), vec![7; 200_000]].concat());
        assert_eq!(passed(&all, 4096).unwrap(), all);
    }

    #[test]
    fn what_ends_before_it_has_begun_does_not_go_on() {
        let begun = frame(2, DATA, SYN, &PROXY.to_be_bytes());
        for end in [frame(2, RESET, 0, &[0; 4]), frame(2, DATA, FIN, b"")] {
            let next = frame(4, DATA, SYN, &connection(b"{}"));
            assert_eq!(passed(&[&begun[..], &end, &next].concat(), 5).unwrap(), next);
        }
    }

    #[test]
    fn what_no_service_sends_is_refused() {
        let endless = [&PROXY.to_be_bytes()[..], &(1_i64 << 60).to_le_bytes()].concat();
        let negative = [&PROXY.to_be_bytes()[..], &(-1_i64).to_le_bytes()].concat();
        let long = vec![0; WINDOW + 1];
        for kind in [RESET, 2, 3] {
            assert!(passed(&frame(2, kind, SYN, &[0; 8]), 4096).is_err(), "{kind}");
        }
        for data in [endless, negative, long] {
            assert!(passed(&frame(2, DATA, SYN, &data), 4096).is_err());
        }
        let first = frame(2, DATA, SYN, &9_u32.to_be_bytes());
        let spaces = frame(2, DATA, 0, &[b' '; 64 * 1024]);
        let endless: Vec<u8> = std::iter::once(first).chain(std::iter::repeat_n(spaces, 100)).flatten().collect();
        assert!(passed(&endless, 4096).is_err());
        let crowd: Vec<u8> = (1..=1025).flat_map(|n| frame(2 * n, DATA, SYN, b"")).collect();
        assert!(passed(&crowd, 4096).is_err());
    }
}
