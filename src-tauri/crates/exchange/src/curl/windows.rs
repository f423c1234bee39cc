//! Words as browsers write them for the command prompt of Windows: `^"…^"`, with a caret before whatever the prompt
//! would take for its own.

use std::io::BufRead;

use super::words::{Bytes, Stop, inside};

/// A word; false if there was none, as behind a caret at the end of a line.
pub(super) fn word<R: BufRead>(bytes: &mut Bytes<R>, word: &mut Vec<u8>, limit: usize) -> Result<bool, Stop> {
    bytes.take(b'^')?;
    bytes.take(b'\r')?;
    if bytes.take(b'\n')? {
        return Ok(false);
    }
    bytes.take(b'"')?;
    loop {
        match escaped(bytes, limit)? {
            b'"' => return Ok(true),
            b'\\' => match escaped(bytes, limit)? {
                byte @ (b'"' | b'\\') => word.push(byte),
                byte => word.extend([b'\\', byte]),
            },
            byte => word.push(byte),
        }
    }
}

/// The next byte, with its caret taken off. A line end is a caret and two of them.
fn escaped<R: BufRead>(bytes: &mut Bytes<R>, limit: usize) -> Result<u8, Stop> {
    let byte = inside(bytes, limit)?;
    if byte != b'^' {
        return Ok(byte);
    }
    let byte = match inside(bytes, limit)? {
        b'\r' => inside(bytes, limit)?,
        byte => byte,
    };
    if byte == b'\n' {
        bytes.take(b'\r')?;
        bytes.take(b'\n')?;
    }
    Ok(byte)
}
