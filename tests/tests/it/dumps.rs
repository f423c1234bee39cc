//! No dumps of memory: secrets are in it.

use std::fs;

#[test]
fn no_core_is_dumped() {
    let home = tempfile::tempdir().unwrap();
    let listening = tests::listen::start(home.path(), &[]);
    let limits = fs::read_to_string(format!("/proc/{}/limits", listening.child.id())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    let words: Vec<&str> = core.split_whitespace().collect();
    assert_eq!(words[4..6], ["0", "0"], "{core}");
}
