//! Which items of two lists belong together.
//!
//! Exchanging the two lists exchanges the pairs and nothing else: where there is a choice, it is made on the lists in one
//! fixed order.

use std::collections::HashMap;

/// The largest table of the exact search, in cells of four bytes.
const CELLS: usize = 1 << 20;

/// A position in each list, if it has the item.
pub(crate) type Pair = (Option<usize>, Option<usize>);

/// Pairs equal items, as many as possible without crossing; in the order of both lists. What is left stands alone.
pub(crate) fn equal(a: &[u64], b: &[u64]) -> Vec<(usize, usize)> {
    if a > b {
        return equal(b, a).into_iter().map(|(one, two)| (two, one)).collect();
    }
    let mut pairs = Vec::new();
    search(a, b, 0, 0, &mut pairs);
    pairs
}

fn search(a: &[u64], b: &[u64], from_a: usize, from_b: usize, pairs: &mut Vec<(usize, usize)>) {
    let start = a.iter().zip(b).take_while(|(one, two)| one == two).count();
    pairs.extend((0..start).map(|at| (from_a + at, from_b + at)));
    let (a, b) = (&a[start..], &b[start..]);
    let (from_a, from_b) = (from_a + start, from_b + start);
    let end = a.iter().rev().zip(b.iter().rev()).take_while(|(one, two)| one == two).count();
    let (inner_a, inner_b) = (&a[..a.len() - end], &b[..b.len() - end]);
    if !inner_a.is_empty() && !inner_b.is_empty() {
        match inner_a.len().saturating_mul(inner_b.len()) <= CELLS {
            true => exact(inner_a, inner_b, from_a, from_b, pairs),
            false => by_unique(inner_a, inner_b, from_a, from_b, pairs),
        }
    }
    let (last_a, last_b) = (from_a + inner_a.len(), from_b + inner_b.len());
    pairs.extend((0..end).map(|at| (last_a + at, last_b + at)));
}

/// The longest common subsequence.
fn exact(a: &[u64], b: &[u64], from_a: usize, from_b: usize, pairs: &mut Vec<(usize, usize)>) {
    let width = b.len() + 1;
    let mut longest = vec![0_u32; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            longest[i * width + j] = match a[i] == b[j] {
                true => longest[(i + 1) * width + j + 1] + 1,
                false => longest[(i + 1) * width + j].max(longest[i * width + j + 1]),
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < a.len() && j < b.len() {
        if a[i] == b[j] {
            pairs.push((from_a + i, from_b + j));
            (i, j) = (i + 1, j + 1);
        } else if longest[(i + 1) * width + j] >= longest[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
}

/// For long lists: what is in each exactly once holds its place, and between those the search goes on.
fn by_unique(a: &[u64], b: &[u64], from_a: usize, from_b: usize, pairs: &mut Vec<(usize, usize)>) {
    let once = |list: &[u64]| {
        let mut seen: HashMap<u64, Option<usize>> = HashMap::with_capacity(list.len());
        for (at, item) in list.iter().enumerate() {
            seen.entry(*item).and_modify(|place| *place = None).or_insert(Some(at));
        }
        seen
    };
    let in_b = once(b);
    let in_a = once(a);
    let place = |at: usize| Some((at, (*in_a.get(&a[at])?)?, (*in_b.get(&a[at])?)?));
    let both: Vec<(usize, usize)> = (0..a.len()).filter_map(place).map(|(at, _, other)| (at, other)).collect();
    let others: Vec<usize> = both.iter().map(|(_, other)| *other).collect();
    let anchors: Vec<(usize, usize)> = ascending(&others).into_iter().map(|at| both[at]).collect();
    if anchors.is_empty() {
        return;
    }
    let (mut at_a, mut at_b) = (0, 0);
    for (anchor_a, anchor_b) in anchors.into_iter().chain([(a.len(), b.len())]) {
        search(&a[at_a..anchor_a], &b[at_b..anchor_b], from_a + at_a, from_b + at_b, pairs);
        if anchor_a < a.len() {
            pairs.push((from_a + anchor_a, from_b + anchor_b));
        }
        (at_a, at_b) = (anchor_a + 1, anchor_b + 1);
    }
}

/// The positions of a longest ascending part of a list of different numbers.
pub(crate) fn ascending(list: &[usize]) -> Vec<usize> {
    // The position of the smallest end of a part of each length, and what stands before each.
    let (mut ends, mut before): (Vec<usize>, Vec<Option<usize>>) = (Vec::new(), Vec::with_capacity(list.len()));
    for (at, item) in list.iter().enumerate() {
        let length = ends.partition_point(|end| list[*end] < *item);
        before.push(length.checked_sub(1).map(|shorter| ends[shorter]));
        match ends.get_mut(length) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let mut part: Vec<usize> = std::iter::successors(ends.last().copied(), |at| before[*at]).collect();
    part.reverse();
    part
}

/// Which positions of the first list have moved: the fewest that have to, so that the rest is in the order of the second.
/// Which ones is a choice, how many is not. `others[i]` is the place in the second list of the item at `i` in the first.
pub(crate) fn moved(others: &[usize]) -> Vec<usize> {
    if others.is_sorted() {
        return Vec::new();
    }
    let mut stay = vec![false; others.len()];
    for at in ascending(others) {
        stay[at] = true;
    }
    (0..others.len()).filter(|at| !stay[*at]).collect()
}

/// Pairs the items of two lists: equal ones first, then between those what has the same identity, then one by one what
/// may be paired at all.
pub(crate) fn pairs(
    a: &[u64],
    b: &[u64],
    identity: impl Fn(&[usize], &[usize]) -> Option<(Vec<u64>, Vec<u64>)>,
    alike: impl Fn(usize, usize) -> bool,
) -> Vec<Pair> {
    let mut all = Vec::with_capacity(a.len().max(b.len()));
    let (mut at_a, mut at_b) = (0, 0);
    for (i, j) in equal(a, b).into_iter().chain([(a.len(), b.len())]) {
        let (gap_a, gap_b): (Vec<usize>, Vec<usize>) = ((at_a..i).collect(), (at_b..j).collect());
        gap(&gap_a, &gap_b, &identity, &alike, &mut all);
        if i < a.len() {
            all.push((Some(i), Some(j)));
        }
        (at_a, at_b) = (i + 1, j + 1);
    }
    all
}

fn gap(
    a: &[usize],
    b: &[usize],
    identity: &impl Fn(&[usize], &[usize]) -> Option<(Vec<u64>, Vec<u64>)>,
    alike: &impl Fn(usize, usize) -> bool,
    all: &mut Vec<Pair>,
) {
    if let Some((ids_a, ids_b)) = identity(a, b).filter(|_| !a.is_empty() && !b.is_empty()) {
        let (mut at_a, mut at_b) = (0, 0);
        for (i, j) in equal(&ids_a, &ids_b).into_iter().chain([(a.len(), b.len())]) {
            // Other identities are other items.
            all.extend(a[at_a..i].iter().map(|at| (Some(*at), None)));
            all.extend(b[at_b..j].iter().map(|at| (None, Some(*at))));
            if i < a.len() {
                all.push((Some(a[i]), Some(b[j])));
            }
            (at_a, at_b) = (i + 1, j + 1);
        }
        return;
    }
    for at in 0..a.len().max(b.len()) {
        match (a.get(at).copied(), b.get(at).copied()) {
            (Some(one), Some(two)) if !alike(one, two) => all.extend([(Some(one), None), (None, Some(two))]),
            pair => all.push(pair),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_items_are_found_wherever_they_are() {
        assert_eq!(equal(&[1, 2, 3], &[0, 1, 3]), [(0, 1), (2, 2)]);
        assert_eq!(equal(&[], &[1]), []);
        assert_eq!(equal(&[7, 8], &[8, 7]).len(), 1);
    }

    #[test]
    fn long_lists_hold_on_to_what_is_unique() {
        let a: Vec<u64> = (0..5_000).collect();
        let mut b: Vec<u64> = (0..5_000).filter(|item| item % 7 != 3).collect();
        b[10] = 99_999;
        let found = equal(&a, &b);
        assert_eq!(found.len(), b.len() - 1);
        assert!(found.iter().all(|(i, j)| a[*i] == b[*j]));
        assert!(found.is_sorted());
        // Nothing is unique: nothing is claimed, and it takes no time.
        let (ones, twos) = (vec![1_u64; 100_000], [2_u64, 1].repeat(50_000));
        assert!(equal(&ones, &twos).iter().all(|(i, j)| ones[*i] == twos[*j]));
    }

    #[test]
    fn exchanging_the_lists_exchanges_the_pairs() {
        let lists: [&[u64]; 6] = [&[1, 2, 3, 1, 2], &[2, 1, 3, 2, 1], &[3, 3, 1], &[], &[5, 1, 2, 3, 9], &[1, 2, 1, 2]];
        for a in lists {
            for b in lists {
                let back: Vec<_> = equal(b, a).into_iter().map(|(j, i)| (i, j)).collect();
                assert_eq!(equal(a, b), back, "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn the_fewest_have_moved() {
        assert!(moved(&[0, 1, 2]).is_empty());
        assert_eq!(moved(&[3, 0, 1, 2]), [0]);
        assert_eq!(moved(&[1, 2, 3, 0]), [3]);
        assert_eq!(moved(&[1, 0]).len(), 1);
    }
}
