//! Starting and stopping.

use std::time::Duration;

use emulator::{Service, ServiceOptions};
use tokio::net::TcpStream;

#[tokio::test]
async fn two_emulators_have_different_keys_and_a_stopped_one_is_gone() {
    let start = || async { Service::start(ServiceOptions::default()).await.unwrap() };
    let (one, two) = (start().await, start().await);
    assert_ne!(one.sample_secret(), two.sample_secret());
    assert_ne!(one.address(), two.address());
    let taken = Service::start(ServiceOptions { address: two.address(), ..ServiceOptions::default() }).await;
    let error = taken.unwrap_err().to_string();
    assert!(error.contains("cannot listen") && error.contains(&two.address().to_string()), "{error}");
    assert!(!format!("{one:?}").contains("whsec_"));
    let address = one.address();
    assert!(TcpStream::connect(address).await.is_ok());
    tokio::time::timeout(Duration::from_secs(5), one.stop()).await.unwrap();
    assert!(TcpStream::connect(address).await.is_err());
    // Dropping stops it too.
    let address = two.address();
    drop(two);
    for _ in 0..100 {
        if TcpStream::connect(address).await.is_err() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{address} is still served");
}
