//! cloudflared, played by a stand-in that says what the real one says.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use inbound::tunnel::cloudflared::{Cloudflared, Pace};
use inbound::tunnel::{Failure, FailureCode, Site, State, Tunnel};
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) const PACE: Pace = Pace {
    poll: Duration::from_millis(20),
    watch: Duration::from_millis(40),
    connect: Duration::from_millis(600),
    stuck: Duration::from_secs(60),
    settle: Duration::from_millis(400),
    stop: Duration::from_millis(700),
    first_wait: Duration::from_millis(20),
    longest_wait: Duration::from_millis(100),
    limited_wait: Duration::from_millis(300),
};

/// A tunnel that is running, with the stand-in as its program.
struct Rig {
    folder: tempfile::TempDir,
    states: mpsc::Receiver<State>,
    stop: CancellationToken,
    local: watch::Sender<Option<SocketAddr>>,
    task: JoinHandle<()>,
}

/// A folder with the stand-in, and the tunnel that runs it.
pub(crate) fn prepare(folder: &Path, modes: &Value) -> Cloudflared {
    let program = folder.join("cloudflared");
    std::os::unix::fs::symlink(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/cloudflared/fake.py"), &program).unwrap();
    fs::write(folder.join("modes.json"), modes.to_string()).unwrap();
    Cloudflared { pace: PACE, ..Cloudflared::new(Some(program), false, folder.join("state/cloudflared.json")) }
}

pub(crate) type Ends = (Site, mpsc::Receiver<State>, watch::Sender<Option<SocketAddr>>);

pub(crate) fn site(port: u16) -> Ends {
    let (to_states, states) = mpsc::channel(64);
    let (to_local, local) = watch::channel(Some(SocketAddr::from(([127, 0, 0, 1], port))));
    let stop = CancellationToken::new();
    (Site { intake: Arc::new(|| None), local, states: to_states, stop, random: Arc::new(|| 0.5) }, states, to_local)
}

fn run(modes: Value) -> Rig {
    run_with(modes, |_| ())
}

fn run_with(modes: Value, change: impl FnOnce(&mut Cloudflared)) -> Rig {
    let folder = tempfile::tempdir().unwrap();
    let mut tunnel = prepare(folder.path(), &modes);
    change(&mut tunnel);
    let (site, states, local) = site(8081);
    let stop = site.stop.clone();
    let task = tokio::spawn(Box::new(tunnel).run(site));
    Rig { folder, states, stop, local, task }
}

impl Rig {
    async fn next(&mut self) -> State {
        let next = tokio::time::timeout(Duration::from_secs(60), self.states.recv()).await;
        next.expect("a state in time").expect("it says a last state")
    }

    async fn online(&mut self) -> String {
        loop {
            match self.next().await {
                State::Online { public, latency: None } => return public,
                State::Starting | State::Reconnecting { .. } => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// The next sentence of a reconnect, and its wait.
    async fn reconnecting(&mut self) -> (String, Option<Duration>) {
        match self.next().await {
            State::Reconnecting { why, retry_in, attempt } => {
                assert!(attempt >= 1);
                (why, retry_in)
            }
            other => panic!("{other:?}"),
        }
    }

    async fn failed(mut self) -> Failure {
        assert_eq!(self.next().await, State::Starting);
        let State::Failed(failure) = self.next().await else { panic!("it goes on") };
        self.task.await.unwrap();
        failure
    }

    fn starts(&self) -> Vec<Value> {
        starts(self.folder.path())
    }

    /// Stops it and checks that nothing is left.
    async fn stop(mut self) {
        self.stop.cancel();
        while self.next().await != State::Stopped {}
        assert!(self.states.recv().await.is_none(), "nothing comes after the last state");
        self.task.await.unwrap();
        for start in starts(self.folder.path()) {
            assert!(!alive(pid(&start)), "nothing is left");
        }
        assert!(!self.folder.path().join("state/cloudflared.json").exists(), "no note is left");
    }
}

pub(crate) fn starts(folder: &Path) -> Vec<Value> {
    let lines = fs::read_to_string(folder.join("starts.jsonl")).unwrap_or_default();
    lines.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

pub(crate) fn pid(start: &Value) -> u32 {
    start["pid"].as_u64().unwrap() as u32
}

/// Its state and its start, as the system tells them.
pub(crate) fn stat(pid: u32) -> Option<(String, u64)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<_> = stat.rsplit_once(") ")?.1.split(' ').collect();
    Some((fields[0].to_owned(), fields[19].parse().ok()?))
}

pub(crate) fn alive(pid: u32) -> bool {
    stat(pid).is_some_and(|(state, _)| state != "Z")
}

#[tokio::test]
async fn online_with_flags_of_its_own_and_a_clean_environment() {
    let mut rig = run(json!([{ "mode": "ok" }]));
    assert_eq!(rig.next().await, State::Starting);
    let online = State::Online { public: "https://four-dashed-word-url0.trycloudflare.com/".into(), latency: None };
    assert_eq!(rig.next().await, online);
    let start = rig.starts().remove(0);
    let arguments: Vec<_> = start["arguments"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    let config = rig.folder.path().join("state/cloudflared.empty.yml");
    assert_eq!(arguments[..4], ["tunnel", "--no-autoupdate", "--config", config.to_str().unwrap()]);
    assert_eq!(arguments[4], "--metrics");
    assert_eq!(arguments[5].split(':').next(), Some("127.0.0.1"));
    assert_eq!(arguments[6..], ["--output", "json", "--url", "http://127.0.0.1:8081"]);
    assert_eq!((&start["config_bytes"], &start["stdin"]), (&json!(0), &json!("")));
    assert_eq!(start["group"], start["pid"], "a group of its own");
    rig.stop().await;
}

#[tokio::test]
async fn http2_is_asked_for_and_a_file_that_was_written_into_is_emptied() {
    let mut rig = run_with(json!([{ "mode": "ok" }]), |tunnel| {
        tunnel.http2 = true;
        let folder = tunnel.state_file.parent().unwrap();
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join("cloudflared.empty.yml"), "ingress: [{service: http://127.0.0.1:1}]").unwrap();
    });
    rig.online().await;
    let start = rig.starts().remove(0);
    let arguments = start["arguments"].as_array().unwrap();
    assert!(arguments.windows(2).any(|pair| pair == [json!("--protocol"), json!("http2")]));
    assert_eq!(start["config_bytes"], 0);
    rig.stop().await;
}

#[tokio::test]
async fn the_address_is_shown_only_when_it_is_ready() {
    let begin = Instant::now();
    let mut rig =
        run_with(json!([{ "mode": "ok", "after": 0.8 }]), |tunnel| tunnel.pace.connect = Duration::from_secs(5));
    assert_eq!(rig.next().await, State::Starting);
    assert!(matches!(rig.next().await, State::Online { .. }));
    assert!(begin.elapsed() >= Duration::from_millis(800), "not before it is connected");
    rig.stop().await;
}

#[tokio::test]
async fn the_address_is_read_from_both_formats_where_there_is_no_page_for_it() {
    for plain in [false, true] {
        let mut rig = run(json!([{ "mode": "ok", "no_page": true, "plain": plain }]));
        assert_eq!(rig.online().await, "https://four-dashed-word-url0.trycloudflare.com/");
        rig.stop().await;
    }
}

#[tokio::test]
async fn megabytes_of_output_do_not_block_it() {
    let mut rig = run(json!([{ "mode": "ok", "noise": 3000 }]));
    rig.online().await;
    rig.stop().await;
}

#[tokio::test]
async fn a_lost_connection_comes_back_under_the_same_address() {
    let mut rig = run(json!([{ "mode": "ok" }]));
    let public = rig.online().await;
    for _ in 0..2 {
        fs::write(rig.folder.path().join("down"), "").unwrap();
        assert_eq!(rig.reconnecting().await, ("cloudflared lost its connection to Cloudflare.".into(), None));
        fs::remove_file(rig.folder.path().join("down")).unwrap();
        assert_eq!(rig.online().await, public);
    }
    assert_eq!(rig.starts().len(), 1);
    rig.stop().await;
}

#[tokio::test]
async fn what_goes_wrong_is_told_by_name_and_tried_again() {
    let modes = [
        (json!({ "mode": "api500" }), "answered with an error"),
        (json!({ "mode": "dns" }), "No network"),
        (json!({ "mode": "dns", "plain": true }), "No network"),
        (json!({ "mode": "refused" }), "cannot reach Cloudflare's service"),
        (json!({ "mode": "exit", "code": 3 }), "exit status 3. It said: Something of its own [31m went wrong"),
        (json!({ "mode": "exit", "code": 0 }), "exit status 0"),
        (json!({ "mode": "ends", "after_s": 0.3 }), "exit status 7. It said: Initiating shutdown: too old"),
        (json!({ "mode": "crash", "after_s": 0, "signal": "SIGSEGV" }), "the signal SIGSEGV. It said: panic: runtime"),
        (json!({ "mode": "crash", "after_s": 0.3, "signal": "SIGKILL" }), "the signal SIGKILL"),
        (json!({ "mode": "quic", "gives_up": true }), "Turn on HTTP/2"),
        (json!({ "mode": "refusing" }), "no longer knows the address"),
    ];
    let mut all = tokio::task::JoinSet::new();
    for (mode, words) in modes {
        all.spawn(told_and_tried_again(mode, words));
    }
    while let Some(one) = all.join_next().await {
        one.unwrap();
    }
}

async fn told_and_tried_again(mode: Value, words: &'static str) {
    let mut rig = run(json!([mode, { "mode": "ok" }]));
    let told = loop {
        if let State::Reconnecting { why, retry_in: Some(wait), attempt: 1 } = rig.next().await {
            assert!((PACE.first_wait..=PACE.longest_wait).contains(&wait), "{wait:?}");
            break why;
        }
    };
    assert!(told.contains(words), "{mode}: {told}");
    assert_eq!(rig.reconnecting().await, (told, None), "the try is told, too");
    assert_eq!(rig.online().await, "https://four-dashed-word-url1.trycloudflare.com/", "another address");
    rig.stop().await;
}

#[tokio::test]
async fn too_many_tunnels_wait_long_and_name_the_ways_out() {
    for plain in [false, true] {
        let mut rig = run(json!([{ "mode": "limited", "plain": plain }, { "mode": "ok" }]));
        assert_eq!(rig.next().await, State::Starting);
        let (why, wait) = rig.reconnecting().await;
        assert!(why.contains("limits") && why.contains("Wait some minutes, or use ngrok"), "{why}");
        assert!(wait.unwrap() >= PACE.limited_wait);
        rig.online().await;
        rig.stop().await;
    }
}

#[tokio::test]
async fn blocked_udp_offers_http2_and_goes_on() {
    for http2 in [false, true] {
        let mut rig = run_with(json!([{ "mode": "quic" }]), |tunnel| tunnel.http2 = http2);
        assert_eq!(rig.next().await, State::Starting);
        let (why, wait) = rig.reconnecting().await;
        assert_eq!(why.contains("blocks UDP") && why.contains("Turn on HTTP/2"), !http2, "{why}");
        assert!(why.contains("no connection to Cloudflare"), "{why}");
        assert_eq!((wait, rig.starts().len()), (None, 1), "the same child goes on trying");
        rig.stop().await;
    }
}

#[tokio::test]
async fn without_an_address_it_is_started_anew() {
    let modes = json!([{ "mode": "mute" }, { "mode": "ok" }]);
    let mut rig = run_with(modes, |tunnel| tunnel.pace.stuck = Duration::from_secs(2));
    assert_eq!(rig.next().await, State::Starting);
    assert!(rig.reconnecting().await.0.contains("got no address"));
    rig.online().await;
    let first = pid(&rig.starts()[0]);
    assert!(!alive(first));
    rig.stop().await;
}

#[tokio::test]
async fn a_missing_program_says_how_to_install_it() {
    let missing = PathBuf::from("/nonexistent/cloudflared");
    let failure = run_with(json!([]), |tunnel| tunnel.program = Some(missing)).failed().await;
    assert_eq!(failure.code, FailureCode::CloudflaredMissing);
    for word in ["/nonexistent/cloudflared", "Debian", "brew install cloudflared", "winget install"] {
        assert!(failure.message.contains(word), "{}", failure.message);
    }
}

#[tokio::test]
async fn what_cannot_be_run_is_not_tried_again() {
    for name in ["modes.json", "."] {
        let rig = run_with(json!([]), |tunnel| {
            let folder = tunnel.program.as_ref().unwrap().parent().unwrap().to_owned();
            tunnel.program = Some(folder.join(name));
        });
        let failure = rig.failed().await;
        assert_eq!(failure.code, FailureCode::CloudflaredNotExecutable, "{name}");
    }
}

#[tokio::test]
async fn an_option_that_it_does_not_know_is_not_tried_again() {
    let failure = run(json!([{ "mode": "ok", "knows": "--config" }])).failed().await;
    assert_eq!(failure.code, FailureCode::CloudflaredUnknownFlag);
    assert!(failure.detail.unwrap().contains("flag provided but not defined: -metrics"));
}

#[tokio::test]
async fn it_is_gone_after_stop_even_where_it_does_not_listen() {
    let mut rig = run(json!([{ "mode": "ok", "deaf": true }]));
    rig.online().await;
    let begin = Instant::now();
    rig.stop().await;
    assert!(begin.elapsed() >= PACE.stop, "it was asked before it was killed");
}

#[tokio::test]
async fn a_stop_while_it_waits_or_has_no_listener_is_a_stop() {
    let mut rig = run_with(json!([{ "mode": "dns" }]), |tunnel| {
        (tunnel.pace.first_wait, tunnel.pace.longest_wait) = (Duration::from_secs(60), Duration::from_secs(60));
    });
    assert_eq!(rig.next().await, State::Starting);
    assert!(rig.reconnecting().await.1.is_some());
    rig.stop().await;

    let mut rig = run(json!([{ "mode": "ok" }]));
    rig.online().await;
    rig.local.send_replace(None);
    assert!(rig.reconnecting().await.0.contains("listener"));
    tokio::time::sleep(PACE.settle).await;
    assert_eq!(rig.starts().len(), 1, "nothing is forwarded to a port that is not ours");
    assert!(!alive(pid(&rig.starts()[0])));
    rig.stop().await;
}

#[tokio::test]
async fn another_port_is_another_child_and_the_same_port_is_the_same() {
    let mut rig = run(json!([{ "mode": "ok" }]));
    rig.online().await;
    let first = *rig.local.borrow();
    rig.local.send_replace(None);
    tokio::time::sleep(PACE.settle / 4).await;
    rig.local.send_replace(first);
    tokio::time::sleep(PACE.settle * 2).await;
    assert_eq!(rig.starts().len(), 1, "back in time: the address stays");
    rig.local.send_replace(Some(([127, 0, 0, 1], 9092).into()));
    assert_eq!(rig.online().await, "https://four-dashed-word-url1.trycloudflare.com/");
    let starts = rig.starts();
    assert!(starts[1]["arguments"].as_array().unwrap().contains(&json!("http://127.0.0.1:9092")));
    assert!(!alive(pid(&starts[0])));
    rig.stop().await;
}
