//! Writes deliveries into a file.

use std::io::{BufWriter, Write};
use std::path::PathBuf;

use exchange::schema::{Catalog, Known, Language, Schemas};
use exchange::{Credentials, Format, Record, Writer};

use super::selection::Pages;
use super::{Progress, Transfers};
use crate::dto::{Selection, TransferFormat, TransferKind};
use crate::error::{Code, Error, Result};
use crate::whole::Whole;

/// Bytes that are written at once.
const BUFFER: usize = 256 * 1024;

/// Where an export goes.
pub enum Destination {
    /// A file. It is there only once it is whole, in place of one that had its name.
    File(PathBuf),
    /// Something else that is called this.
    Stream(String, Box<dyn Write + Send>),
}

impl Transfers {
    /// Begins to write deliveries into a file; returns the transfer's number.
    ///
    /// # Errors
    /// `not_written` if the folder cannot be written to, `query_invalid`, `too_many`; any error of the store.
    pub async fn export(
        &self,
        selection: Selection,
        format: TransferFormat,
        path: PathBuf,
        with_credentials: bool,
    ) -> Result<u32> {
        self.export_to(selection, format, Destination::File(path), with_credentials).await
    }

    /// The same, to any destination.
    ///
    /// # Errors
    /// Those of [`Transfers::export`].
    pub async fn export_to(
        &self,
        selection: Selection,
        format: TransferFormat,
        destination: Destination,
        with_credentials: bool,
    ) -> Result<u32> {
        let pages = self.pages(selection).await?;
        let (name, out) = match destination {
            Destination::File(path) => (path.display().to_string(), Out::File(Whole::beside(&path)?)),
            Destination::Stream(name, stream) => (name, Out::Stream(stream)),
        };
        let mut progress = self.begin(TransferKind::Export, Some(format), &name)?;
        let (number, total) = (progress.number(), pages.total);
        progress.change(|transfer| transfer.total = Some(total));
        progress.tell();
        let sheet = Sheet::new(format, out, &self.version, &self.listener());
        let (room, credentials) = (self.clone(), self.credentials(with_credentials));
        self.common.spawn_to_the_end(async move {
            let written = room.write(pages, sheet, credentials, &mut progress).await;
            progress.end(written);
        });
        Ok(number)
    }

    /// Reads one page while the one before is written.
    async fn write(
        &self,
        mut pages: Pages,
        mut sheet: Sheet,
        credentials: Credentials,
        progress: &mut Progress,
    ) -> Result<()> {
        let mut page = pages.next().await?;
        while !page.is_empty() && !progress.stop.is_cancelled() {
            let credentials = credentials.clone();
            let written = tokio::task::spawn_blocking(move || sheet.add(page, &credentials));
            let (next, written) = tokio::join!(pages.next(), written);
            let (returned, sum) = written.map_err(crashed)??;
            (sheet, page) = (returned, next?);
            progress.change(|transfer| {
                transfer.done += sum.deliveries;
                transfer.left_out += sum.left_out;
                transfer.bytes = sum.bytes;
            });
        }
        if progress.stop.is_cancelled() {
            return Ok(());
        }
        let bytes = tokio::task::spawn_blocking(move || sheet.end()).await.map_err(crashed)??;
        progress.change(|transfer| transfer.bytes = bytes);
        Ok(())
    }
}

fn crashed(error: tokio::task::JoinError) -> Error {
    Error::new(Code::Internal, "The export ended badly.").with_detail(error)
}

/// What is written to: dropped before its end, a file vanishes.
enum Out {
    File(Whole),
    Stream(Box<dyn Write + Send>),
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self {
            Self::File(file) => file.file().write(bytes),
            Self::Stream(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match self {
            Self::File(file) => file.file().flush(),
            Self::Stream(stream) => stream.flush(),
        }
    }
}

/// Counts what goes through.
struct Counted {
    out: Out,
    bytes: u64,
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}

/// What a page added, and the bytes of the whole file so far.
struct Sum {
    deliveries: u64,
    left_out: u64,
    bytes: u64,
}

/// A file while it is written.
enum Sheet {
    Deliveries(Box<Writer<BufWriter<Counted>>>),
    Schemas(Box<Schemas>, Language, Counted),
}

impl Sheet {
    fn new(format: TransferFormat, out: Out, version: &str, base: &str) -> Self {
        let out = Counted { out, bytes: 0 };
        let schemas = |language, out| Self::Schemas(Box::default(), language, out);
        let format = match format {
            TransferFormat::Ndjson => Format::Ndjson,
            TransferFormat::Har => Format::Har,
            TransferFormat::Cloudevents => Format::CloudEvents,
            TransferFormat::Curl => Format::Curl,
            TransferFormat::SchemaJson => return schemas(Language::JsonSchema, out),
            TransferFormat::SchemaTs => return schemas(Language::TypeScript, out),
            TransferFormat::SchemaPydantic => return schemas(Language::Pydantic, out),
        };
        let writer = Writer::new(BufWriter::with_capacity(BUFFER, out), format, version, base);
        Self::Deliveries(Box::new(writer))
    }

    fn add(mut self, page: Vec<Record>, credentials: &Credentials) -> Result<(Self, Sum)> {
        let mut sum = Sum { deliveries: page.len() as u64, left_out: 0, bytes: 0 };
        for mut record in page {
            match &mut self {
                Self::Deliveries(writer) => {
                    let before = record.left_out.len();
                    credentials.strip(&mut record);
                    sum.left_out += u64::from(record.left_out.len() > before);
                    writer.write(&record).map_err(not_written)?;
                }
                Self::Schemas(schemas, ..) => schemas.see(&record.body, !record.truncated),
            }
        }
        sum.bytes = self.bytes();
        Ok((self, sum))
    }

    fn bytes(&self) -> u64 {
        match self {
            Self::Deliveries(writer) => writer.get_ref().get_ref().bytes,
            Self::Schemas(_, _, out) => out.bytes,
        }
    }

    /// The file under its name; returns how many bytes it has.
    fn end(self) -> Result<u64> {
        let mut out = match self {
            Self::Deliveries(writer) => {
                let buffered = writer.end().map_err(not_written)?;
                buffered.into_inner().map_err(|error| not_written(error.into_error()))?
            }
            Self::Schemas(schemas, language, mut out) => {
                let known: Vec<Known> =
                    gemini::catalog::ALL.iter().map(|entry| Known { name: entry.name, data: entry.data }).collect();
                let catalog = Catalog {
                    types: &known,
                    top: &gemini::catalog::TOP_LEVEL,
                    in_data: &gemini::catalog::IN_ALL_DATA,
                    version: gemini::catalog::VERSION,
                };
                out.write_all(schemas.write(language, &catalog).as_bytes()).map_err(not_written)?;
                out
            }
        };
        out.flush().map_err(not_written)?;
        let bytes = out.bytes;
        if let Out::File(file) = out.out {
            file.keep()?;
        }
        Ok(bytes)
    }
}

fn not_written(error: std::io::Error) -> Error {
    if error.kind() == std::io::ErrorKind::BrokenPipe {
        return Error::new(Code::ReaderGone, "Whoever read the export has gone away.");
    }
    let message = "The export could not be written. Is there room on the disk?";
    Error::new(Code::NotWritten, message).with_detail(error)
}
