//! A short soak, with faults that are always the same: see `tests::soak`, and `make soak` for a long one.

use tests::soak::{Ends, Fault, Plan, run};
use tokio_util::sync::CancellationToken;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_round_of_all_faults_loses_nothing_and_doubles_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan {
        ends: Ends::Kills(3),
        senders: 6,
        rate: 60.0,
        pause_ms: (100, 600),
        keep_count: None,
        ..Plan::new(20_261_130, folder.path())
    };
    let report = run(&plan, &CancellationToken::new()).await.unwrap();
    assert_eq!(report.failures(), Vec::<String>::new(), "{}", report.text());
    // All of it happened, and came through.
    assert_eq!(report.fault(Fault::Kill), 3, "{}", report.text());
    for fault in [Fault::SecondProcess, Fault::StalledPeers, Fault::TunnelCut, Fault::Stop] {
        assert!(report.fault(fault) > 0, "{fault:?}: {}", report.text());
    }
    let counts = &report.counts;
    assert!(counts.acknowledged > 100 && counts.tunnelled > 0 && counts.rejected > 0, "{}", report.text());
    assert!(counts.lost > 0 && counts.again > 0, "{}", report.text());
    // Wherever the disk can be made full, something was refused meanwhile.
    assert!(report.fault(Fault::FullDisk) == 0 || report.refused_when_full > 0, "{}", report.text());
    assert!(report.rows.is_some_and(|rows| rows >= counts.acknowledged + counts.rejected), "{}", report.text());
}
