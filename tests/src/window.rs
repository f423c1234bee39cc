//! The real window: Xvfb, a session bus and WebKitWebDriver of its own, and a home that nobody else uses.

use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::{Mutex, MutexGuard};
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{AtomEnum, ClientMessageEvent, ConnectionExt as _, EventMask, InputFocus};
use x11rb::rust_connection::RustConnection;

use crate::pictures::artifacts;

/// How long anything may take to show up.
const PATIENCE: Duration = Duration::from_secs(30);

/// How WebKit is told to draw without OpenGL.
pub const RENDERER: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";

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
    /// The port of the listener; `None`: any free one.
    pub port: Option<u16>,
    /// Drawn as on any machine without a graphics card. WebDriver then waits for ever for a picture of a window in which
    /// nothing moves, so the others are drawn by emulated OpenGL.
    pub as_drawn: bool,
    /// For a user who is new: with the first steps. Others are past them.
    pub first_steps: bool,
    /// More of its environment.
    pub environment: Vec<(&'static str, String)>,
}

/// A window and everything it runs in. Ended when dropped.
pub struct Window {
    /// WebDriver.
    pub client: Client,
    /// The folder of its history.
    pub home: PathBuf,
    driver: Group,
    display: u32,
    _display: Group,
    folder: TempDir,
    _alone: MutexGuard<'static, ()>,
}

/// One window at a time on a small machine, also where the runner starts tests as threads.
static ALONE: Mutex<()> = Mutex::const_new(());

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
    let home = options.home.clone();
    let folder = tempfile::tempdir().unwrap();
    let home = home.unwrap_or_else(|| folder.path().join("home"));
    std::fs::create_dir_all(&home).unwrap();
    set_up(&home, &options).await;
    let window = start(options, home, folder).await;
    window.until("the window is usable", USABLE).await;
    window
}

const USABLE: &str = "const drawn = performance.getEntriesByName('pollux:usable').length > 0 || document.querySelector('[data-testid=first-start]') !== null; \
     return drawn && document.fonts.status === 'loaded'";

/// Opens the app on a home that is there, and waits for nothing.
pub async fn open_as_it_is(options: Options) -> Window {
    let folder = tempfile::tempdir().unwrap();
    let home = options.home.clone().expect("a home");
    start(options, home, folder).await
}

async fn start(options: Options, home: PathBuf, folder: TempDir) -> Window {
    let alone = ALONE.lock().await;
    let (display, number) = display(options.screen.unwrap_or((1360, 860)));
    let port = free_port();
    let driver = driver(&options, folder.path(), &home, number, port);
    let client = connect(port, &options.binary.clone().unwrap_or_else(crate::app)).await;
    Window { client, home, driver, display: number, _display: display, folder, _alone: alone }
}

/// The default port may be taken on a developer's machine: the window of a test listens on another.
async fn set_up(home: &Path, options: &Options) {
    let store = store::Store::open(&home.join("pollux.db"), store::Options::default()).unwrap();
    if store.settings().get("settings").await.unwrap().is_none() || options.port.is_some() {
        let tour = if options.first_steps { "shown" } else { "done" };
        store.settings().set("settings", &json!({ "port": options.port, "first_steps": tour })).await.unwrap();
    }
    store.close().await;
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
    let mut command = Command::new("dbus-run-session");
    match options.as_drawn {
        true => command.env_remove(RENDERER),
        false => command.env(RENDERER, "0"),
    };
    let child = command
        .args(["--", "sh", "-c", &format!("{keychain}exec WebKitWebDriver --host=127.0.0.1 --port={port}")])
        .env("DISPLAY", format!(":{display}"))
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("DBUS_SESSION_BUS_ADDRESS")
        .env("HOME", folder)
        .env("XDG_RUNTIME_DIR", &runtime)
        .env("XDG_CONFIG_HOME", folder.join("config"))
        .env("XDG_DATA_HOME", folder.join("data"))
        .env("XDG_CACHE_HOME", folder.join("cache"))
        .env("POLLUX_DATA_DIR", home)
        .env("TAURI_AUTOMATION", "true")
        .env("TAURI_WEBVIEW_AUTOMATION", "true")
        .env("NO_AT_BRIDGE", "1")
        .env("LIBGL_ALWAYS_SOFTWARE", "1")
        .env_remove("GEMINI_API_KEY")
        .env_remove("GOOGLE_API_KEY")
        .envs(options.environment.iter().map(|(name, value)| (*name, value.as_str())))
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

/// Whether an element went before it was asked. WebKit says so with another code while it looks for one.
fn is_stale(error: &CmdError) -> bool {
    error.is_stale_element_reference() || error.to_string().contains("Stale element")
}

const ESCAPE: &str = "\u{e00c}";

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
        let started = Instant::now();
        loop {
            let found = self.client.wait().at_most(PATIENCE).for_element(Locator::Css(selector)).await;
            match found {
                Ok(element) => return element,
                // It was drawn anew between the look and the answer.
                Err(error) if is_stale(&error) && started.elapsed() < PATIENCE => {}
                Err(error) => {
                    self.shot("failed").await;
                    panic!("{selector}: {error}")
                }
            }
        }
    }

    /// Clicks the first element with a test hook, once it can be clicked: a button may wait for data, a menu for its place,
    /// and a toast may stand in front of either for some seconds.
    pub async fn click(&self, id: &str) {
        let started = Instant::now();
        loop {
            let element = self.wait(id).await;
            let error = match element.is_enabled().await {
                Ok(true) => match element.click().await {
                    Ok(()) => return,
                    Err(error) => Some(error),
                },
                Ok(false) => None,
                Err(error) => Some(error),
            };
            let settling = error.as_ref().is_none_or(|error| {
                let covered = format!("{error:?}").contains("ElementClickIntercepted");
                covered || error.is_element_not_interactable() || error.is_stale_element_reference()
            });
            if !settling || started.elapsed() > PATIENCE {
                self.shot("failed").await;
                panic!("{id} cannot be clicked: {error:?}");
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
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
        let started = Instant::now();
        loop {
            match self.wait(id).await.text().await {
                Ok(text) => return text,
                Err(error) if is_stale(&error) && started.elapsed() < PATIENCE => {}
                Err(error) => panic!("{id}: {error}"),
            }
        }
    }

    /// Where the listener is: `http://127.0.0.1:PORT/`.
    pub async fn address(&self) -> String {
        let shown = self.wait("listener-address").await.prop("textContent").await.unwrap().unwrap();
        format!("http://{}/", shown.trim().trim_start_matches("http://").trim_end_matches('/'))
    }

    /// Keeps a screenshot among the artifacts.
    pub async fn shot(&self, name: &str) {
        let folder = artifacts();
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), self.picture().await).unwrap();
    }

    /// Takes a screenshot (PNG). What was just changed is on the screen two frames later.
    pub async fn picture(&self) -> Vec<u8> {
        let drawn = "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(true), 120)))";
        self.client.execute_async(drawn, Vec::new()).await.unwrap();
        self.client.screenshot().await.unwrap()
    }

    /// Types into the first element with a test hook, in place of what is there.
    pub async fn fill(&self, id: &str, text: &str) {
        let element = self.wait(id).await;
        element.clear().await.unwrap();
        element.send_keys(text).await.unwrap();
    }

    /// Types a search in the place of the one that is there, and closes the list of suggestions.
    pub async fn search(&self, text: &str) {
        self.type_search(text).await;
        self.wait("search-input").await.send_keys(ESCAPE).await.unwrap();
        self.gone(&hook("suggestions")).await;
    }

    /// Types a search in the place of the one that is there; suggestions stay open.
    pub async fn type_search(&self, text: &str) {
        self.wait_css("[data-testid=search-box][data-ready=true]").await;
        self.click("search-input").await;
        let input = self.wait("search-input").await;
        // Ctrl+A, and what is chosen goes.
        input.send_keys("\u{e009}a\u{e000}\u{e003}").await.unwrap();
        if !text.is_empty() {
            input.send_keys(text).await.unwrap();
        }
        let typed = self.searched().await;
        assert_eq!(typed, text, "the box has what was typed");
    }

    /// What stands in the search box.
    pub async fn searched(&self) -> String {
        let script = "const line = document.querySelector('[data-testid=search-input] .cm-line').cloneNode(true); \
                      line.querySelectorAll('.chip-x, .cm-placeholder').forEach((one) => one.remove()); return line.textContent";
        self.script(script).await.as_str().unwrap_or_default().to_owned()
    }

    /// Chooses an option of a select with a test hook.
    pub async fn choose(&self, id: &str, value: &str) {
        self.wait(id).await;
        self.script(&format!(
            "const select = document.querySelector('{}'); select.value = {value:?}; \
             select.dispatchEvent(new Event('change', {{ bubbles: true }}))",
            hook(id)
        ))
        .await;
    }

    /// The number of matching deliveries that the window shows.
    pub async fn count_is(&self, expected: usize) {
        let script = format!(
            "const grid = document.querySelector('{}'); return grid !== null && Number(grid.getAttribute('aria-rowcount')) - 1 === {expected}",
            hook("grid")
        );
        self.until(&format!("{expected} deliveries in the list"), &script).await;
    }

    /// Waits until nothing matches a selector any more.
    pub async fn gone(&self, selector: &str) {
        self.until(&format!("{selector} is gone"), &format!("return document.querySelector({selector:?}) === null"))
            .await;
    }

    /// Waits for the newest row to have an outcome and a reason.
    pub async fn newest_is(&self, outcome: &str, reason: &str) {
        let script = format!(
            "const row = document.querySelector('{} [role=row][data-id]'); return row !== null && row.dataset.outcome === {outcome:?} && row.dataset.reason === {reason:?}",
            hook("grid")
        );
        self.until(&format!("the newest row is {outcome}, {reason}"), &script).await;
    }

    /// Light or dark, whatever the settings say.
    pub async fn theme(&self, theme: &str) {
        self.script(&format!("document.documentElement.dataset.theme = {theme:?}")).await;
    }

    /// Screenshots in both themes.
    pub async fn shots(&self, name: &str) {
        for theme in ["dark", "light"] {
            self.theme(theme).await;
            self.shot(&format!("{name}-{theme}")).await;
        }
    }

    /// The processes of this session whose name is `name`.
    pub fn processes(&self, name: &str) -> Vec<u32> {
        let group = self.driver.0.id().to_string();
        let output = Command::new("pgrep").args(["-g", &group, "-x", name]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().lines().filter_map(|line| line.trim().parse().ok()).collect()
    }

    /// Asks the window to close, as its user does.
    pub fn ask_to_close(&self) {
        ask_to_close(self.display).unwrap();
    }

    /// Brings it to the front, as its user does: nothing shows where the focus is in a window that has no keyboard.
    pub async fn activate(&self) {
        give_keyboard(self.display).unwrap();
        self.until("the window has the keyboard", "return document.hasFocus()").await;
    }

    /// Everything that its session wrote: homes, caches, downloads, keyrings, and what the app said.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Closes the window as its user does, and waits for the process to end.
    pub async fn close(self) {
        self.ask_to_close();
        let started = Instant::now();
        while !self.processes("pollux-app").is_empty() {
            assert!(started.elapsed() < PATIENCE, "the app did not end");
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }
}

type X11<T> = Result<T, Box<dyn std::error::Error>>;

/// Finds the window named Pollux.
fn named(display: u32) -> X11<(RustConnection, u32)> {
    let (connection, screen) = x11rb::connect(Some(&format!(":{display}")))?;
    let root = connection.setup().roots[screen].root;
    let children = connection.query_tree(root)?.reply()?.children;
    for window in children {
        let name = connection.get_property(false, window, AtomEnum::WM_NAME, AtomEnum::ANY, 0, 64)?.reply()?.value;
        if name == b"Pollux" {
            return Ok((connection, window));
        }
    }
    Err("no window named Pollux".into())
}

/// Sends WM_DELETE_WINDOW to the window, as a window manager does for its close button (ICCCM, 4.2.8.1).
fn ask_to_close(display: u32) -> X11<()> {
    let (connection, window) = named(display)?;
    let atom = |name: &[u8]| -> X11<u32> { Ok(connection.intern_atom(false, name)?.reply()?.atom) };
    let (protocols, delete) = (atom(b"WM_PROTOCOLS")?, atom(b"WM_DELETE_WINDOW")?);
    let event = ClientMessageEvent::new(32, window, protocols, [delete, 0, 0, 0, 0]);
    connection.send_event(false, window, EventMask::NO_EVENT, event)?.check()?;
    Ok(())
}

/// Gives the window the keyboard, as a window manager does for the one in front.
fn give_keyboard(display: u32) -> X11<()> {
    let (connection, window) = named(display)?;
    connection.set_input_focus(InputFocus::PARENT, window, x11rb::CURRENT_TIME)?.check()?;
    Ok(())
}
