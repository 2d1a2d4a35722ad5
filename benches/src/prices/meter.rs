//! CPU time of the components, from `/proc/PID/stat`.

use std::fs;
use std::ops::Sub;
use std::time::{Duration, Instant};

use gotk_testenv::ControlPlane;
use serde::Serialize;

use crate::{Error, PAID};

/// What was spent on one request or over a while, in milliseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Spent {
    pub(crate) apiserver_cpu_ms: f64,
    pub(crate) etcd_cpu_ms: f64,
    pub(crate) wall_ms: f64,
}

impl Spent {
    /// One part of as many.
    pub(crate) fn per(self, count: u32) -> Self {
        let part = |total: f64| total / f64::from(count);
        Self {
            apiserver_cpu_ms: part(self.apiserver_cpu_ms),
            etcd_cpu_ms: part(self.etcd_cpu_ms),
            wall_ms: part(self.wall_ms),
        }
    }
}

impl Sub for Spent {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            apiserver_cpu_ms: self.apiserver_cpu_ms - other.apiserver_cpu_ms,
            etcd_cpu_ms: self.etcd_cpu_ms - other.etcd_cpu_ms,
            wall_ms: self.wall_ms - other.wall_ms,
        }
    }
}

/// Reads the components' CPU time, without what they use when nobody asks.
pub(crate) struct Meter {
    pids: [u32; 2],
    tick_ms: f64,
    /// CPU per wall time, of the two.
    idle: [f64; 2],
}

/// A moment, and what had been used by then.
pub(crate) struct Start {
    at: Instant,
    cpu_ms: [f64; 2],
}

impl Meter {
    pub(crate) async fn of_idle(plane: &ControlPlane, time: Duration) -> Result<Self, Error> {
        let pids = [plane.pid(PAID[0])?, plane.pid(PAID[1])?];
        let tick_ms = 1000.0 / rustix::param::clock_ticks_per_second() as f64;
        let mut meter = Self { pids, tick_ms, idle: [0.0; 2] };
        tokio::time::sleep(Duration::from_secs(2)).await;
        let start = meter.start()?;
        tokio::time::sleep(time).await;
        let used = meter.since(&start)?;
        meter.idle = [used.apiserver_cpu_ms, used.etcd_cpu_ms].map(|cpu| cpu / used.wall_ms);
        Ok(meter)
    }

    pub(crate) fn start(&self) -> Result<Start, Error> {
        Ok(Start { at: Instant::now(), cpu_ms: self.cpu_ms()? })
    }

    pub(crate) fn since(&self, start: &Start) -> Result<Spent, Error> {
        let (cpu_ms, wall_ms) = (self.cpu_ms()?, start.at.elapsed().as_secs_f64() * 1000.0);
        let used = |which: usize| cpu_ms[which] - start.cpu_ms[which] - self.idle[which] * wall_ms;
        Ok(Spent { apiserver_cpu_ms: used(0), etcd_cpu_ms: used(1), wall_ms })
    }

    fn cpu_ms(&self) -> Result<[f64; 2], Error> {
        Ok([self.ticks(self.pids[0])?, self.ticks(self.pids[1])?].map(|ticks| ticks * self.tick_ms))
    }

    fn ticks(&self, pid: u32) -> Result<f64, Error> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        // The second field is a name in brackets that may hold anything.
        let (_, fields) = stat.rsplit_once(')').ok_or("a stat file without a name")?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let field = |at: usize| fields.get(at).and_then(|ticks| ticks.parse::<f64>().ok());
        field(11)
            .zip(field(12))
            .map(|(user, system)| user + system)
            .ok_or_else(|| "a short stat file".into())
    }
}
