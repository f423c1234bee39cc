//! Sends the Sandbox's samples while `pollux listen` shows what arrives.

use engine::Engine;
use samples::SampleRequest;
use signature::Scheme;
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::print;

/// What Enter sends in turn, with the Sandbox on.
const SAMPLES: [(&str, Scheme, Option<&str>); 6] = [
    ("batch.succeeded", Scheme::V1, None),
    ("interaction.completed", Scheme::V1a, None),
    ("video.generated", Scheme::Jwt, None),
    ("batch.failed", Scheme::V1, Some("tampered_body")),
    ("interaction.requires_action", Scheme::V1a, Some("stale")),
    ("batch.expired", Scheme::V1, Some("undecoded_secret")),
];

/// Sends the Sandbox's first sample, and the next one at each Enter. Never ends by itself.
pub(super) async fn send(engine: &Engine, sandbox: bool) {
    let mut turn = SAMPLES.iter().cycle();
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let interactive = print::interactive();
    if !sandbox {
        std::future::pending::<()>().await;
    }
    loop {
        if let Some((event_type, scheme, broken)) = turn.next() {
            let request = SampleRequest {
                event_type: (*event_type).to_owned(),
                variant: None,
                scheme: *scheme,
                broken: broken.map(str::to_owned),
            };
            if let Err(error) = engine.sandbox().send_sample(&request).await {
                say!("{error}");
            }
        }
        if !interactive || !matches!(lines.next_line().await, Ok(Some(_))) {
            break;
        }
    }
    std::future::pending::<()>().await;
}
