//! What counts as a ping, and what a row without a type shows.

use std::sync::Arc;

use engine::{PingBy, PingResult, RequestLine, Row, WebhookCreation};
use serde_json::json;
use signature::Outcome;

use crate::managed::{LONG, draft, stand_in};
use crate::{Rig, SECRET, post_text, rig};

impl Rig {
    async fn rows(&self) -> Vec<Row> {
        self.engine.history().open_view("").await.unwrap().rows
    }

    async fn row(&self, id: i64) -> Row {
        self.rows().await.into_iter().find(|row| row.id == id).unwrap()
    }
}

#[tokio::test]
async fn the_sandboxes_ping_is_known_whatever_it_is_called() {
    let rig = rig().await;
    let (webhook, _) = rig.webhook("hook").await;
    let PingResult::Arrived { delivery, .. } = rig.ping(&webhook.id, LONG).await else { panic!("it arrives") };
    let row = rig.row(delivery.id).await;
    assert_eq!((row.event_type.as_deref(), row.ping), (Some("ping"), Some(PingBy::Asked)));
    assert_eq!(rig.engine.history().delivery(row.id).await.unwrap().row.ping, Some(PingBy::Asked));

    rig.engine.sandbox().set_settings(json!({ "payload": { "ping_type": "webhook.test" } })).await.unwrap();
    post_text(&format!("{}sandbox", rig.address), SECRET, "msg_1", "{\"type\":\"webhook.test\"}").await;
    post_text(&rig.address, SECRET, "msg_2", "{\"type\":\"webhook.test\"}").await;
    let rows = rig.rows().await;
    let pings: Vec<Option<PingBy>> = rows[rows.len() - 2..].iter().map(|row| row.ping).collect();
    assert_eq!(pings, [Some(PingBy::Type), None], "the name is the Sandbox's, and nobody else's");

    // An event stays an event, whatever the Sandbox calls its pings.
    rig.engine.sandbox().set_settings(json!({ "payload": { "ping_type": "batch.failed" } })).await.unwrap();
    post_text(&format!("{}sandbox", rig.address), SECRET, "msg_3", "{\"type\":\"batch.failed\"}").await;
    let newest = rig.newest().await.row;
    assert_eq!((newest.known_type, newest.ping), (true, None));
}

#[tokio::test]
async fn a_type_that_is_merely_unknown_is_no_ping() {
    let rig = rig().await;
    for (body, expected) in [
        ("{\"type\":\"ping\"}", Some(PingBy::Type)),
        ("{\"type\":\"Ping\"}", None),
        ("{\"type\":\"ping.failed\"}", None),
        ("{\"type\":\"audio.generated\"}", None),
        ("{\"type\":\"batch.succeeded\"}", None),
        ("{}", None),
    ] {
        post_text(&rig.address, SECRET, "msg", body).await;
        assert_eq!(rig.newest().await.row.ping, expected, "{body}");
    }
}

#[tokio::test]
async fn the_ping_of_another_service_is_known_once_a_secret_of_its_webhook_verified_it() {
    let rig = rig().await;
    let uri = format!("{}stand-in/hook", rig.address);
    let hook = json!({ "id": "one", "uri": uri, "state": "enabled", "new_signing_secret": SECRET,
                       "signing_secrets": [{ "truncated_secret": "whsec_...dXY=" }] });
    let origin = stand_in({
        let uri = Arc::new(uri.clone());
        move |line, _| {
            if line.ends_with(":ping") {
                let uri = uri.clone();
                tokio::spawn(async move { post_text(&uri, SECRET, "msg_1", "{\"type\":\"hello\"}").await });
            }
            Some((200, hook.clone()))
        }
    })
    .await;
    let project = rig.project_at(&origin).await;
    let created = rig.engine.webhooks().create(project, draft("one", &uri), false).await.unwrap();
    assert!(matches!(created, WebhookCreation::Created { .. }));
    // The same type, but nobody asked for it.
    post_text(&uri, SECRET, "msg_0", "{\"type\":\"hello\"}").await;
    let PingResult::Arrived { delivery, .. } = rig.engine.webhooks().ping_within(project, "one", LONG).await.unwrap()
    else {
        panic!("it arrives")
    };
    assert_eq!(delivery.outcome, Outcome::Verified);
    let pings: Vec<_> = rig.rows().await.into_iter().map(|row| (row.event_type.unwrap(), row.ping)).collect();
    assert_eq!(pings, [("hello".to_owned(), None), ("hello".to_owned(), Some(PingBy::Asked))]);
}

#[tokio::test]
async fn a_delivery_without_a_type_is_told_by_its_request() {
    let rig = rig().await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for path in ["hooks/a", "hooks/b?secret=1"] {
        client.post(format!("{}{path}", rig.address)).body("no JSON").send().await.unwrap();
    }
    post_text(&rig.address, SECRET, "msg_1", "{\"type\":\"batch.succeeded\"}").await;
    let post = |path: &str| Some(RequestLine { method: "POST".into(), path: path.into() });
    let shown: Vec<_> = rig.rows().await.into_iter().map(|row| (row.request, row.body_len)).collect();
    assert_eq!(shown, [(post("/hooks/a"), 7), (post("/hooks/b"), 7), (None, 26)]);
}
