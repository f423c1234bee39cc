//! Counts by name, of which there may be any number in a file that anybody wrote.

/// Characters of a name that are kept.
const NAME: usize = 64;

/// How often each name came, up to a number of names; the others are counted together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    kinds: Vec<Kind>,
    others: u64,
}

#[derive(Clone, Debug)]
struct Kind {
    code: Option<i64>,
    name: String,
    count: u64,
}

impl Counts {
    /// Counts one, and keeps `most` names.
    pub(crate) fn add(&mut self, code: Option<i64>, name: &str, most: usize) {
        let end = name.char_indices().nth(NAME).map_or(name.len(), |(at, _)| at);
        let name = name.get(..end).unwrap_or_default();
        let full = self.kinds.len() >= most;
        match self.kinds.iter_mut().find(|kind| kind.code == code && kind.name == name) {
            Some(kind) => kind.count += 1,
            None if full => self.others += 1,
            None => self.kinds.push(Kind { code, name: name.to_owned(), count: 1 }),
        }
    }

    pub(crate) fn others(&self) -> u64 {
        self.others
    }

    /// The most frequent first.
    pub(crate) fn list(&self) -> Vec<(Option<i64>, String, u64)> {
        let mut list: Vec<_> = self.kinds.iter().map(|kind| (kind.code, kind.name.clone(), kind.count)).collect();
        list.sort_by_key(|(.., count)| std::cmp::Reverse(*count));
        list
    }
}
