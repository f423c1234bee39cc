//! ngrok through a proxy in the user's network.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use inbound::Limits;
use inbound::tunnel::State;
use inbound::tunnel::ngrok::{Ngrok, Proxies, Server};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::ngrok_rig::{Network, Run, TOKEN, read_all};
use super::rig::{rig, signed, status};

/// A name that only the proxy knows.
const INGRESS: &str = "ingress.test";
const PASSWORD: &str = "s3cr3t-of-the-proxy";

/// What a proxy was asked for.
type Asked = Arc<Mutex<Vec<String>>>;

/// A proxy that leads to `target` whatever it is asked for. Speaks `CONNECT`, or SOCKS 5 with a password.
async fn proxy(target: SocketAddr, refusal: Option<&'static str>) -> (SocketAddr, Asked) {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = socket.local_addr().unwrap();
    let asked = Asked::default();
    let noted = asked.clone();
    tokio::spawn(async move {
        while let Ok((client, _)) = socket.accept().await {
            let noted = noted.clone();
            tokio::spawn(async move {
                let mut first = [0];
                client.peek(&mut first).await.unwrap();
                let agreed =
                    if first[0] == 5 { socks(client, noted).await } else { http(client, noted, refusal).await };
                if let Some(mut client) = agreed {
                    let mut server = TcpStream::connect(target).await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                }
            });
        }
    });
    (address, asked)
}

async fn http(mut client: TcpStream, asked: Asked, refusal: Option<&'static str>) -> Option<TcpStream> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await.unwrap());
    }
    asked.lock().unwrap().push(String::from_utf8(head).unwrap());
    let answer = refusal.unwrap_or("200 Connection established");
    client.write_all(format!("HTTP/1.1 {answer}\r\n\r\n").as_bytes()).await.unwrap();
    refusal.is_none().then_some(client)
}

/// RFC 1928 and 1929, as far as a name and password require.
async fn socks(mut client: TcpStream, asked: Asked) -> Option<TcpStream> {
    async fn text(client: &mut TcpStream) -> String {
        let mut bytes = vec![0; client.read_u8().await.unwrap().into()];
        client.read_exact(&mut bytes).await.unwrap();
        String::from_utf8(bytes).unwrap()
    }
    assert_eq!(client.read_u8().await.unwrap(), 5);
    text(&mut client).await;
    client.write_all(&[5, 2]).await.unwrap();
    assert_eq!(client.read_u8().await.unwrap(), 1);
    let (user, password) = (text(&mut client).await, text(&mut client).await);
    client.write_all(&[1, 0]).await.unwrap();
    let mut request = [0; 4];
    client.read_exact(&mut request).await.unwrap();
    assert_eq!(request, [5, 1, 0, 3], "connect to a name");
    let name = text(&mut client).await;
    let port = client.read_u16().await.unwrap();
    asked.lock().unwrap().push(format!("{user}:{password} {name}:{port}"));
    client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.unwrap();
    Some(client)
}

fn proxies(variables: &[(&str, String)]) -> Proxies {
    let variables: HashMap<_, _> = variables.iter().cloned().collect();
    Proxies::read(|name| variables.get(name).cloned())
}

/// A tunnel to the stand-in, whose address only the proxy knows.
async fn through(network: &Network) -> (Ngrok, SocketAddr) {
    let (address, ca_pem) = network.edge.ingress().await;
    let port = address.rsplit_once(':').unwrap().1.parse().unwrap();
    let mut ngrok = Ngrok::new(TOKEN);
    ngrok.server = Some(Server { address: format!("{INGRESS}:4430"), ca_pem: Some(ca_pem) });
    (ngrok, (Ipv4Addr::LOCALHOST, port).into())
}

#[tokio::test]
async fn a_session_goes_through_the_proxy_that_the_environment_names() {
    let rig = rig(Limits::default()).await;
    for (scheme, variable) in [("http", "HTTPS_PROXY"), ("socks5h", "ALL_PROXY"), ("socks5", "https_proxy")] {
        let network = Network::default();
        let (mut ngrok, ingress) = through(&network).await;
        let (proxy, asked) = proxy(ingress, None).await;
        ngrok.proxies = proxies(&[(variable, format!("{scheme}://ada:{PASSWORD}@{proxy}"))]);
        assert!(!format!("{ngrok:?} {:?}", ngrok.proxies).contains(PASSWORD));
        let mut run = Run::start(ngrok, Some(rig.listener.intake()));
        run.online().await;
        let mut stream = network.edge.connect("192.0.2.1:1").await.unwrap();
        stream.write_all(&signed(&format!("msg_{variable}"), b"{}")).await.unwrap();
        assert_eq!(status(&read_all(&mut stream).await), "200");
        run.stop().await;
        let asked = asked.lock().unwrap().join("\n");
        match scheme {
            // "ada:s3cr3t-of-the-proxy"
            "http" => assert!(
                asked.starts_with("CONNECT ingress.test:4430 HTTP/1.1\r\n")
                    && asked.contains("Proxy-Authorization: Basic YWRhOnMzY3IzdC1vZi10aGUtcHJveHk=\r\n"),
                "{asked}"
            ),
            _ => assert_eq!(asked, format!("ada:{PASSWORD} ingress.test:4430")),
        }
    }
}

#[tokio::test]
async fn what_no_proxy_lists_and_this_machine_are_reached_without_it() {
    for no_proxy in [None, Some(".test"), Some("*")] {
        let network = Network::default();
        let (mut ngrok, ingress) = through(&network).await;
        let (proxy, asked) = proxy(ingress, None).await;
        let mut variables = vec![("HTTPS_PROXY", format!("http://{proxy}"))];
        variables.extend(no_proxy.map(|list| ("NO_PROXY", list.to_owned())));
        ngrok.proxies = proxies(&variables);
        if no_proxy.is_none() {
            ngrok.server.as_mut().unwrap().address = format!("localhost:{}", ingress.port());
        }
        let mut run = Run::start(ngrok, None);
        let state = run.until(|state| *state != State::Starting).await;
        assert_eq!(matches!(state, State::Online { .. }), no_proxy.is_none(), "{no_proxy:?}: {state:?}");
        assert!(asked.lock().unwrap().is_empty(), "{no_proxy:?}");
        run.stop().await;
    }
}

#[tokio::test]
async fn a_proxy_that_refuses_is_named_without_its_password() {
    let nobody = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap();
    for (scheme, refusal, reason) in [
        ("http", Some("407 Proxy Authentication Required"), "authorization required"),
        ("http", Some("403 Forbidden"), "unsuccessful"),
        ("http", None, "refused"),
        ("socks5", None, "failed to create underlying connection"),
        ("https", Some(""), "https:// is not among"),
    ] {
        let network = Network::default();
        let (mut ngrok, ingress) = through(&network).await;
        let at = if refusal.is_some() { proxy(ingress, refusal).await.0 } else { nobody };
        ngrok.proxies = proxies(&[("HTTPS_PROXY", format!("{scheme}://ada:{PASSWORD}@{at}"))]);
        let mut run = Run::start(ngrok, None);
        let State::Reconnecting { why, .. } = run.until(|state| *state != State::Starting).await else { panic!() };
        assert!(why.contains(&format!("through the proxy {at} of HTTPS_PROXY")), "{why}");
        assert!(why.contains(reason) && !why.contains(PASSWORD) && !why.contains("YWRh"), "{why}");
        run.stop().await;
    }
}
