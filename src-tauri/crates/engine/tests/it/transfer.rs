//! The room of transfers: projects, stopping, the file that appears only whole, and copies without secrets.

use std::io::Read;
use std::sync::{Arc, Mutex, mpsc};

use engine::{
    Code, CopyForm, Destination, Live, Selection, Source, Transfer, TransferFormat, TransferKind, TransferState,
};
use signature::Outcome;

use crate::parts::soon;
use crate::{Rig, SECRET, rig};

/// Deliveries of both projects: two of the default one, one of the Sandbox's.
async fn with_deliveries() -> Rig {
    let rig = rig().await;
    rig.engine.projects().add_secret(rig.project(false), "", SECRET).await.unwrap();
    assert_eq!(rig.post("hooks", SECRET, "msg_1").await, 200);
    assert_eq!(rig.post("hooks", SECRET, "msg_2").await, 200);
    rig.post("sandbox", SECRET, "msg_3").await;
    rig
}

async fn export(rig: &Rig, selection: Selection, name: &str) -> (Transfer, String) {
    let path = rig.folder.path().join(name);
    let number = rig.engine.transfers().export(selection, TransferFormat::Ndjson, path.clone(), false).await.unwrap();
    let told = rig.engine.transfers().ended(number).await.unwrap();
    (told, std::fs::read_to_string(path).unwrap())
}

async fn import(rig: &Rig, text: &str) -> Transfer {
    let path = rig.folder.path().join("in.ndjson");
    std::fs::write(&path, text).unwrap();
    let number = rig.engine.transfers().import(path).await.unwrap();
    rig.engine.transfers().ended(number).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_selected_goes_out_and_each_project_finds_its_own_again() {
    let one = with_deliveries().await;
    let (told, all) = export(&one, Selection::All, "all.ndjson").await;
    assert_eq!((told.kind, told.done, told.total), (TransferKind::Export, 3, Some(3)));
    assert_eq!((told.bytes, all.lines().count()), (all.len() as u64, 3));
    let (_, some) = export(&one, Selection::Ids(vec![3, 1, 3]), "some.ndjson").await;
    let ids: Vec<i64> = some
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["id"].as_i64().unwrap())
        .collect();
    assert_eq!(ids, [1, 3], "each once, oldest first");
    let (_, found) = export(&one, Selection::Query("msg_2".into()), "found.ndjson").await;
    assert_eq!(found.lines().count(), 1);

    let two = rig().await;
    let elsewhere = all.replacen("\"project\":\"", "\"project\":\"Another than ", 1);
    let told = import(&two, &elsewhere).await;
    assert_eq!((told.new, told.unknown_projects.len()), (3, 1), "{told:?}");
    let view = two.engine.history().open_view("").await.unwrap();
    let projects: Vec<i64> = view.rows.iter().map(|row| row.project).collect();
    let (default, sandbox) = (two.project(false), two.project(true));
    assert_eq!(projects, [default, default, sandbox]);
    assert!(view.rows.iter().all(|row| row.imported));
    // No secret is known here, and the Sandbox's is another: nothing in the file is believed.
    let outcomes: Vec<Outcome> = view.rows.iter().map(|row| row.outcome).collect();
    assert_eq!(outcomes, [Outcome::Unchecked, Outcome::Unchecked, Outcome::Rejected]);
    assert_eq!((told.unchecked, told.rejected), (2, 1));
    // A key that comes later verifies them, as it does those that came through the listener.
    two.engine.projects().add_secret(default, "", SECRET).await.unwrap();
    soon("it is verified", async || {
        two.engine.history().delivery(1).await.unwrap().verdict.outcome == Outcome::Verified
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_is_told_and_a_file_that_cannot_be_read_on_says_so() {
    let one = with_deliveries().await;
    let (_, all) = export(&one, Selection::All, "all.ndjson").await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let sink = told.clone();
    one.engine.attach(Box::new(move |message| {
        if let Live::Transfer { transfer } = message {
            sink.lock().unwrap().push(*transfer);
        }
        true
    }));
    let ended = import(&one, &format!("{all}nonsense\n{{\"pollux\":9}}\n")).await;
    assert_eq!((ended.state, ended.known, ended.refused), (TransferState::Done, 3, 2));
    let lines: Vec<u64> = ended.problems.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [4, 5]);
    // The end of the export may be told after it was waited for.
    soon("its end is told", async || told.lock().unwrap().last() == Some(&ended)).await;
    assert_eq!(one.engine.transfers().list()[0], ended);
    let broken = import(&one, "<html>").await;
    assert_eq!(broken.state, TransferState::Failed);
    assert!(broken.error.unwrap().contains("none of the forms"));
    let error = one.engine.transfers().import(one.folder.path().join("nowhere")).await.unwrap_err();
    assert_eq!(error.code, Code::NotReadable);
}

/// Gives what it is sent, and waits for more.
struct Slow {
    more: mpsc::Receiver<Vec<u8>>,
    left: Vec<u8>,
}

impl Read for Slow {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        if self.left.is_empty() {
            let Ok(more) = self.more.recv() else { return Ok(0) };
            self.left = more;
        }
        let read = self.left.len().min(buf.len());
        for (to, from) in buf.iter_mut().zip(self.left.drain(..read)) {
            *to = from;
        }
        Ok(read)
    }
}

fn slow(name: &str) -> (mpsc::Sender<Vec<u8>>, Source) {
    let (send, more) = mpsc::channel();
    (send, Source::Stream(name.to_owned(), Box::new(Slow { more, left: Vec::new() })))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_can_be_stopped_and_only_a_few_run_at_once() {
    let one = with_deliveries().await;
    let (_, all) = export(&one, Selection::All, "all.ndjson").await;
    let two = rig().await;
    let transfers = two.engine.transfers();
    let mut running = Vec::new();
    for _ in 0..3 {
        let (send, source) = slow("slow");
        running.push((transfers.import_from(source, Vec::new()).await.unwrap(), send));
    }
    let (_idle, source) = slow("one too many");
    assert_eq!(transfers.import_from(source, Vec::new()).await.unwrap_err().code, Code::TooMany);
    for (number, send) in running {
        let room = transfers.clone();
        let stopped = tokio::spawn(async move { room.stop(number).await.unwrap() });
        // It notices when something comes.
        for line in all.split_inclusive('\n') {
            let _ = send.send(line.as_bytes().to_vec());
        }
        drop(send);
        assert_eq!(stopped.await.unwrap().state, TransferState::Stopped);
    }
    assert_eq!(import(&two, &all).await.state, TransferState::Done, "there is room again");
}

/// Never takes anything.
struct Full;

impl std::io::Write for Full {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::StorageFull.into())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_fails_leaves_what_was_there() {
    let one = with_deliveries().await;
    let number = one
        .engine
        .transfers()
        .export_to(Selection::All, TransferFormat::Har, Destination::Stream("full".into(), Box::new(Full)), false)
        .await
        .unwrap();
    let ended = one.engine.transfers().ended(number).await.unwrap();
    assert_eq!(ended.state, TransferState::Failed);
    assert!(ended.error.unwrap().contains("could not be written"));
    for (path, part) in [("nowhere/x.har", "Nothing can be written to"), ("", "is a folder")] {
        let path = one.folder.path().join(path);
        let error = one.engine.transfers().export(Selection::All, TransferFormat::Har, path, false).await.unwrap_err();
        assert!(error.code == Code::NotWritten && error.message.contains(part), "{error}");
    }
    let (before, _) = export(&one, Selection::All, "kept.ndjson").await;
    let after = std::fs::read(one.folder.path().join("kept.ndjson")).unwrap();
    assert_eq!(after.len() as u64, before.bytes);
    let names: Vec<String> = std::fs::read_dir(one.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("pollux-export"))
        .collect();
    assert!(names.is_empty(), "{names:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_holds_no_secret() {
    let one = with_deliveries().await;
    let transfers = one.engine.transfers();
    assert_eq!(
        transfers.copy_as(vec![1], CopyForm::Payload).await.unwrap(),
        "{\"type\":\"batch.succeeded\",\"data\":{\"id\":\"batches/b\"}}"
    );
    for form in [CopyForm::Curl, CopyForm::Httpie, CopyForm::Python, CopyForm::Javascript, CopyForm::Rust] {
        let text = transfers.copy_as(vec![2, 1], form).await.unwrap();
        let (first, second) = (text.find("msg_1").unwrap(), text.find("msg_2").unwrap());
        assert!(first < second && text.contains(&one.address) && !text.contains(SECRET), "{text}");
    }
    for form in [CopyForm::Pytest, CopyForm::Vitest] {
        let text = transfers.copy_as(vec![1], form).await.unwrap();
        assert!(text.contains("http://127.0.0.1:3000/webhook") && text.contains("WEBHOOK_SECRET"), "{text}");
    }
    let leaked = format!("{{\"secret\":\"{SECRET}\"}}");
    let url = format!("{}hooks", one.address);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    client.post(&url).header("authorization", "Bearer topsecret").body(leaked).send().await.unwrap();
    let error = transfers.copy_as(vec![4], CopyForm::Curl).await.unwrap_err();
    assert!(error.code == Code::HoldsSecret && !error.message.contains(SECRET), "{error}");
    client.post(&url).header("authorization", "Bearer topsecret").body(&b"\xff"[..]).send().await.unwrap();
    assert!(!transfers.copy_as(vec![5], CopyForm::Ndjson).await.unwrap().contains("topsecret"));
    assert_eq!(transfers.copy_as(vec![5], CopyForm::Payload).await.unwrap_err().code, Code::NotText);
    assert_eq!(transfers.copy_as(vec![99], CopyForm::Curl).await.unwrap_err().code, Code::NotFound);
    assert_eq!(transfers.copy_as((0..101).collect(), CopyForm::Curl).await.unwrap_err().code, Code::TooMany);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secret_segment_of_the_path_stays_here() {
    let one = rig().await;
    let mut settings = one.engine.settings().get();
    settings.tunnel.path_token = Some("s3cretsegment".into());
    one.engine.settings().set(settings).await.unwrap();
    one.post("s3cretsegment/hooks", SECRET, "msg_1").await;
    let (told, text) = export(&one, Selection::All, "all.ndjson").await;
    assert!(told.left_out == 1 && !text.contains("s3cretsegment") && text.contains("\"path\":\"/hooks\""), "{text}");
    assert!(!one.engine.transfers().copy_as(vec![1], CopyForm::Curl).await.unwrap().contains("s3cretsegment"));
}
