//! The addresses and node ports that services have, so that each is given once.

use std::collections::{BTreeMap, HashMap};
use std::net::Ipv4Addr;

use serde_json::Value;

/// Where addresses are taken from; the first ones belong to the API server itself.
const FIRST_IP: u32 = u32::from_be_bytes([10, 96, 0, 10]);
const LAST_IP: u32 = u32::from_be_bytes([10, 111, 255, 254]);
const FIRST_PORT: u32 = 30_000;
const LAST_PORT: u32 = 32_767;

/// Who has what; kept with every write of a service.
#[derive(Debug)]
pub(crate) struct Addresses {
    ips: Pool,
    ports: Pool,
    /// By the key of a service.
    held: HashMap<Box<str>, Held>,
}

#[derive(Debug, Default)]
struct Held {
    ip: Option<u32>,
    ports: Vec<u32>,
}

impl Default for Addresses {
    fn default() -> Self {
        Self {
            ips: Pool::new(FIRST_IP, LAST_IP),
            ports: Pool::new(FIRST_PORT, LAST_PORT),
            held: HashMap::new(),
        }
    }
}

impl Addresses {
    /// Notes what a service has from now on.
    pub(crate) fn hold(&mut self, key: &str, spec: &Value) {
        self.release(key);
        let ip = spec["clusterIP"].as_str().and_then(|ip| ip.parse::<Ipv4Addr>().ok());
        let ports = spec["ports"].as_array().into_iter().flatten();
        let ports = ports.filter_map(|port| u32::try_from(port["nodePort"].as_u64()?).ok());
        let held = Held { ip: ip.map(Ipv4Addr::to_bits), ports: ports.collect() };
        held.ip.into_iter().for_each(|ip| self.ips.take(ip));
        held.ports.iter().for_each(|port| self.ports.take(*port));
        self.held.insert(key.into(), held);
    }

    pub(crate) fn release(&mut self, key: &str) {
        let Some(held) = self.held.remove(key) else { return };
        held.ip.into_iter().for_each(|ip| self.ips.give_back(ip));
        held.ports.iter().for_each(|port| self.ports.give_back(*port));
    }

    pub(super) fn free_ip(&self) -> String {
        let free = self.ips.free().next();
        free.map(|bits| Ipv4Addr::from_bits(bits).to_string()).unwrap_or_default()
    }

    pub(super) fn free_ports(&self) -> impl Iterator<Item = u32> {
        self.ports.free()
    }
}

/// Numbers that are given out from the lowest on.
#[derive(Debug)]
struct Pool {
    last: u32,
    /// No number below is free.
    lowest: u32,
    first: u32,
    /// How often a number is held: who asks for one by name gets it, whoever has it.
    taken: BTreeMap<u32, u32>,
}

impl Pool {
    fn new(first: u32, last: u32) -> Self {
        Self { first, last, lowest: first, taken: BTreeMap::new() }
    }

    fn take(&mut self, number: u32) {
        if !(self.first..=self.last).contains(&number) {
            return;
        }
        *self.taken.entry(number).or_default() += 1;
        while self.lowest <= self.last && self.taken.contains_key(&self.lowest) {
            self.lowest += 1;
        }
    }

    fn give_back(&mut self, number: u32) {
        let Some(count) = self.taken.get_mut(&number) else { return };
        *count -= 1;
        if *count == 0 {
            self.taken.remove(&number);
            self.lowest = self.lowest.min(number);
        }
    }

    fn free(&self) -> impl Iterator<Item = u32> {
        (self.lowest..=self.last).filter(|number| !self.taken.contains_key(number))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_service_gives_back_is_given_again() {
        let mut addresses = Addresses::default();
        let held =
            |ip: &str, port: u32| json!({ "clusterIP": ip, "ports": [{ "nodePort": port }] });
        addresses.hold("a", &held("10.96.0.10", 30_000));
        addresses.hold("b", &held("10.96.0.11", 30_001));
        assert_eq!(addresses.free_ip(), "10.96.0.12");
        assert_eq!(addresses.free_ports().next(), Some(30_002));
        addresses.hold("a", &json!({ "clusterIP": "None" }));
        assert_eq!(addresses.free_ip(), "10.96.0.10");
        addresses.release("b");
        addresses.release("b");
        assert_eq!(addresses.free_ports().next(), Some(30_000));
    }

    #[test]
    fn what_two_have_is_free_when_both_have_gone() {
        let mut addresses = Addresses::default();
        let same = json!({ "clusterIP": "10.96.0.10" });
        addresses.hold("a", &same);
        addresses.hold("b", &same);
        addresses.release("a");
        assert_eq!(addresses.free_ip(), "10.96.0.11");
        addresses.release("b");
        assert_eq!(addresses.free_ip(), "10.96.0.10");
    }
}
