//! What a lane works with: the history, the user's wishes, and a target with its weather.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use outbound::forward::{Ended, Found, GIVES_UP, Marks, Rule, Which};
use signature::Outcome;
use tokio::time::Instant;

use super::model::Model;
use crate::seeds::Dice;

/// How long a target is waited for.
const SILENT: Duration = Duration::from_secs(30);

/// A stored delivery.
pub(super) struct Kept {
    pub(super) event: Option<i64>,
    pub(super) outcome: Outcome,
    pub(super) at: Instant,
    pub(super) settled: bool,
    pub(super) deleted: bool,
    /// The target always refuses it for now.
    odd: bool,
}

/// What the target is like for a while.
#[derive(Clone, Copy)]
enum Weather {
    /// Takes most of what comes.
    Up,
    /// Nothing listens.
    Refusing,
    /// Asks to be left alone.
    Busy,
    /// Takes connections, and never answers.
    Silent,
}

/// What became of a request.
#[derive(Clone, Copy, Debug)]
pub(super) enum Answer {
    /// A status, and the seconds of a `Retry-After`.
    Status(u16, Option<u64>),
    TimedOut,
    NoConnection,
}

impl Answer {
    /// What it means for the lane, by the rules of the engine.
    pub(super) fn ends(self, number: u32) -> Ended {
        let gives_up = number >= GIVES_UP;
        match self {
            Self::Status(status @ (429 | 502 | 503 | 504), after) if !gives_up => {
                Ended::Later { why: format!("It answered {status}."), retry_after: after.map(Duration::from_secs) }
            }
            Self::Status(status, _) => Ended::Settled { status: Some(status) },
            Self::TimedOut if !gives_up => Ended::Later { why: "It did not answer.".to_owned(), retry_after: None },
            Self::TimedOut => Ended::Settled { status: None },
            Self::NoConnection => Ended::Down { why: "Nothing listens.".to_owned() },
        }
    }
}

/// From where the history is read.
#[derive(Clone, Copy)]
pub(super) enum After {
    /// After this id.
    Id(i64),
    Time(Instant),
}

pub(super) struct World {
    pub(super) dice: Dice,
    pub(super) which: Which,
    history: BTreeMap<i64, Kept>,
    /// What is to be forwarded, by the user's wish, and is not settled yet.
    pub(super) wanted: BTreeSet<i64>,
    /// The same for a rule that was switched off: what was waiting then.
    pub(super) left: BTreeSet<i64>,
    /// What arrived while the rule was off, behind a delivery that was waiting and is asked for again: the marks cannot
    /// tell them apart, so it may be sent, too.
    pub(super) may_come: BTreeSet<i64>,
    /// Requests that the target has not answered, with their events.
    at_target: BTreeMap<i64, Option<i64>>,
    /// Until when it is like that; after the last, the target is up.
    weather: Vec<(Instant, Weather)>,
    /// The rule and the marks as they were written down last.
    pub(super) kept: (Rule, Marks),
    pub(super) model: Model,
}

impl World {
    pub(super) fn new(mut dice: Dice) -> Self {
        let which = dice.one_of(&[Which::Verified, Which::All]);
        let concurrency = u32::try_from(dice.between(1, 5)).unwrap();
        let url = "http://localhost:1/".to_owned();
        let rule = Rule { project: 1, on: true, url, which, concurrency, ..Rule::default() };
        let mut until = Instant::now();
        let mut weather = Vec::new();
        for _ in 0..dice.below(8) {
            until += dice.millis(100, 200_000);
            let kind = dice.one_of(&[Weather::Up, Weather::Up, Weather::Refusing, Weather::Busy, Weather::Silent]);
            weather.push((until, kind));
        }
        Self {
            dice,
            which,
            history: BTreeMap::new(),
            wanted: BTreeSet::new(),
            left: BTreeSet::new(),
            may_come: BTreeSet::new(),
            at_target: BTreeMap::new(),
            weather,
            model: Model::new(rule.concurrency, Marks::default()),
            kept: (rule, Marks::default()),
        }
    }

    pub(super) fn last(&self) -> i64 {
        self.history.last_key_value().map_or(0, |(id, _)| *id)
    }

    pub(super) fn row(&self, id: i64) -> &Kept {
        &self.history[&id]
    }

    pub(super) fn takes(&self, one: &Kept) -> bool {
        self.which == Which::All || one.outcome == Outcome::Verified
    }

    /// What could be forwarded and was not.
    pub(super) fn unsettled(&self, after: After, last: i64) -> Vec<Found> {
        let all = self.history.range(..=last).filter(|(id, one)| match after {
            After::Id(after) => **id > after,
            After::Time(from) => one.at >= from,
        });
        let open = all.filter(|(_, one)| !one.settled && !one.deleted && self.takes(one));
        open.map(|(id, one)| Found { id: *id, event: one.event, outcome: one.outcome }).collect()
    }

    /// Stores a delivery. `forwarded`: the rule is on.
    pub(super) fn store(&mut self, forwarded: bool) -> i64 {
        let id = self.last() + 1;
        let event = if self.dice.hits(60) { Some(self.dice.between(1, 4).cast_signed()) } else { None };
        let outcome = if self.dice.hits(85) { Outcome::Verified } else { Outcome::Rejected };
        let odd = self.dice.hits(4);
        let one = Kept { event, outcome, at: Instant::now(), settled: false, deleted: false, odd };
        if forwarded && self.takes(&one) {
            self.wanted.insert(id);
        }
        self.history.insert(id, one);
        id
    }

    /// Deletes one that is not settled, if there is any.
    pub(super) fn delete(&mut self) {
        let open = self.unsettled(After::Id(0), i64::MAX);
        if let Some(found) = (!open.is_empty()).then(|| self.dice.one_of(&open)) {
            self.history.get_mut(&found.id).unwrap().deleted = true;
            self.forget(|id| id == found.id);
        }
    }

    pub(super) fn settle(&mut self, id: i64) {
        self.history.get_mut(&id).unwrap().settled = true;
        self.forget(|settled| settled == id);
    }

    /// Nobody asks for these any more.
    pub(super) fn forget(&mut self, these: impl Fn(i64) -> bool) {
        for ids in [&mut self.wanted, &mut self.left, &mut self.may_come] {
            ids.retain(|id| !these(*id));
        }
    }

    /// Checks that this one may be sent now.
    pub(super) fn check_sent(&self, id: i64) {
        let one = self.row(id);
        assert!(!one.settled, "{id} is sent again, and was settled");
        assert!(one.deleted || self.wanted.contains(&id) || self.may_come.contains(&id), "nobody asked for {id}");
        let earlier = self
            .wanted
            .range(..id)
            .find(|other| one.event.is_some() && self.row(**other).event == one.event && **other <= self.model.seen);
        assert_eq!(earlier, None, "{id} overtakes it");
    }

    /// A request reaches the target: how long that takes, and what it answers.
    pub(super) fn begin_request(&mut self, id: i64) -> (Duration, Answer) {
        let (event, odd) = (self.row(id).event, self.row(id).odd);
        let beside = self.at_target.values().any(|other| event.is_some() && *other == event);
        assert!(!beside && self.at_target.insert(id, event).is_none(), "two of one event are under way");
        let soon = self.dice.millis(1, 1500);
        let now = Instant::now();
        let weather = self.weather.iter().find(|(until, _)| now < *until).map_or(Weather::Up, |(_, kind)| *kind);
        let busy = |dice: &mut Dice| Answer::Status(503, dice.one_of(&[None, Some(0), Some(1), Some(20)]));
        match (weather, odd) {
            (Weather::Refusing, _) => (Duration::from_millis(1), Answer::NoConnection),
            (Weather::Silent, _) => (SILENT, Answer::TimedOut),
            (Weather::Busy, _) | (_, true) => (soon, busy(&mut self.dice)),
            (Weather::Up, false) => match self.dice.below(100) {
                0..78 => (soon, Answer::Status(200, None)),
                78..86 => (soon, Answer::Status(500, None)),
                86..91 => (soon, Answer::Status(429, self.dice.one_of(&[None, Some(3), Some(40), Some(86_400)]))),
                91..95 => (SILENT, Answer::TimedOut),
                _ => (soon, Answer::NoConnection),
            },
        }
    }

    pub(super) fn end_request(&mut self, id: i64) {
        self.at_target.remove(&id);
    }

    /// The process is gone, and its connections with it.
    pub(super) fn cut_requests(&mut self) {
        self.at_target.clear();
    }

    /// From now on the target is up.
    pub(super) fn clear_up(&mut self) {
        self.weather.clear();
    }
}
