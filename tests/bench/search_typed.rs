//! What the search box offers while somebody types, with a million deliveries in the list.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use engine::{Config, Engine, MemoryVault};

use crate::report::{Bound, Figure};
use crate::{median, percentile, search};

/// Rounds over all texts.
const ROUNDS: usize = 8;
/// What is typed: nothing, a piece of a type, a field, a name of the metadata, an id, and what is nowhere.
const TYPED: [&str; 8] = ["", "ba", "batch.f", "type:", "verdict:re", "meta.", "batches/rare", "zqxjkv"];

pub(crate) async fn figures(folder: &Path) -> Result<Vec<Figure>, String> {
    let config = Config::new(search::database(folder), Arc::new(MemoryVault::default()));
    let engine = Engine::start(Config { sandbox: false, ..config }).await.map_err(|error| error.to_string())?;
    let history = engine.history();
    let began = Instant::now();
    loop {
        let opened = history.open_view("").await.map_err(|error| error.to_string())?;
        if opened.exact && opened.matched == search::DELIVERIES as u64 {
            break;
        }
        if began.elapsed() > search::MOST {
            return Err(format!("{} deliveries are in the list", opened.matched));
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    let (mut times, mut slowest) = (Vec::new(), (0.0, ""));
    let mut offered = 0;
    for _ in 0..ROUNDS {
        for text in TYPED {
            let began = Instant::now();
            let found = history.query_suggest(text, text.len() as u32).await.map_err(|error| error.to_string())?;
            let took = began.elapsed().as_secs_f64() * 1e3;
            offered += found.groups.iter().map(|group| group.items.len()).sum::<usize>();
            if took > slowest.0 {
                slowest = (took, text);
            }
            times.push(took);
        }
    }
    let note = format!(
        "{} texts, {offered} offers; median {:.1} ms, slowest {:.0} ms for {:?}",
        TYPED.len(),
        median(times.clone()),
        slowest.0,
        slowest.1
    );
    engine.shutdown().await;
    let name = "suggestions with 1,000,000 in the list, p95";
    Ok(vec![Figure::new(name, percentile(times, 95.0), "ms", Bound::AtMost(100.0)).note(note)])
}
