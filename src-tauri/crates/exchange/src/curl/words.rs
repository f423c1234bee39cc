//! Cuts text into commands and words as a shell does, and refuses what only a shell could answer.

use std::io::{self, BufRead};

use super::{whole_of, windows};

/// One command: what is piped, stage by stage, each as its words.
#[derive(Debug, Default)]
pub(super) struct Command {
    /// The line at which it begins, from 1.
    pub(super) line: u64,
    pub(super) stages: Vec<Vec<Vec<u8>>>,
    /// Bytes of the whole body, as a comment before it says.
    pub(super) whole: Option<u64>,
    /// What is wrong with it, if something is.
    pub(super) problem: Option<String>,
}

/// Bytes with their lines.
pub(super) struct Bytes<R> {
    input: R,
    pub(super) line: u64,
    /// Of the present command.
    taken: usize,
}

impl<R: BufRead> Bytes<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, line: 1, taken: 0 }
    }

    pub(super) fn peek(&mut self) -> io::Result<Option<u8>> {
        Ok(self.input.fill_buf()?.first().copied())
    }

    pub(super) fn next(&mut self) -> io::Result<Option<u8>> {
        let byte = self.peek()?;
        if let Some(byte) = byte {
            self.input.consume(1);
            self.taken += 1;
            self.line += u64::from(byte == b'\n');
        }
        Ok(byte)
    }

    /// Whether the next byte is this one; then it is taken.
    pub(super) fn take(&mut self, wanted: u8) -> io::Result<bool> {
        let is = self.peek()? == Some(wanted);
        if is {
            self.next()?;
        }
        Ok(is)
    }

    fn rest_of_line(&mut self) -> io::Result<Vec<u8>> {
        let mut rest = Vec::new();
        while let Some(byte) = self.peek()?.filter(|byte| *byte != b'\n') {
            self.next()?;
            // A comment is read for one sentence, which is short.
            if rest.len() < 256 {
                rest.push(byte);
            }
        }
        Ok(rest)
    }

    /// Goes on behind a command that cannot be read: to the next line that begins with `curl` or is empty.
    fn skip(&mut self) -> io::Result<()> {
        loop {
            self.rest_of_line()?;
            if self.next()?.is_none() {
                return Ok(());
            }
            let ahead = self.input.fill_buf()?;
            if ahead.first().is_none_or(|byte| *byte == b'\n') || ahead.starts_with(b"curl") {
                return Ok(());
            }
        }
    }
}

/// What a word ended with.
enum End {
    Word,
    Pipe,
    Command,
}

/// Why a command is not read on.
pub(super) enum Stop {
    Io(io::Error),
    Problem(String),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

pub(super) fn problem<T>(message: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Problem(message.into()))
}

/// The next command; `None` at the end.
pub(super) fn next<R: BufRead>(bytes: &mut Bytes<R>, limit: usize) -> io::Result<Option<Command>> {
    bytes.taken = 0;
    let mut command = Command::default();
    match fill(bytes, &mut command, limit) {
        Ok(()) if command.stages.is_empty() => Ok(None),
        Ok(()) => Ok(Some(command)),
        Err(Stop::Io(error)) => Err(error),
        Err(Stop::Problem(message)) => {
            if command.line == 0 {
                command.line = bytes.line;
            }
            bytes.skip()?;
            command.problem = Some(message);
            Ok(Some(command))
        }
    }
}

fn fill<R: BufRead>(bytes: &mut Bytes<R>, command: &mut Command, limit: usize) -> Result<(), Stop> {
    loop {
        // What stands between words.
        match bytes.peek()? {
            None => return Ok(()),
            Some(b' ' | b'\t' | b'\r') => {
                bytes.next()?;
                continue;
            }
            Some(b'\n' | b';' | b'&') => {
                bytes.next()?;
                if command.stages.is_empty() {
                    bytes.taken = 0;
                    continue;
                }
                // After a pipe, a line end changes nothing.
                if command.stages.last().is_some_and(Vec::is_empty) {
                    continue;
                }
                return Ok(());
            }
            Some(b'#') => {
                let comment = bytes.rest_of_line()?;
                command.whole = whole_of(&comment[1..]).or(command.whole);
                continue;
            }
            Some(b'|') => {
                bytes.next()?;
                command.stages.push(Vec::new());
                continue;
            }
            Some(_) => {}
        }
        if command.stages.is_empty() {
            command.line = bytes.line;
            command.stages.push(Vec::new());
        }
        let mut word = Vec::new();
        let ahead = bytes.input.fill_buf()?;
        let windows = ahead.starts_with(b"^\"") || ahead.starts_with(b"^\r\n") || ahead.starts_with(b"^\n");
        let (end, is_word) = if windows {
            (End::Word, windows::word(bytes, &mut word, limit)?)
        } else {
            one_word(bytes, &mut word, limit)?
        };
        if is_word && let Some(stage) = command.stages.last_mut() {
            // What people copy with the words: a prompt.
            if !(stage.is_empty() && matches!(&word[..], b"$" | b"%")) {
                stage.push(word);
            }
        }
        match end {
            End::Word => {}
            End::Pipe => command.stages.push(Vec::new()),
            End::Command => return Ok(()),
        }
    }
}

/// A word of a POSIX shell; false if there was none, such as behind a backslash at the end of a line.
fn one_word<R: BufRead>(bytes: &mut Bytes<R>, word: &mut Vec<u8>, limit: usize) -> Result<(End, bool), Stop> {
    let mut any = false;
    loop {
        if bytes.taken > limit {
            return problem(format!("The command is longer than {limit} bytes."));
        }
        match bytes.peek()? {
            None => return Ok((End::Command, any)),
            Some(b' ' | b'\t' | b'\r') => return Ok((End::Word, any)),
            Some(b'\n' | b';' | b'&') => {
                bytes.next()?;
                return Ok((End::Command, any));
            }
            Some(b'|') => {
                bytes.next()?;
                return Ok((End::Pipe, any));
            }
            Some(b'<' | b'>') => return problem(REDIRECTED),
            Some(b'(' | b')' | b'`') => return problem(ONLY_A_SHELL),
            Some(b'\'') => {
                bytes.next()?;
                any = true;
                loop {
                    match inside(bytes, limit)? {
                        b'\'' => break,
                        byte => word.push(byte),
                    }
                }
            }
            Some(b'"') => {
                bytes.next()?;
                any = true;
                double(bytes, word, limit)?;
            }
            Some(b'$') => {
                bytes.next()?;
                match bytes.peek()? {
                    Some(b'\'') => {
                        bytes.next()?;
                        any = true;
                        ansi(bytes, word, limit)?;
                    }
                    Some(b'(') => {
                        any = true;
                        printed(bytes, word, limit)?;
                    }
                    Some(byte) if is_name(byte) => return problem(ONLY_A_SHELL),
                    _ => {
                        any = true;
                        word.push(b'$');
                    }
                }
            }
            Some(b'\\') => {
                bytes.next()?;
                match bytes.next()? {
                    Some(b'\n') => {}
                    Some(b'\r') if bytes.take(b'\n')? => {}
                    Some(byte) => {
                        any = true;
                        word.push(byte);
                    }
                    None => return Ok((End::Command, any)),
                }
            }
            Some(byte) => {
                bytes.next()?;
                any = true;
                word.push(byte);
            }
        }
    }
}

const REDIRECTED: &str =
    "It reads or writes files by < or >, which are not opened. Put the text itself into the command.";
const ONLY_A_SHELL: &str =
    "It holds a variable or another command, which only a shell could fill in. Put the text itself there, in quotes.";
const NOT_CLOSED: &str = "A quote is not closed.";

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_{!?@*#-".contains(&byte)
}

/// The next byte inside quotes.
pub(super) fn inside<R: BufRead>(bytes: &mut Bytes<R>, limit: usize) -> Result<u8, Stop> {
    if bytes.taken > limit {
        return problem(format!("The command is longer than {limit} bytes."));
    }
    match bytes.next()? {
        Some(byte) => Ok(byte),
        None => problem(NOT_CLOSED),
    }
}

fn double<R: BufRead>(bytes: &mut Bytes<R>, word: &mut Vec<u8>, limit: usize) -> Result<(), Stop> {
    loop {
        match inside(bytes, limit)? {
            b'"' => return Ok(()),
            b'`' => return problem(ONLY_A_SHELL),
            b'$' => match bytes.peek()? {
                Some(b'(') => printed(bytes, word, limit)?,
                Some(byte) if is_name(byte) => return problem(ONLY_A_SHELL),
                _ => word.push(b'$'),
            },
            b'\\' => match inside(bytes, limit)? {
                b'\n' => {}
                byte @ (b'$' | b'`' | b'"' | b'\\') => word.push(byte),
                byte => word.extend([b'\\', byte]),
            },
            byte => word.push(byte),
        }
    }
}

/// `$'…'`, as browsers write it.
fn ansi<R: BufRead>(bytes: &mut Bytes<R>, word: &mut Vec<u8>, limit: usize) -> Result<(), Stop> {
    loop {
        match inside(bytes, limit)? {
            b'\'' => return Ok(()),
            b'\\' => {
                let byte = match inside(bytes, limit)? {
                    b'a' => 7,
                    b'b' => 8,
                    b'e' | b'E' => 27,
                    b'f' => 12,
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'v' => 11,
                    b'x' => digits(bytes, 16, 2, 0, 0)? as u8,
                    first @ b'0'..=b'7' => digits(bytes, 8, 2, u32::from(first - b'0'), 1)? as u8,
                    which @ (b'u' | b'U') => {
                        let number = digits(bytes, 16, if which == b'u' { 4 } else { 8 }, 0, 0)?;
                        match char::from_u32(number).filter(|c| *c != '\0') {
                            Some(c) => word.extend(c.to_string().bytes()),
                            None => return problem("It holds an escape that is no character."),
                        }
                        continue;
                    }
                    b'c' => inside(bytes, limit)? & 0x1f,
                    byte @ (b'\\' | b'\'' | b'"' | b'?') => byte,
                    byte => {
                        word.extend([b'\\', byte]);
                        continue;
                    }
                };
                if byte == 0 {
                    return problem("It holds a NUL, which a shell cannot pass on.");
                }
                word.push(byte);
            }
            byte => word.push(byte),
        }
    }
}

/// Up to `most` digits after those that make `number`; `have` of them are taken.
fn digits<R: BufRead>(
    bytes: &mut Bytes<R>,
    radix: u32,
    most: u32,
    mut number: u32,
    mut have: u32,
) -> Result<u32, Stop> {
    let most = most + have;
    while have < most {
        let Some(digit) = bytes.peek()?.and_then(|byte| char::from(byte).to_digit(radix)) else { break };
        bytes.next()?;
        number = number.wrapping_mul(radix).wrapping_add(digit);
        have += 1;
    }
    if have == 0 { problem("It holds an escape without digits.") } else { Ok(number) }
}

/// `(printf 'FORMAT')` behind a `$`: how bytes that are no text come into a command. No other command is understood.
fn printed<R: BufRead>(bytes: &mut Bytes<R>, word: &mut Vec<u8>, limit: usize) -> Result<(), Stop> {
    for wanted in b"(printf '" {
        if !bytes.take(*wanted)? {
            return problem(ONLY_A_SHELL);
        }
    }
    let from = word.len();
    loop {
        match inside(bytes, limit)? {
            b'\'' if bytes.take(b')')? => break,
            // Out of the quotes, an escaped quote, and in again.
            b'\'' if bytes.take(b'\\')? && bytes.take(b'\'')? && bytes.take(b'\'')? => word.push(b'\''),
            b'%' if bytes.take(b'%')? => word.push(b'%'),
            b'\'' | b'%' => return problem(ONLY_A_SHELL),
            b'\\' => match inside(bytes, limit)? {
                first @ b'0'..=b'7' => word.push(digits(bytes, 8, 2, u32::from(first - b'0'), 1)? as u8),
                b'n' => word.push(b'\n'),
                b't' => word.push(b'\t'),
                b'\\' => word.push(b'\\'),
                _ => return problem(ONLY_A_SHELL),
            },
            byte => word.push(byte),
        }
    }
    while word.len() > from && word.last() == Some(&b'\n') {
        word.pop();
    }
    Ok(())
}
