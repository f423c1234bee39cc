//! Servers on this machine.

use axum::Router;
use tokio::net::TcpListener;

/// Serves this for as long as the test runs; gives its origin.
pub(crate) async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    origin
}
