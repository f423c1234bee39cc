//! Everything the emulator knows: webhooks, jobs, files, deliveries, and what is due next. It is plain data behind one
//! lock; changes are written to the journal if there is one.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::clock::Millis;
use crate::settings::Settings;

pub(crate) mod ended;
mod job;
pub(crate) mod table;
pub(crate) mod upload;

use ended::Ended;
pub(crate) use job::{Job, JobError, JobKind, JobState, Outcome, Telling, WebhookConfig};
use table::{Entity, Table};

#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) settings: Settings,
    pub(crate) webhooks: Table<Webhook>,
    pub(crate) jobs: Table<Job>,
    pub(crate) files: Table<StoredFile>,
    pub(crate) deliveries: Table<Delivery>,
    /// Kept in memory only.
    pub(crate) uploads: upload::Uploads,
    /// How many requests to the service there have been: a request's number decides its faults.
    pub(crate) requests: u64,
    /// When the minute of the quota began, and how many requests were taken since.
    pub(crate) minute: Option<(Millis, u32)>,
    agenda: BTreeSet<(Millis, Due)>,
    pub(crate) ended: Ended,
}

/// Something that happens at a set time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    /// Tries the delivery with this number. It comes before jobs of the same time: the event of one job is on its way
    /// before the next job ends.
    Attempt(u64),
    /// Changes the state of the job with this id.
    Job(String),
}

impl World {
    pub(crate) fn new(settings: Settings) -> Self {
        Self { settings, ..Self::default() }
    }

    /// Plans something. The caller wakes the agenda when it releases the lock: [`crate::shared::Inner::with`] does.
    pub(crate) fn plan(&mut self, at: Millis, due: Due) {
        self.agenda.insert((at, due));
    }

    /// When the next item is due.
    pub(crate) fn next_due(&self) -> Option<Millis> {
        self.agenda.first().map(|(at, _)| *at)
    }

    /// Takes what is due at `now`, in order of time, at most `most`.
    pub(crate) fn take_due(&mut self, now: Millis, most: usize) -> Vec<(Millis, Due)> {
        let mut due = Vec::new();
        while due.len() < most && self.agenda.first().is_some_and(|(at, _)| *at <= now) {
            due.extend(self.agenda.pop_first());
        }
        due
    }

    /// Rebuilds the plan from the rows after they were loaded. Attempts and jobs whose time has passed are due now: an
    /// emulator that was off for hours does not catch up on all of them at once, nor on all attempts for what a job
    /// reports late.
    pub(crate) fn plan_all(&mut self, now: Millis) {
        let late = self.deliveries.after(0).filter(|(_, one)| one.next_ms.is_some_and(|next| next < now));
        let late: Vec<u64> = late.map(|(number, _)| number).collect();
        for number in late {
            if let Some(delivery) = self.deliveries.at_mut(number) {
                delivery.next_ms = Some(now);
            }
        }
        let late = self.jobs.iter().filter(|job| job.next_ms.is_some_and(|next| next < now));
        let late: Vec<String> = late.map(|job| job.id.clone()).collect();
        for id in late {
            if let Some(job) = self.jobs.get_mut(&id) {
                job.next_ms = Some(now);
            }
        }
        let jobs = self.jobs.iter().filter_map(|job| Some((job.next_ms?, Due::Job(job.id.clone()))));
        let attempts = self.deliveries.after(0);
        let attempts = attempts.filter_map(|(number, one)| Some((one.next_ms?, Due::Attempt(number))));
        self.agenda = jobs.chain(attempts).collect();
        self.ended.clear();
        for (number, one) in self.deliveries.after(0).filter(|(_, one)| one.has_ended()) {
            self.ended.add(number, one);
        }
        self.remove_oldest();
    }

    /// How many deliveries are still to be tried.
    pub(crate) fn open_deliveries(&self) -> usize {
        self.deliveries.len().saturating_sub(self.ended.len())
    }

    /// Continues a delivery that had ended.
    pub(crate) fn reopen_delivery(&mut self, number: u64) {
        self.ended.remove(number);
    }

    /// Drops the record of changes, for an emulator without a journal.
    pub(crate) fn forget_changes(&mut self) {
        self.webhooks.forget_changes();
        self.jobs.forget_changes();
        self.files.forget_changes();
        self.deliveries.forget_changes();
    }

    /// Resets everything but the settings.
    pub(crate) fn reset(&mut self) {
        self.webhooks.clear();
        self.jobs.clear();
        self.files.clear();
        self.deliveries.clear();
        self.uploads.clear();
        self.requests = 0;
        self.minute = None;
        self.agenda.clear();
        self.ended.clear();
    }
}

/// A registered webhook.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Webhook {
    /// 36 characters of `[a-z0-9]`.
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    pub(crate) uri: String,
    pub(crate) subscribed_events: Vec<String>,
    pub(crate) state: WebhookState,
    /// Oldest first; the last one is active. [`Webhook::live`] leaves out the expired ones.
    pub(crate) secrets: Vec<SigningSecret>,
    pub(crate) created_ms: Millis,
    pub(crate) updated_ms: Millis,
    /// Deliveries given up since the last accepted one.
    pub(crate) given_up_in_a_row: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WebhookState {
    Enabled,
    Disabled,
    DisabledDueToFailedDeliveries,
}

/// `text` is the whole `whsec_…`: never in a log, an error or an answer, except the one that shows it once.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct SigningSecret {
    pub(crate) text: String,
    /// When it expires; the active one never does.
    pub(crate) expires_ms: Option<Millis>,
}

impl SigningSecret {
    /// The part that may be shown, in the service's form: `whsec_...` and its last four characters.
    pub(crate) fn truncated(&self) -> String {
        let tail = self.text.char_indices().rev().nth(3).map_or("", |(at, _)| &self.text[at..]);
        format!("whsec_...{tail}")
    }
}

impl std::fmt::Debug for SigningSecret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("SigningSecret").field("expires_ms", &self.expires_ms).finish_non_exhaustive()
    }
}

impl Webhook {
    /// The secrets that sign and are shown at `now`, oldest first.
    pub(crate) fn live(&self, now: Millis) -> impl DoubleEndedIterator<Item = &SigningSecret> {
        self.secrets.iter().filter(move |secret| secret.expires_ms.is_none_or(|expires| expires > now))
    }
}

impl Entity for Webhook {
    const KIND: &'static str = "webhook";
    fn id(&self) -> &str {
        &self.id
    }
}

/// A file, uploaded or written by a job.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct StoredFile {
    /// Without `files/`.
    pub(crate) id: String,
    pub(crate) display_name: Option<String>,
    pub(crate) mime_type: String,
    pub(crate) created_ms: Millis,
    pub(crate) expires_ms: Millis,
    /// Written by a job, not uploaded.
    pub(crate) generated: bool,
    #[serde(with = "as_base64")]
    pub(crate) bytes: bytes::Bytes,
    /// Rows that follow the bytes and are made when they are read ([`crate::jobs::filler`]).
    #[serde(default)]
    pub(crate) filler: u64,
    /// Whose job wrote it, as in [`Job::owner`].
    #[serde(default)]
    pub(crate) owner: Option<String>,
}

impl StoredFile {
    /// Its length in bytes.
    pub(crate) fn len(&self) -> u64 {
        (self.bytes.len() as u64).saturating_add(self.filler.saturating_mul(crate::jobs::filler::ROW))
    }
}

impl std::fmt::Debug for StoredFile {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("StoredFile").field("id", &self.id).field("size", &self.len()).finish_non_exhaustive()
    }
}

impl Entity for StoredFile {
    const KIND: &'static str = "file";
    fn id(&self) -> &str {
        &self.id
    }
}

/// One message to one receiver, with all its attempts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Delivery {
    /// The `webhook-id`, the same for every attempt.
    pub(crate) id: String,
    pub(crate) event_type: String,
    /// The JSON that is signed and sent.
    pub(crate) body: String,
    /// The registered webhook it is for; `None` for one of the job's own addresses (dynamic).
    pub(crate) webhook: Option<String>,
    pub(crate) uri: String,
    /// The job it is about.
    pub(crate) job: Option<String>,
    pub(crate) created_ms: Millis,
    pub(crate) state: DeliveryState,
    pub(crate) attempts: Vec<Attempt>,
    /// When it is tried next.
    pub(crate) next_ms: Option<Millis>,
}

impl Delivery {
    /// Whether nothing more is planned for it.
    pub(crate) fn has_ended(&self) -> bool {
        self.state != DeliveryState::Pending && self.next_ms.is_none()
    }

    /// Whether a receiver accepted it.
    pub(crate) fn was_taken(&self) -> bool {
        self.attempts.iter().any(Attempt::was_taken)
    }
}

impl Entity for Delivery {
    const KIND: &'static str = "delivery";
    fn id(&self) -> &str {
        &self.id
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DeliveryState {
    /// Not tried yet, or waiting for its next attempt.
    Pending,
    /// Answered 2xx. If more is planned, it is a deliberate duplicate.
    Delivered,
    /// Not accepted within the window, or refused for good.
    GivenUp,
    /// Deliberately never sent.
    Lost,
    /// Its webhook was deleted or disabled meanwhile.
    Dropped,
}

impl DeliveryState {
    /// Its name in JSON.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::GivenUp => "given_up",
            Self::Lost => "lost",
            Self::Dropped => "dropped",
        }
    }
}

/// One attempt, and what the receiver answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Attempt {
    /// From 1.
    pub(crate) number: u32,
    /// When it was due to start, on the emulator's clock.
    pub(crate) due_ms: Millis,
    /// `webhook-timestamp`: wall time, Unix seconds.
    pub(crate) timestamp: i64,
    /// The receiver's status; `None` if it did not answer.
    pub(crate) status: Option<u16>,
    /// Why there was no answer: `refused`, `timed out`, …
    pub(crate) error: Option<String>,
    /// Microseconds of wall time until the answer.
    pub(crate) took_us: u64,
    /// The first 256 bytes of the answer's body.
    pub(crate) answer: Option<String>,
}

impl Attempt {
    /// Answered 2xx.
    pub(crate) fn was_taken(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

mod as_base64 {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(bytes: &bytes::Bytes, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bytes::Bytes, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map(bytes::Bytes::from).map_err(D::Error::custom)
    }
}
