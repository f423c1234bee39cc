//! A ping as a round trip: the service answers 200 whatever happens, so Pollux waits for the delivery.

use std::time::{Duration, Instant};

use signature::Outcome;

use super::Webhooks;
use super::board::Listed;
use super::path::{path_of, same_path};
use super::reading::is_loopback;
use crate::dto::{ListenerState, PingResult, SeenDelivery, UriPlace};
use crate::error::{Code, Result};
use crate::history::arrivals::Arrivals;
use crate::service_error::service_error;

/// How long to wait for a ping.
const WAIT: Duration = Duration::from_secs(30);
/// How long our own public address may take to answer.
const REACH: Duration = Duration::from_secs(5);
/// How long to wait for the ping itself after a delivery that cannot be told from it.
const DOUBT: Duration = Duration::from_secs(2);
/// How much is shown of an answer that is not ours, in characters.
const EXCERPT: usize = 60;
/// How often to check for a ping that another process received.
const LOOK: Duration = Duration::from_millis(50);

impl Webhooks {
    /// Has the service send a ping and waits for it to come, at most 30 s.
    pub async fn ping(&self, project: i64, id: &str) -> Result<PingResult> {
        self.ping_within(project, id, WAIT).await
    }

    /// The same with another time to wait.
    pub async fn ping_within(&self, project: i64, id: &str, wait: Duration) -> Result<PingResult> {
        let target = self.words_of(project, id);
        let result = self.ping_webhook(project, id, wait).await;
        let detail = match &result {
            Ok(PingResult::Arrived { after_ms, delivery }) => {
                format!("Arrived after {after_ms} ms as delivery {}, {}.", delivery.id, delivery.outcome.word())
            }
            Ok(PingResult::Missing { waited_ms, message, .. }) => {
                format!("Did not arrive within {waited_ms} ms. {message}")
            }
            Err(_) => String::new(),
        };
        self.actions.act(project, "webhook.ping", &target, &result, &detail).await;
        result
    }

    async fn ping_webhook(&self, project: i64, id: &str, wait: Duration) -> Result<PingResult> {
        // Read it anew: it may point elsewhere since the list was read.
        let webhook = match self.read_webhook(project, id).await {
            Ok(webhook) => webhook,
            Err(error) if error.code == Code::NotFound => return Err(error),
            Err(_) => self.known_webhook(project, id).await?,
        };
        let client = self.projects.client(project)?;
        // Subscribe before asking: the ping may come before the answer.
        let arrivals = self.history.arrivals().await?;
        let arrivals = match self.listening.state() {
            ListenerState::Listening { .. } => arrivals,
            // It may come to another process that writes to the same history: the window, seen from the command line.
            _ => arrivals.with_others(LOOK),
        };
        let before = self.tally.snapshot();
        let asked = Instant::now();
        let lost = match client.webhook_ping(id).await {
            Ok(()) => None,
            Err(error) if error.may_have_been_acted_on() => Some(service_error(error, true)),
            Err(error) => return Err(service_error(error, true)),
        };
        let mut doubtful = None;
        let pinged = tokio::time::timeout(wait, self.pinged(arrivals, project, &webhook, asked, &mut doubtful)).await;
        if let Some((after, delivery)) = pinged.unwrap_or(Ok(None))?.or(doubtful) {
            return Ok(PingResult::Arrived { after_ms: millis(after), delivery });
        }
        let waited_ms = millis(asked.elapsed());
        // Without an answer to the request, nothing can be said about its effect.
        if let Some(error) = lost {
            return Err(error);
        }
        let now = self.tally.snapshot();
        let refused = now.refused > before.refused || now.too_large > before.too_large;
        let (cause, message) = self.why_missing(project, webhook, refused).await;
        Ok(PingResult::Missing { waited_ms, cause: cause.to_owned(), message })
    }

    /// The first delivery that is a ping of this webhook, with the time from the request to its arrival. A ping is of
    /// no event of the catalog, and verified with the webhook's secret. One that came to the webhook's path and that no
    /// key verified may be anybody's: it is `doubtful`, and if a secret is stored that could verify the ping, the wait
    /// goes on for a moment.
    async fn pinged(
        &self,
        mut arrivals: Arrivals,
        project: i64,
        webhook: &Listed,
        asked: Instant,
        doubtful: &mut Option<(Duration, SeenDelivery)>,
    ) -> Result<Option<(Duration, SeenDelivery)>> {
        let path = path_of(&webhook.uri);
        loop {
            let next = match &*doubtful {
                None => arrivals.next().await,
                Some((after, _)) => {
                    let until = (asked + *after + DOUBT).into();
                    match tokio::time::timeout_at(until, arrivals.next()).await {
                        Ok(next) => next,
                        Err(_) => return Ok(None),
                    }
                }
            };
            let Some(rows) = next else { std::future::pending().await };
            for row in rows?.into_iter().filter(|row| !row.known_type) {
                let Some(delivery) = self.common.store().delivery(row.id).await? else { continue };
                let came = (asked.elapsed(), crate::webhooks::seen::delivery(&delivery.row));
                let keys = self.keys_of(project, &webhook.id).await?;
                match (row.outcome, &delivery.verdict.key) {
                    (Outcome::Verified, Some(key)) if keys.contains_key(&key.id) => {
                        // Mark it for the list. The ping itself has arrived, whether or not that succeeds.
                        if let Err(error) = self.common.store().pinged(row.id).await {
                            tracing::warn!(%error, "a delivery could not be marked as a ping");
                        }
                        return Ok(Some(came));
                    }
                    (Outcome::Verified, _) => {}
                    _ if !path.as_deref().is_some_and(|path| same_path(&delivery.path, path)) => {}
                    _ if keys.is_empty() => return Ok(Some(came)),
                    _ => {
                        doubtful.get_or_insert(came);
                    }
                }
            }
        }
    }

    /// The likely cause, by its stable code, and what to do.
    async fn why_missing(&self, project: i64, webhook: Listed, refused: bool) -> (&'static str, String) {
        // Read it anew: it may have been switched off since the list was read.
        let webhook = self.read_webhook(project, &webhook.id).await.unwrap_or(webhook);
        match webhook.state.as_str() {
            "disabled" => {
                return ("webhook_disabled", "The webhook is disabled. Enable it, then ping again.".to_owned());
            }
            "disabled_due_to_failed_deliveries" => {
                let message = "The service switched the webhook off because deliveries failed. Look at the failures, \
                               enable it, then ping again.";
                return ("webhook_disabled", message.to_owned());
            }
            _ => {}
        }
        let (place, repairable) = match self.webhook_view(project, &webhook).await {
            Ok(view) => (view.place, view.repaired_uri.is_some()),
            Err(_) => (UriPlace::Ours, false),
        };
        let uri = &webhook.uri;
        if place == UriPlace::Elsewhere {
            let message = format!(
                "The webhook points to {uri}, which is not an address of this listener. Point it here, or set this \
                 address as the public one where it leads here."
            );
            return ("not_ours", message);
        }
        if !matches!(self.listening.state(), ListenerState::Listening { .. }) {
            return ("not_listening", "The listener is not running. Start it, then ping again.".to_owned());
        }
        // An earlier address that another has replaced will not come back.
        if (place == UriPlace::Ours || !repairable)
            && let Some(why) = self.behind_a_tunnel(uri).then(|| self.tunnel.down()).flatten()
        {
            let message = format!("{uri} leads here through the tunnel. {why} Ping again once it is online.");
            return ("tunnel_down", message);
        }
        if place == UriPlace::Earlier {
            let message = format!(
                "The webhook points to {uri}, which is an earlier address of this listener. Repair it, then ping again."
            );
            return ("not_ours", message);
        }
        if refused {
            let message = "A delivery came during this time and was refused here: its body was larger than the limit in \
                           the settings, or the history did not take it. The service tries again.";
            return ("refused_by_us", message.to_owned());
        }
        if let Some(seen) = self.unreachable(uri).await {
            return ("address_unreachable", seen);
        }
        let unknown = match webhook.state.as_str() {
            "enabled" => String::new(),
            state => format!(" The webhook's state is {state:?}, which Pollux does not know."),
        };
        let message = format!(
            "The service took the ping, {uri} leads here, but nothing came.{unknown} Ping again in a minute. If \
             nothing comes then, check what stands between the service and this machine."
        );
        ("unknown", message)
    }

    /// Whether this is below a public address, present or past.
    fn behind_a_tunnel(&self, uri: &str) -> bool {
        let bases = self.addresses.bases();
        let earlier = bases.earlier.iter().filter(|one| one.public).map(|one| &one.base);
        bases.public.iter().chain(earlier).any(|base| uri.starts_with(base.as_str()))
    }

    /// Calls a public address from here, without any key. If it does not lead to this listener, returns what was seen.
    async fn unreachable(&self, uri: &str) -> Option<String> {
        let url = reqwest::Url::parse(uri).ok().filter(|url| !is_loopback(url))?;
        let public = self.addresses.bases().public.filter(|public| uri.starts_with(public.as_str()));
        let address = public.unwrap_or_else(|| format!("{}/", url.origin().ascii_serialization()));
        let seen = match look(&address).await {
            Ok(None) => return None,
            Ok(Some(seen)) => format!("it answers {seen}, not as this listener does"),
            Err(problem) => format!("it does not answer ({problem})"),
        };
        Some(format!(
            "{address} was tried from here: {seen}. Check that the tunnel or proxy runs and leads to this listener, \
             then ping again."
        ))
    }
}

/// What an address answers, if it is not the listener's line.
async fn look(address: &str) -> std::result::Result<Option<String>, String> {
    // The innermost error of the chain says what happened; the others only say that something did.
    let told = |error: reqwest::Error| {
        let error = error.without_url();
        let mut inner: &dyn std::error::Error = &error;
        while let Some(source) = inner.source() {
            inner = source;
        }
        inner.to_string()
    };
    let client = reqwest::Client::builder().timeout(REACH).redirect(reqwest::redirect::Policy::none()).build();
    let response = client.map_err(told)?.get(address).send().await.map_err(told)?;
    let status = response.status().as_u16();
    let text = response.text().await.map_err(told)?;
    if status == 200 && text == inbound::HEALTH_LINE {
        return Ok(None);
    }
    let start: String = text.trim().chars().filter(|c| !c.is_control()).take(EXCERPT).collect();
    Ok(Some(if start.is_empty() { status.to_string() } else { format!("{status} ({start})") }))
}

fn millis(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}
