//! The real window with 10,000 jobs known: how soon Operations is drawn, and what the service is asked for meanwhile.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::{Json, Router};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tests::window::{Options, Window, open};

use crate::report::{Bound, Figure};
use crate::results::{JOBS, jobs};
use crate::window::{absolute, ended, usable};
use crate::{median, percentile, scratch};

/// Longer than it takes on any machine.
const MOST: Duration = Duration::from_secs(120);

/// Goes to Operations and back, and notes each time from the click until a frame with rows and the chosen job is painted: a task that is
/// queued by the frame's callback runs after it.
const OPEN: &str = r#"
    window.benchOpened = null;
    const there = (id) => document.querySelector(`[data-testid="${id}"]`);
    const frame = () => new Promise((resolve) => requestAnimationFrame(() => resolve()));
    const until = async (ready) => { while (!ready()) await frame(); };
    (async () => {
        const times = [];
        for (let round = 0; round < 21; round += 1) {
            there("rail-sandbox").click();
            await until(() => !there("operations"));
            for (let i = 0; i < 30; i += 1) await frame();
            const from = performance.now();
            there("rail-operations").click();
            await until(() => there("job-row") && there("job-detail")?.dataset.name);
            await new Promise((resolve) => setTimeout(resolve));
            times.push(performance.now() - from);
        }
        window.benchOpened = times;
    })();
"#;

pub(crate) async fn measure() -> Vec<Figure> {
    let folder = scratch();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let name = "10,000 jobs: Operations is drawn";
    match figures(&absolute(folder.path()), &asked, name).await {
        Ok(figures) => figures,
        Err(why) => vec![Figure::not_taken(name, &why)],
    }
}

async fn figures(home: &Path, asked: &Arc<Mutex<Vec<String>>>, name: &str) -> Result<Vec<Figure>, String> {
    let origin = service(asked.clone()).await.map_err(|error| error.to_string())?;
    let window = at(home).await;
    usable(&window).await;
    let draft = json!({ "name": "many", "path": "many", "base_url": origin, "api_version": "v1",
                       "api_key": { "from": "typed", "text": "key-of-a-stand-in" } });
    let add = format!(
        "return window.__TAURI_INTERNALS__.invoke('project_add', {{ draft: {draft} }}) \
           .then((one) => one.id, (error) => error)"
    );
    let project = window.script(&add).await;
    let project = project.as_i64().ok_or_else(|| format!("no project could be added: {project}"))?;
    window.close().await;
    ended(home).await;
    let store = store::Store::open(&home.join("pollux.db"), store::Options::default()).map_err(|e| e.to_string())?;
    store.known_jobs().put(jobs(project)).await.map_err(|error| error.to_string())?;
    store.close().await;

    let window = at(home).await;
    usable(&window).await;
    window.click("rail-operations").await;
    window.choose("jobs-project", &project.to_string()).await;
    window.wait("job-row").await;
    let before = listed(asked);
    window.script(OPEN).await;
    let began = Instant::now();
    let times = loop {
        match window.script("return window.benchOpened;").await {
            Value::Null if began.elapsed() < MOST => tokio::time::sleep(Duration::from_millis(50)).await,
            Value::Null => return Err("Operations was not opened in time".to_owned()),
            times => break serde_json::from_value::<Vec<f64>>(times).map_err(|error| error.to_string())?,
        }
    };
    let more = listed(asked) - before;
    let rows = window.script("return document.querySelectorAll('[data-testid=job-row]').length").await;
    window.close().await;
    ended(home).await;
    let note =
        format!("{JOBS} jobs, {rows} rows in sight, {} times; median {:.0} ms", times.len(), median(times.clone()));
    let asked = format!("of the list, {before} when it was first looked at; the rest of it is on the disk");
    Ok(vec![
        Figure::new(name, percentile(times, 95.0), "ms", Bound::Below(150.0)).note(format!("p95; {note}")),
        Figure::new("10,000 jobs: requests to the service, opened again", more as f64, "", Bound::AtMost(0.0))
            .note(asked),
    ])
}

async fn at(home: &Path) -> Window {
    open(Options {
        home: Some(home.to_owned()),
        binary: Some(absolute(&tests::app())),
        environment: vec![("POLLUX_KEYCHAIN", "file".to_owned())],
        as_drawn: true,
        ..Options::default()
    })
    .await
}

/// A service without jobs and webhooks. It notes what it is asked for.
async fn service(asked: Arc<Mutex<Vec<String>>>) -> std::io::Result<String> {
    let answer = async |State(asked): State<Arc<Mutex<Vec<String>>>>, request: Request| {
        asked.lock().push(request.uri().path().to_owned());
        Json(json!({}))
    };
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    let origin = format!("http://{}", listener.local_addr()?);
    let routes = Router::new().fallback(answer).with_state(asked);
    tokio::spawn(async move { drop(axum::serve(listener, routes).await) });
    Ok(origin)
}

/// How often its jobs were asked for.
fn listed(asked: &Mutex<Vec<String>>) -> usize {
    let jobs = |path: &&String| ["batches", "interactions", "operations"].iter().any(|part| path.contains(part));
    asked.lock().iter().filter(jobs).count()
}
