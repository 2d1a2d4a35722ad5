//! A connection to a host, through a proxy where there is one.

use std::error::Error as StdError;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::Uri;
use hyper::header::HeaderValue;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use tokio::net::TcpStream;
use tower::Service;

use crate::options::Proxy;

type Failure = Box<dyn StdError + Send + Sync>;

/// What a proxy for SSH can be.
#[derive(Clone)]
pub(crate) enum Way {
    Straight,
    /// `CONNECT host:port`
    Http(Tunnel<HttpConnector>),
    Socks(SocksV5<HttpConnector>),
}

impl Way {
    /// The way through `proxy`, or why there is none.
    pub(crate) fn through(proxy: Option<&Proxy>) -> Result<Self, &'static str> {
        let Some(proxy) = proxy else { return Ok(Self::Straight) };
        let address: Uri = proxy.address.parse().map_err(|_| UNREADABLE)?;
        let connector = || {
            let mut connector = HttpConnector::new();
            connector.enforce_http(false);
            connector.set_nodelay(true);
            connector
        };
        let login = match &proxy.login {
            Some((user, password)) => Some((user.clone(), password.text().ok_or(NO_TEXT)?)),
            None => None,
        };
        match address.scheme_str() {
            Some("http") => {
                let tunnel = Tunnel::new(address, connector());
                let Some((user, password)) = login else { return Ok(Self::Http(tunnel)) };
                let login = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
                let mut login = HeaderValue::from_str(&login).map_err(|_| NO_TEXT)?;
                login.set_sensitive(true);
                Ok(Self::Http(tunnel.with_auth(login)))
            }
            Some("socks5" | "socks5h") => {
                let socks = SocksV5::new(address, connector());
                Ok(Self::Socks(match login {
                    Some((user, password)) => socks.with_auth(user, password.to_owned()),
                    None => socks,
                }))
            }
            _ => Err("a proxy for ssh is given as http:// or socks5:// and an address"),
        }
    }

    /// Connects to a port of a host. A proxy looks up the name itself.
    pub(crate) async fn connect(&self, host: &str, port: u16) -> Result<TcpStream, Failure> {
        let host_and_port = match host.contains(':') {
            true => format!("[{host}]:{port}"),
            false => format!("{host}:{port}"),
        };
        let to = || format!("https://{host_and_port}").parse::<Uri>();
        let stream = match self.clone() {
            Self::Straight => TcpStream::connect((host, port)).await?,
            Self::Http(mut tunnel) => tunnel.call(to()?).await?.into_inner(),
            Self::Socks(mut socks) => socks.call(to()?).await?.into_inner(),
        };
        let _ = stream.set_nodelay(true); // slower, not wrong, without it
        Ok(stream)
    }
}

const UNREADABLE: &str = "the address of the proxy cannot be read";
const NO_TEXT: &str = "the password of the proxy is not text";
