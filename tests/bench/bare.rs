//! The least that an axum server can do: answer 200 with nothing, without so much as reading the body.

use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::serve::ListenerExt as _;
use tokio::io::AsyncWriteExt as _;

use crate::child::{Child, group};

pub(crate) const ARGUMENT: &str = "--serve-bare";

/// Serves until it is killed. Prints its address first.
pub(crate) async fn serve() {
    let socket = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::io::stdout().write_all(format!("{address}\n").as_bytes()).await.unwrap();
    tokio::io::stdout().flush().await.unwrap();
    let socket = socket.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    axum::serve(socket, Router::new().fallback(async || {})).await.unwrap();
}

/// Starts one in a process of its own: this program once more.
pub(crate) fn start() -> (Child, SocketAddr) {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    let mut child = group(command.arg(ARGUMENT)).expect("the bench itself can be started");
    let address = child.line().trim().parse().expect("its first line is its address");
    (child, address)
}
