//! ngrok: lost connections, and the ones that replace them.

use std::collections::HashSet;
use std::time::Duration;

use inbound::Limits;
use inbound::tunnel::{FailureCode, State};
use tokio::io::AsyncWriteExt as _;

use super::ngrok_rig::{Fast, Network, Run, Warp, ngrok, read_all};
use super::rig::{rig, signed, status, wait_for};

/// The gaps of a tunnel that is lost again and again, in milliseconds; then 30 s each.
const GAPS: [u64; 7] = [500, 1000, 2000, 4000, 8000, 16_000, 30_000];

fn reconnecting(state: Option<&State>) -> (&str, Option<Duration>, u32) {
    match state {
        Some(State::Reconnecting { why, retry_in, attempt }) => (why, *retry_in, *attempt),
        other => panic!("not reconnecting: {other:?}"),
    }
}

#[tokio::test]
async fn it_comes_back_from_twenty_cuts_after_the_gaps_that_are_configured() {
    let (network, time) = (Network::default(), Warp::default());
    let mut run = Run::start(ngrok(&network, time.clone()), None);
    let public = run.online().await;
    for cut in 0..20_u32 {
        network.edge.cut();
        time.settle().await;
        let gap = Duration::from_millis(*GAPS.get(cut as usize).unwrap_or(&30_000));
        let seen = run.seen();
        let (why, retry_in, attempt) = reconnecting(seen.first());
        assert!(why.contains("connection"), "{why}");
        assert_eq!((retry_in, attempt), (Some(gap), cut + 1));
        assert_eq!((seen.len(), network.edge.connected()), (1, 0), "{seen:?}");

        time.advance(gap - Duration::from_millis(1)).await;
        assert!(run.seen().is_empty(), "too early");
        time.advance(Duration::from_millis(1)).await;
        let seen = run.seen();
        assert_eq!(reconnecting(seen.first()).1, None);
        assert_eq!(seen[1], State::Online { public: public.clone(), latency: None });
        assert_eq!((network.edge.connected(), network.edge.asked("auth").len()), (1, cut as usize + 2));
        let mut stream = network.edge.connect("192.0.2.1:1").await.unwrap();
        assert_eq!(status(&read_all(&mut stream).await), "503", "no listener, but its way is open");
    }
    // Online for a minute: the gaps start over.
    time.advance(Duration::from_secs(60)).await;
    run.seen();
    network.edge.cut();
    time.settle().await;
    assert_eq!(reconnecting(run.seen().first()).1, Some(Duration::from_millis(GAPS[0])));
    run.stop().await;
}

#[tokio::test]
async fn chance_makes_gaps_shorter_never_longer() {
    let (network, time) = (Network::default(), Warp::default());
    network.take_away();
    let mut run = Run::with_random(ngrok(&network, time.clone()), None, 1.0);
    time.advance(Duration::from_secs(300)).await;
    let gaps: Vec<u64> = run
        .seen()
        .iter()
        .filter_map(|state| match state {
            State::Reconnecting { retry_in: Some(gap), .. } => Some(u64::try_from(gap.as_millis()).unwrap()),
            _ => None,
        })
        .collect();
    let (grown, longest) = gaps.split_at(GAPS.len());
    assert_eq!(grown, GAPS.map(|gap| gap * 3 / 4));
    assert!(longest.len() > 5 && longest.iter().all(|gap| *gap == 22_500), "{longest:?}");
    run.stop().await;
}

#[tokio::test]
async fn after_two_minutes_without_a_network_it_is_back_within_thirty_seconds() {
    let (network, time) = (Network::default(), Warp::default());
    let mut run = Run::start(ngrok(&network, time.clone()), None);
    run.online().await;
    network.take_away();
    time.advance(Duration::from_secs(120)).await;
    let seen = run.seen();
    let (why, _, attempt) = reconnecting(seen.last());
    assert!(why.starts_with("ngrok cannot be reached (") && why.contains("Check the network"), "{why}");
    assert!((7..=12).contains(&attempt), "{attempt}");
    network.bring_back();
    time.advance(Duration::from_secs(30)).await;
    assert!(matches!(run.seen().last(), Some(State::Online { .. })));
    assert_eq!(network.edge.connected(), 1);
    run.stop().await;
}

#[tokio::test]
async fn a_computer_that_wakes_up_tries_at_once() {
    let (network, time) = (Network::default(), Warp::default());
    let mut run = Run::start(ngrok(&network, time.clone()), None);
    run.online().await;
    // Asleep while online: the session is stale.
    time.settle().await;
    time.sleep_through(Duration::from_secs(8 * 3600));
    time.advance(Duration::from_secs(5)).await;
    let seen = run.seen();
    let (why, gap, attempt) = reconnecting(seen.first());
    assert!(why.contains("asleep"), "{why}");
    assert_eq!((gap, attempt), (Some(Duration::ZERO), 1));
    assert!(matches!(seen.last(), Some(State::Online { .. })), "{seen:?}");
    assert_eq!(network.edge.connected(), 1);

    // Asleep while waiting: the wait is stale, too.
    network.edge.rule(|rules| rules.refuse_bind = Some("No more.\n\nERR_NGROK_727".to_owned()));
    network.edge.cut();
    time.advance(Duration::from_secs(60)).await;
    assert_eq!(reconnecting(run.seen().last()).1, Some(Duration::from_secs(900)));
    network.edge.rule(|rules| rules.refuse_bind = None);
    time.sleep_through(Duration::from_secs(8 * 3600));
    time.advance(Duration::from_secs(5)).await;
    assert!(matches!(run.seen().last(), Some(State::Online { .. })));
    run.stop().await;
}

#[tokio::test]
async fn a_stop_by_the_service_is_told_and_tried_again() {
    let (network, time) = (Network::default(), Warp::default());
    let mut run = Run::start(ngrok(&network, time.clone()), None);
    run.online().await;

    network.edge.stop_endpoint("Removed by its owner.", None).await;
    time.settle().await;
    assert_eq!(reconnecting(run.seen().first()).0, "ngrok took the endpoint down: Removed by its owner.");
    time.advance(Duration::from_secs(1)).await;
    assert!(matches!(run.seen().last(), Some(State::Online { .. })));

    // After a reconnect as well, with a quota that will not be back in a moment.
    network.edge.stop_endpoint("Enough.", Some("ERR_NGROK_727")).await;
    time.settle().await;
    let seen = run.seen();
    let (why, gap, _) = reconnecting(seen.first());
    assert!(why.contains("this month's HTTP requests"), "{why}");
    assert_eq!(gap, Some(Duration::from_secs(900)));
    time.advance(Duration::from_secs(900)).await;
    assert!(matches!(run.seen().last(), Some(State::Online { .. })));

    assert_eq!(network.edge.stop_agent().await, serde_json::json!({}), "the command was taken");
    let state = run.until(|state| matches!(state, State::Reconnecting { .. })).await;
    assert_eq!(reconnecting(Some(&state)).0, "ngrok asked this agent to stop, from its dashboard or its API.");
    time.advance(Duration::from_secs(2)).await;
    assert_eq!(network.edge.connected(), 1);

    // An account that is closed while the tunnel runs ends it.
    network.edge.stop_endpoint("Suspended.", Some("ERR_NGROK_103")).await;
    let state = run.until(|state| matches!(state, State::Failed(_))).await;
    assert!(matches!(&state, State::Failed(failure) if failure.code == FailureCode::NgrokAccountSuspended));
    run.task.await.unwrap();
    time.settle().await;
    assert_eq!(network.edge.connected(), 0);
}

/// Everything runs in one thread, so anything that never pauses would hang it.
#[tokio::test]
async fn a_command_that_breaks_off_is_not_read_for_ever() {
    let (network, time) = (Network::default(), Warp::default());
    let mut run = Run::start(ngrok(&network, time.clone()), None);
    run.online().await;
    network.edge.break_off_a_command().await;
    time.settle().await;
    let mut stream = network.edge.connect("192.0.2.1:1").await.unwrap();
    assert_eq!(status(&read_all(&mut stream).await), "503", "no listener, but its way is open");
    drop(stream);
    network.edge.cut();
    time.advance(Duration::from_secs(1)).await;
    assert!(matches!(run.seen().last(), Some(State::Online { .. })));
    run.stop().await;
}

#[tokio::test]
async fn a_missed_heartbeat_is_a_lost_connection_and_an_answered_one_a_latency() {
    let network = Network::default();
    let mut beating = ngrok(&network, Fast::default());
    beating.seams.heartbeat = (Duration::from_millis(50), Duration::from_millis(100));
    let mut run = Run::start(beating, None);
    let measured = run.until(|state| matches!(state, State::Online { latency: Some(_), .. })).await;
    assert!(matches!(measured, State::Online { latency: Some(latency), .. } if latency < Duration::from_secs(1)));

    network.edge.rule(|rules| rules.mute = true);
    let lost = run.until(|state| matches!(state, State::Reconnecting { .. })).await;
    assert!(reconnecting(Some(&lost)).0.contains("heartbeat"));
    network.edge.rule(|rules| rules.mute = false);
    run.online().await;
    run.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_is_kept_however_often_the_connection_is_cut() {
    let rig = rig(Limits::default()).await;
    let network = Network::default();
    let mut run = Run::start(ngrok(&network, Fast::default()), Some(rig.listener.intake()));
    run.online().await;
    let public = network.edge.public().await;
    let sending: Vec<_> = (0..6)
        .map(|sender| {
            tokio::spawn(async move {
                let (mut taken, mut not) = (HashSet::new(), 0);
                for number in 0..150 {
                    let id = format!("msg_{sender}_{number}");
                    let mut stream = tokio::net::TcpStream::connect(public).await.unwrap();
                    let _ = stream.write_all(&signed(&id, &[b'x'; 20_000])).await;
                    match status(&read_all(&mut stream).await) {
                        "200" => _ = taken.insert(id),
                        _ => {
                            not += 1;
                            tokio::time::sleep(Duration::from_millis(5)).await;
                        }
                    }
                }
                (taken, not)
            })
        })
        .collect();
    for _ in 0..4 {
        // Under load: some have come since the last cut.
        let before = rig.all().await.len();
        wait_for("some are stored", async || rig.all().await.len() >= before + 20).await;
        network.edge.cut();
        run.online().await;
    }
    let (mut taken, mut not) = (HashSet::new(), 0);
    for sender in sending {
        let (some, failed) = sender.await.unwrap();
        taken.extend(some);
        not += failed;
    }
    assert!(taken.len() > 100 && not > 0, "{} taken, {not} not", taken.len());
    let mut kept = HashSet::new();
    for id in rig.all().await {
        kept.extend(rig.store.delivery(id).await.unwrap().unwrap().row.message_id);
    }
    let lost: Vec<_> = taken.difference(&kept).collect();
    assert!(lost.is_empty(), "acknowledged and not kept: {lost:?}");
    run.stop().await;
}
