//! What the window is told to show on the desktop, of what really happens.

use std::sync::{Arc, Mutex};

use engine::{
    DesktopNews, DesktopSettings, Engine, Live, Looking, Notification, NotificationKind, NotificationPlace, Settings,
    Unseen,
};

use crate::parts::{OTHER, Parts, default_project, soon};
use crate::{SECRET, post};

/// What the window hears.
fn news(engine: &Engine) -> Arc<Mutex<Vec<DesktopNews>>> {
    let heard: Arc<Mutex<Vec<DesktopNews>>> = Arc::default();
    let sink = heard.clone();
    engine.attach(Box::new(move |message| {
        if let Live::Desktop { news } = message {
            sink.lock().unwrap().push(news);
        }
        true
    }));
    heard
}

fn shown(heard: &Mutex<Vec<DesktopNews>>) -> Vec<Notification> {
    let shown = |news: &DesktopNews| match news {
        DesktopNews::Shown { notification } => Some(notification.clone()),
        _ => None,
    };
    heard.lock().unwrap().iter().filter_map(shown).collect()
}

fn offered(heard: &Mutex<Vec<DesktopNews>>) -> Vec<Notification> {
    let offered = |news: &DesktopNews| match news {
        DesktopNews::Offered { notification } => Some(notification.clone()),
        _ => None,
    };
    heard.lock().unwrap().iter().filter_map(offered).collect()
}

#[tokio::test]
async fn a_rejected_delivery_after_a_good_one_is_offered_and_shown_once_it_is_wanted() {
    let parts = Parts::default();
    let (engine, address) = parts.listening(true).await;
    let default = default_project(&engine);
    engine.projects().add_secret(default, "", SECRET).await.unwrap();
    let heard = news(&engine);
    assert_eq!(post(&address, SECRET, "msg_1").await, 200);
    // Nothing in the Sandbox is worth a notification.
    assert_eq!(post(&format!("{address}sandbox"), SECRET, "msg_2").await, 401);
    assert_eq!(post(&address, OTHER, "msg_3").await, 401);
    soon("it is offered", async || offered(&heard).len() == 1).await;
    let offer = offered(&heard).remove(0);
    assert_eq!(offer.kind, NotificationKind::Rejected);
    assert!(offer.title.ends_with(": a delivery was rejected"), "{offer:?}");
    let rejected = engine.history().open_view("verdict:rejected").await.unwrap().rows;
    let mine = rejected.iter().find(|row| row.project == default).unwrap().id;
    assert_eq!(offer.place, NotificationPlace::Deliveries { project: default, delivery: mine });
    let one = DesktopNews::Unseen { unseen: Unseen { rejected: 1, more: false } };
    soon("it is counted", async || heard.lock().unwrap().contains(&one)).await;
    assert!(shown(&heard).is_empty());

    let desktop = DesktopSettings { answered: true, rejected: true, ..DesktopSettings::default() };
    let settings = Settings { desktop, ..engine.settings().get() };
    engine.settings().set(settings).await.unwrap();
    assert_eq!(post(&address, SECRET, "msg_4").await, 200);
    for id in ["msg_5", "msg_6", "msg_7"] {
        assert_eq!(post(&address, OTHER, id).await, 401);
    }
    soon("they are shown", async || shown(&heard).len() == 1).await;
    let notification = shown(&heard).remove(0);
    assert!(notification.title.ends_with(": 3 deliveries were rejected"), "{notification:?}");

    let unseen = engine.notifications().looking(Looking { kinds: vec![NotificationKind::Rejected], project: None });
    assert_eq!(unseen, Unseen::default());
    engine.notifications().open(notification.place.clone());
    let opened = DesktopNews::Opened { place: notification.place };
    assert_eq!(heard.lock().unwrap().last(), Some(&opened));
    engine.shutdown().await;
}

#[tokio::test]
async fn a_delivery_that_its_secret_verifies_later_is_not_counted_any_more() {
    let parts = Parts::default();
    let (engine, address) = parts.listening(false).await;
    let default = default_project(&engine);
    engine.projects().add_secret(default, "", OTHER).await.unwrap();
    let heard = news(&engine);
    assert_eq!(post(&address, SECRET, "msg_1").await, 401);
    let count = |rejected| DesktopNews::Unseen { unseen: Unseen { rejected, more: false } };
    soon("it is counted", async || heard.lock().unwrap().last() == Some(&count(1))).await;
    engine.projects().add_secret(default, "", SECRET).await.unwrap();
    soon("it is not any more", async || heard.lock().unwrap().last() == Some(&count(0))).await;
    engine.shutdown().await;
}

#[tokio::test]
async fn whoever_wanted_to_hear_of_missed_jobs_still_does() {
    let parts = Parts::default();
    let store = store::Store::open(&parts.database(), store::Options::default()).unwrap();
    let before = serde_json::json!({ "port": null, "notify_missed": true });
    store.settings().set("settings", &before).await.unwrap();
    store.close().await;
    let engine = parts.start(false).await;
    let expected = DesktopSettings { answered: true, missed: true, ..DesktopSettings::default() };
    assert_eq!(engine.settings().get().desktop, expected);
    engine.shutdown().await;
}
