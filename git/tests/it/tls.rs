//! TLS and proxies: whom we trust, who trusts us, and who stands between.

use std::sync::{Arc, Mutex};

use gotk_git::{Credentials, Error, Proxy, Reference, Remote, RemoteOptions, RepositoryUrl};
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use crate::git::Lab;
use crate::listing::options;
use crate::server::{Behaviour, Server};

/// An authority, and what it vouches for.
struct Authority {
    certificate: rcgen::Certificate,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key.
struct Signed {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    fn sign(&self, name: &str, purpose: ExtendedKeyUsagePurpose) -> Signed {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.extended_key_usages = vec![purpose];
        let key = KeyPair::generate().unwrap();
        Signed { certificate: params.signed_by(&key, &self.issuer).unwrap(), key }
    }

    /// A server that shows `signed`, and asks clients for a certificate of `clients`.
    fn server(signed: &Signed, clients: Option<&Self>) -> Arc<ServerConfig> {
        let chain = vec![CertificateDer::from(signed.certificate.der().to_vec())];
        let key = PrivateKeyDer::try_from(signed.key.serialize_der()).unwrap();
        let builder = ServerConfig::builder();
        let builder = match clients {
            None => builder.with_no_client_auth(),
            Some(authority) => {
                let mut roots = RootCertStore::empty();
                roots.add(authority.certificate.der().clone()).unwrap();
                builder.with_client_cert_verifier(
                    WebPkiClientVerifier::builder(Arc::new(roots)).build().unwrap(),
                )
            }
        };
        Arc::new(builder.with_single_cert(chain, key).unwrap())
    }
}

async fn ask(url: &str, options: RemoteOptions) -> Result<(), Error> {
    let remote = Remote::new(RepositoryUrl::parse(url)?, options)?;
    remote.resolve(&Reference::branch("main")).await.map(drop)
}

fn lab() -> Option<Lab> {
    let lab = Lab::new()?;
    lab.repository("a.git").commit_file("a", "1");
    Some(lab)
}

#[tokio::test]
async fn a_server_is_trusted_through_the_authority_that_was_given() {
    let Some(lab) = lab() else { return };
    let careful = options();
    let (ours, other) = (Authority::new(), Authority::new());
    let signed = ours.sign("localhost", ExtendedKeyUsagePurpose::ServerAuth);
    let tls = Some(Authority::server(&signed, None));
    let server =
        Server::start(lab.root.path().into(), Behaviour { tls, ..Behaviour::default() }).await;
    let url = server.url("a.git");
    let trusting = |authority: &Authority| {
        careful.clone().credentials(Credentials::anonymous().with_ca(authority.certificate.pem()))
    };
    ask(&url, trusting(&ours)).await.unwrap();
    for wrong in [trusting(&other), careful.clone()] {
        let error = ask(&url, wrong).await.unwrap_err();
        assert!(matches!(error, Error::Network { .. }), "{error:?}");
    }
    let nonsense = careful.credentials(Credentials::anonymous().with_ca("nonsense"));
    let error = ask(&url, nonsense).await.unwrap_err().to_string();
    assert!(error.contains("is no certificate in PEM form"), "{error}");
}

#[tokio::test]
async fn a_client_identifies_itself_with_a_certificate() {
    let Some(lab) = lab() else { return };
    let careful = options();
    let (servers, clients) = (Authority::new(), Authority::new());
    let signed = servers.sign("localhost", ExtendedKeyUsagePurpose::ServerAuth);
    let tls = Some(Authority::server(&signed, Some(&clients)));
    let server =
        Server::start(lab.root.path().into(), Behaviour { tls, ..Behaviour::default() }).await;
    let trusting = Credentials::anonymous().with_ca(servers.certificate.pem());
    let us = clients.sign("us", ExtendedKeyUsagePurpose::ClientAuth);
    let known =
        trusting.clone().with_client_certificate(us.certificate.pem(), us.key.serialize_pem());
    ask(&server.url("a.git"), careful.clone().credentials(known)).await.unwrap();
    let error = ask(&server.url("a.git"), careful.credentials(trusting)).await.unwrap_err();
    assert!(matches!(error, Error::Network { .. }), "{error:?}");
}

/// A proxy that does what it is asked, and remembers it.
pub(crate) async fn proxy(socks: bool) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Arc::<Mutex<Vec<String>>>::default();
    let log = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let log = Arc::clone(&log);
            tokio::spawn(async move {
                if socks { socks5(stream, &log).await } else { connect(stream, &log).await }
            });
        }
    });
    (port, asked)
}

/// `CONNECT host:port`, as for https.
async fn connect(mut client: TcpStream, log: &Mutex<Vec<String>>) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    let target = head.split(' ').nth(1)?.to_owned();
    let login = head
        .lines()
        .find(|line| line.to_ascii_lowercase().starts_with("proxy-authorization"))
        .unwrap_or("none");
    log.lock().unwrap().push(format!("{target} {}", login.rsplit(' ').next()?));
    let mut server = TcpStream::connect(target).await.ok()?;
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.ok()?;
    copy_bidirectional(&mut client, &mut server).await.ok()?;
    Some(())
}

/// RFC 1928 with the login of RFC 1929.
async fn socks5(mut client: TcpStream, log: &Mutex<Vec<String>>) -> Option<()> {
    let text = async |client: &mut TcpStream| {
        let mut bytes = vec![0; client.read_u8().await.ok()?.into()];
        client.read_exact(&mut bytes).await.ok()?;
        Some(bytes)
    };
    client.read_u8().await.ok()?;
    let methods = text(&mut client).await?;
    let login = methods.contains(&2);
    client.write_all(&[5, if login { 2 } else { 0 }]).await.ok()?;
    let mut who = "none".to_owned();
    if login {
        client.read_u8().await.ok()?;
        who = String::from_utf8(
            [text(&mut client).await?, b":".to_vec(), text(&mut client).await?].concat(),
        )
        .unwrap();
        client.write_all(&[1, 0]).await.ok()?;
    }
    let mut head = [0; 4];
    client.read_exact(&mut head).await.ok()?;
    let host = match head[3] {
        1 => std::net::Ipv4Addr::from(client.read_u32().await.ok()?).to_string(),
        3 => String::from_utf8(text(&mut client).await?).unwrap(),
        _ => std::net::Ipv6Addr::from(client.read_u128().await.ok()?).to_string(),
    };
    let port = client.read_u16().await.ok()?;
    log.lock().unwrap().push(format!("socks {who}"));
    let host = if host == "::1" { "127.0.0.1".to_owned() } else { host };
    let mut server = TcpStream::connect((host, port)).await.ok()?;
    client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.ok()?;
    copy_bidirectional(&mut client, &mut server).await.ok()?;
    Some(())
}

#[tokio::test]
async fn proxies_of_both_kinds_are_used_and_logged_in_to() {
    let Some(lab) = lab() else { return };
    let ours = Authority::new();
    let signed = ours.sign("localhost", ExtendedKeyUsagePurpose::ServerAuth);
    let careful = options().credentials(Credentials::anonymous().with_ca(ours.certificate.pem()));
    let tls = Some(Authority::server(&signed, None));
    let server =
        Server::start(lab.root.path().into(), Behaviour { tls, ..Behaviour::default() }).await;
    let address = server.url("a.git").replace("https://", "").replace("/a.git", "");

    let (port, asked) = proxy(false).await;
    let through = Proxy::new(format!("http://localhost:{port}")).with_login("bob", "s3cret");
    ask(&server.url("a.git"), careful.clone().proxy(through)).await.unwrap();
    assert_eq!(*asked.lock().unwrap(), [format!("{address} Ym9iOnMzY3JldA==")]);

    let (port, asked) = proxy(true).await;
    for (through, seen) in [
        (Proxy::new(format!("socks5://localhost:{port}")), "socks none"),
        (
            Proxy::new(format!("socks5://localhost:{port}")).with_login("bob", "s3cret"),
            "socks bob:s3cret",
        ),
    ] {
        ask(&server.url("a.git"), careful.clone().proxy(through)).await.unwrap();
        assert_eq!(asked.lock().unwrap().pop().as_deref(), Some(seen));
    }
    let error =
        ask(&server.url("a.git"), careful.proxy(Proxy::new("ftp://localhost"))).await.unwrap_err();
    assert!(matches!(error, Error::InvalidOptions { .. }), "{error:?}");
}
