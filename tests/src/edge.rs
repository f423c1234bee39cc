//! ngrok's service, as far as an agent sees it: sessions over muxado, endpoints, the public side, and what can go wrong.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use muxado::typed::{StreamType, Typed, TypedAccept as _, TypedSession as _, TypedStream};
use muxado::{MuxadoOpen, OpenClose as _, Stream};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_util::sync::CancellationToken;

const AUTH: u32 = 0;
const BIND: u32 = 1;
const UNBIND: u32 = 2;
const PROXY: u32 = 3;
const STOP: u32 = 5;
const STOP_TUNNEL: u32 = 9;
const HEARTBEAT: u32 = u32::MAX;

/// Connections that the service opens to one agent: it leaves the bound to the agent.
const STREAMS: usize = 1 << 16;

const OFFLINE: &[u8] =
    b"HTTP/1.1 404 Not Found\r\nngrok-error-code: ERR_NGROK_3200\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// How the service behaves.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The address of endpoints that ask for no domain.
    pub url: String,
    /// The error of every session: `text\n\nERR_NGROK_105`.
    pub refuse_auth: Option<String>,
    /// The error of every endpoint.
    pub refuse_bind: Option<String>,
    /// Heartbeats are not answered.
    pub mute: bool,
}

/// The service. Clones are the same one.
#[derive(Clone)]
pub struct Edge(Arc<Inner>);

struct Inner {
    rules: Mutex<Rules>,
    agents: Mutex<Vec<Agent>>,
    asked: Mutex<Vec<(&'static str, Value)>>,
    numbers: AtomicU64,
}

#[derive(Clone)]
struct Agent {
    number: u64,
    open: MuxadoOpen,
    endpoint: Option<String>,
    cut: CancellationToken,
}

impl Default for Edge {
    fn default() -> Self {
        let url = "https://calm-otter.ngrok-free.test".to_owned();
        let rules = Mutex::new(Rules { url, refuse_auth: None, refuse_bind: None, mute: false });
        Self(Arc::new(Inner { rules, agents: Mutex::default(), asked: Mutex::default(), numbers: AtomicU64::new(1) }))
    }
}

impl Edge {
    /// Changes how it behaves from now on.
    pub fn rule(&self, change: impl FnOnce(&mut Rules)) {
        change(&mut self.0.rules.lock().unwrap());
    }

    /// Agents that are connected, whether they have an endpoint or not.
    pub fn connected(&self) -> usize {
        self.0.agents.lock().unwrap().len()
    }

    /// What agents asked for: `auth`, `bind` or `unbind`, and the message.
    pub fn asked(&self, kind: &str) -> Vec<Value> {
        let asked = self.0.asked.lock().unwrap();
        asked.iter().filter(|(asked, _)| *asked == kind).map(|(_, message)| message.clone()).collect()
    }

    /// An agent's end of a connection without a network.
    pub fn dial(&self) -> DuplexStream {
        let (ours, theirs) = tokio::io::duplex(1 << 20);
        tokio::spawn(self.clone().serve(ours));
        theirs
    }

    /// Takes agents over TLS on loopback. Returns the address and the certificate of the authority, PEM.
    pub async fn ingress(&self) -> (String, String) {
        let (acceptor, authority) = certificate();
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = socket.local_addr().unwrap().port();
        let edge = self.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = socket.accept().await {
                stream.set_nodelay(true).unwrap();
                let (edge, acceptor) = (edge.clone(), acceptor.clone());
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        edge.serve(stream).await;
                    }
                });
            }
        });
        (format!("localhost:{port}"), authority)
    }

    /// The public side, without TLS: connections to this address go to the agent that is online.
    pub async fn public(&self) -> SocketAddr {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = socket.local_addr().unwrap();
        let edge = self.clone();
        tokio::spawn(async move {
            while let Ok((mut client, peer)) = socket.accept().await {
                client.set_nodelay(true).unwrap();
                let edge = edge.clone();
                tokio::spawn(async move {
                    let Some((mut stream, cut)) = edge.open(&peer.to_string()).await else {
                        let _ = client.write_all(OFFLINE).await;
                        return;
                    };
                    let copied = tokio::io::copy_bidirectional_with_sizes(&mut client, &mut stream, 1 << 16, 1 << 16);
                    let _ = cut.run_until_cancelled(copied).await;
                });
            }
        });
        address
    }

    /// A connection from `client` to the agent that is online.
    pub async fn connect(&self, client: &str) -> Option<Stream> {
        Some(self.open(client).await?.0)
    }

    /// Cuts all agents off without a word.
    pub fn cut(&self) {
        for agent in self.0.agents.lock().unwrap().drain(..) {
            agent.cut.cancel();
        }
    }

    /// Takes the endpoint of the agent down.
    pub async fn stop_endpoint(&self, message: &str, code: Option<&str>) {
        let (agent, endpoint) = self.online().expect("an endpoint");
        let mut stream = typed(&agent, STOP_TUNNEL).await.unwrap();
        let message = json!({"Id": endpoint, "Message": message, "ErrorCode": code});
        stream.write_all(message.to_string().as_bytes()).await.unwrap();
    }

    /// Asks the agent to stop, as the dashboard does. Returns its answer.
    pub async fn stop_agent(&self) -> Value {
        let (agent, _) = self.online().expect("an endpoint");
        let mut stream = typed(&agent, STOP).await.unwrap();
        stream.write_all(b"{}").await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        serde_json::from_slice(&answer).unwrap()
    }

    /// Begins a command and breaks off in its middle.
    pub async fn break_off_a_command(&self) {
        let (agent, _) = self.online().expect("an endpoint");
        let mut stream = typed(&agent, STOP).await.unwrap();
        stream.write_all(b"{\"half").await.unwrap();
    }

    fn online(&self) -> Option<(Agent, String)> {
        let agents = self.0.agents.lock().unwrap();
        agents.iter().rev().find_map(|agent| Some((agent.clone(), agent.endpoint.clone()?)))
    }

    async fn open(&self, client: &str) -> Option<(Stream, CancellationToken)> {
        let (agent, endpoint) = self.online()?;
        let mut stream = typed(&agent, PROXY).await.ok()?;
        let head =
            json!({"Id": endpoint, "ClientAddr": client, "Proto": "https", "EdgeType": "3", "PassthroughTLS": false});
        let head = head.to_string();
        stream.write_i64_le(i64::try_from(head.len()).unwrap()).await.ok()?;
        stream.write_all(head.as_bytes()).await.ok()?;
        Some((stream, agent.cut))
    }

    /// One agent, until it leaves or is cut off.
    async fn serve<S: AsyncRead + AsyncWrite + Send + 'static>(self, stream: S) {
        let session = Typed::new(muxado::SessionBuilder::new(stream).server().stream_limit(STREAMS).start());
        let (open, mut accept) = session.split_typed();
        let number = self.0.numbers.fetch_add(1, Ordering::Relaxed);
        let cut = CancellationToken::new();
        let agent = Agent { number, open: (*open).clone(), endpoint: None, cut: cut.clone() };
        self.0.agents.lock().unwrap().push(agent);
        drop(open);
        while let Some(Ok(stream)) = cut.run_until_cancelled(accept.accept_typed()).await {
            let (edge, cut) = (self.clone(), cut.clone());
            tokio::spawn(async move {
                let _ = cut.run_until_cancelled(edge.answer(number, stream)).await;
            });
        }
        cut.cancel();
        self.0.agents.lock().unwrap().retain(|agent| agent.number != number);
    }

    async fn answer(&self, number: u64, mut stream: TypedStream) -> io::Result<()> {
        let typ = *stream.typ();
        if typ == HEARTBEAT {
            let mut beat = [0; 4];
            loop {
                stream.read_exact(&mut beat).await?;
                if !self.0.rules.lock().unwrap().mute {
                    stream.write_all(&beat).await?;
                }
            }
        }
        let message = read(&mut stream).await?;
        let rules = self.0.rules.lock().unwrap().clone();
        let (kind, answer) = match typ {
            AUTH => ("auth", json!({"Version": "3", "ClientId": format!("agent{number}"), "Extra": {"Cookie": "c"}})),
            BIND => {
                let domain = message["Opts"]["Domain"].as_str().filter(|domain| !domain.is_empty());
                let url = domain.map_or(rules.url, |domain| format!("https://{domain}"));
                let id = format!("endpoint{number}");
                let answer = json!({
                    "Id": id, "URL": url, "Proto": "https", "Opts": message["Opts"], "Extra": {"Token": "t"},
                });
                ("bind", answer)
            }
            UNBIND => ("unbind", json!({})),
            other => panic!("an agent does not send {other}"),
        };
        let error = match kind {
            "auth" => rules.refuse_auth,
            "bind" => rules.refuse_bind,
            _ => None,
        };
        self.0.asked.lock().unwrap().push((kind, message));
        if let Some(agent) = self.0.agents.lock().unwrap().iter_mut().find(|agent| agent.number == number)
            && kind != "auth"
        {
            agent.endpoint = (kind == "bind" && error.is_none()).then(|| format!("endpoint{number}"));
        }
        let answer = error.map_or(answer, |error| json!({ "Error": error }));
        stream.write_all(answer.to_string().as_bytes()).await?;
        stream.shutdown().await
    }
}

/// The agent does not end its half: a message is whole when it parses.
async fn read(stream: &mut TypedStream) -> io::Result<Value> {
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if let Ok(message) = serde_json::from_slice(&bytes) {
            return Ok(message);
        }
    }
}

async fn typed(agent: &Agent, typ: u32) -> io::Result<Stream> {
    let mut stream = agent.open.clone().open().await.map_err(io::Error::other)?;
    stream.write_all(&StreamType::clamp(typ).to_be_bytes()).await?;
    Ok(stream)
}

fn certificate() -> (TlsAcceptor, String) {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(vec!["localhost".to_owned(), "ingress.test".to_owned()])
        .unwrap()
        .signed_by(&key, &authority)
        .unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![own.der().clone()], key).unwrap();
    (TlsAcceptor::from(Arc::new(config)), authority.pem())
}
