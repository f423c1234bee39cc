//! What the window and the command line do with the Sandbox: its clock, settings, delivery log and samples.

use std::sync::Arc;

use emulator::SampleSent;
use samples::SampleRequest;
use serde_json::{Value, json};

use super::follow_up::Follow;
use super::own::Own;
use super::{Sandbox, control, webhooks};
use crate::dto::{SandboxAdvance, SandboxClock, SandboxCounts, SandboxDeliveries, SandboxDelivery, SandboxOverview};
use crate::error::{Code, Error, Result};

/// Most deliveries on a page of the log.
const LOG_PAGE: u32 = 200;

impl Sandbox {
    /// The Sandbox at a glance.
    pub async fn overview(&self) -> Result<SandboxOverview> {
        let sandbox = self.running()?;
        self.own_webhook(sandbox).await;
        let status: control::Status = sandbox.control.get("").await?;
        let webhooks = sandbox.control.webhooks().await?;
        let own = sandbox.own.lock().await.id().map(str::to_owned);
        Ok(SandboxOverview {
            address: sandbox.origin.clone(),
            api_key: sandbox.api_key.clone(),
            receiver: self.receiver(),
            jobs: sandbox.control.jobs().await?,
            clock: sandbox.clock().await?,
            counts: SandboxCounts {
                pending: status.pending,
                webhooks: status.webhooks,
                jobs: status.jobs,
                deliveries: status.deliveries,
            },
            webhooks: webhooks.into_iter().map(|webhook| webhooks::view(webhook, own.as_deref())).collect(),
        })
    }

    /// Runs the Sandbox's clock at another pace, 0 to 1,000,000 times the wall clock's.
    pub async fn set_clock(&self, warp: f64) -> Result<SandboxClock> {
        let sandbox = self.running()?;
        let set = sandbox.control.patch("clock", json!({ "warp": warp })).await?;
        sandbox.touched();
        // Secrets end by this clock, and what comes after a jump is judged by what holds then.
        self.follow_up.ask(Follow::Clock).await;
        Ok(sandbox.clock_view(set))
    }

    /// Moves the Sandbox's clock forward.
    pub async fn advance_clock(&self, by: SandboxAdvance) -> Result<SandboxClock> {
        let sandbox = self.running()?;
        let body = match by {
            SandboxAdvance::Ms(ms) => json!({ "ms": ms }),
            SandboxAdvance::Next => json!({ "next": true }),
        };
        let set = sandbox.control.post("clock:advance", body).await?;
        sandbox.touched();
        // Secrets end by this clock, and what comes after a jump is judged by what holds then.
        self.follow_up.ask(Follow::Clock).await;
        Ok(sandbox.clock_view(set))
    }

    /// What the emulator assumes, and what goes wrong on purpose.
    pub async fn settings(&self) -> Result<emulator::Settings> {
        self.running()?.control.get("settings").await
    }

    /// Changes the settings by a JSON merge patch (RFC 7396).
    pub async fn set_settings(&self, patch: Value) -> Result<emulator::Settings> {
        let sandbox = self.running()?;
        let settings: emulator::Settings = sandbox.control.patch("settings", patch).await?;
        sandbox.expect_token(&self.registry);
        self.registry.note_sandbox_ping(&settings.payload.ping_type);
        sandbox.touched();
        Ok(settings)
    }

    /// A page of the delivery log, newest first, each entry with what Pollux received of it.
    pub async fn deliveries(&self, before: Option<u64>, limit: u32) -> Result<SandboxDeliveries> {
        let sandbox = self.running()?;
        let page = sandbox.control.deliveries(before, limit.clamp(1, LOG_PAGE)).await?;
        let view = |one: control::Delivery| SandboxDelivery {
            received: sandbox.received.with(&one.id),
            number: one.number,
            id: one.id,
            event_type: one.event_type,
            uri: one.uri,
            webhook: one.webhook,
            job: one.job,
            scheme: one.scheme,
            created_ms: one.created,
            state: one.state,
            next_ms: one.next,
            attempts: one.attempts.into_iter().map(control::Attempt::view).collect(),
        };
        Ok(SandboxDeliveries {
            deliveries: page.deliveries.into_iter().map(view).collect(),
            next_before: page.next_before,
        })
    }

    /// The signed JSON of a delivery in the log.
    pub async fn delivery_body(&self, id: &str) -> Result<String> {
        #[derive(serde::Deserialize)]
        struct Answer {
            body: String,
        }
        let answer: Answer = self.running()?.control.get(&format!("deliveries/{}", message(id)?)).await?;
        Ok(answer.body)
    }

    /// Tries a delivery now, whatever was planned for it.
    pub async fn retry_delivery(&self, id: &str) -> Result<()> {
        let sandbox = self.running()?;
        let _: Value = sandbox.control.post(&format!("deliveries/{}:retry", message(id)?), json!({})).await?;
        sandbox.touched();
        Ok(())
    }

    /// Makes new keys for dynamic deliveries: the old ones are gone from the JWKS.
    pub async fn rotate_keys(&self) -> Result<()> {
        let sandbox = self.running()?;
        let _: Value = sandbox.control.post("keys:rotate", json!({})).await?;
        let fresh = Arc::new(sandbox.fresh_jwks()?);
        self.registry.update(|all| {
            if let Some(keys) = all.iter_mut().find(|keys| keys.project.id == sandbox.project) {
                keys.jwks = Some(fresh);
            }
        });
        Ok(())
    }

    /// Clears everything but settings and keys: no webhooks, jobs, files or deliveries are left. Then registers
    /// Pollux's own webhook anew.
    pub async fn reset(&self) -> Result<()> {
        let sandbox = self.running()?;
        let _: Value = sandbox.control.post("reset", json!({})).await?;
        self.projects.forget_webhook_secrets(sandbox.project).await?;
        *sandbox.own.lock().await = Own::Missing;
        self.follow_up.ask(Follow::Reset).await;
        self.own_webhook(sandbox).await;
        sandbox.touched();
        Ok(())
    }

    /// Has the Sandbox send a sample to the listener.
    pub async fn send_sample(&self, request: &SampleRequest) -> Result<SampleSent> {
        let sandbox = self.running()?;
        let uri = self.listening_receiver()?;
        let sent = sandbox.control.post("deliveries:send", json!({ "uri": uri, "request": request })).await;
        sent.map_err(|error| match error.code {
            Code::SandboxRefused | Code::NotFound => Error { code: Code::SampleFailed, ..error },
            _ => error,
        })
    }
}

/// Checks that a message id can be a path segment.
fn message(id: &str) -> Result<&str> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !id.is_empty() && id.chars().all(fits) { Ok(id) } else { Err(Error::not_found("delivery")) }
}
