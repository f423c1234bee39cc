//! The first steps: each is ticked by what happened, and still is after a restart.

use engine::{Engine, FirstFacts, FirstKeyKind, Settings, Tour, TunnelProvider, TunnelSettings};
use samples::SampleRequest;
use signature::{Outcome, Scheme};

use crate::parts::{KEY, draft, soon};
use crate::scripted::scripted;
use crate::{SECRET, post};

async fn facts(engine: &Engine) -> FirstFacts {
    engine.first_steps().facts().await.unwrap()
}

/// Leaves out how long the answers took: that is written a moment after them.
fn untimed(mut facts: FirstFacts) -> FirstFacts {
    for row in [&mut facts.sample, &mut facts.real].into_iter().flatten() {
        row.took_us = None;
    }
    facts
}

#[tokio::test]
async fn each_step_is_ticked_by_what_happened_and_a_restart_forgets_none() {
    let (parts, scripted) = scripted();
    let (engine, address) = parts.listening(true).await;
    let none = facts(&engine).await;
    assert!(none.sample.is_none() && none.key.is_none() && none.tunnel.is_none() && none.real.is_none(), "{none:?}");
    assert_eq!(engine.settings().get().first_steps, Tour::Shown);

    let request =
        SampleRequest { event_type: "batch.succeeded".into(), variant: None, scheme: Scheme::V1, broken: None };
    // A broken one arrives, too, and ticks nothing.
    let broken = SampleRequest { broken: Some("wrong_secret".into()), ..request.clone() };
    engine.sandbox().send_sample(&broken).await.unwrap();
    assert!(facts(&engine).await.sample.is_none());
    let sent = engine.sandbox().send_sample(&request).await.unwrap();
    let sample = facts(&engine).await.sample.unwrap();
    assert_eq!((sample.outcome, sample.sandbox), (Outcome::Verified, true));
    assert_eq!(sample.message_id, Some(sent.message_id));
    assert!(facts(&engine).await.real.is_none(), "a sample is no real delivery");

    let default = engine.projects().list().iter().find(|project| !project.sandbox).unwrap().id;
    // Nothing verifies it yet.
    assert_eq!(post(&address, SECRET, "msg_1").await, 200);
    assert!(facts(&engine).await.real.is_none());
    let added = engine.projects().add_secret(default, "", SECRET).await.unwrap();
    let key = facts(&engine).await.key.unwrap();
    assert_eq!((key.kind, key.hint, key.since_ms), (FirstKeyKind::Secret, added.hint, Some(added.added_ms)));
    // What came before its secret is judged again, and counts then.
    soon("a real delivery", async || facts(&engine).await.real.is_some()).await;
    let nightly = engine.projects().add(draft("nightly")).await.unwrap();
    let key = facts(&engine).await.key.unwrap();
    assert_eq!((key.kind, key.project, key.hint.as_str()), (FirstKeyKind::Project, nightly.id, "…a91f"));
    assert!(key.available && key.since_ms.is_some());

    let tunnel = TunnelSettings { provider: TunnelProvider::Cloudflared, ..TunnelSettings::default() };
    engine.settings().set(Settings { tunnel, first_steps: Tour::PutAway, ..Settings::default() }).await.unwrap();
    engine.tunnel().start().await.unwrap();
    assert!(facts(&engine).await.tunnel.is_none(), "it is only starting");
    scripted.started(1).await.online(&address).await;
    soon("the tunnel is noted", async || facts(&engine).await.tunnel.is_some()).await;
    assert_eq!(facts(&engine).await.tunnel.unwrap().provider, TunnelProvider::Cloudflared);

    let all = untimed(facts(&engine).await);
    let real = all.real.as_ref().unwrap();
    assert_eq!((real.project, real.sandbox, real.message_id.as_deref()), (default, false, Some("msg_1")));
    let told = serde_json::to_string(&all).unwrap();
    assert!(!told.contains(KEY) && !told.contains(SECRET.trim_start_matches("whsec_")), "{told}");
    engine.tunnel().stop().await.unwrap();
    engine.shutdown().await;

    let engine = parts.start(true).await;
    assert_eq!(untimed(facts(&engine).await), all);
    assert_eq!(engine.settings().get().first_steps, Tour::PutAway);
}
