//! Decides what is worth a notification, and when: facts and the time come in, notifications go out. Of a kind there is
//! one at a time; what happens meanwhile is counted, and told in the next.

use std::collections::{BTreeMap, BTreeSet};

use signature::Outcome;

use super::facts::{Facts, TunnelFact};
use crate::dto::{DesktopSettings, Looking, NotificationKind as Kind, NotificationPlace as Place, Unseen};

/// How long to wait for more before a kind is told.
pub(super) const GATHER_MS: i64 = 2_000;
/// How long a kind is quiet after it was told; twice as long each time that more comes at once.
pub(super) const QUIET_MS: i64 = 60_000;
/// The longest that it is quiet.
pub(super) const QUIETEST_MS: i64 = 3_600_000;
/// How long a tunnel or a target must be down.
pub(super) const DOWN_MS: i64 = 60_000;
/// How long before its end an old secret is told of.
pub(super) const ENDING_MS: i64 = 3_600_000;
/// How many unseen deliveries are known one by one.
pub(super) const UNSEEN: usize = 1_000;

/// What is to be told of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Due {
    pub(super) kind: Kind,
    /// How many things.
    pub(super) count: u64,
    /// There may be more.
    pub(super) more: bool,
    /// Their projects.
    pub(super) projects: BTreeSet<i64>,
    /// The first of them.
    pub(super) first: Thing,
}

/// Something to tell of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Thing {
    pub(super) place: Place,
    /// Since when it is so; of a secret, when it ends. Unix milliseconds.
    pub(super) at_ms: i64,
    /// Deliveries that wait for the target; of a tunnel, 1 while it tries again by itself.
    pub(super) number: u64,
}

/// What becomes of what is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Out {
    /// It is shown.
    Show(Due),
    /// Nobody has said yet whether to show such things.
    Offer(Due),
}

/// Something that is so for a while.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Tunnel,
    Webhook(i64, String),
    Forward(i64, i64),
    Secret(i64, String, String),
}

impl Key {
    fn kind(&self) -> Kind {
        match self {
            Self::Tunnel => Kind::TunnelDown,
            Self::Webhook(..) => Kind::WebhookDisabled,
            Self::Forward(..) => Kind::ForwardDown,
            Self::Secret(..) => Kind::SecretEnding,
        }
    }
}

/// Things that happened in one project and were not told yet.
struct Heap {
    count: u64,
    /// There may be more.
    more: bool,
    first: Thing,
}

/// The delivery of a project that was verified or rejected last.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Verified,
    /// Verified, and others may have come since.
    Unsure,
    Rejected,
}

/// When a kind may be told.
#[derive(Default)]
struct Pace {
    /// Since when something waits.
    since_ms: Option<i64>,
    /// When it was last told, and how long it is quiet from then on.
    told: Option<(i64, i64)>,
}

impl Pace {
    /// Whether what waits may be told now.
    fn is_due(&mut self, now_ms: i64) -> bool {
        let since = *self.since_ms.get_or_insert(now_ms);
        // A clock that was set back is as if it had stood still.
        let since = since.min(now_ms);
        self.since_ms = Some(since);
        self.told = self.told.map(|(at_ms, quiet_ms)| (at_ms.min(now_ms), quiet_ms));
        let quiet = self.told.is_some_and(|(at_ms, quiet_ms)| now_ms - at_ms < quiet_ms);
        !quiet && now_ms - since >= GATHER_MS
    }

    fn told(&mut self, now_ms: i64) {
        let quiet_ms = match self.told {
            Some((at_ms, quiet_ms)) if now_ms - at_ms < 2 * quiet_ms => (2 * quiet_ms).min(QUIETEST_MS),
            _ => QUIET_MS,
        };
        self.told = Some((now_ms, quiet_ms));
        self.since_ms = None;
    }
}

/// What is known, and what was told of it.
#[derive(Default)]
pub(super) struct Desk {
    /// By project.
    last: BTreeMap<i64, Last>,
    rejected: BTreeMap<i64, Heap>,
    missed: BTreeMap<i64, Heap>,
    /// Rejected deliveries that nobody has seen, with their projects.
    unseen: BTreeMap<i64, i64>,
    /// There are more of them.
    unseen_more: bool,
    /// When the tunnel was lost, and whether it was online before.
    lost_ms: Option<i64>,
    was_online: bool,
    /// Webhooks that were listed at the last look.
    listed: BTreeSet<(i64, String)>,
    /// What is so now.
    standing: BTreeMap<Key, Thing>,
    /// What of it needs no telling any more.
    known: BTreeSet<Key>,
    /// Of each kind, for what is offered and for what is shown: an offer silences nothing that is wanted after it.
    paces: BTreeMap<(Kind, bool), Pace>,
}

impl Desk {
    /// Remembers a delivery of an earlier run, oldest first.
    pub(super) fn remember(&mut self, project: i64, outcome: Outcome) {
        match outcome {
            Outcome::Verified => self.last.insert(project, Last::Verified),
            Outcome::Rejected => self.last.insert(project, Last::Rejected),
            Outcome::Unchecked | Outcome::Unbound => None,
        };
    }

    /// A delivery arrived. Rejected ones are told of from the first after a good one on, until they were told of.
    pub(super) fn arrived(&mut self, project: i64, delivery: i64, outcome: Outcome, now_ms: i64) {
        if outcome == Outcome::Rejected {
            if self.unseen.len() < UNSEEN {
                self.unseen.insert(delivery, project);
            } else {
                self.unseen_more = true;
            }
            let before = self.last.get(&project).copied().unwrap_or(Last::Rejected);
            if before != Last::Rejected || self.rejected.contains_key(&project) {
                let place = Place::Deliveries { project, delivery };
                pile(&mut self.rejected, project, Thing { place, at_ms: now_ms, number: 1 }, before == Last::Unsure);
            }
        }
        self.remember(project, outcome);
    }

    /// Deliveries arrived that were not reported one by one.
    pub(super) fn not_heard(&mut self) {
        self.unseen_more = true;
        self.rejected.values_mut().for_each(|heap| heap.more = true);
        self.last.values_mut().filter(|last| **last == Last::Verified).for_each(|last| *last = Last::Unsure);
    }

    /// A job was found to be missed.
    pub(super) fn missed(&mut self, project: i64, job: String, now_ms: i64) {
        let place = Place::Operations { project, job };
        pile(&mut self.missed, project, Thing { place, at_ms: now_ms, number: 1 }, false);
    }

    /// Those of these deliveries that are unseen.
    pub(super) fn unseen_of(&self, deliveries: &[i64]) -> Vec<i64> {
        deliveries.iter().copied().filter(|id| self.unseen.contains_key(id)).collect()
    }

    /// All that are known one by one.
    pub(super) fn all_unseen(&self) -> Vec<i64> {
        self.unseen.keys().copied().collect()
    }

    /// These deliveries are not rejected any more, or are no longer there.
    pub(super) fn no_longer(&mut self, deliveries: &[i64]) {
        for id in deliveries {
            self.unseen.remove(id);
        }
    }

    /// The deliveries between these ids, both included, are no longer there.
    pub(super) fn removed(&mut self, ranges: &[(i64, i64)]) {
        self.unseen.retain(|id, _| !ranges.iter().any(|(from, to)| (from..=to).contains(&id)));
    }

    /// How many rejected deliveries nobody has seen.
    pub(super) fn unseen(&self) -> Unseen {
        let rejected = u32::try_from(self.unseen.len()).unwrap_or(u32::MAX);
        Unseen { rejected, more: self.unseen_more && rejected > 0 }
    }

    /// Takes in how everything stands.
    pub(super) fn look(&mut self, facts: &Facts, now_ms: i64) {
        let mut standing = BTreeMap::new();
        match facts.tunnel {
            TunnelFact::Online => (self.was_online, self.lost_ms) = (true, None),
            TunnelFact::Off => (self.was_online, self.lost_ms) = (false, None),
            TunnelFact::Starting => {}
            TunnelFact::Lost { since_ms, .. } if self.was_online && self.lost_ms.is_none() => {
                self.lost_ms = Some(since_ms);
            }
            TunnelFact::Lost { .. } => {}
        }
        let again = !matches!(facts.tunnel, TunnelFact::Lost { again: false, .. });
        if let Some(at_ms) = self.lost_ms.filter(|at_ms| now_ms - at_ms >= DOWN_MS) {
            standing.insert(Key::Tunnel, Thing { place: Place::Tunnel, at_ms, number: u64::from(again) });
        }
        for down in facts.forwards.iter().filter(|down| now_ms - down.since_ms >= DOWN_MS) {
            let place = Place::Handler { project: down.project };
            let thing = Thing { place, at_ms: down.since_ms, number: down.waiting };
            standing.insert(Key::Forward(down.project, down.since_ms), thing);
        }
        let mut listed = BTreeSet::new();
        for hook in &facts.webhooks {
            let (project, webhook) = (hook.project, &hook.webhook);
            let place = Place::Webhooks { project, webhook: webhook.clone() };
            if hook.disabled {
                let key = Key::Webhook(project, webhook.clone());
                // What was so when it was first listed is no news.
                if !self.listed.contains(&(project, webhook.clone())) {
                    self.known.insert(key.clone());
                }
                let at_ms = self.standing.get(&key).map_or(now_ms, |thing| thing.at_ms);
                standing.insert(key, Thing { place: place.clone(), at_ms, number: 1 });
            }
            for (tail, at_ms) in &hook.ending {
                if (1..=ENDING_MS).contains(&(at_ms - now_ms)) {
                    let key = Key::Secret(project, webhook.clone(), tail.clone());
                    standing.insert(key, Thing { place: place.clone(), at_ms: *at_ms, number: 1 });
                }
            }
            listed.insert((project, webhook.clone()));
        }
        self.known.retain(|key| standing.contains_key(key));
        (self.standing, self.listed) = (standing, listed);
    }

    /// What is looked at needs no telling.
    pub(super) fn seen(&mut self, looking: &Looking) {
        let covered = |kind, project: i64| looking.covers(kind, Some(project));
        self.rejected.retain(|project, _| !covered(Kind::Rejected, *project));
        self.missed.retain(|project, _| !covered(Kind::Missed, *project));
        self.unseen.retain(|_, project| !covered(Kind::Rejected, *project));
        if looking.project.is_none() && looking.kinds.contains(&Kind::Rejected) {
            self.unseen_more = false;
        }
        let shown = self.standing.iter().filter(|(key, thing)| looking.covers(key.kind(), thing.place.project()));
        let shown: Vec<Key> = shown.map(|(key, _)| key.clone()).collect();
        self.known.extend(shown);
    }

    /// What is to be told now. It counts as told from here on, also what the user does not want to hear of.
    pub(super) fn due(&mut self, settings: &DesktopSettings, now_ms: i64) -> Vec<Out> {
        let mut out = Vec::new();
        for kind in Kind::ALL {
            let wanted = settings.wants(kind);
            let waiting = self.waiting(kind);
            let pace = self.paces.entry((kind, wanted)).or_default();
            let Some(due) = waiting else {
                pace.since_ms = None;
                continue;
            };
            if !pace.is_due(now_ms) {
                continue;
            }
            if wanted || !settings.answered {
                pace.told(now_ms);
                out.push(if wanted { Out::Show(due) } else { Out::Offer(due) });
            }
            self.take(kind);
        }
        out
    }

    /// What of a kind was not told yet.
    fn waiting(&self, kind: Kind) -> Option<Due> {
        match kind {
            Kind::Rejected => heaped(kind, &self.rejected),
            Kind::Missed => heaped(kind, &self.missed),
            _ => {
                let of_kind = self.standing.iter().filter(|(key, _)| key.kind() == kind && !self.known.contains(key));
                let things: Vec<&Thing> = of_kind.map(|(_, thing)| thing).collect();
                let first = things.iter().min_by_key(|thing| thing.at_ms)?;
                Some(Due {
                    kind,
                    count: things.len().try_into().unwrap_or(u64::MAX),
                    more: false,
                    projects: things.iter().filter_map(|thing| thing.place.project()).collect(),
                    first: (*first).clone(),
                })
            }
        }
    }

    /// Marks a kind as told.
    fn take(&mut self, kind: Kind) {
        match kind {
            Kind::Rejected => self.rejected.clear(),
            Kind::Missed => self.missed.clear(),
            _ => self.known.extend(self.standing.keys().filter(|key| key.kind() == kind).cloned()),
        }
    }
}

/// `more`: there may be others before it.
fn pile(heaps: &mut BTreeMap<i64, Heap>, project: i64, thing: Thing, more: bool) {
    heaps.entry(project).or_insert(Heap { count: 0, more, first: thing }).count += 1;
}

fn heaped(kind: Kind, heaps: &BTreeMap<i64, Heap>) -> Option<Due> {
    let first = heaps.values().min_by_key(|heap| heap.first.at_ms)?.first.clone();
    Some(Due {
        kind,
        count: heaps.values().map(|heap| heap.count).sum(),
        more: heaps.values().any(|heap| heap.more),
        projects: heaps.keys().copied().collect(),
        first,
    })
}
