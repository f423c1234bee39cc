//! How fast a file of answers is read: `cargo run --release -p results --example scan_rate [rows] [bytes of text]`.
//!
//! Answers with text, a few errors and blocked ones among them, made in memory; then embeddings of 768 values, and a
//! search. Rates are per second of one core, not of the clock, where the system tells the time of a thread.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use results::{Asked, RequestScanner, Scanner, search};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<usize>());
    let rows = arguments.next().transpose()?.unwrap_or(1_000_000);
    let text = arguments.next().transpose()?.unwrap_or(60);
    let mut out = std::io::stdout().lock();

    let mut requests = String::new();
    for row in 0..rows {
        writeln!(requests, r#"{{"key":"request-{row}","request":{{"contents":[{{"parts":[{{"text":"?"}}]}}]}}}}"#)?;
    }
    let began = Moment::now();
    let asked = RequestScanner::read(&mut requests.as_bytes())?;
    let rate = requests.len() as f64 / 1e6 / began.seconds();
    writeln!(out, "requests: {rows} rows, {rate:.0} MB/s, {} bytes held", asked.memory())?;

    let answers = answers(rows, text)?;
    scan(&mut out, "answers", &answers, None)?;
    let scanner = scan(&mut out, "answers to known requests", &answers, Some(Asked::Requests(Arc::new(asked))))?;
    scan(&mut out, "embeddings", &embeddings(rows / 50)?, None)?;

    for needle in ["not in there", "REQUEST-77", "\"quoted\"", "größe"] {
        let began = Moment::now();
        let mut found = 0;
        let mut reader = Cursor::new(answers.as_bytes());
        search(&mut reader, scanner.index(), needle, &mut |_| found += 1, &|| false)?;
        let rate = answers.len() as f64 / 1e6 / began.seconds();
        writeln!(out, "search {needle:?}: {found} rows, {rate:.0} MB/s")?;
    }
    Ok(())
}

/// When something began, by the core's time if it is told like on Linux.
struct Moment {
    clock: Instant,
    core: Option<Duration>,
}

impl Moment {
    fn now() -> Self {
        Self { clock: Instant::now(), core: core_time() }
    }

    fn seconds(&self) -> f64 {
        let core = core_time().zip(self.core).map(|(now, then)| now.saturating_sub(then));
        core.unwrap_or_else(|| self.clock.elapsed()).as_secs_f64()
    }
}

fn core_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

fn scan(out: &mut impl std::io::Write, what: &str, file: &str, asked: Option<Asked>) -> Result<Scanner, Failure> {
    let began = Moment::now();
    let mut scanner = Scanner::new(asked);
    for piece in file.as_bytes().chunks(256 << 10) {
        scanner.feed(piece);
    }
    scanner.finish();
    let took = began.seconds();
    let summary = scanner.summary();
    writeln!(
        out,
        "{what}: {} rows, {:.0} MB, {:.0} MB/s, {:.0} rows/s, {} bytes held; {} good, {} failed",
        summary.rows,
        file.len() as f64 / 1e6,
        file.len() as f64 / 1e6 / took,
        summary.rows as f64 / took,
        scanner.index().memory(),
        summary.good,
        summary.failed
    )?;
    Ok(scanner)
}

fn answers(rows: usize, text: usize) -> Result<String, Failure> {
    let said: String =
        "Yes, the parcel arrived.\\nIt was \\\"fine\\\". ".chars().cycle().take(text / 48 * 48).collect();
    let mut file = String::new();
    for row in 0..rows {
        let usage = r#""usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":5,"totalTokenCount":15}"#;
        match row % 100 {
            7 => writeln!(file, r#"{{"key":"request-{row}","error":{{"code":429,"message":"Quota exceeded"}}}}"#)?,
            9 => writeln!(
                file,
                r#"{{"key":"request-{row}","response":{{"promptFeedback":{{"blockReason":"SAFETY"}},{usage}}}}}"#
            )?,
            _ => {
                write!(file, r#"{{"key":"request-{row}","response":{{"candidates":[{{"content":{{"parts":"#)?;
                write!(file, r#"[{{"text":"{said}"}}],"role":"model"}},"finishReason":"STOP","index":0}}],"#)?;
                writeln!(file, r#"{usage},"modelVersion":"gemini-2.5-flash","responseId":"abc"}}}}"#)?;
            }
        }
    }
    Ok(file)
}

fn embeddings(rows: usize) -> Result<String, Failure> {
    let mut file = String::new();
    for row in 0..rows {
        write!(file, r#"{{"key":"request-{row}","response":{{"embedding":{{"values":["#)?;
        for value in 0..768 {
            write!(file, "{}{}", if value > 0 { "," } else { "" }, (value * 37 % 1000) as f64 / 7_919.0 - 0.05)?;
        }
        writeln!(file, r#"]}},"tokenCount":3}}}}"#)?;
    }
    Ok(file)
}
