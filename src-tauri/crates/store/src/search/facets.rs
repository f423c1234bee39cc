//! What the columns know of a query: for 64 deliveries at a time, which match and which may.

use query::{Expr, Field, Judged, Term, Test};

use super::columns::{BLOCK, CHUNK, Chunk, Columns, LARGE, MANY, Plane, UNKNOWN};
use super::dictionary::{Dictionary, NONE, UNNUMBERED};
use super::names::Names;
use super::sent::Sent;

/// A bit for each of 64 ids, the smallest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Marks {
    /// They match.
    pub(crate) yes: u64,
    /// They match, or their content must be read to know.
    pub(crate) possible: u64,
}

impl Marks {
    const NO: Self = Self { yes: 0, possible: 0 };
    const YES: Self = Self { yes: !0, possible: !0 };
    const OPEN: Self = Self { yes: 0, possible: !0 };

    fn known(yes: u64) -> Self {
        Self { yes, possible: yes }
    }

    fn of(holds: bool) -> Self {
        if holds { Self::YES } else { Self::NO }
    }

    fn and(self, other: Self) -> Self {
        Self { yes: self.yes & other.yes, possible: self.possible & other.possible }
    }

    fn or(self, other: Self) -> Self {
        Self { yes: self.yes | other.yes, possible: self.possible | other.possible }
    }

    fn not(self) -> Self {
        Self { yes: !self.possible, possible: !self.yes }
    }

    /// `with` where the bit of `plane` is set, `without` elsewhere.
    fn choose(plane: u64, with: Self, without: Self) -> Self {
        with.and(Self::known(plane)).or(without.and(Self::known(!plane)))
    }
}

/// A query made ready for the columns of one moment.
pub(crate) struct Facets(Node);

enum Node {
    Const(Marks),
    Leaf(Leaf),
    Not(Box<Node>),
    All(Vec<Node>),
    Any(Vec<Node>),
}

enum Leaf {
    /// What it says where the bit is set, and where it is not.
    Plane(Plane, Marks, Marks),
    /// For verified with a current key, with an old one, rejected, unchecked.
    Verdict([Marks; 5]),
    /// For `v1`, `v1a`, JWT, unknown.
    Scheme([Marks; 4]),
    Codes(Column, Codes),
    Numbers(Column, Ranges),
    Sent(Sent, Vec<(u8, bool)>),
    Secret(Codes, bool),
}

#[derive(Clone, Copy)]
enum Column {
    Kind,
    Reason,
    Project,
    Status,
    Attempts,
    Size,
    Took,
    Received,
    Id,
}

/// What a term says of the numbers of a dictionary.
struct Codes {
    /// By number; what lies beyond is only known from the row.
    says: Vec<Marks>,
    /// The only numbers that match, where they are few and all is known.
    few: Option<Vec<u16>>,
}

impl Codes {
    fn new(says: Vec<Marks>) -> Self {
        let known = says.iter().all(|marks| marks.yes == marks.possible);
        let yes: Vec<u16> = (0..).zip(&says).filter(|(_, marks)| marks.yes != 0).map(|(code, _)| code).collect();
        let few = (known && yes.len() <= 3).then_some(yes);
        Self { says, few }
    }

    fn of(&self, codes: &[u16]) -> Marks {
        if let Some(few) = &self.few {
            let yes = few.iter().fold(0, |yes, wanted| yes | mask(codes, |code| code == *wanted));
            return Marks { yes, possible: yes | mask(codes, |code| code == UNNUMBERED) };
        }
        let said = |code: u16| self.says.get(usize::from(code)).copied().unwrap_or(Marks::OPEN);
        Marks { yes: mask(codes, |code| said(code).yes != 0), possible: mask(codes, |code| said(code).possible != 0) }
    }
}

/// Numbers that match.
struct Ranges {
    within: Vec<(i64, i64)>,
    /// What it says where there is no number.
    absent: bool,
}

impl Ranges {
    fn new(term: &Term) -> Self {
        let mut within = Vec::new();
        let mut absent = false;
        for test in &term.any_of {
            match test {
                Test::Range { from, to, .. } => within.push((from.unwrap_or(i64::MIN), to.unwrap_or(i64::MAX))),
                Test::Present => within.push((i64::MIN, i64::MAX)),
                Test::Absent => absent = true,
                Test::Contains(_) | Test::Exactly(_) => {}
            }
        }
        Self { within, absent }
    }

    fn of<T: Number>(&self, numbers: &[T]) -> u64 {
        self.within.iter().fold(0, |marks, (from, to)| match T::between(*from, *to) {
            Some((from, to)) => marks | mask(numbers, |number| number >= from && number <= to),
            None => marks,
        })
    }

    /// Likewise, of numbers that all lie between two.
    fn of_span(&self, (least, most): (i64, i64), numbers: &[i64]) -> u64 {
        if self.within.iter().any(|(from, to)| *from <= least && most <= *to) {
            return !0;
        }
        match self.within.iter().all(|(from, to)| most < *from || *to < least) {
            true => 0,
            false => self.of(numbers),
        }
    }
}

/// What a column consists of. Compared as it is: many at a time.
trait Number: Copy + PartialOrd {
    /// The least and the greatest that lie between two; `None` if none does.
    fn between(from: i64, to: i64) -> Option<(Self, Self)>;
}

macro_rules! number {
    ($($kind:ty),*) => {$(
        impl Number for $kind {
            fn between(from: i64, to: i64) -> Option<(Self, Self)> {
                let (least, most) = (i64::from(Self::MIN), i64::from(Self::MAX));
                let (from, to) = (from.max(least), to.min(most));
                if from > to { None } else { Some((Self::try_from(from).ok()?, Self::try_from(to).ok()?)) }
            }
        }
    )*};
}

number!(u16, u32, i64);

/// A bit for each number that holds, the first lowest; of 64 at most.
fn mask<T: Copy>(numbers: &[T], holds: impl Fn(T) -> bool) -> u64 {
    // First a byte for each, which the compiler does many at a time; then eight bytes become eight bits at once.
    let mut bytes = [0_u8; BLOCK as usize];
    match numbers.first_chunk::<{ BLOCK as usize }>() {
        Some(numbers) => bytes = numbers.map(|number| u8::from(holds(number))),
        None => bytes.iter_mut().zip(numbers).for_each(|(byte, number)| *byte = u8::from(holds(*number))),
    }
    let eight = |bytes: &[u8; 8]| u64::from_le_bytes(*bytes).wrapping_mul(0x0102_0408_1020_4080) >> 56;
    let (eights, _) = bytes.as_chunks::<8>();
    eights.iter().rev().fold(0, |marks, bytes| marks << 8 | eight(bytes))
}

impl Facets {
    /// `sent`: loaded if the query asks for it ([`Sent::wanted`]).
    pub(crate) fn new(expr: &Expr, columns: &Columns, names: &Names, sent: &Sent) -> Self {
        Self(Node::new(expr, &|term| leaf(term, columns, names, sent)))
    }

    /// What is known of the block's deliveries. `chunk` is the one of `first`, the smallest id of the block.
    pub(crate) fn of(&self, chunk: &Chunk, first: i64) -> Marks {
        let block = Block { chunk, first, at: (first.rem_euclid(CHUNK)) as usize };
        let present = Marks::known(block.plane(Plane::Present));
        if present.yes == 0 { Marks::NO } else { self.0.of(&block, present) }
    }
}

struct Block<'a> {
    chunk: &'a Chunk,
    first: i64,
    at: usize,
}

impl Block<'_> {
    fn plane(&self, plane: Plane) -> u64 {
        self.chunk.plane(self.at / BLOCK as usize, plane)
    }

    fn of<'c, T>(&self, column: &'c [T]) -> &'c [T] {
        column.get(self.at..self.at + BLOCK as usize).unwrap_or_default()
    }
}

impl Node {
    fn new(expr: &Expr, leaf: &impl Fn(&Term) -> Node) -> Self {
        // What costs least comes first, and what says nothing last.
        let sorted = |parts: &[Expr]| {
            let mut nodes: Vec<Self> = parts.iter().map(|part| Self::new(part, leaf)).collect();
            nodes.sort_by_key(Self::cost);
            nodes
        };
        match expr {
            Expr::Everything => Self::Const(Marks::YES),
            Expr::Term(term) => leaf(term),
            Expr::Not(inner) => Self::Not(Box::new(Self::new(inner, leaf))),
            Expr::And(parts) => Self::All(sorted(parts)),
            Expr::Or(parts) => Self::Any(sorted(parts)),
        }
    }

    fn cost(&self) -> u8 {
        match self {
            Self::Const(_) => 0,
            Self::Leaf(Leaf::Plane(..) | Leaf::Verdict(_) | Leaf::Scheme(_)) => 1,
            Self::Leaf(Leaf::Codes(..) | Leaf::Secret(..)) => 2,
            Self::Leaf(Leaf::Numbers(..)) => 3,
            Self::Leaf(Leaf::Sent(..)) => 4,
            Self::Not(inner) => inner.cost(),
            Self::All(nodes) | Self::Any(nodes) => nodes.iter().map(Self::cost).max().unwrap_or(0),
        }
    }

    /// What is known of those that `among` leaves.
    fn of(&self, block: &Block<'_>, among: Marks) -> Marks {
        match self {
            Self::Const(marks) => marks.and(among),
            Self::Leaf(leaf) => leaf.of(block).and(among),
            Self::Not(inner) => inner.of(block, Marks::known(among.possible)).not().and(among),
            Self::All(nodes) => {
                let mut marks = among;
                for node in nodes {
                    if marks.possible == 0 {
                        break;
                    }
                    marks = node.of(block, marks);
                }
                marks
            }
            Self::Any(nodes) => {
                let mut marks = Marks::NO;
                for node in nodes {
                    if marks.yes == among.yes && marks.possible == among.possible {
                        break;
                    }
                    marks = marks.or(node.of(block, among));
                }
                marks
            }
        }
    }
}

impl Leaf {
    fn of(&self, block: &Block<'_>) -> Marks {
        let plane = |plane| block.plane(plane);
        match self {
            Self::Plane(of, with, without) => Marks::choose(plane(*of), *with, *without),
            Self::Verdict([verified, old, rejected, unchecked, unbound]) => {
                let is_old = plane(Plane::Old);
                let verified = Marks::choose(is_old, *old, *verified);
                let others = Marks::choose(plane(Plane::Unbound), *unbound, *unchecked);
                let others = Marks::choose(plane(Plane::Rejected), *rejected, others);
                Marks::choose(plane(Plane::Verified), verified, others)
            }
            Self::Scheme([v1, v1a, jwt, unknown]) => {
                let others = Marks::choose(plane(Plane::Jwt), *jwt, *unknown);
                let others = Marks::choose(plane(Plane::V1a), *v1a, others);
                Marks::choose(plane(Plane::V1), *v1, others)
            }
            Self::Codes(column, codes) => codes.of(match column {
                Column::Kind => block.of(&block.chunk.kind),
                Column::Reason => block.of(&block.chunk.reason),
                _ => block.of(&block.chunk.project),
            }),
            Self::Numbers(column, ranges) => numbers(*column, ranges, block),
            Self::Sent(sent, says) => Marks::known(sent.marks(block.first, says)),
            Self::Secret(codes, absent) => {
                // A key of a JWKS is in the verdict alone, and so is one that matched what was rejected all the same.
                let others = Marks::choose(plane(Plane::Unbound), Marks::OPEN, Marks::of(*absent));
                let others = Marks::choose(plane(Plane::Rejected), Marks::OPEN, others);
                Marks::choose(plane(Plane::Verified), codes.of(block.of(&block.chunk.signer)), others)
            }
        }
    }
}

fn numbers(column: Column, ranges: &Ranges, block: &Block<'_>) -> Marks {
    let chunk = block.chunk;
    match column {
        Column::Received => Marks::known(ranges.of_span(chunk.span(), block.of(&chunk.received_ns))),
        Column::Id => {
            let ids: [i64; BLOCK as usize] = std::array::from_fn(|bit| block.first + bit as i64);
            Marks::known(ranges.of_span((block.first, block.first + BLOCK - 1), &ids))
        }
        Column::Status => some(ranges, block.of(&chunk.status), 0, None),
        Column::Attempts => some(ranges, block.of(&chunk.attempts), 0, Some(MANY)),
        Column::Took => some(ranges, block.of(&chunk.took_us), UNKNOWN, Some(LARGE)),
        // No body has the length that means that there is none.
        _ => some(ranges, block.of(&chunk.size), UNKNOWN, Some(LARGE)),
    }
}

/// Numbers of which one says that there is none, and one that only the row knows it.
fn some<T: Number>(ranges: &Ranges, numbers: &[T], none: T, open: Option<T>) -> Marks {
    let mut yes = ranges.of(numbers);
    let nones = mask(numbers, |number| number == none);
    let opens = open.map_or(0, |open| mask(numbers, |number| number == open));
    yes = yes & !nones | if ranges.absent { nones } else { 0 };
    Marks { yes: yes & !opens, possible: yes | opens }
}

fn leaf(term: &Term, columns: &Columns, names: &Names, sent: &Sent) -> Node {
    let flag = |plane| Node::Leaf(Leaf::Plane(plane, Marks::of(term.of_flag(true)), Marks::of(term.of_flag(false))));
    let numbers = |column| Node::Leaf(Leaf::Numbers(column, Ranges::new(term)));
    let text = |value: Option<&str>| Marks::of(term.of_text(value));
    let without = || term.of_text(None);
    match &term.field {
        Field::Type => Node::Leaf(Leaf::Codes(Column::Kind, texts(&columns.kinds, without(), text))),
        // The words of the list are not in the columns: they may match where the code does not.
        Field::Reason => {
            let says = |value: Option<&str>| if term.of_text(value) { Marks::YES } else { Marks::OPEN };
            Node::Leaf(Leaf::Codes(Column::Reason, texts(&columns.reasons, false, says)))
        }
        Field::Verdict => {
            let all = [Judged::Verified, Judged::OldSecret, Judged::Rejected, Judged::Unchecked, Judged::Unbound];
            Node::Leaf(Leaf::Verdict(all.map(|judged| text(Some(judged.word())))))
        }
        Field::Scheme => Node::Leaf(Leaf::Scheme([Some("v1"), Some("v1a"), Some("jwt"), None].map(text))),
        Field::Project => {
            let mut says = vec![text(None)];
            says.extend(columns.projects.all().map(|(_, id)| text(names.project(*id))));
            Node::Leaf(Leaf::Codes(Column::Project, Codes::new(says)))
        }
        Field::Secret => {
            let mut says = vec![Marks::OPEN];
            let holds = |key: &str| names.secret(key).iter().any(|name| term.of_text(Some(name)));
            says.extend(columns.signers.all().map(|(_, key)| Marks::of(holds(key))));
            Node::Leaf(Leaf::Secret(Codes::new(says), without()))
        }
        Field::Duplicate => flag(Plane::Duplicate),
        Field::Pinned => flag(Plane::Pinned),
        Field::Imported => flag(Plane::Imported),
        Field::Answer => numbers(Column::Status),
        Field::Attempts => numbers(Column::Attempts),
        Field::Size => numbers(Column::Size),
        Field::Took => numbers(Column::Took),
        Field::Since | Field::Until | Field::At => numbers(Column::Received),
        Field::Id => {
            let own = Node::Leaf(Leaf::Numbers(Column::Id, Ranges { absent: false, ..Ranges::new(term) }));
            // A test of a text asks the row, if it has a message id.
            let ranges = term.any_of.iter().all(|test| matches!(test, Test::Range { .. }));
            let with = if ranges { Marks::NO } else { presence(term, Marks::OPEN) };
            let ids = Node::Leaf(Leaf::Plane(Plane::Event, with, Marks::of(without())));
            match term.any_of.iter().any(|test| matches!(test, Test::Range { .. })) {
                true => Node::Any(vec![own, ids]),
                false => ids,
            }
        }
        Field::Note => Node::Leaf(Leaf::Plane(Plane::Noted, presence(term, Marks::OPEN), Marks::of(without()))),
        Field::Diagnosis => Node::Leaf(Leaf::Plane(Plane::Rejected, Marks::OPEN, Marks::of(without()))),
        Field::Replayed => Node::Leaf(Leaf::Sent(sent.clone(), Sent::replayed(term))),
        Field::Forwarded => Node::Leaf(Leaf::Sent(sent.clone(), Sent::forwarded(term))),
        Field::Text | Field::Job | Field::Meta(_) | Field::Header(_) | Field::Body(_) | Field::Path | Field::Ip => {
            Node::Const(Marks::OPEN)
        }
    }
}

/// What a term says where there is some text, unknown as it is.
fn presence(term: &Term, open: Marks) -> Marks {
    let has = |wanted: fn(&Test) -> bool| term.any_of.iter().any(wanted);
    if has(|test| matches!(test, Test::Present)) {
        Marks::YES
    } else if has(|test| matches!(test, Test::Contains(_) | Test::Exactly(_))) {
        open
    } else {
        Marks::NO
    }
}

fn texts(dictionary: &Dictionary<Box<str>>, none: bool, says: impl Fn(Option<&str>) -> Marks) -> Codes {
    debug_assert_eq!(NONE, 0);
    let mut all = vec![Marks::of(none)];
    all.extend(dictionary.all().map(|(_, text)| says(Some(text))));
    Codes::new(all)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The first lowest.
    fn bits(holds: impl DoubleEndedIterator<Item = bool>) -> u64 {
        holds.rev().fold(0, |bits, holds| bits << 1 | u64::from(holds))
    }

    proptest! {
        #[test]
        fn a_mask_has_the_bits_of_those_that_hold(
            numbers in proptest::collection::vec(0..4_u16, 0..=BLOCK as usize),
            sought in 0..4_u16,
        ) {
            let holds = |number: u16| number == sought;
            let expected = bits(numbers.iter().map(|number| holds(*number)));
            prop_assert_eq!(mask(&numbers, holds), expected);
        }

        #[test]
        fn numbers_are_compared_as_they_are_stored(
            numbers in proptest::collection::vec(any::<u16>(), 0..=BLOCK as usize),
            within in proptest::collection::vec((any::<i64>(), any::<i64>()), 0..3),
            near in proptest::collection::vec((-9..70_000_i64, -9..70_000_i64), 0..3),
        ) {
            let ranges = Ranges { within: within.into_iter().chain(near).collect(), absent: false };
            let holds = |number: &u16| ranges.within.iter().any(|(from, to)| (*from..=*to).contains(&(*number).into()));
            prop_assert_eq!(ranges.of(&numbers), bits(numbers.iter().map(holds)));
        }

        #[test]
        fn what_is_known_of_a_span_is_what_its_numbers_say(
            numbers in proptest::collection::vec(-20..20_i64, BLOCK as usize),
            within in proptest::collection::vec((-30..30_i64, -30..30_i64), 0..4),
            wider in 0..9_i64,
        ) {
            let ranges = Ranges { within, absent: false };
            let span = (numbers.iter().min().unwrap() - wider, numbers.iter().max().unwrap() + wider);
            prop_assert_eq!(ranges.of_span(span, &numbers), ranges.of(&numbers));
        }
    }
}
