//! Opens connections: a few of HTTP/1.1 for short requests, one of HTTP/2 for all watches.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use http::{HeaderValue, Request, Response, Uri};
use hyper::body::Incoming;
use hyper_rustls::{FixedServerNameResolver, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::legacy::connect::{Connect, HttpConnector};
use hyper_util::client::legacy::{Builder, Client};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use kube::Config;
use kube::client::{Body, ConfigExt};
use tower::{Service, ServiceExt};

use crate::error::BoxError;
use crate::kept::{Open, Wire};

/// Sends one request over a pool of connections.
pub(crate) type Exchange = Arc<
    dyn Fn(Request<Body>) -> BoxFuture<'static, Result<Response<Incoming>, BoxError>> + Send + Sync,
>;

/// The two pools of a transport.
pub(crate) struct Pools {
    pub(crate) short: Exchange,
    pub(crate) watches: Exchange,
    /// For short requests without a pool of hyper's, unless they are to share a connection.
    pub(crate) direct: Option<Open>,
}

/// How many connections, and how their death is noticed.
#[derive(Clone, Copy)]
pub(crate) struct Wires {
    pub(crate) most_idle: usize,
    pub(crate) share_watch_connection: bool,
    pub(crate) short_over_http2: bool,
    pub(crate) ping_interval: Duration,
}

pub(crate) fn pools(config: &Config, wires: Wires) -> Result<Pools, BoxError> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_keepalive(Some(wires.ping_interval));
    tcp.set_connect_timeout(config.connect_timeout);
    let Some(proxy) = &config.proxy_url else { return over(config, wires, tcp) };
    match proxy.scheme_str() {
        Some("http") => over(config, wires, tunnel(proxy, tcp)?),
        Some("https") => {
            let tcp = config.rustls_https_connector_with_connector(tcp)?;
            over(config, wires, tunnel(proxy, tcp)?)
        }
        Some("socks5" | "socks5h") => {
            let socks = SocksV5::new(without_user(proxy)?, tcp);
            match user(proxy) {
                Some((name, password)) => over(config, wires, socks.with_auth(name, password)),
                None => over(config, wires, socks),
            }
        }
        scheme => Err(format!("a proxy with scheme {scheme:?} is not supported").into()),
    }
}

/// Both pools over one way of opening a stream.
fn over<C>(config: &Config, wires: Wires, connector: C) -> Result<Pools, BoxError>
where
    C: Clone + Send + Sync + 'static,
    HttpsConnector<C>: Connect + Service<Uri> + Clone + Send + Sync + 'static,
    <HttpsConnector<C> as Service<Uri>>::Response: Wire + 'static,
    <HttpsConnector<C> as Service<Uri>>::Error: Into<BoxError>,
    <HttpsConnector<C> as Service<Uri>>::Future: Send,
{
    let kept = || -> Result<Exchange, BoxError> {
        let connector = config.rustls_https_connector_with_connector(connector.clone())?;
        Ok(exchange(builder(wires).build(connector)))
    };
    let shared = || -> Result<Exchange, BoxError> {
        let connector = watch_connector(config, connector.clone())?;
        let client = builder(wires)
            // A watch that nobody reads may fill its own window, never that of the others.
            .http2_initial_stream_window_size(256 * 1024)
            .http2_initial_connection_window_size(64 * 1024 * 1024)
            .http2_keep_alive_interval(wires.ping_interval)
            .http2_keep_alive_timeout(wires.ping_interval)
            .http2_keep_alive_while_idle(true)
            .build(connector);
        Ok(exchange(client))
    };
    let direct = || -> Result<Option<Open>, BoxError> {
        let connector = config.rustls_https_connector_with_connector(connector.clone())?;
        Ok(Some(opener(connector, &config.cluster_url)))
    };
    let one_for_both =
        |short: Exchange, direct| Pools { watches: Arc::clone(&short), short, direct };
    Ok(match (wires.short_over_http2, wires.share_watch_connection) {
        (false, true) => Pools { short: kept()?, watches: shared()?, direct: direct()? },
        (true, false) => Pools { short: shared()?, watches: kept()?, direct: None },
        (false, false) => one_for_both(kept()?, direct()?),
        (true, true) => one_for_both(shared()?, None),
    })
}

fn opener<C>(connector: C, server: &Uri) -> Open
where
    C: Service<Uri> + Clone + Send + Sync + 'static,
    C::Response: Wire + 'static,
    C::Error: Into<BoxError>,
    C::Future: Send,
{
    let server = server.clone();
    Box::new(move || {
        let opened = connector.clone().oneshot(server.clone());
        let wire = |stream| Box::new(stream) as Box<dyn Wire>;
        opened.map(move |stream| stream.map(wire).map_err(Into::into)).boxed()
    })
}

fn builder(wires: Wires) -> Builder {
    let mut builder = Client::<(), ()>::builder(TokioExecutor::new());
    builder.timer(TokioTimer::new()).pool_timer(TokioTimer::new());
    builder.pool_max_idle_per_host(wires.most_idle);
    // A request on a connection that the server has just closed is ours to repeat, or not.
    builder.retry_canceled_requests(false);
    builder
}

/// Like kube's connector, but HTTP/2 where the server offers it.
fn watch_connector<C>(config: &Config, connector: C) -> Result<HttpsConnector<C>, BoxError> {
    let tls = config.rustls_client_config()?;
    let mut builder = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http();
    if let Some(name) = &config.tls_server_name {
        let name = name.clone().try_into()?;
        builder = builder.with_server_name_resolver(FixedServerNameResolver::new(name));
    }
    Ok(builder.enable_all_versions().wrap_connector(connector))
}

fn exchange<C>(client: Client<C, Body>) -> Exchange
where
    C: Connect + Clone + Send + Sync + 'static,
{
    Arc::new(move |request| {
        client.request(request).map(|answer| answer.map_err(Into::into)).boxed()
    })
}

fn tunnel<C>(proxy: &Uri, connector: C) -> Result<Tunnel<C>, BoxError> {
    let tunnel = Tunnel::new(without_user(proxy)?, connector);
    Ok(match user(proxy) {
        None => tunnel,
        Some((name, password)) => {
            let mut value = HeaderValue::try_from(basic(&name, &password))?;
            value.set_sensitive(true);
            tunnel.with_auth(value)
        }
    })
}

fn basic(name: &str, password: &str) -> String {
    use base64::Engine;
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("{name}:{password}"));
    format!("Basic {pair}")
}

/// The user and password in a proxy's URL, unescaped.
fn user(proxy: &Uri) -> Option<(String, String)> {
    let (user, _) = proxy.authority()?.as_str().rsplit_once('@')?;
    let (name, password) = user.split_once(':').unwrap_or((user, ""));
    let plain = |text| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    Some((plain(name), plain(password)))
}

fn without_user(proxy: &Uri) -> Result<Uri, BoxError> {
    let mut parts = proxy.clone().into_parts();
    if let Some(authority) = &parts.authority {
        let host = authority.as_str().rsplit('@').next().unwrap_or_default();
        parts.authority = Some(host.parse()?);
    }
    Ok(Uri::from_parts(parts)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_user_is_unescaped_and_left_out_of_the_address() {
        let proxy: Uri = "http://me:p%40ss%3Aword@proxy.local:3128".parse().unwrap();
        assert_eq!(user(&proxy), Some(("me".to_owned(), "p@ss:word".to_owned())));
        assert_eq!(without_user(&proxy).unwrap(), "http://proxy.local:3128/");
        assert_eq!(user(&"socks5://proxy.local:1080".parse().unwrap()), None);
    }
}
