//! The page about the search: its table is the table of fields, and every example in it parses.

use std::fmt::Write as _;

use query::{FIELDS, Of, Query};

use crate::clock;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../.github/docs/search.md");
const BEGIN: &str = "<!-- fields -->\n";
const END: &str = "<!-- /fields -->";

/// The rows of the table, from the fields.
fn rows() -> String {
    let mut rows = String::new();
    for info in FIELDS {
        let names = match info.of {
            Of::Nothing => format!("`{}:`", info.name),
            Of::Name | Of::Path => format!("`{}:`, `{}:`", info.shown(), info.name),
        };
        let examples: Vec<_> = info.examples.iter().map(|example| format!("`{example}`")).collect();
        let _ = writeln!(rows, "| {names} | {} | {} |", info.help, examples.join(", "));
    }
    rows
}

/// `POLLUX_WRITE_PAGE=1 cargo test -p query page` writes the table.
#[test]
fn the_page_has_the_table_of_fields() {
    let page = std::fs::read_to_string(PAGE).expect("the page");
    let (head, rest) = page.split_once(BEGIN).expect("where the table begins");
    let (found, tail) = rest.split_once(END).expect("where it ends");
    if std::env::var_os("POLLUX_WRITE_PAGE").is_some() {
        std::fs::write(PAGE, format!("{head}{BEGIN}{}{END}{tail}", rows())).expect("the page is written");
        return;
    }
    assert_eq!(found, rows(), "POLLUX_WRITE_PAGE=1 writes it");
}

/// What stands in backquotes or in a block of code is a search, unless it is known not to be one.
#[test]
fn every_example_on_the_page_parses() {
    let page = std::fs::read_to_string(PAGE).expect("the page");
    let not_searches = [
        "pollux search '…'",
        "F1",
        "\\\"",
        "\\\\",
        "\"",
        "\\",
        "A",
        "Z",
        "a",
        "z",
        ">",
        ">=",
        "<",
        "<=",
        "or",
        "s",
        "m",
        "h",
        "d",
        "w",
        "today",
        "yesterday",
        "+01:00",
        "localhost:3000",
        "verdict:verifed",
        "*",
        "#",
        "-",
        "_",
        "\"and\"",
    ];
    let mut checked = 0;
    let mut check = |text: &str| {
        if not_searches.contains(&text) || text.ends_with(':') {
            return;
        }
        checked += 1;
        if let Err(problems) = Query::parse(text, &clock()) {
            panic!("{text}: {problems}");
        }
    };
    let mut code = false;
    for line in page.lines() {
        if line.starts_with("```") {
            code = !code;
        } else if code {
            check(line);
        } else {
            line.split('`').skip(1).step_by(2).for_each(&mut check);
        }
    }
    assert!(checked > 60, "{checked} examples were found");
    for known in ["localhost:3000", "verdict:verifed"] {
        assert!(Query::parse(known, &clock()).is_err(), "{known}");
    }
}
