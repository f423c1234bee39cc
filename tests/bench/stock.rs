//! A history of many deliveries, as a year of use leaves it: 11 headers and a small body each, ids, signatures and traces
//! at random. Written straight into the tables, since receiving a million would take longer than everything else.

use std::io::{BufWriter, Write as _};
use std::path::Path;

use rusqlite::Connection;
use store::{Options, Store};

/// Types; each has the same share.
const TYPES: [&str; 12] = [
    "batch.succeeded",
    "batch.failed",
    "batch.cancelled",
    "batch.expired",
    "interaction.completed",
    "interaction.failed",
    "interaction.cancelled",
    "interaction.requires_action",
    "video.generated",
    "file.ready",
    "tuning.succeeded",
    "tuning.failed",
];
/// When the last one arrived, Unix seconds; the others a second before each other.
pub(crate) const LAST_S: i64 = 1_790_000_000;
/// The delivery whose id is searched for.
pub(crate) const RARE: i64 = 12_345;

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn letters(&mut self, alphabet: &[u8], count: usize) -> String {
        (0..count).map(|_| char::from(alphabet[(self.next() >> 33) as usize % alphabet.len()])).collect()
    }

    fn hex(&mut self, count: usize) -> String {
        self.letters(b"0123456789abcdef", count)
    }
}

/// One delivery.
struct Made {
    kind: &'static str,
    message_id: String,
    headers: Vec<(&'static str, String)>,
    body: String,
}

/// The id of what a delivery is about.
pub(crate) fn rare_id() -> String {
    format!("batches/rare-{RARE}-k7q2x9")
}

fn made(random: &mut Random, id: i64) -> Made {
    let kind = TYPES[(random.next() >> 40) as usize % TYPES.len()];
    let base64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let message_id = format!("msg_{}", random.hex(32));
    let headers = vec![
        ("host", "pollux.example.com".to_owned()),
        ("user-agent", "Google-Gemini-Webhooks/1.0".to_owned()),
        ("content-type", "application/json".to_owned()),
        ("content-length", "276".to_owned()),
        ("webhook-id", message_id.clone()),
        ("webhook-timestamp", (LAST_S - id).to_string()),
        ("webhook-signature", format!("v1,{}=", random.letters(base64, 43))),
        ("traceparent", format!("00-{}-{}-01", random.hex(32), random.hex(16))),
        ("x-forwarded-for", format!("10.0.{}.{}", random.next() % 200, random.next() % 250)),
        ("x-forwarded-proto", "https".to_owned()),
        ("accept-encoding", "gzip, deflate".to_owned()),
    ];
    let about = if id == RARE { rare_id() } else { format!("batches/{}", random.hex(24)) };
    let body = format!(
        "{{\"type\":\"{kind}\",\"version\":\"v1\",\"timestamp\":\"2026-11-19T06:25:{:02}.{:06}Z\",\"data\":{{\"id\":\"{about}\",\
         \"output_file_uri\":\"files/{}\",\"user_metadata\":{{\"suite\":\"s{}\",\"run\":\"{}\"}}}}}}",
        id % 60,
        random.next() % 1_000_000,
        random.hex(20),
        id % 1000,
        random.hex(12)
    );
    Made { kind, message_id, headers, body }
}

/// Makes a history of so many deliveries at `path`; with `lines`, also a file with one of them a line, as `ripgrep` would
/// be given.
pub(crate) async fn make(path: &Path, count: i64, lines: Option<&Path>) -> Result<(), String> {
    let store = Store::open(path, Options::default()).map_err(|error| error.to_string())?;
    store.projects().ensure("Bench", false, "bench").await.map_err(|error| error.to_string())?;
    store.close().await;
    let (path, lines) = (path.to_owned(), lines.map(Path::to_owned));
    let written = tokio::task::spawn_blocking(move || write(&path, count, lines.as_deref()));
    written.await.map_err(|error| error.to_string())?
}

fn write(path: &Path, count: i64, lines: Option<&Path>) -> Result<(), String> {
    let mut lines = match lines {
        Some(path) => Some(BufWriter::new(std::fs::File::create(path).map_err(|error| error.to_string())?)),
        None => None,
    };
    let rows = |error: rusqlite::Error| error.to_string();
    let mut conn = Connection::open(path).map_err(rows)?;
    conn.execute_batch("PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 4000;").map_err(rows)?;
    let mut random = Random(88_172_645_463_325_252);
    let (mut id, verdict, answer) = (0, vec![7_u8; 150], vec![0_u8; 60]);
    let mut kept = 0;
    while id < count {
        let transaction = conn.transaction().map_err(rows)?;
        {
            let mut event = transaction
                .prepare_cached(
                    "INSERT INTO event (id, project, message_id, first_ns, last_ns, attempts, accepted, first_delivery)
                     VALUES (?1, 1, ?2, ?3, ?3, 1, 1, ?1)",
                )
                .map_err(rows)?;
            let mut delivery = transaction
                .prepare_cached(
                    "INSERT INTO delivery (id, project, received_ns, outcome, scheme, reason, cause, event, event_type, pointer,
                                           attempt, duplicate, warnings, status, took_us, body_len, truncated)
                     VALUES (?1, 1, ?2, 0, 1, 'valid', '', ?1, ?3, ?4, 1, 0, 0, 200, 900, ?5, 0)",
                )
                .map_err(rows)?;
            let mut content = transaction
                .prepare_cached(
                    "INSERT INTO delivery_content (id, method, path, http_version, peer, headers, verdict, answer, body)
                     VALUES (?1, 'POST', '/bench', 'HTTP/1.1', '127.0.0.1:40000', ?2, ?3, ?4, ?5)",
                )
                .map_err(rows)?;
            for _ in 0..4_096 {
                if id >= count {
                    break;
                }
                id += 1;
                let Made { kind, message_id, headers, body } = made(&mut random, id);
                let received_ns = (LAST_S - count + id) * 1_000_000_000;
                let headers_blob = encoded(&headers);
                kept += headers_blob.len() + body.len();
                event.execute((id, &message_id, received_ns)).map_err(rows)?;
                delivery.execute((id, received_ns, kind, &message_id[..16], body.len() as i64)).map_err(rows)?;
                content.execute((id, headers_blob, &verdict, &answer, body.as_bytes())).map_err(rows)?;
                if let Some(lines) = &mut lines {
                    let line = serde_json::json!({ "id": id, "headers": headers, "body": body });
                    writeln!(lines, "{line}").map_err(|error| error.to_string())?;
                }
            }
        }
        transaction.commit().map_err(rows)?;
    }
    conn.execute(
        "UPDATE tally SET last_id = ?1, total = ?1, kept_bytes = ?2, last_event = ?1, indexed_event = ?1",
        (count, kept as i64),
    )
    .map_err(rows)?;
    conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").map_err(rows)?;
    if let Some(mut lines) = lines {
        lines.flush().map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// A count, then names and values after their lengths, of which none is above 127.
fn encoded(headers: &[(&str, String)]) -> Vec<u8> {
    let mut out = vec![headers.len() as u8];
    for (name, value) in headers {
        for text in [name.as_bytes(), value.as_bytes()] {
            out.push(text.len() as u8);
            out.extend_from_slice(text);
        }
    }
    out
}
