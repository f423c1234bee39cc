//! The tunnel, with a provider whose states come from the test.

use std::time::Duration;

use engine::{
    Authtoken, AuthtokenFrom, Code, Engine, Level, ListenerState, PingResult, Settings, TunnelProvider, TunnelSettings,
    TunnelState, UriPlace, Vault as _,
};
use inbound::tunnel::{Failure, FailureCode, State};
use serde_json::json;

use crate::managed::draft;
use crate::parts::{Parts, soon};
use crate::scripted::{Told, scripted};
use crate::{SECRET, post};

const TOKEN: &str = "2abcDEFghijKLMNOPqrstuvwxyz_7QdTn4wXyZ5b8cK9m";

fn with(provider: TunnelProvider) -> Settings {
    Settings { tunnel: TunnelSettings { provider, ..TunnelSettings::default() }, ..Settings::default() }
}

async fn is(engine: &Engine, state: &str) {
    soon(state, async || engine.tunnel().view().state.as_str() == state).await;
}

/// The states in the time-line: provider, state.
async fn line(parts: &Parts) -> Vec<(String, String)> {
    let store = store::Store::open(&parts.database(), store::Options::default()).unwrap();
    let states = store.tunnel_states().between(0, i64::MAX).await.unwrap();
    states.into_iter().map(|state| (state.provider, state.state)).collect()
}

#[tokio::test]
async fn every_state_is_shown_told_and_kept() {
    let (mut parts, scripted) = scripted();
    parts.ngrok_authtoken = Some(format!(" {TOKEN}\n"));
    let (engine, address) = parts.listening(false).await;
    let told = Told::of(&engine);
    assert_eq!(engine.tunnel().start().await.unwrap_err().code, Code::TunnelNone);
    engine.settings().set(with(TunnelProvider::Ngrok)).await.unwrap();
    let view = engine.tunnel().view();
    assert_eq!((view.provider, view.state, view.public), (TunnelProvider::Ngrok, TunnelState::Off, None));
    assert_eq!(engine.tunnel().probe_now().await.unwrap_err().code, Code::TunnelOffline);
    assert_eq!(engine.tunnel().was(i64::MAX).await.unwrap(), None);

    assert_eq!(engine.tunnel().start().await.unwrap().state, TunnelState::Starting);
    let started = scripted.started(1).await;
    assert_eq!(started.authtoken.as_deref(), Some(TOKEN));
    assert_eq!(format!("http://{}/", started.local.borrow().unwrap()), address);
    started.say(State::Starting).await;
    // The listener itself is the public address, so the probe is a real one.
    started.online(&address).await;
    is(&engine, "online").await;
    let view = engine.tunnel().view();
    assert_eq!((view.public.as_deref(), view.latency_ms), (Some(&*address), Some(38)));
    soon("the probe comes back", async || engine.tunnel().view().probe.is_some()).await;
    let probe = engine.tunnel().view().probe.unwrap();
    assert_eq!((probe.result.as_str(), probe.status), ("ok", Some(200)), "{probe:?}");
    let online = engine.tunnel().was(i64::MAX).await.unwrap().unwrap();
    assert_eq!((online.state.as_str(), online.public.as_deref()), ("online", Some(&*address)));

    let lost = |attempt, retry_in| State::Reconnecting { why: "The line was cut.".into(), retry_in, attempt };
    started.say(lost(1, Some(Duration::from_secs(4)))).await;
    is(&engine, "reconnecting").await;
    let since = engine.tunnel().view().since_ms;
    started.say(lost(2, None)).await;
    let second = TunnelState::Reconnecting { why: "The line was cut.".into(), next_ms: None, attempt: 2 };
    soon("the second try", async || engine.tunnel().view().state == second).await;
    let view = engine.tunnel().view();
    assert_eq!((view.since_ms, view.public.as_deref(), view.latency_ms), (since, Some(&*address), None));
    let first = told.tunnels.lock().unwrap().iter().find_map(|view| match view.state {
        TunnelState::Reconnecting { next_ms, attempt: 1, .. } => Some((view.since_ms, next_ms)),
        _ => None,
    });
    let (told_ms, next_ms) = first.unwrap();
    assert!((3500..=4500).contains(&(next_ms.unwrap() - told_ms)), "{next_ms:?}");
    started.online(&address).await;
    is(&engine, "online").await;
    assert_eq!(engine.tunnel().probe_now().await.unwrap().result, "ok");

    let code = |code: FailureCode| Failure { code, message: "No more.".into(), detail: Some("code 7".into()) };
    started.say(State::Failed(code(FailureCode::NgrokQuota))).await;
    started.end.cancel();
    is(&engine, "failed").await;
    assert_eq!(engine.tunnel().view().public, None);
    assert_eq!(engine.tunnel().stop().await.unwrap().state, TunnelState::Off);
    let expected = ["off", "starting", "online", "reconnecting", "online", "failed", "off"];
    assert_eq!(told.states(), expected);

    // A tunnel that ends without a word has failed.
    engine.tunnel().start().await.unwrap();
    scripted.started(2).await.end.cancel();
    is(&engine, "failed").await;
    // Stop it in order.
    engine.tunnel().start().await.unwrap();
    let third = scripted.started(3).await;
    third.online(&address).await;
    is(&engine, "online").await;
    assert_eq!(engine.tunnel().stop().await.unwrap().state, TunnelState::Off);
    assert!(third.stop.is_cancelled() && third.states.upgrade().is_none(), "it is gone");
    engine.tunnel().stop().await.unwrap();
    let was = engine.tunnel().was(online.at_ms).await.unwrap().unwrap();
    assert_eq!((was.state, was.provider), ("online".to_owned(), "ngrok".to_owned()));
    let actions = engine.actions().page(None, 50).await.unwrap().actions;
    let said: Vec<_> =
        actions.iter().rev().map(|one| (one.what.as_str(), one.who.as_str(), one.target.as_str())).collect();
    let start = ("tunnel.start", "ada, window");
    assert_eq!(said[0], (start.0, start.1, "none"));
    assert_eq!(said[1..4].to_vec(), vec![(start.0, start.1, "ngrok"); 3]);
    assert_eq!(said[4..].to_vec(), vec![("tunnel.stop", "ada, window", "ngrok")], "one that had failed is not stopped");
    engine.shutdown().await;
    let line: Vec<_> = line(&parts).await.into_iter().map(|(_, state)| state).collect();
    let third = ["starting", "failed", "off", "starting", "online", "off"];
    assert_eq!(line, [&["starting", "online", "reconnecting", "online", "failed", "off"][..], &third].concat());
    let bytes = parts.bytes();
    assert!(!bytes.windows(TOKEN.len()).any(|window| window == TOKEN.as_bytes()), "no token in the history");
}

#[tokio::test]
async fn settings_restart_it_only_where_they_matter_and_the_listener_goes_on() {
    let (mut parts, scripted) = scripted();
    parts.ngrok_authtoken = Some(TOKEN.into());
    let (engine, address) = parts.listening(false).await;
    let mut settings = with(TunnelProvider::Ngrok);
    engine.settings().set(settings.clone()).await.unwrap();
    engine.tunnel().start().await.unwrap();
    scripted.started(1).await.online("http://127.0.0.1:9/").await;
    is(&engine, "online").await;

    settings.tunnel.per_second = 7;
    settings.tunnel.cloudflared_http2 = true;
    settings.public_address = Some("https://own.example/".into());
    settings.tunnel.path_token = Some("a-secret-segment".into());
    engine.settings().set(settings.clone()).await.unwrap();
    let view = engine.tunnel().view();
    assert_eq!(view.public.as_deref(), Some("http://127.0.0.1:9/a-secret-segment/"));
    assert!(scripted.count() == 1 && view.state == TunnelState::Online, "none of it is ngrok's");

    settings.tunnel.ngrok_domain = Some(" HTTPS://hooks.invalid".to_lowercase());
    engine.settings().set(settings.clone()).await.unwrap();
    let second = scripted.started(2).await;
    assert_eq!(second.settings.ngrok_domain.as_deref(), Some("hooks.invalid"));
    assert!(scripted.starts.lock().unwrap()[0].stop.is_cancelled());
    settings.tunnel.provider = TunnelProvider::Own;
    engine.settings().set(settings.clone()).await.unwrap();
    let third = scripted.started(3).await;
    assert_eq!(third.own_address.as_deref(), Some("https://own.example/"));
    assert!(third.authtoken.is_none() && second.stop.is_cancelled());
    settings.public_address = Some("https://other.example/".into());
    engine.settings().set(settings.clone()).await.unwrap();
    let fourth = scripted.started(4).await;
    assert_eq!(fourth.own_address.as_deref(), Some("https://other.example/"));

    // At another port the provider is told, and not restarted.
    let ListenerState::Listening { address: moved, .. } = engine.listening().start(None).await else {
        panic!("listens")
    };
    assert_ne!(moved, address);
    assert_eq!(format!("http://{}/", fourth.local.borrow().unwrap()), moved);
    assert_eq!(scripted.count(), 4);
    settings.tunnel.provider = TunnelProvider::None;
    engine.settings().set(settings.clone()).await.unwrap();
    assert!(fourth.stop.is_cancelled());
    assert_eq!(engine.tunnel().view().state, TunnelState::Off);
    settings.tunnel.provider = TunnelProvider::Cloudflared;
    engine.settings().set(settings).await.unwrap();
    assert_eq!(scripted.count(), 4, "what is off stays off");
    engine.listening().stop().await;
    assert_eq!(engine.tunnel().start().await.unwrap_err().code, Code::NotListening);
    engine.shutdown().await;
}

#[tokio::test]
async fn the_authtoken_is_in_the_vault_alone() {
    let (parts, scripted) = scripted();
    let (engine, _) = parts.listening(false).await;
    engine.settings().set(with(TunnelProvider::Ngrok)).await.unwrap();
    let view = engine.tunnel().start().await.unwrap();
    let TunnelState::Failed { code, message, .. } = view.state else { panic!("{view:?}") };
    assert!(code == Code::NgrokAuthtokenMissing && message.contains("NGROK_AUTHTOKEN"), "{message}");

    for wrong in ["", "  ", "two words", "ünglish", &"x".repeat(513)] {
        let error = engine.tunnel().set_authtoken(Some(wrong.into())).await.unwrap_err();
        assert_eq!(error.code, Code::InvalidAuthtoken);
    }
    let view = engine.tunnel().set_authtoken(Some(format!(" {TOKEN}\n"))).await.unwrap();
    assert_eq!(view.ngrok_authtoken, Some(kept("…cK9m", None)));
    assert_eq!(scripted.count(), 0, "what had failed is not started");
    let actions = engine.actions().page(None, 50).await.unwrap().actions;
    let failed = actions.iter().find(|one| one.what == "tunnel.start").unwrap();
    assert!(failed.result == "failed" && failed.detail.contains("authtoken"), "{failed:?}");
    assert_eq!(parts.kept("tunnel:ngrok").as_deref(), Some(TOKEN));
    engine.tunnel().start().await.unwrap();
    assert_eq!(scripted.started(1).await.authtoken.as_deref(), Some(TOKEN));
    let other = TOKEN.replace("cK9m", "WxYz");
    engine.tunnel().set_authtoken(Some(other.clone())).await.unwrap();
    assert_eq!(scripted.started(2).await.authtoken, Some(other.clone()), "used at once");
    engine.shutdown().await;

    let (engine, _) = parts.listening(false).await;
    assert_eq!(engine.tunnel().view().ngrok_authtoken, Some(kept("…WxYz", None)));
    parts.vault.delete("tunnel:ngrok").unwrap();
    let TunnelState::Failed { code, .. } = engine.tunnel().start().await.unwrap().state else { panic!("none") };
    assert_eq!(code, Code::NgrokAuthtokenGone);
    assert_eq!(engine.tunnel().set_authtoken(None).await.unwrap().ngrok_authtoken, None);
    let log = engine.actions().export().await.unwrap();
    assert!(log.contains("tunnel.authtoken_set") && log.contains("tunnel.authtoken_remove"), "{log}");
    engine.shutdown().await;
    let bytes = parts.bytes();
    for token in [TOKEN, &other] {
        assert!(!log.contains(token) && !bytes.windows(token.len()).any(|window| window == token.as_bytes()));
    }
}

fn kept(hint: &str, passed_over: Option<&str>) -> Authtoken {
    Authtoken { hint: hint.into(), from: AuthtokenFrom::Kept, passed_over: passed_over.map(str::to_owned) }
}

#[tokio::test]
async fn a_kept_authtoken_goes_before_the_variable_and_which_is_used_is_shown() {
    let (mut parts, scripted) = scripted();
    let variable = TOKEN.replace("cK9m", "eNv1");
    parts.ngrok_authtoken = Some(format!(" {variable}\n"));
    let (engine, _) = parts.listening(false).await;
    engine.settings().set(with(TunnelProvider::Ngrok)).await.unwrap();
    let of_variable = Authtoken { hint: "…eNv1".into(), from: AuthtokenFrom::Environment, passed_over: None };
    assert_eq!(engine.tunnel().view().ngrok_authtoken, Some(of_variable.clone()));
    engine.tunnel().start().await.unwrap();
    assert_eq!(scripted.started(1).await.authtoken, Some(variable.clone()));

    let view = engine.tunnel().set_authtoken(Some(TOKEN.into())).await.unwrap();
    assert_eq!(view.ngrok_authtoken, Some(kept("…cK9m", Some("…eNv1"))));
    assert_eq!(scripted.started(2).await.authtoken.as_deref(), Some(TOKEN), "the stored one wins");

    // The vault has lost it: the variable's is used, and the view says so.
    parts.vault.delete("tunnel:ngrok").unwrap();
    let view = engine.tunnel().start().await.unwrap();
    assert_eq!(scripted.started(3).await.authtoken, Some(variable));
    assert_eq!(view.ngrok_authtoken, Some(of_variable.clone()));
    assert_eq!(engine.tunnel().set_authtoken(None).await.unwrap().ngrok_authtoken, Some(of_variable));
    engine.shutdown().await;
}

#[tokio::test]
async fn webhooks_of_the_address_before_are_shown_and_repaired() {
    let (parts, scripted) = scripted();
    let (engine, local) = parts.listening(true).await;
    let told = Told::of(&engine);
    let project = engine.projects().list().iter().find(|project| project.sandbox).unwrap().id;
    engine.settings().set(with(TunnelProvider::Cloudflared)).await.unwrap();
    engine.tunnel().start().await.unwrap();
    let started = scripted.started(1).await;
    started.online("https://one.tunnel.invalid/").await;
    is(&engine, "online").await;
    assert!(told.notices.lock().unwrap().is_empty(), "the first one is no news");
    let wanted = draft("mine", "https://one.tunnel.invalid/sandbox/mine");
    engine.webhooks().create(project, wanted, false).await.unwrap();
    let shown = async || {
        let board = engine.webhooks().board(project).await.unwrap();
        board.webhooks.into_iter().find(|webhook| webhook.name.as_deref() == Some("mine")).unwrap()
    };
    assert_eq!(shown().await.place, UriPlace::Ours);
    // The tunnel is lost, and comes back under another name.
    let cut = || State::Reconnecting { why: "cut".into(), retry_in: None, attempt: 1 };
    started.say(cut()).await;
    is(&engine, "reconnecting").await;
    assert_eq!(shown().await.place, UriPlace::Ours);
    assert_eq!(down(&engine, project, &shown().await.id).await, "tunnel_down");
    started.online("https://two.tunnel.invalid/").await;
    is(&engine, "online").await;
    let mine = shown().await;
    assert_eq!(mine.place, UriPlace::Earlier);
    assert_eq!(mine.repaired_uri.as_deref(), Some("https://two.tunnel.invalid/sandbox/mine"));
    let notices = told.notices.lock().unwrap().clone();
    let [notice] = notices.as_slice() else { panic!("{notices:?}") };
    assert_eq!((notice.level, notice.code), (Level::Info, Code::PublicAddressChanged));
    assert!(notice.message.contains("https://one.") && notice.message.contains("https://two."), "{notice:?}");
    soon("the alarm", async || engine.state().await.alarms.iter().any(|alarm| alarm.earlier == 1)).await;
    // It comes back again, under the same name.
    started.say(cut()).await;
    started.online("https://two.tunnel.invalid/").await;
    is(&engine, "online").await;
    assert_eq!(told.notices.lock().unwrap().len(), 1);

    // A quick tunnel's address never comes back: without an address there is nothing to repair to.
    engine.tunnel().stop().await.unwrap();
    let mine = shown().await;
    assert_eq!((mine.place, mine.repaired_uri), (UriPlace::Earlier, None));
    assert_eq!(down(&engine, project, &mine.id).await, "tunnel_down");
    let board = engine.webhooks().board(project).await.unwrap();
    assert_eq!(board.receiver, Some(format!("{local}sandbox")));
    engine.shutdown().await;
}

/// The cause that a ping gives when it cannot arrive.
async fn down(engine: &Engine, project: i64, id: &str) -> String {
    match engine.webhooks().ping_within(project, id, Duration::from_millis(200)).await.unwrap() {
        PingResult::Missing { cause, .. } => cause,
        arrived => panic!("{arrived:?}"),
    }
}

#[tokio::test]
async fn a_webhook_is_made_for_the_address_that_is_reached_now() {
    let (mut parts, scripted) = scripted();
    parts.ngrok_authtoken = Some(TOKEN.into());
    let (engine, local) = parts.listening(false).await;
    let project = engine.projects().list()[0].clone();
    let receiver = async || {
        let board = engine.webhooks().board(project.id).await.unwrap();
        (board.receiver.unwrap(), board.receiver_public)
    };
    let mut settings = with(TunnelProvider::Ngrok);
    settings.tunnel.ngrok_domain = Some("hooks.invalid".into());
    settings.tunnel.path_token = Some("a-secret-segment".into());
    engine.settings().set(settings.clone()).await.unwrap();
    assert_eq!(receiver().await, (local.clone(), false), "it is not reached yet");
    engine.tunnel().start().await.unwrap();
    scripted.started(1).await.online("https://hooks.invalid/").await;
    is(&engine, "online").await;
    assert_eq!(receiver().await, ("https://hooks.invalid/a-secret-segment/".into(), true));
    engine.tunnel().stop().await.unwrap();
    assert_eq!(receiver().await, (local.clone(), false));
    // For an address of their own, the user's word counts.
    settings.tunnel.provider = TunnelProvider::Own;
    settings.public_address = Some("https://own.example".into());
    settings.tunnel.path_token = None;
    engine.settings().set(settings).await.unwrap();
    assert_eq!(receiver().await, ("https://own.example/".into(), true));
    engine.shutdown().await;
}

#[tokio::test]
async fn what_the_gate_refuses_is_counted_and_told() {
    let (parts, scripted) = scripted();
    let (engine, address) = parts.listening(false).await;
    let told = Told::of(&engine);
    let mut settings = with(TunnelProvider::Cloudflared);
    settings.tunnel.path_token = Some("a-secret-segment".into());
    settings.tunnel.per_second = 1;
    engine.settings().set(settings).await.unwrap();
    engine.tunnel().start().await.unwrap();
    scripted.started(1).await.online(&address).await;
    is(&engine, "online").await;
    let public = engine.tunnel().view().public.unwrap();
    assert_eq!(public, format!("{address}a-secret-segment/"));
    assert_eq!(post(&address, SECRET, "msg_1").await, 404);
    let mut statuses = Vec::new();
    for index in 0..20 {
        statuses.push(post(&public, SECRET, &format!("msg_{index}")).await);
    }
    let taken = statuses.iter().filter(|status| **status == 200).count();
    assert!((5..15).contains(&taken) && statuses.contains(&429), "{statuses:?}");
    let counted = || {
        let views = told.tunnels.lock().unwrap();
        views.last().map(|view| (view.stray, view.too_many)).unwrap()
    };
    soon("the counts are told", async || counted().0 == 1 && counted().1 >= 5).await;
    assert_eq!(engine.state().await.counts.total, taken as u64, "nothing else is stored");
    engine.tunnel().stop().await.unwrap();
    assert_eq!(post(&address, SECRET, "msg_99").await, 200, "without a tunnel nothing is checked");
    engine.shutdown().await;
}

#[tokio::test]
async fn it_starts_with_pollux_and_a_crash_ends_its_time_line() {
    let (parts, scripted) = scripted();
    let (engine, _) = parts.listening(false).await;
    let mut settings = with(TunnelProvider::Cloudflared);
    settings.tunnel.on_launch = true;
    engine.settings().set(settings).await.unwrap();
    assert_eq!(scripted.count(), 0, "from the next start on");
    engine.shutdown().await;
    // Pollux crashed while the tunnel was online.
    let store = store::Store::open(&parts.database(), store::Options::default()).unwrap();
    let crashed = |state: &str| store::TunnelState {
        at_ms: 1000,
        seen_ms: 1000,
        provider: "cloudflared".into(),
        state: state.into(),
        public: Some("https://one.tunnel.invalid/".into()),
        detail: None,
    };
    store.tunnel_states().add(crashed("online")).await.unwrap();
    store.tunnel_states().seen(31_000).await.unwrap();
    store.close().await;

    let engine = parts.start(false).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(scripted.count(), 0, "not before the listener runs");
    engine.listening().start(None).await;
    let started = scripted.started(1).await;
    for (at_ms, state) in [(999, None), (1000, Some("online")), (30_999, Some("online")), (31_000, Some("off"))] {
        let was = engine.tunnel().was(at_ms).await.unwrap();
        assert_eq!(was.as_ref().map(|was| was.state.as_str()), state, "at {at_ms}");
    }
    engine.listening().start(None).await;
    engine.tunnel().view();
    assert_eq!(scripted.count(), 1, "once");
    let who = engine.actions().page(None, 1).await.unwrap().actions.pop().unwrap();
    assert_eq!((who.what.as_str(), who.who.as_str()), ("tunnel.start", "Pollux"));
    engine.shutdown().await;
    assert!(started.stop.is_cancelled() && started.states.upgrade().is_none(), "it ends with Pollux");
    assert_eq!(line(&parts).await.last().unwrap().1, "off");
}

#[tokio::test]
async fn an_address_of_before_there_were_tunnels_is_the_users_own() {
    let parts = Parts::default();
    let set = async |value: serde_json::Value| {
        let store = store::Store::open(&parts.database(), store::Options::default()).unwrap();
        store.settings().set("settings", &value).await.unwrap();
        store.close().await;
    };
    let own = "https://own.example/";
    for (value, provider) in [
        (json!({ "public_address": own }), TunnelProvider::Own),
        (json!({ "public_address": null }), TunnelProvider::None),
        (json!({ "public_address": own, "tunnel": { "provider": "none" } }), TunnelProvider::None),
    ] {
        set(value.clone()).await;
        let (engine, _) = parts.listening(false).await;
        let settings = engine.settings().get();
        assert_eq!((settings.tunnel.provider, settings.tunnel.on_launch), (provider, false), "{value}");
        let board = engine.webhooks().board(engine.projects().list()[0].id).await.unwrap();
        assert_eq!(board.receiver_public, provider == TunnelProvider::Own, "{value}");
        assert_eq!(engine.tunnel().view().state, TunnelState::Off);
        engine.shutdown().await;
    }
}
