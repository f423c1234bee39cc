//! Signed requests, made with the crate `standardwebhooks`: a peer, not ourselves.

use std::time::{SystemTime, UNIX_EPOCH};

use standardwebhooks::Webhook;

/// A test secret.
pub const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=";
/// About 230 bytes, as the service sends.
pub const BODY: &str = r#"{"type":"batch.succeeded","version":"v1","timestamp":"2026-11-21T01:12:04Z","data":{"id":"batches/8x2k4q9v","output_file_uri":"files/batch-8x2k4q9v","user_metadata":{"job_group":"nightly-eval","priority":"high"}}}"#;

/// Unix seconds.
pub fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().try_into().unwrap()
}

/// The three headers for a message signed now.
pub fn headers(secret: &str, id: &str, body: &str) -> [(&'static str, String); 3] {
    let at = now();
    let signature = Webhook::new(secret).unwrap().sign(id, at, body.as_bytes()).unwrap();
    [("webhook-id", id.to_owned()), ("webhook-timestamp", at.to_string()), ("webhook-signature", signature)]
}

/// Sends it; the answer's status.
pub async fn send(client: &reqwest::Client, url: &str, secret: &str, id: &str, body: &str) -> reqwest::Result<u16> {
    let mut request = client.post(url).header("content-type", "application/json").body(body.to_owned());
    for (name, value) in headers(secret, id, body) {
        request = request.header(name, value);
    }
    Ok(request.send().await?.status().as_u16())
}

/// A client that speaks to this machine only.
pub fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}
