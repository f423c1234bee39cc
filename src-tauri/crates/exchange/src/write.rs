//! Writes a file of deliveries, one at a time.

use std::io::{self, Write};

use crate::record::Record;
use crate::{cloudevents, curl, har, ndjson};

/// The form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One line of JSON for each delivery, which loses nothing.
    Ndjson,
    /// HTTP Archive 1.2.
    Har,
    /// CloudEvents 1.0, structured, one line of JSON for each delivery. Written only.
    CloudEvents,
    /// One `curl` command for each delivery.
    Curl,
}

/// Writes records into a file of one format.
pub struct Writer<W> {
    out: W,
    format: Format,
    written: u64,
    /// Pollux's version, for a HAR.
    version: String,
    /// What `curl` commands call: without a trailing slash.
    base: String,
}

impl<W: Write> Writer<W> {
    /// `version`: Pollux's. `base`: where deliveries are sent to by `curl` commands and by the addresses in a HAR, such
    /// as `http://127.0.0.1:4710`.
    pub fn new(out: W, format: Format, version: &str, base: &str) -> Self {
        Self { out, format, written: 0, version: version.to_owned(), base: base.trim_end_matches('/').to_owned() }
    }

    /// Writes one.
    ///
    /// # Errors
    /// What the file says.
    pub fn write(&mut self, record: &Record) -> io::Result<()> {
        if self.written == 0 {
            self.begin()?;
        }
        match self.format {
            Format::Ndjson => ndjson::write(&mut self.out, record)?,
            Format::CloudEvents => cloudevents::write(&mut self.out, record)?,
            Format::Har => {
                self.out.write_all(if self.written == 0 { b"\n" } else { b",\n" })?;
                har::write(&mut self.out, record, &self.base)?;
            }
            Format::Curl => {
                if self.written > 0 {
                    self.out.write_all(b"\n")?;
                }
                writeln!(self.out, "{}", curl::command(record, &self.base))?;
            }
        }
        self.written += 1;
        Ok(())
    }

    /// What it is written to.
    pub fn get_ref(&self) -> &W {
        &self.out
    }

    fn begin(&mut self) -> io::Result<()> {
        match self.format {
            Format::Har => har::begin(&mut self.out, &self.version),
            _ => Ok(()),
        }
    }

    /// Ends the file, and gives back what it was written to.
    ///
    /// # Errors
    /// What the file says.
    pub fn end(mut self) -> io::Result<W> {
        if self.written == 0 {
            self.begin()?;
        }
        if self.format == Format::Har {
            har::end(&mut self.out)?;
        }
        self.out.flush()?;
        Ok(self.out)
    }
}
