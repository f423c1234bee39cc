//! `pollux jobs`, `pollux result` and `pollux watch`.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;
use tests::emulating::Emulator;
use tests::managing::{Data, Said};

const MODEL: &str = "gemini-2.5-flash";

/// A service with short jobs, and a data folder with one project for it.
struct Managed {
    data: Data,
    service: Emulator,
    home: TempDir,
}

async fn managed() -> Managed {
    let (data, home) = (Data::default(), tempfile::tempdir().unwrap());
    let service = Emulator::start(home.path(), &[]);
    let times = json!({ "pending_ms": 50, "batch_ms": 150, "interaction_ms": 150, "video_ms": 150 });
    service.call("PATCH", "/emulator/settings", Some(json!({ "jobs": times }))).await;
    add(&data, &service.origin, &service.api_key, &[]);
    Managed { data, service, home }
}

fn add(data: &Data, base_url: &str, key: &str, more: &[&str]) {
    let add = [&["project", "add", "nightly", "--base-url", base_url][..], more].concat();
    let added = data.finish(data.command(&add).env("GEMINI_API_KEY", key), "");
    assert_eq!(added.code, 0, "{}", added.err);
}

/// A file of requests with these keys.
fn requests(folder: &Path, keys: &[&str]) -> String {
    let line = |key: &&str| {
        let request = json!({ "contents": [{ "role": "user", "parts": [{ "text": format!("Who is {key}?") }] }] });
        format!("{}\n", json!({ "key": key, "request": request }))
    };
    let path = folder.join("requests.jsonl");
    std::fs::write(&path, keys.iter().map(line).collect::<String>()).unwrap();
    path.display().to_string()
}

/// The lines of JSON on standard output.
fn lines(said: &Said) -> Vec<Value> {
    let read = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
    said.out.lines().map(read).collect()
}

fn keys(said: &Said) -> Vec<String> {
    lines(said).iter().map(|row| row["key"].as_str().unwrap().to_owned()).collect()
}

impl Managed {
    fn run(&self, arguments: &[&str]) -> Said {
        self.data.run(arguments)
    }

    /// Sends a job: its name.
    fn sent(&self, arguments: &[&str]) -> String {
        let made = self.run(&[&["jobs", "dispatch"][..], arguments, &["--json"]].concat()).json();
        made["name"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned()
    }

    fn path(&self, name: &str) -> String {
        self.home.path().join(name).display().to_string()
    }

    fn hides_the_key(&self) {
        self.data.holds_none_of(&[&self.service.api_key]);
    }
}

#[tokio::test]
async fn a_batch_from_its_dispatch_to_its_rows() {
    let managed = managed().await;
    let file = requests(managed.home.path(), &["a", "b#error-429", "c#missing"]);
    let name = managed.sent(&["batch", "--model", MODEL, "--file", &file, "--title", "Nightly"]);
    assert!(name.starts_with("batches/"), "{name}");

    let watched = managed.run(&["jobs", "watch", &name, "--json"]);
    assert_eq!(watched.code, 0, "{}", watched.err);
    let changes = lines(&watched);
    assert_eq!(changes.last().unwrap()["phase"], "succeeded", "{}", watched.out);
    assert!(changes.iter().all(|change| change["name"] == json!(name)));
    let again = managed.run(&["jobs", "watch", name.trim_start_matches("batches/")]);
    assert!(again.code == 0 && again.out.contains("succeeded"), "{}", again.out);

    let listed = managed.run(&["jobs", "list", "--json"]).json();
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!((&listed[0]["name"], &listed[0]["title"]), (&json!(name), &json!("Nightly")));
    assert_eq!(managed.run(&["jobs", "list", "--json", "--kind", "video"]).json(), json!([]));
    assert_eq!(managed.run(&["jobs", "list", "--json", "--filter", "hourly"]).json(), json!([]));
    let words = managed.run(&["jobs", "list", "--filter", "nightly"]);
    let told = [name.as_str(), "Nightly", "succeeded", MODEL];
    assert!(told.iter().all(|one| words.out.contains(one)), "{}", words.out);
    assert!(!words.out.contains('\u{1b}'), "no colours where nobody sees them");

    let shown = managed.run(&["jobs", "show", &name, "--json"]).json();
    assert_eq!((&shown["job"]["phase"], &shown["has_requests"]), (&json!("succeeded"), &json!(true)));
    assert_eq!((&shown["raw"]["name"], &shown["finding"]), (&json!(name), &Value::Null));
    let words = managed.run(&["jobs", "show", &name]);
    assert!(words.out.contains("Nightly") && words.out.contains("registered webhooks"), "{}", words.out);

    // All rows, the failed ones, and the missing ones as their requests, which are kept from the dispatch.
    let all = managed.run(&["result", &name]);
    assert_eq!((all.code, keys(&all)), (1, vec!["a".to_owned(), "b#error-429".to_owned()]), "{}", all.err);
    assert!(all.err.contains("3 asked for") && all.err.contains("1 missing"), "{}", all.err);
    let failed = managed.run(&["result", &name, "--rows", "failed"]);
    assert_eq!((failed.code, keys(&failed)), (1, vec!["b#error-429".to_owned()]));
    let missing = managed.run(&["result", &name, "--rows", "missing"]);
    assert_eq!((missing.code, keys(&missing)), (1, vec!["c#missing".to_owned()]));
    assert!(lines(&missing)[0]["request"].is_object());

    let out = managed.path("rows.jsonl");
    let counted = managed.run(&["result", &name, "--out", &out, "--json"]);
    let counts = &lines(&counted)[0];
    let told = ["answered", "good", "failed", "missing", "written"].map(|name| counts[name].as_u64());
    assert_eq!((counted.code, told), (1, [2, 1, 1, 1, 2].map(Some)), "{counts}");
    assert_eq!(std::fs::read_to_string(&out).unwrap(), all.out, "byte for byte");
    let nowhere = managed.path("not/there.jsonl");
    managed.run(&["result", &name, "--out", &nowhere]).refused(1);

    // The output by its own name.
    let output = shown["output_file"].as_str().unwrap();
    let by_file = managed.run(&["result", output]);
    assert_eq!((by_file.code, &by_file.out), (1, &all.out), "{}", by_file.err);

    // Every copy went.
    let copies = std::fs::read_dir(managed.data.path().join("pollux.db-results")).unwrap();
    let copies: Vec<_> = copies.map(|one| one.unwrap().file_name().to_string_lossy().into_owned()).collect();
    assert!(copies.iter().all(|name| name.starts_with("requests-")), "{copies:?}");
    managed.hides_the_key();
}

#[tokio::test]
async fn rows_are_counted_with_the_requests_that_are_given() {
    let managed = managed().await;
    let file = requests(managed.home.path(), &["a", "b#error-429", "c#missing"]);
    let name = managed.sent(&["batch", "--model", MODEL, "--file", &file]);
    assert_eq!(managed.run(&["jobs", "watch", &name]).code, 0);
    let out = managed.path("rows.jsonl");
    assert_eq!(managed.run(&["result", &name, "--out", &out]).code, 1);

    // Where the batch was not sent from, its requests are not known until they are given. Then they are.
    let other = Data::default();
    add(&other, &managed.service.origin, &managed.service.api_key, &[]);
    let missing = ["result", &name, "--rows", "missing"];
    assert!(other.run(&missing).refused(2).contains("--requests"));
    let given = other.run(&[&missing[..], &["--requests", &file]].concat());
    assert_eq!((given.code, keys(&given)), (1, vec!["c#missing".to_owned()]), "{}", given.err);
    assert_eq!(keys(&other.run(&missing)), ["c#missing"]);
    other.holds_none_of(&[&managed.service.api_key]);

    // A file on this machine needs no project.
    let alone = Data::default();
    let here = alone.run(&["result", &out]);
    assert_eq!((here.code, here.out.lines().count()), (1, 2), "{}", here.err);
    assert!(here.err.contains("not known without the requests"), "{}", here.err);
    let here = alone.run(&["result", &out, "--requests", &file, "--rows", "missing"]);
    assert_eq!((here.code, keys(&here)), (1, vec!["c#missing".to_owned()]));
    let others = managed.path("others.jsonl");
    std::fs::write(&others, "{\"key\":\"z\",\"request\":{}}\n").unwrap();
    assert!(alone.run(&["result", &out, "--requests", &others]).refused(2).contains("None of the rows"));

    let good = managed.path("good.jsonl");
    let rows = std::fs::read_to_string(&out).unwrap();
    std::fs::write(&good, format!("{}\n", rows.lines().next().unwrap())).unwrap();
    let good = alone.run(&["result", &good]);
    assert_eq!((good.code, keys(&good)), (0, vec!["a".to_owned()]), "{}", good.err);
    assert!(Path::new(&out).is_file(), "what is not ours stays");
}

#[tokio::test]
async fn scripts_learn_from_the_exit_code_what_became_of_a_job() {
    let managed = managed().await;
    let file = requests(managed.home.path(), &["a"]);
    let batch = ["batch", "--model", MODEL, "--file", &file];

    // Wrong usage is told before anything is asked.
    let with_webhook = ["--webhook", "http://127.0.0.1:9/a"];
    for (arguments, told) in [
        (vec!["jobs", "show", "files/abc"], "not the name of a job"),
        (vec!["jobs", "list", "--project", "other"], "there is"),
        (vec!["jobs", "list", "--limit", "0"], "0"),
        (vec!["jobs", "dispatch", "interaction", "--input", "Hi"], "--model"),
        ([&["jobs", "dispatch"][..], &batch[..], &["--metadata", "run=7"]].concat(), "--webhook"),
        ([&["jobs", "dispatch"][..], &batch[..], &with_webhook, &["--no-webhook"]].concat(), "--no-webhook"),
        ([&["jobs", "dispatch"][..], &batch[..], &with_webhook, &["--metadata", "run"]].concat(), "run=7"),
        (vec!["watch"], "--missed"),
        (vec!["watch", "--missed", "--since", "soon"], "24h"),
    ] {
        let said = managed.run(&arguments);
        assert!(said.refused(2).contains(told), "{arguments:?}: {}", said.err);
    }
    let broken = managed.path("broken.jsonl");
    std::fs::write(&broken, "{\"key\":\"a\"}\nhello\n").unwrap();
    let said = managed.run(&["jobs", "dispatch", "batch", "--model", MODEL, "--file", &broken]);
    let told = said.refused(2);
    assert!(told.contains("line 1") && told.contains("line 2"), "all mistakes at once: {told}");

    // What the service does not know, perhaps another key made.
    for command in [["jobs", "show"], ["jobs", "watch"], ["jobs", "cancel"]] {
        let said = managed.run(&[&command[..], &["batches/nobody0000"]].concat());
        assert!(said.refused(1).contains("another key"), "{command:?}: {}", said.err);
    }
    assert!(managed.run(&["result", "batches/nobody0000"]).refused(1).contains("another key"));
    managed.run(&["result", "files/nobody0000"]).refused(1);

    // A job that runs has no result, and can be cancelled.
    managed.service.call("PATCH", "/emulator/settings", Some(json!({ "jobs": { "batch_ms": 600_000 } }))).await;
    let name = managed.sent(&[&batch[..], &["--no-webhook"]].concat());
    assert!(managed.run(&["result", &name]).refused(1).contains("no result yet"));
    let cancelled = managed.run(&["jobs", "cancel", &name, "--json"]).json();
    assert_eq!((&cancelled["name"], &cancelled["phase"]), (&json!(name), &json!("cancelled")));
    let watched = managed.run(&["jobs", "watch", &name]);
    assert!(watched.code == 1 && watched.out.contains("cancelled"), "{}", watched.out);
    let failing = [&batch[..], &with_webhook, &["--metadata", "emulator_outcome=fail"]].concat();
    managed.service.call("PATCH", "/emulator/settings", Some(json!({ "jobs": { "batch_ms": 150 } }))).await;
    let failed = managed.sent(&failing);
    let watched = managed.run(&["jobs", "watch", &failed, "--json"]);
    assert_eq!((watched.code, &lines(&watched).last().unwrap()["phase"]), (1, &json!("failed")));
    managed.hides_the_key();

    let Managed { data, service, .. } = managed;
    drop(service);
    let dispatch = [&["jobs", "dispatch"][..], &batch[..]].concat();
    for arguments in [vec!["jobs", "list"], vec!["jobs", "watch", &name], vec!["result", "files/abc"], dispatch] {
        assert_eq!(data.run(&arguments).code, 4, "{arguments:?}");
    }
    let shown = data.run(&["jobs", "show", &name]);
    assert!(shown.code == 4 && shown.out.contains("cancelled"), "what is known is shown: {}", shown.out);
}

#[tokio::test]
async fn an_interaction_that_waits_says_for_what() {
    let managed = managed().await;
    let tools = managed.path("tools.json");
    let refund = json!({ "type": "function", "name": "issue_refund", "description": "Pays back.",
                         "parameters": { "type": "object", "properties": { "order": { "type": "string" } } } });
    std::fs::write(&tools, json!([refund]).to_string()).unwrap();
    let input = ["--model", MODEL, "--input", "Refund order 7"];
    let name = managed.sent(&[&["interaction"][..], &input, &["--tools", &tools]].concat());
    assert!(name.starts_with("interactions/"), "{name}");

    let watched = managed.run(&["jobs", "watch", &name, "--json"]);
    assert_eq!((watched.code, &lines(&watched).last().unwrap()["phase"]), (1, &json!("waiting")), "{}", watched.err);
    assert!(watched.err.contains("issue_refund"), "{}", watched.err);
    let listed = managed.run(&["jobs", "list", "--kind", "interaction", "--json"]).json();
    assert_eq!((&listed[0]["name"], &listed[0]["note"]), (&json!(name), &json!("issue_refund")));
    let steps = managed.run(&["result", &name, "--json"]);
    assert_eq!((steps.code, &lines(&steps)[0]["pending"][0]["name"]), (1, &json!("issue_refund")));

    let name = managed.sent(&[&["interaction"][..], &input].concat());
    assert_eq!(managed.run(&["jobs", "watch", &name]).code, 0);
    let steps = managed.run(&["result", &name]);
    assert!(steps.code == 0 && steps.out.contains("model_output"), "{}{}", steps.out, steps.err);
    assert!(managed.run(&["result", &name, "--rows", "failed"]).refused(2).contains("no rows"));
    managed.hides_the_key();
}

#[tokio::test]
async fn a_video_is_written_as_it_is() {
    let managed = managed().await;
    let name = managed.sent(&["video", "--model", "veo-3.1", "--prompt", "Two stars rise"]);
    assert_eq!(managed.run(&["jobs", "watch", &name]).code, 0);
    let out = managed.path("stars.mp4");
    let written = managed.run(&["result", &name, "--out", &out, "--json"]).json();
    let bytes = std::fs::read(&out).unwrap();
    assert_eq!((&written["bytes"], &written["out"]), (&json!(bytes.len()), &json!(out)));
    let piped = managed.data.command(&["result", &name]).stdin(Stdio::null()).output().unwrap();
    assert!(piped.status.success() && piped.stdout == bytes && !bytes.is_empty());
    managed.hides_the_key();
}

#[tokio::test]
async fn what_was_missed_is_found_with_its_cause() {
    let managed = managed().await;
    let said = managed.run(&["watch", "--missed"]);
    assert!(said.code == 0 && said.out.contains("Nothing was missed"), "{}{}", said.out, said.err);

    let file = requests(managed.home.path(), &["a"]);
    let sent = |metadata: &str| {
        let own = ["--webhook", "http://127.0.0.1:9/nightly", "--metadata", metadata];
        managed.sent(&[&["batch", "--model", MODEL, "--file", &file, "--title", "Nightly"][..], &own].concat())
    };
    let at_once = ["watch", "--missed", "--grace", "0s"];
    // One that still runs has not missed anything.
    let running = sent("emulator_outcome=never");
    assert_eq!(managed.run(&at_once).code, 0);

    let name = sent("emulator_call=never");
    assert_eq!(managed.run(&["jobs", "watch", &name]).code, 0);
    let within = managed.run(&["watch", "--missed", "--json"]);
    assert_eq!((within.code, within.out.as_str()), (0, ""), "its event may still come: {}", within.err);
    // Each look finds it.
    for _ in 0..2 {
        let said = managed.run(&[&at_once[..], &["--json", "--project", "nightly"]].concat());
        assert_eq!(said.code, 1, "{}", said.err);
        let found = lines(&said);
        assert_eq!(found.len(), 1, "not {running}: {}", said.out);
        assert_eq!((&found[0]["name"], &found[0]["event_type"]), (&json!(name), &json!("batch.succeeded")));
        assert_eq!(found[0]["brief"]["cause"], "points_elsewhere", "{}", found[0]);
        assert!(!found[0]["evidence"].as_array().unwrap().is_empty());
    }
    let words = managed.run(&at_once);
    assert!(words.code == 1 && words.out.contains("points_elsewhere") && words.out.contains(&name), "{}", words.out);
    let shown = managed.run(&["jobs", "show", &name, "--json"]).json();
    assert_eq!(shown["finding"]["brief"]["cause"], "points_elsewhere");
    managed.hides_the_key();

    let Managed { data, service, .. } = managed;
    drop(service);
    data.run(&at_once).refused(4);
}

#[test]
fn what_may_cost_money_is_not_sent_unasked() {
    let (data, home) = (Data::default(), tempfile::tempdir().unwrap());
    let key = "AIzaSyNobodyHasThisKey0000";
    add(&data, "https://service.invalid", key, &["--unchecked"]);
    let file = requests(home.path(), &["a", "b", "c"]);
    for (arguments, told) in [
        (vec!["batch", "--model", MODEL, "--file", &file], "3 requests"),
        (vec!["interaction", "--model", MODEL, "--input", "Hi"], "an interaction"),
        (vec!["video", "--model", "veo-3.1", "--prompt", "Two stars"], "a video"),
    ] {
        let said = data.run(&[&["jobs", "dispatch"][..], &arguments[..]].concat());
        let said = said.refused(2);
        assert!(said.contains(told) && said.contains("cost money") && said.contains("--yes"), "{said}");
    }
    data.holds_none_of(&[key]);
}

#[cfg(unix)]
#[tokio::test]
async fn a_watch_that_is_interrupted_ends() {
    use std::io::{BufRead as _, BufReader};
    let managed = managed().await;
    let file = requests(managed.home.path(), &["a"]);
    let own = ["--webhook", "http://127.0.0.1:9/a", "--metadata", "emulator_outcome=never"];
    let name = managed.sent(&[&["batch", "--model", MODEL, "--file", &file][..], &own].concat());
    let mut command = managed.data.command(&["jobs", "watch", &name, "--json"]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (mut out, mut line) = (BufReader::new(child.stdout.take().unwrap()), String::new());
    out.read_line(&mut line).unwrap();
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(line["phase"], "running");
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let ended = child.wait_with_output().unwrap();
    let err = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{err}");
    assert!(err.contains("the job goes on"), "{err}");
}

/// The most memory that `pollux result` took for this job, in MiB.
#[cfg(target_os = "linux")]
fn memory(managed: &Managed, name: &str, asked: u64) -> u64 {
    let out = managed.path("rows.jsonl");
    let mut command = managed.data.command(&["result", name, "--out", &out, "--json"]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    // It only grows, so the last reading before the end is within a moment's growth of all.
    while child.try_wait().unwrap().is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
        most = line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap_or_default().max(most);
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let counted = child.wait_with_output().unwrap();
    let counted: Value = serde_json::from_slice(&counted.stdout).unwrap();
    assert_eq!(counted["answered"], asked, "{counted}");
    assert!(most > 0, "it was over before it was looked at");
    most / 1024
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_output_of_a_gigabyte_is_read_in_little_memory() {
    let managed = managed().await;
    let file = requests(managed.home.path(), &["a"]);
    let own = ["--webhook", "http://127.0.0.1:9/a"];
    let sent = |rows: u64| {
        let metadata = format!("emulator_rows=filler={rows}");
        let name = managed
            .sent(&[&["batch", "--model", MODEL, "--file", &file][..], &own, &["--metadata", &metadata]].concat());
        assert_eq!(managed.run(&["jobs", "watch", &name]).code, 0);
        name
    };
    let (small, large) = (sent(1_000), sent(1_048_576));
    let (few, many) = (memory(&managed, &small, 1_001), memory(&managed, &large, 1_048_577));
    let bytes = std::fs::metadata(managed.path("rows.jsonl")).unwrap().len();
    assert!(bytes >= 1 << 30, "{bytes} bytes");
    assert!(many < few + 100, "{many} MiB, and {few} MiB for a small one");
}
