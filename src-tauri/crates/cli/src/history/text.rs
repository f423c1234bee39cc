//! The words of `pollux history`.

use super::{HistorySizes, KeepLimits, KeepPreview, SizePartName};
use crate::manage::time;
use crate::print::printable;

/// `1.5 GiB`, `20 KiB`, `17 B`.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [(&str, u64); 4] = [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    match UNITS.into_iter().find(|(_, unit)| bytes >= *unit) {
        Some((name, unit)) => format!("{:.1} {name}", bytes as f64 / unit as f64),
        None => format!("{bytes} B"),
    }
}

/// `1 delivery`, `12,345 deliveries`.
pub(super) fn deliveries(count: u64) -> String {
    match count {
        1 => "1 delivery".to_owned(),
        count => format!("{} deliveries", grouped(count)),
    }
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join(",")
}

fn part(name: SizePartName) -> &'static str {
    match name {
        SizePartName::Headers => "headers, paths, verdicts",
        SizePartName::Bodies => "bodies",
        SizePartName::Rows => "rows and indexes",
        SizePartName::Answers => "answers, replays, forwards",
        SizePartName::Results => "kept results",
        SizePartName::Search => "search index",
        SizePartName::Log => "write-ahead log",
        SizePartName::Deleted => "deleted, can be taken back",
        SizePartName::Free => "free pages",
    }
}

/// `2.0 GiB, 30 days`, or `no limit`.
pub(super) fn limits(limits: &KeepLimits) -> String {
    let days = |days| if days == 1 { "1 day".to_owned() } else { format!("{days} days") };
    let parts: Vec<String> = [limits.max_bytes.map(size), limits.max_days.map(days), limits.max_count.map(deliveries)]
        .into_iter()
        .flatten()
        .collect();
    if parts.is_empty() { "no limit".to_owned() } else { parts.join(", ") }
}

/// All of it, as a table.
pub(super) fn sizes(sizes: &HistorySizes, project: &dyn Fn(i64) -> String) -> String {
    let mut text = format!("{}\n", printable(&sizes.path));
    let oldest = sizes.oldest_ms.map(|ms| format!(", the oldest of {}", time(ms))).unwrap_or_default();
    text.push_str(&format!("  {}, {} pinned{oldest}\n", deliveries(sizes.deliveries), grouped(sizes.pinned)));
    text.push_str(&format!("  {:>10}  in all, limit: {}\n", size(sizes.total_bytes), limits(&sizes.limits)));
    for one in &sizes.parts {
        text.push_str(&format!("  {:>10}  {}\n", size(one.bytes), part(one.name)));
    }
    if let Some(free) = sizes.free_bytes {
        text.push_str(&format!("  {:>10}  free on the disk\n", size(free)));
    }
    for one in sizes.per_project.iter().filter(|one| one.deliveries > 0 || one.limits.is_some()) {
        let own = one.limits.as_ref().map(|own| format!(", limit: {}", limits(own))).unwrap_or_default();
        text.push_str(&format!(
            "  {}: {}, {} of headers and bodies{own}\n",
            printable(&project(one.project)),
            deliveries(one.deliveries),
            size(one.bytes)
        ));
    }
    if let Some(rebuild) = &sizes.rebuild {
        let what = match &rebuild.why {
            None => format!("pollux history rebuild changes that, and needs {} for a while", size(rebuild.bytes)),
            Some(why) => format!("it cannot be rebuilt now: {}", printable(why)),
        };
        text.push_str(&format!("  An older version made the file, so it gives no space back to the disk: {what}.\n"));
    }
    text
}

/// What was set, and what goes because of it.
pub(super) fn kept(of: &KeepLimits, preview: &KeepPreview, set: bool) -> String {
    let verb = if set { "Limit set" } else { "Limit" };
    let goes = match (set, preview.deliveries) {
        (false, _) => "would go",
        (true, 1) => "goes now",
        (true, _) => "go now",
    };
    let mut text = format!("{verb}: {}.\n", limits(of));
    if preview.deliveries == 0 {
        text.push_str(if set { "Nothing goes now.\n" } else { "Nothing would go.\n" });
        return text;
    }
    let until = preview.until_ms.map(|ms| format!(", up to {}", time(ms))).unwrap_or_default();
    text.push_str(&format!("{} {goes} ({}{until}).\n", deliveries(preview.deliveries), size(preview.bytes)));
    for (count, why) in [(preview.staying_pinned, "pinned"), (preview.staying_waiting, "waiting to be forwarded")] {
        if count > 0 {
            text.push_str(&format!("{} of that time {} because {} {why}.\n", grouped(count), stays(count), are(count)));
        }
    }
    text
}

fn stays(count: u64) -> &'static str {
    if count == 1 { "stays" } else { "stay" }
}

fn are(count: u64) -> &'static str {
    if count == 1 { "it is" } else { "they are" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_counts_are_words() {
        assert_eq!([size(17), size(20 << 10), size(3 << 29)], ["17 B", "20.0 KiB", "1.5 GiB"]);
        assert_eq!([deliveries(1), deliveries(1_234_567)], ["1 delivery", "1,234,567 deliveries"]);
        assert_eq!(limits(&KeepLimits::default()), "no limit");
        let both = KeepLimits { max_days: Some(1), max_count: Some(1_000), ..KeepLimits::default() };
        assert_eq!(limits(&both), "1 day, 1,000 deliveries");
    }

    #[test]
    fn what_goes_is_said_before_and_after() {
        let nothing = KeepPreview {
            deliveries: 0,
            bytes: 0,
            until_ms: None,
            staying_pinned: 0,
            staying_waiting: 0,
            query: String::new(),
            buckets: Vec::new(),
        };
        assert!(kept(&KeepLimits::usual(), &nothing, false).contains("Nothing would go"));
        let some = KeepPreview { deliveries: 2, bytes: 2048, staying_pinned: 1, ..nothing };
        let said = kept(&KeepLimits::usual(), &some, true);
        assert!(said.contains("Limit set: 2.0 GiB.") && said.contains("2 deliveries go now (2.0 KiB)."), "{said}");
        assert!(said.contains("1 of that time stays because it is pinned."), "{said}");
        assert!(kept(&KeepLimits::usual(), &some, false).contains("2 deliveries would go"));
    }
}
