//! Deliveries out of a file and into one: about 700 bytes each, signed, verified again.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use engine::{Config, Engine, FixedKeys, MemoryVault, Selection, Source, Transfer, TransferFormat, TransferState};
use exchange::{Format, Record, Writer};
use signature::{KeyState, Policy, Secret, SecretKey};
use tests::sender::SECRET;

use crate::report::{Bound, Figure};
use crate::{median, scratch};

const DELIVERIES: usize = 200_000;
const ROUNDS: usize = 3;

pub(crate) async fn measure() -> Vec<Figure> {
    let folder = scratch();
    let file = folder.path().join("many.ndjson");
    write(&file);
    let (mut imported, mut exported, mut again) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let engine = start(&folder.path().join(format!("{round}.db"))).await;
        let (told, seconds) = import(&engine, &file).await;
        assert_eq!((told.new, told.verified), (DELIVERIES as u64, DELIVERIES as u64));
        imported.push(DELIVERIES as f64 / seconds);
        let (told, seconds) = import(&engine, &file).await;
        assert_eq!(told.known, DELIVERIES as u64);
        again.push(DELIVERIES as f64 / seconds);
        let out = folder.path().join("out.ndjson");
        let began = Instant::now();
        let transfers = engine.transfers();
        let number = transfers.export(Selection::All, TransferFormat::Ndjson, out.clone(), false).await.unwrap();
        let told = transfers.ended(number).await.unwrap();
        assert_eq!((told.state, told.done), (TransferState::Done, DELIVERIES as u64));
        exported.push(told.bytes as f64 / 1e6 / began.elapsed().as_secs_f64());
        engine.shutdown().await;
    }
    let note = format!("{DELIVERIES} deliveries of about 700 B, a verdict each; medians of {ROUNDS}");
    vec![
        Figure::new("export NDJSON", median(exported), "MB/s", Bound::AtLeast(100.0)).note(note.clone()),
        Figure::new("import NDJSON, verified again", median(imported), "/s", Bound::AtLeast(50_000.0)).note(note),
        Figure::new("import of what is there already", median(again), "/s", Bound::None),
    ]
}

async fn start(database: &Path) -> Engine {
    let secret = SecretKey { id: "1".into(), secret: Secret::parse(SECRET).unwrap(), state: KeyState::Current };
    let fixed = FixedKeys { secrets: vec![secret], jwks: None, policy: Policy::default() };
    let config = Config::new(database, Arc::new(MemoryVault::default()));
    Engine::start(Config { sandbox: false, fixed: Some(fixed), ..config }).await.unwrap()
}

async fn import(engine: &Engine, file: &Path) -> (Transfer, f64) {
    let began = Instant::now();
    let number = engine.transfers().import_from(Source::File(file.to_owned()), Vec::new()).await.unwrap();
    let told = engine.transfers().ended(number).await.unwrap();
    assert_eq!(told.state, TransferState::Done, "{:?}", told.error);
    (told, began.elapsed().as_secs_f64())
}

fn write(file: &Path) {
    let secret = Secret::parse(SECRET).unwrap();
    let out = std::io::BufWriter::new(std::fs::File::create(file).unwrap());
    let mut writer = Writer::new(out, Format::Ndjson, "0", "");
    for number in 0..DELIVERIES {
        let (id, at) = (format!("msg_{number:012}"), 1_795_000_000 + number as i64 / 1000);
        let body = format!(
            r#"{{"type":"batch.succeeded","version":"v1","timestamp":"2026-11-21T01:12:04Z","data":{{"id":"batches/{number}","output_file_uri":"files/batch-{number}","user_metadata":{{"note":"{}"}}}}}}"#,
            "x".repeat(250)
        );
        let header = |name: &str, value: &str| (name.to_owned(), value.as_bytes().to_vec());
        let record = Record {
            received_ns: Some(at * 1_000_000_000 + number as i64),
            method: "POST".into(),
            path: "/hooks/gemini".into(),
            http_version: "HTTP/1.1".into(),
            peer: Some("127.0.0.1:50000".into()),
            headers: vec![
                header("host", "127.0.0.1:4710"),
                header("content-type", "application/json"),
                header("user-agent", "Google-Webhooks"),
                header("webhook-id", &id),
                header("webhook-timestamp", &at.to_string()),
                header("webhook-signature", &signature::sign::v1(&secret, &id, at, body.as_bytes())),
            ],
            body_len: body.len() as u64,
            body: body.into_bytes(),
            ..Record::default()
        };
        writer.write(&record).unwrap();
    }
    writer.end().unwrap();
}
