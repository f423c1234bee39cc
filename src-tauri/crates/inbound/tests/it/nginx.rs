//! A real nginx on loopback, with TLS certificates from a test authority.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};

/// An authority that nobody trusts.
pub(crate) struct Authority {
    pub(crate) pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        Self::named("Ours")
    }

    pub(crate) fn named(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self { pem, issuer: Issuer::new(params, key) }
    }

    /// Puts `cert.pem` and `key.pem` into the folder.
    fn certify(&self, folder: &Path, name: &str, expired: bool) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        if expired {
            params.not_after = rcgen::date_time_ymd(2020, 1, 1);
        }
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        std::fs::write(folder.join("cert.pem"), certificate.pem()).unwrap();
        std::fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
    }
}

/// What the certificate of a server says.
pub(crate) struct Certificate<'a> {
    pub(crate) authority: &'a Authority,
    pub(crate) name: &'a str,
    pub(crate) expired: bool,
}

/// A running nginx. Dropping this ends it.
pub(crate) struct Nginx {
    child: Child,
    address: SocketAddr,
    _folder: TempDir,
}

impl Nginx {
    /// One server over TLS, for the name `localhost`, with `server` as its block.
    pub(crate) async fn start(authority: &Authority, server: &str) -> Self {
        Self::with(Certificate { authority, name: "localhost", expired: false }, server).await
    }

    pub(crate) async fn with(certificate: Certificate<'_>, server: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        certificate.authority.certify(folder.path(), certificate.name, certificate.expired);
        // Another program may take the free port first.
        for _ in 0..5 {
            let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap();
            std::fs::write(folder.path().join("nginx.conf"), config(folder.path(), free, server)).unwrap();
            let mut child = spawn(folder.path());
            if listens(&mut child, free).await {
                return Self { child, address: free, _folder: folder };
            }
            child.kill().ok();
            child.wait().unwrap();
        }
        panic!(
            "nginx did not start:\n{}",
            std::fs::read_to_string(folder.path().join("error.log")).unwrap_or_default()
        );
    }

    /// `https://localhost:…/`
    pub(crate) fn base(&self) -> String {
        format!("https://localhost:{}/", self.address.port())
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn spawn(folder: &Path) -> Child {
    let error = std::fs::File::create(folder.join("error.log")).unwrap();
    // Debian installs it where only root's PATH looks.
    let program = ["/usr/sbin/nginx", "/usr/bin/nginx"].into_iter().find(|path| Path::new(path).exists());
    Command::new(program.unwrap_or("nginx"))
        .args(["-e", "stderr", "-p"])
        .arg(folder)
        .arg("-c")
        .arg(folder.join("nginx.conf"))
        .stdin(Stdio::null())
        .stderr(error)
        .spawn()
        .expect("nginx is needed for this test: .ci/setup test installs it")
}

async fn listens(child: &mut Child, address: SocketAddr) -> bool {
    for _ in 0..500 {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        if TcpStream::connect(address).await.is_ok() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}

/// One process without a master, so that killing it ends it. All it writes is in its folder.
fn config(folder: &Path, address: SocketAddr, server: &str) -> String {
    let folder = folder.display();
    format!(
        "daemon off; master_process off; pid {folder}/pid; error_log stderr;
         events {{ worker_connections 64; }}
         http {{
           access_log off;
           client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
           uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
           server {{
             listen {address} ssl http2;
             server_name localhost;
             ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
             {server}
           }}
         }}"
    )
}
