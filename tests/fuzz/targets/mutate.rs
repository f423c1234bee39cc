//! The targets without libFuzzer, on any toolchain: mutations of the corpus, for a time.
//!
//! `mutate TARGET SECONDS`, in `tests/fuzz`. A finding is written to `artifacts/TARGET`, and ends it.

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use fuzz::mutation::Mutations;
use fuzz::replay::{holds, inputs};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_default();
    let seconds = arguments.next().and_then(|text| text.parse().ok());
    let target = fuzz::TARGETS.iter().find(|target| target.name == name);
    let (Some(target), Some(seconds)) = (target, seconds) else {
        let names: Vec<&str> = fuzz::TARGETS.iter().map(|target| target.name).collect();
        eprintln!("mutate TARGET SECONDS, and the targets are: {}", names.join(", "));
        return ExitCode::from(2);
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let known = ["corpus", "regressions"].map(|folder| inputs(&root.join(folder).join(&name))).concat();
    let known: Vec<Vec<u8>> = known.into_iter().map(|(_, input)| input).collect();

    let until = Instant::now() + Duration::from_secs(seconds);
    // Other inputs each day, and the same ones again for whoever looks into a finding of today.
    let seed = std::time::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs() / 86_400);
    let mut mutations = Mutations::new(&known, seed);
    let mut ran = 0_u64;
    let mut waiting = known.iter().cloned();
    while Instant::now() < until {
        let input = waiting.next().unwrap_or_else(|| mutations.next_input());
        if !holds(target, &input) {
            let folder = root.join("artifacts").join(&name);
            let file = folder.join(format!("crash-{seed}-{ran}"));
            let kept = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&file, &input));
            match kept {
                Ok(()) => eprintln!("{name}: the input is in {}", file.display()),
                Err(error) => eprintln!("{name}: {error}; the input is {}", input.escape_ascii()),
            }
            return ExitCode::FAILURE;
        }
        ran += 1;
    }
    println!("{name}: {ran} inputs, no finding");
    ExitCode::SUCCESS
}
