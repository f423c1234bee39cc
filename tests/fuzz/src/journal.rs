//! One row of the emulator's state in its file: nothing may panic, and what was taken is shown. The first line of the
//! input is the kind of the row and its number, or the name of what is kept beside the rows; its JSON follows.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use emulator::{Service, ServiceError, ServiceOptions};
use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;

use super::rig::block_on;

const KINDS: [&str; 4] = ["webhook", "job", "file", "delivery"];
/// 2026-01-22T12:00:00Z.
const NOW: u64 = 1_769_083_200;

struct Rig {
    folder: TempDir,
    /// The file of an emulator that has nothing yet.
    empty: Vec<u8>,
}

thread_local! {
    static RIG: Rig = Rig::new();
}

/// The body.
pub fn run(data: &[u8]) {
    let at = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let Ok(head) = std::str::from_utf8(&data[..at]) else { return };
    let json = data.get(at + 1..).unwrap_or_default();
    RIG.with(|rig| rig.run(head, json));
}

impl Rig {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("empty.db");
        block_on(async { start(&path).await.unwrap().stop().await });
        let empty = fs::read(&path).unwrap();
        Self { folder, empty }
    }

    fn run(&self, head: &str, json: &[u8]) {
        let path = self.folder.path().join("emulator.db");
        for beside in ["emulator.db-wal", "emulator.db-shm"] {
            let _ = fs::remove_file(self.folder.path().join(beside));
        }
        fs::write(&path, &self.empty).unwrap();
        put(&path, head, json);
        block_on(async {
            match start(&path).await {
                Ok(service) => {
                    show(&service).await;
                    service.stop().await;
                }
                Err(ServiceError::Journal(_) | ServiceError::Keys(_)) => {}
                Err(error) => panic!("{error}"),
            }
        });
    }
}

fn put(path: &Path, head: &str, json: &[u8]) {
    let conn = Connection::open(path).unwrap();
    conn.pragma_update(None, "synchronous", "OFF").unwrap();
    let (kind, number) = head.split_once(' ').unwrap_or((head, "1"));
    if KINDS.contains(&kind) {
        let number: i64 = number.parse().unwrap_or(1);
        let sql = "INSERT OR REPLACE INTO entity (kind, id, number, json) VALUES (?1, 'x', ?2, ?3)";
        conn.execute(sql, (kind, number, json)).unwrap();
    } else {
        conn.execute("INSERT OR REPLACE INTO kept (name, json) VALUES (?1, ?2)", (kind, json)).unwrap();
    }
}

async fn start(path: &Path) -> Result<Service, ServiceError> {
    Service::start(ServiceOptions {
        database: Some(path.to_owned()),
        seed: Some(7),
        warp: 0.0,
        wall: Arc::new(|| SystemTime::UNIX_EPOCH + Duration::from_secs(NOW)),
        ..ServiceOptions::default()
    })
    .await
}

/// Everything that no setting can refuse.
async fn show(service: &Service) {
    for path in ["", "clock", "settings", "jobs", "webhooks", "deliveries"] {
        let request = Request::builder().uri(format!("/emulator/{path}")).header("host", "localhost");
        let answer = service.answer(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status(), 200, "{path}");
        let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        serde_json::from_slice::<Value>(&body).unwrap();
    }
}
