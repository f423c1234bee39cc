//! What the desktop is told, with dunst as the desktop: the session's bus starts it.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tests::sender::SECRET;
use tests::window::{Options, hook, open};

use crate::jobs::says;
use crate::managed::managed;

/// What a desktop showed.
pub(crate) struct Shown {
    file: PathBuf,
    config: PathBuf,
}

impl Shown {
    /// Has dunst write down what it shows, by a rule of its own for all of it. `folder` is to be its XDG_CONFIG_HOME.
    pub(crate) fn by_dunst(folder: &Path) -> Self {
        use std::os::unix::fs::PermissionsExt as _;
        let (file, script) = (folder.join("shown"), folder.join("show"));
        // It is called with the application, the summary and the body. One that is clicked is clicked at once.
        let text = format!(
            "#!/bin/sh\nprintf '%s: %s\\n' \"$2\" \"$3\" >> '{}'\n[ ! -e '{}' ] || dunstctl action 0\n",
            file.display(),
            folder.join("click").display()
        );
        std::fs::write(&script, text).unwrap();
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o700)).unwrap();
        std::fs::create_dir_all(folder.join("dunst")).unwrap();
        let rule = format!("[all]\nsummary = \"*\"\nscript = \"{}\"\n", script.display());
        std::fs::write(folder.join("dunst/dunstrc"), rule).unwrap();
        Self { file, config: folder.to_owned() }
    }

    /// Its user clicks what is shown from now on.
    fn click(&self) {
        std::fs::write(self.config.join("click"), "").unwrap();
    }

    /// Title and text of each.
    pub(crate) fn lines(&self) -> Vec<String> {
        std::fs::read_to_string(&self.file).unwrap_or_default().lines().map(str::to_owned).collect()
    }

    /// Waits until so many were shown.
    pub(crate) async fn until(&self, count: usize) -> Vec<String> {
        let began = Instant::now();
        while self.lines().len() < count {
            assert!(began.elapsed() < Duration::from_secs(30), "shown on the desktop: {:?}", self.lines());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.lines()
    }
}

#[tokio::test]
async fn rejected_deliveries_are_offered_then_told_once_and_a_click_leads_to_them() {
    let folder = tempfile::tempdir().unwrap();
    let (desktop, home) = (folder.path().join("desktop"), folder.path().join("home"));
    std::fs::create_dir_all(&desktop).unwrap();
    let shown = Shown::by_dunst(&desktop);
    let options = || Options {
        home: Some(home.clone()),
        environment: vec![("XDG_CONFIG_HOME", desktop.display().to_string()), ("POLLUX_KEYCHAIN", "file".to_owned())],
        ..Options::default()
    };
    let mut one = managed(options()).await;
    let secret = one.create("nightly results").await;
    // Nothing of the deliveries is in sight.
    one.window.click("rail-secrets").await;
    assert_eq!(one.send(&secret, "msg_1").await, 200);
    assert_eq!(one.send(SECRET, "msg_2").await, 401);
    one.window.wait("notification-offer").await;
    says(&one.window, "notification-offer", "nightly: a delivery was rejected").await;
    one.window.wait("deliveries-badge").await;
    one.window.shots("notification-offer").await;
    assert_eq!(shown.lines(), Vec::<String>::new(), "nothing before it was asked for");
    one.window.click("notification-offer-yes").await;
    one.window.gone(&hook("notification-offer")).await;

    // One, in so many words.
    assert_eq!(one.send(&secret, "msg_3").await, 200);
    assert_eq!(one.send(SECRET, "msg_4").await, 401);
    let first = "nightly: a delivery was rejected: An earlier delivery had been verified.";
    assert_eq!(shown.until(1).await, [first]);

    // A tray needs a library, and Pollux goes on without it.
    one.window.click("rail-settings").await;
    one.window.click("setting-desktop-tray").await;
    one.window.wait_css("[data-testid=tray-state]:not([data-state=off])").await;
    one.window.shots("settings-desktop").await;
    one.window.click("setting-desktop-tray").await;
    one.window.wait_css("[data-testid=tray-state][data-state=off]").await;
    one.window.close().await;

    // A flood is one, too, and the answer is still known.
    one.window = open(options()).await;
    one.window.click("rail-secrets").await;
    shown.click();
    assert_eq!(one.send(&secret, "msg_5").await, 200);
    for number in 0..20 {
        assert_eq!(one.send(SECRET, &format!("msg_flood_{number}")).await, 401);
    }
    let lines = shown.until(2).await;
    let flood = lines.last().unwrap();
    assert!(flood.starts_with("nightly: ") && flood.contains(" deliveries were rejected: "), "{lines:?}");
    // Its click leads to the first of them.
    one.window.wait("verdict-sentence").await;
    one.window.gone(&hook("secrets")).await;
    assert_eq!(shown.lines().len(), 2, "{:?}", shown.lines());
    assert!(!lines.concat().contains("msg_") && !lines.concat().contains("whsec_"), "{lines:?}");
}
