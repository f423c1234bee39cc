//! What two bodies mean: JSON by path, with the order of members ignored; other text by lines.

use std::collections::HashMap;

use serde::Serialize;

use crate::align;
use crate::json::{Doc, Sort, meant};
use crate::scalar::{Differ, differ};
use crate::shown::{Step, Value, Which, path};

/// Differences that are listed. More are counted.
pub(crate) const LISTED: usize = 1_000;
/// Equal values that are listed.
const EQUAL: usize = 300;
/// Members that stand elsewhere, and repeated names, that are listed.
const NAMED: usize = 50;
/// Members that tell the items of a list apart, the first of them that all items have.
const IDENTITIES: [&str; 6] = ["id", "custom_id", "key", "name", "uri", "index"];

/// How a value differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(rename = "ChangeKind"))]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It means something else.
    Changed,
    /// Only B has it.
    Added,
    /// Only A has it.
    Removed,
    /// It means the same and is written otherwise, so the signed bytes are others: `1.0` and `1`.
    Rewritten,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(rename = "BodyChange"))]
pub struct Change {
    /// What happened to it.
    pub kind: Kind,
    /// Where: `data.items[2].id`. Empty for the whole body. In A, or in B if only B has it.
    pub path: String,
    /// Where it is in B, if its items are counted otherwise there.
    pub path_b: Option<String>,
    /// The value of A as it is written.
    pub a: Option<Value>,
    /// The value of B as it is written.
    pub b: Option<Value>,
    /// What to know of it: `same number, other text: other bytes`.
    pub note: Option<String>,
}

/// How many differences there are of each kind, listed or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(rename = "ChangeCounts"))]
pub struct Counts {
    /// [`Kind::Changed`].
    pub changed: u64,
    /// [`Kind::Added`].
    pub added: u64,
    /// [`Kind::Removed`].
    pub removed: u64,
    /// [`Kind::Rewritten`].
    pub rewritten: u64,
}

impl Counts {
    /// All of them.
    #[must_use]
    pub fn all(&self) -> u64 {
        self.changed + self.added + self.removed + self.rewritten
    }

    pub(crate) fn add(&mut self, kind: Kind) {
        *match kind {
            Kind::Changed => &mut self.changed,
            Kind::Added => &mut self.added,
            Kind::Removed => &mut self.removed,
            Kind::Rewritten => &mut self.rewritten,
        } += 1;
    }
}

/// A value that is the same in both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(rename = "EqualValue"))]
pub struct Same {
    /// Where it is, in A.
    pub path: String,
    /// The value as it is written.
    pub value: Value,
}

/// What the walk through two bodies found.
#[derive(Debug, Default)]
pub(crate) struct Walked {
    pub(crate) changes: Vec<Change>,
    pub(crate) counts: Counts,
    /// Values without others in them that are the same.
    pub(crate) equal: u64,
    pub(crate) same: Vec<Same>,
    pub(crate) moved: u64,
    pub(crate) moved_paths: Vec<String>,
    /// Members that repeat a name, in A and in B.
    pub(crate) repeated: [u64; 2],
    pub(crate) repeated_paths: Vec<String>,
}

/// Compares two bodies by path.
pub(crate) fn walk(a: &Doc<'_>, b: &Doc<'_>) -> Walked {
    let mut walk = Walk { a, b, steps: Vec::new(), found: Walked::default() };
    walk.values(0, 0);
    walk.found
}

struct Walk<'d> {
    a: &'d Doc<'d>,
    b: &'d Doc<'d>,
    steps: Vec<Step<'d>>,
    found: Walked,
}

impl<'d> Walk<'d> {
    fn values(&mut self, a: u32, b: u32) {
        let (one, two) = (self.a.node(a), self.b.node(b));
        let (text_a, text_b) = (self.a.text(a), self.b.text(b));
        match (one.sort, two.sort) {
            (Sort::Object, Sort::Object) => self.objects(a, b),
            (Sort::Array, Sort::Array) => self.arrays(a, b),
            (sort_a, sort_b) => match differ((sort_a, text_a), (sort_b, text_b)) {
                Differ::Not => self.equal(a),
                Differ::SameNumber => {
                    self.change(Kind::Rewritten, Some(a), Some(b), Some("same number, other text: other bytes"));
                }
                Differ::SameText => {
                    self.change(Kind::Rewritten, Some(a), Some(b), Some("same text, other escapes: other bytes"));
                }
                Differ::Rounded => {
                    let note = "another number; a reader with 64-bit floating point takes both for one";
                    self.change(Kind::Changed, Some(a), Some(b), Some(note));
                }
                Differ::Really if sort_a != sort_b => {
                    let note = format!("{} in A, {} in B", called(sort_a), called(sort_b));
                    self.change(Kind::Changed, Some(a), Some(b), Some(&note));
                }
                Differ::Really => self.change(Kind::Changed, Some(a), Some(b), None),
            },
        }
    }

    /// A value without others in it, the same in both.
    fn equal(&mut self, a: u32) {
        self.found.equal += 1;
        if self.found.same.len() < EQUAL {
            let same = Same { path: path(&self.steps, Which::A), value: Value::of(self.a.text(a)) };
            self.found.same.push(same);
        }
    }

    fn objects(&mut self, a: u32, b: u32) {
        let (in_a, in_b) = (self.members(self.a, a, 0), self.members(self.b, b, 1));
        if in_a.is_empty() && in_b.is_empty() {
            return self.equal(a);
        }
        let places: HashMap<(&[u8], u32), usize> =
            in_b.iter().enumerate().map(|(at, member)| ((&*member.meant, member.nth), at)).collect();
        let others: Vec<Option<usize>> =
            in_a.iter().map(|member| places.get(&(&*member.meant, member.nth)).copied()).collect();
        let mut paired = vec![false; in_b.len()];
        for other in others.iter().flatten() {
            paired[*other] = true;
        }
        self.moved(&in_a, &others);
        // Those of B alone come where they are in B, before the next that both have.
        let mut next_b = 0;
        for (member, other) in in_a.iter().zip(&others) {
            let Some(other) = *other else {
                self.at(member, |walk| walk.alone(Kind::Removed, Some(member.node), None));
                continue;
            };
            while next_b < other {
                self.added(&in_b[next_b], paired[next_b]);
                next_b += 1;
            }
            next_b = next_b.max(other + 1);
            let (name_a, name_b) = (self.a.name(member.node), self.b.name(in_b[other].node));
            self.at(member, |walk| {
                if name_a != name_b {
                    walk.renamed(name_a, name_b);
                }
                walk.values(member.node, in_b[other].node);
            });
        }
        for (member, paired) in in_b.iter().zip(&paired).skip(next_b) {
            self.added(member, *paired);
        }
    }

    fn added(&mut self, member: &Member<'d>, paired: bool) {
        if !paired {
            self.at(member, |walk| walk.alone(Kind::Added, None, Some(member.node)));
        }
    }

    fn at(&mut self, member: &Member<'d>, then: impl FnOnce(&mut Self)) {
        self.steps.push(Step::Name(member.name, member.nth));
        then(self);
        self.steps.pop();
    }

    /// The members of an object. Several of one name are numbered, and noted.
    fn members(&mut self, doc: &'d Doc<'d>, at: u32, which: usize) -> Vec<Member<'d>> {
        let mut names: HashMap<std::borrow::Cow<'d, [u8]>, u32> = HashMap::new();
        let mut members = Vec::new();
        for node in doc.within(at) {
            let name = doc.name(node);
            let meant = meant(name);
            let count = names.entry(meant.clone()).or_insert(0);
            let nth = *count;
            *count += 1;
            if nth > 0 {
                self.found.repeated[which] += 1;
                if self.found.repeated_paths.len() < NAMED {
                    self.steps.push(Step::Name(name, 0));
                    let path = path(&self.steps, if which == 0 { Which::A } else { Which::B });
                    self.steps.pop();
                    if !self.found.repeated_paths.contains(&path) {
                        self.found.repeated_paths.push(path);
                    }
                }
            }
            members.push(Member { name, meant, nth, node });
        }
        members
    }

    fn moved(&mut self, in_a: &[Member<'d>], others: &[Option<usize>]) {
        let (both, places): (Vec<usize>, Vec<usize>) =
            others.iter().enumerate().filter_map(|(at, other)| Some((at, (*other)?))).unzip();
        for at in align::moved(&places) {
            self.found.moved += 1;
            if self.found.moved_paths.len() < NAMED {
                let member = &in_a[both[at]];
                self.steps.push(Step::Name(member.name, member.nth));
                self.found.moved_paths.push(path(&self.steps, Which::A));
                self.steps.pop();
            }
        }
    }

    fn arrays(&mut self, a: u32, b: u32) {
        let (doc_a, doc_b) = (self.a, self.b);
        let (in_a, in_b): (Vec<u32>, Vec<u32>) = (doc_a.within(a).collect(), doc_b.within(b).collect());
        if in_a.is_empty() && in_b.is_empty() {
            return self.equal(a);
        }
        let hashes = |doc: &Doc<'_>, items: &[u32]| items.iter().map(|at| doc.node(*at).hash).collect::<Vec<_>>();
        let identity = |gap_a: &[usize], gap_b: &[usize]| {
            IDENTITIES.iter().find_map(|name| {
                let ids_a = gap_a.iter().map(|at| identity(doc_a, in_a[*at], name)).collect::<Option<_>>()?;
                let ids_b = gap_b.iter().map(|at| identity(doc_b, in_b[*at], name)).collect::<Option<_>>()?;
                Some((ids_a, ids_b))
            })
        };
        let alike = |one: usize, two: usize| {
            let (one, two) = (doc_a.node(in_a[one]).sort, doc_b.node(in_b[two]).sort);
            let holds = |sort| matches!(sort, Sort::Array | Sort::Object);
            one == two || (!holds(one) && !holds(two))
        };
        for (one, two) in align::pairs(&hashes(doc_a, &in_a), &hashes(doc_b, &in_b), identity, alike) {
            self.steps.push(Step::Item(one, two));
            match (one.map(|at| in_a[at]), two.map(|at| in_b[at])) {
                (Some(one), Some(two)) => self.values(one, two),
                (Some(one), None) => self.alone(Kind::Removed, Some(one), None),
                (None, two) => self.alone(Kind::Added, None, two),
            }
            self.steps.pop();
        }
    }

    fn renamed(&mut self, name_a: &str, name_b: &str) {
        self.put(
            Kind::Rewritten,
            || (Some(Value::of(name_a)), Some(Value::of(name_b))),
            Some("same name, other escapes"),
        );
    }

    fn change(&mut self, kind: Kind, a: Option<u32>, b: Option<u32>, note: Option<&str>) {
        let (doc_a, doc_b) = (self.a, self.b);
        self.put(kind, || (a.map(|a| Value::of(doc_a.text(a))), b.map(|b| Value::of(doc_b.text(b)))), note);
    }

    /// A difference of whole values: one that holds others says how many.
    fn alone(&mut self, kind: Kind, a: Option<u32>, b: Option<u32>) {
        let leaves = a.map(|a| self.a.node(a).leaves).or(b.map(|b| self.b.node(b).leaves));
        let note = leaves.filter(|leaves| *leaves > 1).map(|leaves| format!("{leaves} values"));
        self.change(kind, a, b, note.as_deref());
    }

    fn put(&mut self, kind: Kind, values: impl FnOnce() -> (Option<Value>, Option<Value>), note: Option<&str>) {
        self.found.counts.add(kind);
        if self.found.changes.len() < LISTED {
            let which = if kind == Kind::Added { Which::B } else { Which::A };
            let here = path(&self.steps, which);
            let path_b = (kind != Kind::Added && kind != Kind::Removed)
                .then(|| path(&self.steps, Which::B))
                .filter(|there| *there != here);
            let (a, b) = values();
            self.found.changes.push(Change { kind, path: here, path_b, a, b, note: note.map(str::to_owned) });
        }
    }
}

struct Member<'d> {
    /// As it is written.
    name: &'d str,
    meant: std::borrow::Cow<'d, [u8]>,
    /// Which of the members of that name, from 0.
    nth: u32,
    node: u32,
}

/// What identifies an object within a list: the hash of its member of that name, if that is a string or a number.
fn identity(doc: &Doc<'_>, at: u32, wanted: &str) -> Option<u64> {
    if doc.node(at).sort != Sort::Object {
        return None;
    }
    let member = doc.within(at).find(|node| doc.name(*node).trim_matches('"') == wanted)?;
    let node = doc.node(member);
    matches!(node.sort, Sort::String | Sort::Number).then_some(node.hash)
}

fn called(sort: Sort) -> &'static str {
    match sort {
        Sort::Null => "null",
        Sort::Bool => "true or false",
        Sort::Number => "a number",
        Sort::String => "a string",
        Sort::Array => "a list",
        Sort::Object => "an object",
    }
}
