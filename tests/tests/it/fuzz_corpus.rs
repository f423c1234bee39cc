//! The bodies of the fuzz targets, over their corpus, what they found once, and mutations of both: what `make fuzz`
//! does for longer. An input that fails here belongs into `tests/fuzz/regressions`.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

// The same files that the fuzzer builds; not all of what they offer is used here.
#[allow(dead_code, unreachable_pub)]
#[path = "../../fuzz/src/lib.rs"]
mod targets;

use targets::mutation::{LONGEST, Mutations};
use targets::replay::{holds, inputs};
use targets::{TARGETS, Target};

/// Any number: the mutations are the same in every run.
const SEED: u64 = 20_261_130;
/// A slow machine stops before it has run all mutations.
const MOST_TIME: Duration = Duration::from_secs(2);

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

fn run(target: &Target, which: &str, input: &[u8]) {
    let name = target.name;
    assert!(
        holds(target, input),
        "{name}: {which} fails. Keep the input in tests/fuzz/regressions/{name}: {}",
        input.escape_ascii()
    );
}

fn replay(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    let mut known = Vec::new();
    for kind in ["corpus", "regressions"] {
        for (file, input) in inputs(&fuzz().join(kind).join(name)) {
            run(target, &format!("{kind}/{name}/{file}"), &input);
            known.push(input);
        }
    }
    let mut mutations = Mutations::new(&known, SEED);
    let until = Instant::now() + MOST_TIME;
    for number in 0..target.mutations {
        if Instant::now() > until {
            break;
        }
        run(target, &format!("mutation {number}"), &mutations.next_input());
    }
}

macro_rules! replays {
    ($($name:ident),+ $(,)?) => {
        $(#[test]
        fn $name() {
            replay(stringify!($name));
        })+

        const REPLAYED: &[&str] = &[$(stringify!($name)),+];
    };
}

replays!(
    blobs,
    cloudflared,
    compare,
    emulator,
    files,
    frames,
    journal,
    ngrok,
    parsers,
    payloads,
    results,
    search,
    segments,
    sidecars,
);

#[test]
fn every_target_is_run_here_and_by_the_fuzzer_and_has_something_to_begin_with() {
    let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
    assert_eq!(names, REPLAYED);
    let manifest = std::fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    for name in names {
        assert!(manifest.contains(&format!("[[bin]]\nname = \"{name}\"\npath = \"targets/{name}.rs\"\n")), "{name}");
        let corpus = inputs(&fuzz().join("corpus").join(name));
        assert!(corpus.len() >= 10, "{name}: {} inputs", corpus.len());
        for (file, input) in corpus {
            assert!(input.len() <= LONGEST / 2, "{name}/{file}: {} bytes", input.len());
        }
    }
}

#[test]
fn mutations_differ_and_are_the_same_in_every_run() {
    let known = [b"{\"type\": \"batch.succeeded\", \"n\": 12}".to_vec(), vec![0; LONGEST]];
    let some = |seed| {
        let mut mutations = Mutations::new(&known, seed);
        (0..500).map(|_| mutations.next_input()).collect::<Vec<_>>()
    };
    let first = some(1);
    assert_eq!(first, some(1));
    assert_ne!(first, some(2));
    assert!(first.iter().all(|input| input.len() <= LONGEST));
    let distinct: std::collections::HashSet<_> = first.iter().collect();
    assert!(distinct.len() > 400, "{} of 500", distinct.len());
    assert!(Mutations::new(&[], 1).next_input().len() <= LONGEST, "without a corpus there are mutations, too");
}

#[test]
fn a_panic_is_noticed_also_where_a_runtime_catches_it() {
    async fn panics() {
        panic!("on purpose");
    }
    let quiet = Target { name: "quiet", run: |_| {}, mutations: 0 };
    let plain = Target { name: "plain", run: |_| panic!("on purpose"), mutations: 0 };
    let in_a_task = |_: &[u8]| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert!(runtime.block_on(async { tokio::spawn(panics()).await }).is_err());
    };
    let hidden = Target { name: "hidden", run: in_a_task, mutations: 0 };
    assert!(holds(&quiet, b"") && !holds(&plain, b"") && !holds(&hidden, b"") && holds(&quiet, b""));
}
