//! The room of projects alone: no listener, no Sandbox, no window.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use store::{Options, Store};

use super::key_news::Which;
use super::vault::{MemoryVault, Vault as _};
use super::*;
use crate::common::About;
use crate::dto::{ApiKeyDraft, ApiVersion, ProjectDraft, Settings};

const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=";

struct Rig {
    common: Common,
    projects: Projects,
    vault: Arc<MemoryVault>,
    _folder: tempfile::TempDir,
}

async fn rig() -> Rig {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("h.db"), Options::default()).unwrap();
    store.projects().default().await.unwrap();
    let clock: inbound::Clock = Arc::new(|| SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000));
    let about = About { actor: "test".into(), fixed: false, environment: Arc::new(|_| None) };
    let common = Common::new(store, clock, about);
    let registry = Arc::new(Registry::new(Vec::new(), &Settings::default()));
    let vault = Arc::<MemoryVault>::default();
    let actions = Actions::new(common.clone(), registry.clone());
    let projects = Projects::new(common.clone(), actions, registry, vault.clone());
    projects.open(None).await.unwrap();
    Rig { common, projects, vault, _folder: folder }
}

#[tokio::test]
async fn the_room_works_without_the_others() {
    let Rig { common, projects, vault, _folder } = rig().await;
    let draft = ProjectDraft {
        name: "Nightly".into(),
        path: None,
        base_url: None,
        api_version: ApiVersion::V1,
        api_key: ApiKeyDraft::Typed { text: "AIza-a-key-of-nobody-a91f".into() },
    };
    let added = projects.add(draft).await.unwrap();
    assert_eq!((added.path.as_str(), added.api_key.unwrap().hint.as_str()), ("nightly", "…a91f"));
    assert!(vault.get(&names::key_id(added.id)).unwrap().is_some());
    assert!(projects.client(added.id).is_ok(), "it can be asked");

    let secret = projects.add_secret(added.id, "prod", SECRET).await.unwrap();
    assert_eq!(projects.key_news().take().await, (added.id, Which::Given));
    assert_eq!((secret.added_ms, projects.list().len()), (1_800_000_000_000, 2));
    let actions = projects.actions.page(None, 10).await.unwrap().actions;
    let done: Vec<_> = actions.iter().map(|action| (action.what.as_str(), action.who.as_str())).collect();
    assert_eq!(done, [("secret.add", "test"), ("project.add", "test")]);
    common.end().await;
    common.store().close().await;
}
