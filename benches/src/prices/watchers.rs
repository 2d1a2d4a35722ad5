//! What one event costs for each who watches.

use http_body_util::BodyExt;
use kube::client::Body;
use tokio::task::JoinSet;

use crate::meter::{Meter, Spent};
use crate::objects::Kind;
use crate::row::Row;
use crate::{Error, Shop};

const WATCHERS: u32 = 50;

pub(crate) const NAME: &str = "watch event of a ConfigMap, for each of 50 watchers";

/// Changes every `ConfigMap` once without watchers and once with them; the difference is theirs.
pub(crate) async fn measure(shop: &mut Shop, meter: &Meter) -> Result<Spent, Error> {
    let change = Row::change_of(Kind::ConfigMap);
    let alone = shop.measure(&change, meter).await?;
    let mut watchers = JoinSet::new();
    for _ in 0..WATCHERS {
        let path = format!("{}?watch=true&resourceVersion=0", Kind::ConfigMap.path("stock"));
        let response = shop.client.send(http::Request::get(path).body(Body::empty())?).await?;
        watchers.spawn(count_events(response.into_body()));
    }
    // The events that tell what there is are over when nothing is left to be sent.
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    let watched = shop.measure(&change, meter).await?;
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    watchers.abort_all();
    let difference = watched - alone;
    Ok(Spent { wall_ms: difference.wall_ms.max(0.0), ..difference }.per(WATCHERS))
}

/// Reads until told to stop.
async fn count_events(mut body: Body) -> u64 {
    let mut events = 0;
    while let Some(Ok(frame)) = body.frame().await {
        let data = frame.into_data().unwrap_or_default();
        events += data.iter().filter(|&&byte| byte == b'\n').count() as u64;
    }
    events
}
