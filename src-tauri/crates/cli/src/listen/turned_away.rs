//! Says at the end what `pollux listen` turned away.

use engine::TurnedAway;

/// Says it in one line; `None` if there was nothing.
pub(super) fn told(away: &TurnedAway) -> Option<String> {
    if away.total == 0 {
        return None;
    }
    let mut statuses = std::collections::BTreeMap::<u16, u64>::new();
    for kind in &away.kinds {
        *statuses.entry(kind.status).or_default() += kind.count;
    }
    let counted: Vec<String> = statuses.iter().map(|(status, count)| format!("{count} with {status}")).collect();
    let (requests, were) = if away.total == 1 { ("request", "was") } else { ("requests", "were") };
    Some(format!("{} {requests} {were} turned away: {}", away.total, counted.join(", ")))
}

#[cfg(test)]
mod tests {
    use engine::{Refusal, TurnedAwayKind};

    use super::*;

    fn away(kinds: &[(Refusal, u16, u64)]) -> TurnedAway {
        let kinds = kinds.iter().map(|(refusal, status, count)| TurnedAwayKind {
            refusal: *refusal,
            status: *status,
            count: *count,
        });
        let kinds: Vec<_> = kinds.collect();
        let total = kinds.iter().map(|kind| kind.count).sum();
        TurnedAway { total, kinds, newest: Vec::new(), remembered: total }
    }

    #[test]
    fn the_kinds_are_counted_by_what_was_answered() {
        assert_eq!(told(&away(&[])), None);
        let one = told(&away(&[(Refusal::HeadTooLarge, 431, 1)]));
        assert_eq!(one.as_deref(), Some("1 request was turned away: 1 with 431"));
        let kinds = [(Refusal::HeadTooSlow, 408, 1), (Refusal::BodyTooSlow, 408, 2), (Refusal::OtherMethod, 405, 4)];
        let several = told(&away(&kinds));
        assert_eq!(several.as_deref(), Some("7 requests were turned away: 4 with 405, 3 with 408"));
    }
}
