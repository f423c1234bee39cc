//! The real window: Xvfb, a session bus and WebKitWebDriver of its own, and a home that nobody else uses.

use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::elements::Element;
use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;

/// How long anything may take to show up.
const PATIENCE: Duration = Duration::from_secs(20);

/// How a window is opened.
#[derive(Default)]
pub struct Options {
    /// Run an unlocked gnome-keyring in its session.
    pub keychain: bool,
    /// Use this home instead of a fresh one.
    pub home: Option<PathBuf>,
    /// The screen, 1360 × 860 where nothing is said.
    pub screen: Option<(u32, u32)>,
    /// Another binary than the debug build.
    pub binary: Option<PathBuf>,
}

/// A window and everything it runs in. Ended when dropped.
pub struct Window {
    /// WebDriver.
    pub client: Client,
    /// The folder of its history.
    pub home: PathBuf,
    _driver: Group,
    _display: Group,
    _folder: TempDir,
}

/// A process with all its children.
struct Group(Child);

impl Drop for Group {
    fn drop(&mut self) {
        // The group is our own: it was made with its leader.
        let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", self.0.id())]).stderr(Stdio::null()).status();
        let _ = self.0.wait();
    }
}

/// Opens the app and waits until its window can be used.
pub async fn open(options: Options) -> Window {
    let folder = tempfile::tempdir().unwrap();
    let home = options.home.clone().unwrap_or_else(|| folder.path().join("home"));
    std::fs::create_dir_all(&home).unwrap();
    let (display, number) = display(options.screen.unwrap_or((1360, 860)));
    let port = free_port();
    let driver = driver(&options, folder.path(), &home, number, port);
    let client = connect(port, &options.binary.clone().unwrap_or_else(crate::binary)).await;
    Window { client, home, _driver: driver, _display: display, _folder: folder }
}

fn display((width, height): (u32, u32)) -> (Group, u32) {
    let mut child = Command::new("Xvfb")
        .args(["-displayfd", "1", "-nolisten", "tcp", "-screen", "0", &format!("{width}x{height}x24")])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .expect("Xvfb: .ci/setup test installs it");
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let number = line.trim().parse().expect("Xvfb says its display");
    (Group(child), number)
}

fn driver(options: &Options, folder: &Path, home: &Path, display: u32, port: u16) -> Group {
    let runtime = folder.join("run");
    std::fs::create_dir_all(&runtime).unwrap();
    let keychain = if options.keychain {
        "printf pollux | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1; "
    } else {
        ""
    };
    let log = std::fs::File::create(folder.join("driver.log")).unwrap();
    let child = Command::new("dbus-run-session")
        .args(["--", "sh", "-c", &format!("{keychain}exec WebKitWebDriver --host=127.0.0.1 --port={port}")])
        .env("DISPLAY", format!(":{display}"))
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("DBUS_SESSION_BUS_ADDRESS")
        .env("HOME", folder)
        .env("XDG_RUNTIME_DIR", &runtime)
        .env("XDG_CONFIG_HOME", folder.join("config"))
        .env("XDG_DATA_HOME", folder.join("data"))
        .env("XDG_CACHE_HOME", folder.join("cache"))
        .env("POLLUX_HOME", home)
        .env("TAURI_AUTOMATION", "true")
        .env("TAURI_WEBVIEW_AUTOMATION", "true")
        .env("NO_AT_BRIDGE", "1")
        .env("LIBGL_ALWAYS_SOFTWARE", "1")
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .process_group(0)
        .spawn()
        .expect("dbus-run-session: .ci/setup test installs it");
    Group(child)
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

async fn connect(port: u16, binary: &Path) -> Client {
    let mut capabilities = Capabilities::new();
    capabilities.insert("webkitgtk:browserOptions".into(), json!({ "binary": binary, "args": [] }));
    let started = Instant::now();
    loop {
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let attempt = builder.capabilities(capabilities.clone()).connect(&format!("http://127.0.0.1:{port}")).await;
        match attempt {
            Ok(client) => return client,
            Err(error) if started.elapsed() > PATIENCE => panic!("the window did not open: {error}"),
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

/// The selector of a test hook.
pub fn hook(id: &str) -> String {
    format!("[data-testid=\"{id}\"]")
}

impl Window {
    /// Waits for the first element with a test hook.
    pub async fn wait(&self, id: &str) -> Element {
        self.wait_css(&hook(id)).await
    }

    /// Waits for the first element that a selector finds.
    pub async fn wait_css(&self, selector: &str) -> Element {
        let found = self.client.wait().at_most(PATIENCE).for_element(Locator::Css(selector)).await;
        match found {
            Ok(element) => element,
            Err(error) => {
                self.shot("failed").await;
                panic!("{selector}: {error}")
            }
        }
    }

    /// Clicks the first element with a test hook.
    pub async fn click(&self, id: &str) {
        self.wait(id).await.click().await.unwrap();
    }

    /// Presses keys in the page.
    pub async fn press(&self, keys: &str) {
        let body = self.client.find(Locator::Css("body")).await.unwrap();
        body.send_keys(keys).await.unwrap();
    }

    /// Runs a script; `return` gives its value.
    pub async fn script(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// Waits until a script gives true.
    pub async fn until(&self, what: &str, script: &str) {
        let started = Instant::now();
        while self.script(script).await != Value::Bool(true) {
            if started.elapsed() > PATIENCE {
                self.shot("failed").await;
                panic!("not in time: {what}");
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    /// The text of the first element with a test hook.
    pub async fn text(&self, id: &str) -> String {
        self.wait(id).await.text().await.unwrap()
    }

    /// Where the listener is: `http://127.0.0.1:PORT/`.
    pub async fn address(&self) -> String {
        let shown = self.wait("listener-address").await.text().await.unwrap();
        format!("http://{}/", shown.trim().trim_start_matches("http://").trim_end_matches('/'))
    }

    /// Keeps a screenshot among the artifacts.
    pub async fn shot(&self, name: &str) {
        let folder = std::env::var_os("POLLUX_ARTIFACTS")
            .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/artifacts")), PathBuf::from);
        std::fs::create_dir_all(&folder).unwrap();
        let picture = self.client.screenshot().await.unwrap();
        std::fs::write(folder.join(format!("{name}.png")), picture).unwrap();
    }

    /// Ends the session: the app closes its window.
    pub async fn close(self) {
        self.client.clone().close().await.unwrap();
    }
}
