//! Reads deliveries out of a file.
//!
//! One thread reads and parses, the next batch is judged while the one before is stored. Nothing that the file says of a
//! delivery is believed but its bytes: the verdict is that of today's keys, at the time of its arrival.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, UNIX_EPOCH};

use exchange::{Item, Limits, Record};
use signature::{Outcome, SecretKey};
use store::{Imported, Importer, NewImported};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::records::Rest;
use super::{Progress, Transfers};
use crate::dto::{Transfer, TransferFormat, TransferKind, TransferProblem};
use crate::error::{Code, Error, Result};
use crate::history::imported::FromFile;
use crate::history::judging::Tokens;

/// Deliveries that are judged and stored at once.
const BATCH: usize = 512;
/// Bytes of the bodies of one batch; a single one may be larger.
const BATCH_BYTES: usize = 4 * 1024 * 1024;
/// Problems that are told one by one.
const PROBLEMS: usize = 100;
/// How often those who watch the history are told that there is more.
const RESYNC: Duration = Duration::from_secs(1);
/// Nanoseconds in a second.
const SECOND: i64 = 1_000_000_000;

/// What an import reads.
pub enum Source {
    /// A file.
    File(PathBuf),
    /// Something else that is called this.
    Stream(String, Box<dyn Read + Send>),
}

impl Transfers {
    /// Begins to read a file; returns the transfer's number.
    ///
    /// # Errors
    /// `not_readable`, `too_many`; any error of the store.
    pub async fn import(&self, path: PathBuf) -> Result<u32> {
        self.import_from(Source::File(path), Vec::new()).await
    }

    /// The same, from any source. `extra`: secrets to verify with besides those of the projects, for this time only.
    ///
    /// # Errors
    /// Those of [`Transfers::import`].
    pub async fn import_from(&self, source: Source, extra: Vec<SecretKey>) -> Result<u32> {
        let opened = Opened::new(source)?;
        let importer = self.common.store().importer().await?;
        let default = self.common.store().projects().default().await?.id;
        let projects = self.common.store().projects().list().await?;
        let mut progress = self.begin(TransferKind::Import, None, &opened.name)?;
        let number = progress.number();
        progress.change(|transfer| transfer.bytes_total = opened.bytes);
        progress.tell();
        let limits = Limits::of_body(self.settings.borrow().max_body_mib as usize * 1024 * 1024);
        let projects = projects.into_iter().map(|project| (project.name, project.id)).collect();
        let mut import = Import {
            room: self.clone(),
            importer: Arc::new(importer),
            extra,
            tokens: Tokens::default(),
            projects,
            default,
            unknown: BTreeSet::new(),
            changed_ns: opened.changed_ns,
            number: 0,
        };
        self.common.spawn_to_the_end(async move {
            let ended = import.run(opened, limits, &mut progress).await;
            import.importer.tell();
            progress.end(ended);
        });
        Ok(number)
    }
}

/// A source that can be read.
struct Opened {
    name: String,
    input: Box<dyn Read + Send>,
    /// Of a file: how many bytes it has.
    bytes: Option<u64>,
    /// Of a file: when it was changed, Unix nanoseconds. What does not say when it arrived is taken to have arrived then:
    /// read again, it is the same.
    changed_ns: Option<i64>,
}

impl Opened {
    fn new(source: Source) -> Result<Self> {
        let path = match source {
            Source::File(path) => path,
            Source::Stream(name, input) => return Ok(Self { name, input, bytes: None, changed_ns: None }),
        };
        let refused = |message: String| Error::new(Code::NotReadable, message);
        let open = File::open(&path).and_then(|file| Ok((file.metadata()?, file)));
        let (metadata, file) = open.map_err(|error| {
            refused(format!("{} cannot be read. Is it there, and may you read it?", path.display())).with_detail(error)
        })?;
        if metadata.is_dir() {
            return Err(refused(format!("{} is a folder. Give the name of a file.", path.display())));
        }
        let changed = metadata.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        Ok(Self {
            name: path.display().to_string(),
            input: Box::new(file),
            bytes: metadata.is_file().then_some(metadata.len()),
            changed_ns: changed.and_then(|at| i64::try_from(at.as_nanos()).ok()),
        })
    }
}

/// What the thread that reads hands on.
enum Handed {
    Format(TransferFormat),
    Items(Vec<Item>),
}

struct Import {
    room: Transfers,
    importer: Arc<Importer>,
    extra: Vec<SecretKey>,
    tokens: Tokens,
    projects: HashMap<String, i64>,
    default: i64,
    unknown: BTreeSet<String>,
    changed_ns: Option<i64>,
    /// Deliveries so far.
    number: i64,
}

/// A batch with its verdicts, and what is wrong with the rest of it. Lines are those of the file.
#[derive(Default)]
struct Judged {
    deliveries: Vec<NewImported>,
    lines: Vec<u64>,
    problems: Vec<TransferProblem>,
}

impl Import {
    async fn run(&mut self, opened: Opened, limits: Limits, progress: &mut Progress) -> Result<()> {
        let (hand_on, mut handed) = mpsc::channel(2);
        let (bytes, stop) = (Arc::new(AtomicU64::new(0)), progress.stop.clone());
        let input = Counted { input: opened.input, bytes: bytes.clone() };
        let reading = tokio::task::spawn_blocking(move || parse(input, &limits, &hand_on, &stop));
        let (importer, common) = (self.importer.clone(), self.room.common.clone());
        let (mut judged, mut told) = (Judged::default(), Instant::now());
        loop {
            let items = match handed.recv().await {
                Some(Handed::Format(format)) => {
                    progress.change(|transfer| transfer.format = Some(format));
                    continue;
                }
                Some(Handed::Items(items)) => Some(items),
                None => None,
            };
            let ended = items.is_none();
            // The batch before is stored while this one is judged.
            let stored = store(&importer, std::mem::take(&mut judged), common.now_ms());
            let (sum, next) = tokio::join!(stored, self.judge(items.unwrap_or_default()));
            let sum = sum?;
            progress.change(|transfer| {
                sum.add_to(transfer);
                transfer.bytes = bytes.load(Ordering::Relaxed);
                transfer.unknown_projects = self.unknown.iter().cloned().collect();
            });
            if told.elapsed() >= RESYNC {
                told = Instant::now();
                importer.tell();
            }
            if ended {
                break;
            }
            judged = next?;
        }
        let read =
            reading.await.map_err(|error| Error::new(Code::Internal, "The import ended badly.").with_detail(error))?;
        read.map_err(|error| Error::new(Code::NotReadable, format!("It was not read to its end. {error}")))
    }

    /// The verdicts of a batch.
    async fn judge(&mut self, items: Vec<Item>) -> Result<Judged> {
        let mut judged = Judged::default();
        let mut by_project: HashMap<i64, Vec<(u64, FromFile, Rest)>> = HashMap::new();
        for item in items {
            match item {
                Item::Problem(problem) => {
                    judged.problems.push(TransferProblem { line: problem.line, message: problem.message });
                }
                Item::Record(record, line) => {
                    let project = self.project(&record);
                    let (from_file, rest) = self.taken_apart(*record, line, project);
                    by_project.entry(project).or_default().push((line, from_file, rest));
                }
            }
        }
        let mut all = Vec::new();
        for (project, deliveries) in by_project {
            let (mut rests, mut to_judge) =
                (Vec::with_capacity(deliveries.len()), Vec::with_capacity(deliveries.len()));
            for (line, from_file, rest) in deliveries {
                rests.push((line, rest));
                to_judge.push(from_file);
            }
            let verdicts = self.room.history.judge_imported(project, to_judge, &self.extra, &self.tokens).await?;
            all.extend(verdicts.into_iter().zip(rests));
        }
        let complete = tokio::task::spawn_blocking(move || {
            let one = |((from_file, verdict), (line, rest)): ((FromFile, _), (u64, Rest))| {
                let FromFile { number, received_ns, headers, body, .. } = from_file;
                (number, line, rest.delivery(received_ns, headers, body, verdict))
            };
            let mut complete: Vec<_> = all.into_iter().map(one).collect();
            // In the order of the file, whatever the projects.
            complete.sort_unstable_by_key(|(number, ..)| *number);
            complete
        });
        let complete =
            complete.await.map_err(|error| Error::new(Code::Internal, "The import ended badly.").with_detail(error))?;
        for (_, line, delivery) in complete {
            judged.lines.push(line);
            judged.deliveries.push(delivery);
        }
        Ok(judged)
    }

    /// The project of this name, or the default one.
    fn project(&mut self, record: &Record) -> i64 {
        let Some(name) = &record.project else { return self.default };
        if let Some(id) = self.projects.get(name) {
            return *id;
        }
        // A file may name as many as it has lines.
        if self.unknown.len() < PROBLEMS && !self.unknown.contains(name) {
            self.unknown.insert(name.clone());
        }
        self.default
    }

    fn taken_apart(&mut self, mut record: Record, line: u64, project: i64) -> (FromFile, Rest) {
        self.number += 1;
        let arrived = record.received_ns.or_else(|| sent_ns(&record)).or_else(|| {
            let line = i64::try_from(line).unwrap_or(i64::MAX);
            self.changed_ns.map(|changed| changed.saturating_add(line))
        });
        let from_file = FromFile {
            number: self.number,
            received_ns: arrived.unwrap_or_else(|| self.room.common.now_ms().saturating_mul(1_000_000)),
            headers: std::mem::take(&mut record.headers),
            body: std::mem::take(&mut record.body),
            whole: !record.truncated,
        };
        (from_file, Rest::new(project, record))
    }
}

/// When it says it was sent: the best guess for a delivery that does not say when it arrived.
fn sent_ns(record: &Record) -> Option<i64> {
    let text = std::str::from_utf8(record.header("webhook-timestamp")?).ok()?;
    let seconds: i64 = text.trim().parse().ok()?;
    // Until the year 2200; what is beyond is no time in seconds.
    (0..7_258_118_400).contains(&seconds).then(|| seconds * SECOND)
}

/// What a batch added.
#[derive(Default)]
struct Sum {
    done: u64,
    new: u64,
    known: u64,
    refused: u64,
    verified: u64,
    rejected: u64,
    unchecked: u64,
    unbound: u64,
    problems: Vec<TransferProblem>,
}

async fn store(importer: &Importer, judged: Judged, now_ms: i64) -> Result<Sum> {
    let Judged { deliveries, lines, problems } = judged;
    let mut sum = Sum {
        done: (deliveries.len() + problems.len()) as u64,
        refused: problems.len() as u64,
        problems,
        ..Sum::default()
    };
    if deliveries.is_empty() {
        return Ok(sum);
    }
    for (became, line) in importer.add(deliveries, now_ms).await?.into_iter().zip(lines) {
        match became {
            Imported::New { outcome, .. } => {
                sum.new += 1;
                match outcome {
                    Outcome::Verified => sum.verified += 1,
                    Outcome::Rejected => sum.rejected += 1,
                    Outcome::Unchecked => sum.unchecked += 1,
                    Outcome::Unbound => sum.unbound += 1,
                }
            }
            Imported::Known(_) => sum.known += 1,
            Imported::Refused(error) => {
                sum.refused += 1;
                sum.problems.push(TransferProblem { line, message: error.to_string() });
            }
        }
    }
    sum.problems.sort_by_key(|problem| problem.line);
    Ok(sum)
}

impl Sum {
    fn add_to(self, transfer: &mut Transfer) {
        transfer.done += self.done;
        transfer.new += self.new;
        transfer.known += self.known;
        transfer.refused += self.refused;
        transfer.verified += self.verified;
        transfer.rejected += self.rejected;
        transfer.unchecked += self.unchecked;
        transfer.unbound += self.unbound;
        let room = PROBLEMS.saturating_sub(transfer.problems.len());
        transfer.problems.extend(self.problems.into_iter().take(room));
    }
}

/// Reads and parses, and hands on what it finds in batches, until all is read or the transfer is stopped.
fn parse(
    input: Counted,
    limits: &Limits,
    hand_on: &mpsc::Sender<Handed>,
    stop: &CancellationToken,
) -> std::result::Result<(), exchange::Error> {
    let (mut batch, mut bytes) = (Vec::with_capacity(BATCH), 0);
    let mut said = |source: exchange::Source| {
        let format = match source {
            exchange::Source::Ndjson => TransferFormat::Ndjson,
            exchange::Source::Har => TransferFormat::Har,
            exchange::Source::Curl => TransferFormat::Curl,
        };
        let _ = hand_on.blocking_send(Handed::Format(format));
    };
    let mut take = |item: Item| {
        if let Item::Record(record, _) = &item {
            bytes += record.body.len();
        }
        batch.push(item);
        if batch.len() >= BATCH || bytes >= BATCH_BYTES {
            bytes = 0;
            let full = std::mem::replace(&mut batch, Vec::with_capacity(BATCH));
            return hand_on.blocking_send(Handed::Items(full)).is_ok() && !stop.is_cancelled();
        }
        !stop.is_cancelled()
    };
    let read = exchange::read(input, limits, &mut said, &mut take);
    if !batch.is_empty() {
        let _ = hand_on.blocking_send(Handed::Items(batch));
    }
    read
}

/// Counts what is read.
struct Counted {
    input: Box<dyn Read + Send>,
    bytes: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let read = self.input.read(buf)?;
        self.bytes.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
