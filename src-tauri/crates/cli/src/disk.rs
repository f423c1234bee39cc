//! Tells on standard error that the disk is nearly full: one line when that begins, and one when it is over.

use engine::Shortage;
use tokio::sync::watch::Receiver;

/// Tells until the engine ends.
pub(crate) async fn tell(mut shortage: Receiver<Option<Shortage>>) {
    let mut was_short = false;
    loop {
        let line = line(was_short, shortage.borrow_and_update().as_ref());
        if let Some(line) = line {
            was_short = !was_short;
            say!("{line}");
        }
        if shortage.changed().await.is_err() {
            return;
        }
    }
}

/// Gives the line to print if the state has changed.
fn line(was_short: bool, now: Option<&Shortage>) -> Option<String> {
    match (was_short, now) {
        (false, Some(Shortage { free, reserve, folder })) => Some(format!(
            "the disk is nearly full: new deliveries are not stored and answered 503. {} has {} free, and Pollux needs {}. \
             Free some space there, or start again with --db and a file on a larger disk.",
            folder.display(),
            size(*free),
            size(*reserve),
        )),
        (true, None) => Some("the disk has room again: deliveries are stored.".to_owned()),
        _ => None,
    }
}

fn size(bytes: u64) -> String {
    const MIB: f64 = 1_048_576.0;
    match bytes as f64 / MIB {
        mib if mib >= 1024.0 => format!("{:.1} GiB", mib / 1024.0),
        mib => format!("{mib:.1} MiB"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_when_it_begins_and_one_when_it_is_over() {
        let shortage = |free| Shortage { free, reserve: 1 << 30, folder: "/var/tmp/x".into() };
        let begins = line(false, Some(&shortage(800 << 20))).unwrap();
        assert!(begins.contains("/var/tmp/x has 800.0 MiB free, and Pollux needs 1.0 GiB"), "{begins}");
        assert!(!begins.contains('\n'));
        assert_eq!(line(true, Some(&shortage(1))), None, "the same, with other figures");
        assert!(line(true, None).is_some());
        assert_eq!(line(false, None), None);
    }
}
