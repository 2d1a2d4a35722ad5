//! IP addresses and networks.

use std::net::IpAddr;
use std::sync::Arc;

use crate::cel::eval::Outcome;
use crate::cel::fault::Fault;
use crate::cel::functions::{mismatch, text};
use crate::cel::meter::Meter;
use crate::cel::opaque::{Kind, Opaque};
use crate::cel::signature::{Declaration, function, member};
use crate::cel::value::Value;

pub(crate) const TABLE: &[Declaration] = &[
    function("ip", "(string) net.IP", ip),
    function("isIP", "(string) bool", is_ip),
    function("ip.isCanonical", "(string) bool", is_canonical),
    member("family", "(net.IP) int", family),
    member("isUnspecified", "(net.IP) bool", |_, given| asked(given, |ip| ip.is_unspecified())),
    member("isLoopback", "(net.IP) bool", |_, given| asked(given, |ip| ip.is_loopback())),
    member("isLinkLocalMulticast", "(net.IP) bool", |_, given| {
        asked(given, is_link_local_multicast)
    }),
    member("isLinkLocalUnicast", "(net.IP) bool", |_, given| asked(given, is_link_local_unicast)),
    member("isGlobalUnicast", "(net.IP) bool", |_, given| asked(given, is_global_unicast)),
    function("string", "(net.IP) string", to_string),
    function("cidr", "(string) net.CIDR", cidr),
    function("isCIDR", "(string) bool", is_cidr),
    member("containsIP", "(net.CIDR, string) bool", contains),
    member("containsIP", "(net.CIDR, net.IP) bool", contains),
    member("containsCIDR", "(net.CIDR, string) bool", contains_cidr),
    member("containsCIDR", "(net.CIDR, net.CIDR) bool", contains_cidr),
    member("ip", "(net.CIDR) net.IP", |_, given| {
        let (ip, _) = network(given, 0)?;
        Ok(value(Address::Ip(ip)))
    }),
    member("prefixLength", "(net.CIDR) int", |_, given| {
        Ok(Value::Int(network(given, 0)?.1.into()))
    }),
    member("masked", "(net.CIDR) net.CIDR", masked),
    function("string", "(net.CIDR) string", to_string),
];

/// An address, or a network.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Address {
    Ip(IpAddr),
    Cidr { ip: IpAddr, bits: u8 },
}

fn value<'a>(address: Address) -> Value<'a> {
    Value::Opaque(Arc::new(Opaque(Kind::Address(address))))
}

/// Reads an address. An IPv4 address in the clothes of an IPv6 one is refused, as is a zone.
fn parse_ip(text: &str) -> Option<IpAddr> {
    let ip: IpAddr = text.parse().ok()?;
    let mapped = matches!(ip, IpAddr::V6(ip) if ip.to_ipv4_mapped().is_some());
    (!mapped).then_some(ip)
}

fn parse_cidr(text: &str) -> Option<Address> {
    let (ip, bits) = text.rsplit_once('/')?;
    let ip = parse_ip(ip)?;
    let plain =
        bits.bytes().all(|byte| byte.is_ascii_digit()) && (bits == "0" || !bits.starts_with('0'));
    let bits: u8 = bits.parse().ok().filter(|&bits| plain && bits <= width(ip))?;
    Some(Address::Cidr { ip, bits })
}

fn width(ip: IpAddr) -> u8 {
    if ip.is_ipv4() { 32 } else { 128 }
}

fn not_an_ip(text: &str) -> Fault {
    Fault::new(format!("IP Address {text:?} parse error during conversion from string"))
}

fn not_a_cidr() -> Fault {
    Fault::new("network address parse error during conversion from string")
}

fn ip<'a>(_: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let text = text(arguments, 0)?;
    parse_ip(text).map(|ip| value(Address::Ip(ip))).ok_or_else(|| not_an_ip(text))
}

fn is_ip<'a>(_: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(parse_ip(text(arguments, 0)?).is_some()))
}

fn is_canonical<'a>(_: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let text = text(arguments, 0)?;
    let ip = parse_ip(text).ok_or_else(|| not_an_ip(text))?;
    Ok(Value::Bool(ip.to_string() == text))
}

fn address<'v>(arguments: &'v [Value<'_>], index: usize) -> Result<&'v Address, Fault> {
    match arguments.get(index) {
        Some(Value::Opaque(opaque)) => match &opaque.0 {
            Kind::Address(address) => Ok(address),
            _ => Err(mismatch()),
        },
        _ => Err(mismatch()),
    }
}

fn asked<'a>(arguments: &[Value<'a>], question: fn(&IpAddr) -> bool) -> Outcome<'a> {
    match address(arguments, 0)? {
        Address::Ip(ip) => Ok(Value::Bool(question(ip))),
        Address::Cidr { .. } => Err(mismatch()),
    }
}

fn family<'a>(_: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    match address(arguments, 0)? {
        Address::Ip(ip) => Ok(Value::Int(if ip.is_ipv4() { 4 } else { 6 })),
        Address::Cidr { .. } => Err(mismatch()),
    }
}

fn is_link_local_unicast(ip: &IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.segments()[0] & 0xffc0 == 0xfe80,
    }
}

fn is_link_local_multicast(ip: &IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.octets()[..3] == [224, 0, 0],
        IpAddr::V6(ip) => ip.segments()[0] & 0xff0f == 0xff02,
    }
}

fn is_global_unicast(ip: &IpAddr) -> bool {
    let broadcast = matches!(ip, IpAddr::V4(ip) if ip.is_broadcast());
    let local = ip.is_unspecified() || ip.is_loopback() || is_link_local_unicast(ip);
    !(broadcast || local || ip.is_multicast())
}

fn to_string<'a>(_: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::from(match address(arguments, 0)? {
        Address::Ip(ip) => ip.to_string(),
        Address::Cidr { ip, bits } => format!("{ip}/{bits}"),
    }))
}

fn cidr<'a>(_: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    parse_cidr(text(arguments, 0)?).map(value).ok_or_else(not_a_cidr)
}

fn is_cidr<'a>(_: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(parse_cidr(text(arguments, 0)?).is_some()))
}

fn network(arguments: &[Value<'_>], index: usize) -> Result<(IpAddr, u8), Fault> {
    match address(arguments, index)? {
        Address::Cidr { ip, bits } => Ok((*ip, *bits)),
        Address::Ip(_) => Err(mismatch()),
    }
}

/// The address as a number, without the bits behind the network.
fn prefix(ip: IpAddr, bits: u8) -> u128 {
    let (number, width) = match ip {
        IpAddr::V4(ip) => (u128::from(u32::from(ip)), 32),
        IpAddr::V6(ip) => (u128::from(ip), 128),
    };
    let behind = u32::from(width - bits);
    number.checked_shr(behind).map_or(0, |kept| kept << behind)
}

fn within(network: (IpAddr, u8), ip: IpAddr) -> bool {
    let (base, bits) = network;
    base.is_ipv4() == ip.is_ipv4() && prefix(base, bits) == prefix(ip, bits)
}

fn contains<'a>(_: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let ip = match arguments.get(1) {
        Some(Value::String(text)) => parse_ip(text).ok_or_else(|| not_an_ip(text))?,
        _ => match address(arguments, 1)? {
            Address::Ip(ip) => *ip,
            Address::Cidr { .. } => return Err(mismatch()),
        },
    };
    Ok(Value::Bool(within(network(arguments, 0)?, ip)))
}

fn contains_cidr<'a>(_: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let outer = network(arguments, 0)?;
    let (ip, bits) = match arguments.get(1) {
        Some(Value::String(text)) => match parse_cidr(text).ok_or_else(not_a_cidr)? {
            Address::Cidr { ip, bits } => (ip, bits),
            Address::Ip(_) => return Err(mismatch()),
        },
        _ => network(arguments, 1)?,
    };
    Ok(Value::Bool(outer.1 <= bits && within(outer, ip)))
}

fn masked<'a>(_: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let (ip, bits) = network(arguments, 0)?;
    let number = prefix(ip, bits);
    let ip = match ip {
        IpAddr::V4(_) => IpAddr::V4(u32::try_from(number).unwrap_or_default().into()),
        IpAddr::V6(_) => IpAddr::V6(number.into()),
    };
    Ok(value(Address::Cidr { ip, bits }))
}
