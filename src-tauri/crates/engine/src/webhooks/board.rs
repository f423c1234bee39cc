//! What is known of each project's webhooks: the service's last list, and how old it is.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use gemini::client::{SigningSecret, Webhook};
use jiff::Timestamp;
use parking_lot::{Mutex, MutexGuard};
use store::SecretRecord;

use crate::dto::{SandboxClock, WebhookAlarms, WebhookBoard};
use crate::error::Error;

/// Time between two readings of a project's list.
const PACE: Duration = Duration::from_secs(60);
/// The same while the service keeps failing.
const SLOWEST: Duration = Duration::from_secs(600);
/// An end that moves by less than this did not move: the Sandbox's clock is mapped anew at each reading.
const STEADY_MS: i64 = 2_000;
/// How many characters of a secret the service shows.
const TAIL: usize = 4;

/// All projects' boards.
#[derive(Default)]
pub(crate) struct Boards {
    known: Mutex<HashMap<i64, Board>>,
    /// Locked to look at a board and report it to the window, so that an older look is never reported after a newer
    /// one.
    pub(crate) telling: tokio::sync::Mutex<()>,
    /// Locked to apply what a list or an answer says of secrets, so that older news never overrides newer.
    pub(crate) settling: tokio::sync::Mutex<()>,
}

/// One project's board.
#[derive(Default)]
pub(crate) struct Board {
    /// The webhooks as the service listed them last, in its order.
    pub(crate) listed: Vec<Listed>,
    pub(crate) refreshed_ms: Option<i64>,
    /// Why the latest reading failed.
    pub(crate) error: Option<Error>,
    /// How many readings failed in a row.
    failures: u32,
    /// When the latest reading began.
    asked: Option<Instant>,
    /// How many readings began, and the newest one shown above. An older one that ends later is not used.
    begun: u64,
    used: u64,
    /// What was last reported to the window.
    told: Option<WebhookBoard>,
    /// Whose list it is: base URL, version, hint of the key.
    service: Service,
}

/// Which service to ask, and as whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Service {
    pub(crate) base_url: String,
    pub(crate) version: &'static str,
    pub(crate) key: Option<String>,
}

/// A webhook as the service listed it, its times on our clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    pub(crate) uri: String,
    pub(crate) events: Vec<String>,
    pub(crate) state: String,
    pub(crate) secrets: Vec<ListedSecret>,
}

/// A secret as the service lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListedSecret {
    /// Its last characters.
    pub(crate) tail: String,
    /// Whether it signs and has no end.
    pub(crate) current: bool,
    /// When it ends, Unix milliseconds.
    pub(crate) ends_ms: Option<i64>,
}

impl Board {
    /// Forgets the list of any other service. Readings under way are of that one, too.
    fn belongs_to(&mut self, service: &Service) {
        if self.service == Service::default() {
            self.service = service.clone();
        }
        if self.service != *service {
            *self = Self { begun: self.begun, used: self.begun, service: service.clone(), ..Self::default() };
        }
    }
}

impl Listed {
    /// `clock`: the emulator's, where its times are not ours.
    pub(crate) fn read(webhook: Webhook, clock: Option<&SandboxClock>) -> Self {
        Self {
            state: webhook.state.as_str().to_owned(),
            id: webhook.id,
            name: webhook.name.filter(|name| !name.is_empty()),
            uri: webhook.uri,
            events: webhook.subscribed_events,
            secrets: webhook.signing_secrets.iter().map(|secret| ListedSecret::read(secret, clock)).collect(),
        }
    }

    /// `nightly results (95fy…bfhzz)`, for a person.
    pub(crate) fn words(&self) -> String {
        words(self.name.as_deref().unwrap_or(&self.uri), &self.id)
    }
}

/// `nightly results (95fy…bfhzz)`.
pub(crate) fn words(name: &str, id: &str) -> String {
    let letters: Vec<char> = id.chars().collect();
    match letters.as_slice() {
        [a, b, c, d, .., v, w, x, y, z] if letters.len() > 12 => format!("{name} ({a}{b}{c}{d}…{v}{w}{x}{y}{z})"),
        _ => format!("{name} ({id})"),
    }
}

impl ListedSecret {
    fn read(secret: &SigningSecret, clock: Option<&SandboxClock>) -> Self {
        let ends = secret.expire_time.as_deref().and_then(|time| time.parse::<Timestamp>().ok());
        let ends = ends.map(Timestamp::as_millisecond);
        Self {
            tail: tail(&secret.truncated_secret),
            current: secret.expire_time.is_none(),
            ends_ms: ends.map(|ends| clock.map_or(ends, |clock| on_the_wall(ends, clock))),
        }
    }
}

/// When the wall clock will show what the Sandbox's clock shows at `moment`. A clock that stands still counts as
/// running like ours: otherwise the moment would never come.
fn on_the_wall(moment: i64, clock: &SandboxClock) -> i64 {
    let warp = if clock.warp > 0.0 { clock.warp } else { 1.0 };
    let left = moment.saturating_sub(clock.now_ms) as f64 / warp;
    clock.wall_ms.saturating_add(left as i64)
}

/// The last characters of a secret's hint, which match the service's list with ours.
pub(crate) fn tail(hint: &str) -> String {
    let from = hint.char_indices().rev().nth(TAIL - 1).map_or(0, |(at, _)| at);
    hint[from..].to_owned()
}

/// Which stored secret is which of a webhook's listed ones: its id, and what is listed. The list shows only the last
/// characters of a secret, so where several end alike they are matched by age: the newest with the newest, the second
/// with the second. `records`: oldest first; those of other webhooks may be among them.
pub(crate) fn matched<'a, 'r>(listed: &'a Listed, records: &'r [SecretRecord]) -> Vec<(&'r str, &'a ListedSecret)> {
    let mut left: Vec<&SecretRecord> =
        records.iter().filter(|record| record.webhook.as_deref() == Some(listed.id.as_str())).collect();
    let mut secrets: Vec<&ListedSecret> = listed.secrets.iter().rev().collect();
    secrets.sort_by_key(|secret| (!secret.current, std::cmp::Reverse(secret.ends_ms)));
    let mut found = Vec::new();
    for secret in secrets {
        if let Some(place) = left.iter().rposition(|record| tail(&record.hint) == secret.tail) {
            found.push((left.remove(place).id.as_str(), secret));
        }
    }
    found
}

impl Boards {
    fn all(&self) -> MutexGuard<'_, HashMap<i64, Board>> {
        self.known.lock()
    }

    /// Looks at, or changes, a project's board.
    pub(crate) fn with<T>(&self, project: i64, look: impl FnOnce(&mut Board) -> T) -> T {
        look(self.all().entry(project).or_default())
    }

    /// Whether it was ever asked, whatever came of it.
    pub(crate) fn asked(&self, project: i64) -> bool {
        self.all().get(&project).is_some_and(|known| known.asked.is_some())
    }

    /// The listed webhook.
    pub(crate) fn listed(&self, project: i64, id: &str) -> Option<Listed> {
        self.all().get(&project)?.listed.iter().find(|listed| listed.id == id).cloned()
    }

    /// Begins a reading of this service, and returns its number.
    pub(crate) fn begin(&self, project: i64, service: &Service) -> u64 {
        self.with(project, |known| {
            known.belongs_to(service);
            known.asked = Some(Instant::now());
            known.begun += 1;
            known.begun
        })
    }

    /// Takes a reading that succeeded. False if a newer one is there already.
    pub(crate) fn end(&self, project: i64, number: u64, listed: Vec<Listed>, now_ms: i64) -> bool {
        self.with(project, |known| {
            if number <= known.used {
                return false;
            }
            known.used = number;
            known.listed = listed.into_iter().map(|one| steady(one, &known.listed)).collect();
            known.refreshed_ms = Some(now_ms);
            known.error = None;
            known.failures = 0;
            true
        })
    }

    /// Takes a reading that failed.
    pub(crate) fn fail(&self, project: i64, number: u64, error: Error) {
        self.with(project, |known| {
            if number > known.used {
                known.error = Some(error);
                known.failures = known.failures.saturating_add(1);
            }
        });
    }

    /// Takes what the service said of a webhook in answer to a change: any reading still under way is older.
    pub(crate) fn put(&self, project: i64, listed: Listed) {
        self.with(project, |known| {
            known.used = known.begun;
            let listed = steady(listed, &known.listed);
            match known.listed.iter_mut().find(|known| known.id == listed.id) {
                Some(known) => *known = listed,
                None => known.listed.push(listed),
            }
        });
    }

    /// Forgets everything; readings under way no longer count.
    pub(crate) fn forget(&self, project: i64) {
        self.with(project, |known| {
            *known =
                Board { begun: known.begun, used: known.begun, service: known.service.clone(), ..Board::default() };
        });
    }

    /// Takes out a webhook that the service removed.
    pub(crate) fn remove(&self, project: i64, id: &str) {
        self.with(project, |known| {
            known.used = known.begun;
            known.listed.retain(|listed| listed.id != id);
        });
    }

    /// The projects of these that are due to be asked. `None` as service: it cannot be asked. Forgets what is known of
    /// any other service than this, or of a project that is gone.
    pub(crate) fn due(&self, projects: &[(i64, Option<Service>)]) -> Vec<i64> {
        let mut all = self.all();
        all.retain(|id, _| projects.iter().any(|(project, _)| project == id));
        let mut due = Vec::new();
        for (project, service) in projects {
            let Some(service) = service else {
                all.remove(project);
                continue;
            };
            let known = all.entry(*project).or_default();
            known.belongs_to(service);
            if known.asked.is_none_or(|asked| asked.elapsed() >= pace(known.failures)) {
                due.push(*project);
            }
        }
        due
    }

    /// Whether the window does not know this yet. From now on it counts as reported.
    pub(crate) fn tell(&self, board: &WebhookBoard) -> bool {
        self.with(board.project, |known| {
            let news = known.told.as_ref().is_none_or(|told| differs(told, board));
            if news {
                known.told = Some(board.clone());
            }
            news
        })
    }

    /// Webhooks that need attention, as far as they were shown.
    pub(crate) fn alarms(&self) -> Vec<WebhookAlarms> {
        let all = self.all();
        let mut alarms: Vec<WebhookAlarms> = all.values().filter_map(|known| known.told.as_ref()).map(alarms).collect();
        alarms.retain(|alarms| alarms.disabled > 0 || alarms.earlier > 0);
        alarms.sort_by_key(|alarms| alarms.project);
        alarms
    }
}

/// How many webhooks of a board need attention.
pub(crate) fn alarms(board: &WebhookBoard) -> WebhookAlarms {
    let count = |what: &dyn Fn(&crate::dto::WebhookView) -> bool| {
        u32::try_from(board.webhooks.iter().filter(|webhook| what(webhook)).count()).unwrap_or(u32::MAX)
    };
    WebhookAlarms {
        project: board.project,
        disabled: count(&|webhook| webhook.state == "disabled_due_to_failed_deliveries"),
        earlier: count(&|webhook| webhook.place == crate::dto::UriPlace::Earlier),
    }
}

/// How long after a reading the next one is due.
fn pace(failures: u32) -> Duration {
    PACE.saturating_mul(1 << failures.min(8)).min(SLOWEST)
}

/// Whether the boards differ in more than the time of the reading, which is news only once in a while.
fn differs(told: &WebhookBoard, board: &WebhookBoard) -> bool {
    let age = board.refreshed_ms.unwrap_or(0).saturating_sub(told.refreshed_ms.unwrap_or(0));
    let same = WebhookBoard { refreshed_ms: told.refreshed_ms, ..board.clone() };
    same != *told || age >= i64::try_from(PACE.as_millis()).unwrap_or(i64::MAX) / 2
}

/// Keeps the earlier end of a secret where it has hardly moved.
fn steady(mut listed: Listed, before: &[Listed]) -> Listed {
    let Some(before) = before.iter().find(|before| before.id == listed.id) else { return listed };
    for secret in &mut listed.secrets {
        let known = before.secrets.iter().find(|known| known.tail == secret.tail).and_then(|known| known.ends_ms);
        if let (Some(known), Some(ends)) = (known, secret.ends_ms)
            && known.abs_diff(ends) < STEADY_MS.unsigned_abs()
        {
            secret.ends_ms = Some(known);
        }
    }
    listed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    #[test]
    fn a_failing_service_is_asked_ever_less_often() {
        let seconds: Vec<u64> = (0..7).map(|failures| pace(failures).as_secs()).collect();
        assert_eq!(seconds, [60, 120, 240, 480, 600, 600, 600]);
        assert_eq!(pace(u32::MAX), SLOWEST);
    }

    #[test]
    fn the_sandboxs_clock_is_mapped_to_the_wall() {
        let clock = |warp| SandboxClock { now_ms: 1_000_000, wall_ms: 50_000, warp, next_due_ms: None };
        for (warp, moment, expected) in [
            (1.0, 1_086_400, 136_400),
            (3600.0, 4_600_000, 51_000),
            (0.0, 1_086_400, 136_400),
            (0.5, 1_000_500, 51_000),
            (1.0, 999_000, 49_000),
            (1e6, i64::MAX, 50_000 + (i64::MAX as f64 / 1e6) as i64 - 1),
        ] {
            let mapped = on_the_wall(moment, &clock(warp));
            assert!(mapped.abs_diff(expected) <= 2, "{warp}: {mapped} is not {expected}");
        }
    }

    #[test]
    fn tails_and_words_are_cut_at_characters() {
        for (hint, expected) in [("whsec_...a91f", "a91f"), ("whsec_…zé9=", "zé9="), ("ab", "ab"), ("", "")] {
            assert_eq!(tail(hint), expected);
        }
        assert_eq!(words("nightly", "95fyabcdefghijklmnopqrstuvwxyz0bfhzz"), "nightly (95fy…bfhzz)");
        assert_eq!(words("nightly", "short"), "nightly (short)");
    }

    fn listed(id: &str, ends_ms: Option<i64>) -> Listed {
        Listed {
            id: id.to_owned(),
            name: None,
            uri: "https://a.example/".into(),
            events: Vec::new(),
            state: "enabled".into(),
            secrets: vec![ListedSecret { tail: "a91f".into(), current: ends_ms.is_none(), ends_ms }],
        }
    }

    #[test]
    fn an_older_reading_does_not_undo_what_is_newer() {
        let boards = Boards::default();
        let (first, second) = (boards.begin(1, &Service::default()), boards.begin(1, &Service::default()));
        assert!(boards.end(1, second, vec![listed("b", None)], 20));
        assert!(!boards.end(1, first, vec![listed("a", None)], 10));
        boards.fail(1, first, Error::new(Code::ServiceFailed, "late"));
        boards.with(1, |known| assert_eq!((known.listed[0].id.as_str(), known.error.is_none()), ("b", true)));
        let third = boards.begin(1, &Service::default());
        boards.put(1, listed("c", None));
        assert!(!boards.end(1, third, Vec::new(), 30), "what was asked before the change is older than its answer");
        boards.remove(1, "b");
        boards.with(1, |known| assert_eq!(known.listed, [listed("c", None)]));
    }

    #[test]
    fn an_end_that_hardly_moves_stands_still() {
        let boards = Boards::default();
        for (ends, expected) in [(100_000, 100_000), (101_999, 100_000), (102_000, 102_000), (99_000, 99_000)] {
            let number = boards.begin(1, &Service::default());
            boards.end(1, number, vec![listed("a", Some(ends))], 1);
            boards.with(1, |known| assert_eq!(known.listed[0].secrets[0].ends_ms, Some(expected)));
        }
    }

    #[test]
    fn a_list_of_another_service_is_forgotten_and_asked_anew() {
        let boards = Boards::default();
        let service = |key: &str| Some(Service { base_url: "x".into(), version: "v1", key: Some(key.into()) });
        assert_eq!(boards.due(&[(1, service("a")), (2, None)]), [1]);
        let begin = |key: &str| boards.begin(1, &service(key).unwrap());
        let number = begin("a");
        assert!(boards.due(&[(1, service("a"))]).is_empty());
        assert!(boards.end(1, number, vec![listed("a", None)], 1));
        let late = begin("a");
        assert_eq!(boards.due(&[(1, service("b"))]), [1]);
        assert!(!boards.end(1, late, vec![listed("a", None)], 2), "it asked the service before");
        assert!(boards.listed(1, "a").is_none());
        begin("b");
        assert!(boards.due(&[(1, service("b"))]).is_empty());
        assert!(boards.due(&[]).is_empty() && !boards.asked(1), "a project that is gone is forgotten");
    }
}
