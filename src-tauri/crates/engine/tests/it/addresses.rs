//! The public address: checked, stored, and remembered when it changes.

use engine::{Code, Settings, TunnelProvider, TunnelSettings};

use crate::parts::Parts;

#[tokio::test]
async fn a_public_address_is_checked_normalised_and_remembered() {
    let parts = Parts::default();
    let (engine, local) = parts.listening(false).await;
    let with = |address: &str| Settings {
        public_address: Some(address.into()),
        tunnel: TunnelSettings { provider: TunnelProvider::Own, ..TunnelSettings::default() },
        ..Settings::default()
    };
    for address in ["hooks.example", "http://hooks.example", "https://hooks.example/?a", "https://me:x@hooks.example"] {
        let error = engine.settings().set(with(address)).await.unwrap_err();
        assert!(error.code == Code::InvalidSetting && error.message.contains("https://hooks.example.com/"), "{error}");
    }
    assert_eq!(engine.settings().get().public_address, None);
    engine.settings().set(with("https://then.example")).await.unwrap();
    let set = engine.settings().set(with(" https://NOW.example:443/hooks ")).await.unwrap();
    assert_eq!(set.public_address.as_deref(), Some("https://now.example/hooks/"));
    assert_eq!(engine.settings().set(with("  ")).await.unwrap().public_address, None);
    engine.shutdown().await;

    let store = store::Store::open(&parts.database(), store::Options::default()).unwrap();
    let mut seen: Vec<(String, bool)> =
        store.addresses().list().await.unwrap().into_iter().map(|one| (one.base, one.public)).collect();
    seen.sort();
    let expected =
        [(local, false), ("https://now.example/hooks/".into(), true), ("https://then.example/".into(), true)];
    assert_eq!(seen, expected);
}
