//! Networks in CIDR notation.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A network: its first address and the number of bits that all its addresses share.
#[derive(Clone, Copy)]
pub(super) struct Prefix {
    /// With the bits of hosts set to zero.
    base: u128,
    length: u32,
    v6: bool,
}

/// An IP address; octets of IPv4 may have leading zeros, which mean nothing.
pub(super) fn parse_address(text: &str) -> Result<IpAddr, String> {
    let address = if text.contains(':') {
        let well_formed = !text.contains('%');
        text.parse::<Ipv6Addr>().ok().filter(|_| well_formed).map(IpAddr::V6)
    } else {
        octets(text).map(|octets| IpAddr::V4(Ipv4Addr::from(octets)))
    };
    address.ok_or_else(|| format!("{text:?} is not an IP address"))
}

fn octets(text: &str) -> Option<[u8; 4]> {
    let parts: Vec<u8> = text.split('.').map(octet).collect::<Option<_>>()?;
    parts.try_into().ok()
}

fn octet(text: &str) -> Option<u8> {
    let digits = text.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty();
    let significant = text.trim_start_matches('0');
    match significant {
        _ if !digits => None,
        "" => Some(0),
        _ => significant.parse().ok(),
    }
}

impl Prefix {
    pub fn parse(text: &str) -> Result<Prefix, String> {
        let invalid =
            || format!("{text:?} is not a network in CIDR notation, such as \"10.0.0.0/16\" or \"2001:db8::/32\"");
        let (address, length) = text.split_once('/').ok_or_else(invalid)?;
        let host = Prefix::of_host(parse_address(address).map_err(|_| invalid())?);
        let digits = !length.is_empty() && length.len() <= 8 && length.bytes().all(|b| b.is_ascii_digit());
        let length = length.parse().ok().filter(|length| digits && *length <= host.length).ok_or_else(invalid)?;
        Ok(host.shortened(length))
    }

    /// The network of one address.
    pub fn of_host(address: IpAddr) -> Prefix {
        match address {
            IpAddr::V4(address) => Prefix { base: u128::from(u32::from(address)), length: 32, v6: false },
            IpAddr::V6(address) => Prefix { base: u128::from(address), length: 128, v6: true },
        }
    }

    fn shortened(self, length: u32) -> Prefix {
        let wider = Prefix { length, ..self };
        Prefix { base: self.base & !wider.last_host(), ..wider }
    }

    fn bits(&self) -> u32 {
        if self.v6 { 128 } else { 32 }
    }

    pub fn is_v6(&self) -> bool {
        self.v6
    }

    pub fn base(&self) -> u128 {
        self.base
    }

    /// Bits that tell addresses of the network apart.
    pub fn host_bits(&self) -> u32 {
        self.bits() - self.length
    }

    /// The number of the last address.
    pub fn last_host(&self) -> u128 {
        u128::MAX.checked_shr(128 - self.host_bits()).unwrap_or(0)
    }

    fn last(&self) -> u128 {
        self.base | self.last_host()
    }

    /// The text of the address with a number; none if the number does not fit. Among mapped IPv4 addresses, as in the
    /// reference, it is added 96 bits too high.
    pub fn host(&self, number: u128) -> Option<String> {
        let number = if self.is_mapped() { number.checked_mul(1 << 96)? } else { number };
        let address = self.base | number;
        (self.v6 || u32::try_from(address).is_ok()).then(|| shown(self.address(address)))
    }

    /// True for an IPv4 address written as one of IPv6: ::ffff:a.b.c.d.
    pub fn is_mapped(&self) -> bool {
        self.v6 && self.base >> 32 == 0xffff
    }

    fn address(&self, bits: u128) -> IpAddr {
        if self.v6 {
            IpAddr::V6(Ipv6Addr::from(bits))
        } else {
            IpAddr::V4(Ipv4Addr::from(u32::try_from(bits).unwrap_or(u32::MAX)))
        }
    }

    pub fn mask_text(&self) -> String {
        let all = if self.v6 { u128::MAX } else { u128::from(u32::MAX) };
        self.address(all & !self.last_host()).to_string()
    }

    pub fn contains(&self, other: &Prefix) -> bool {
        self.v6 == other.v6 && self.base <= other.base && other.last() <= self.last()
    }

    /// The network with a number among those with so many more bits, of which there are enough. As in the reference, the
    /// bits may become fewer, and a negative number gives what its two's complement and the base make, without the sign.
    /// None if the result is no address.
    pub fn subnet(&self, new_bits: i32, negative: bool, number: u128) -> Option<Prefix> {
        let length = u32::try_from(i64::from(self.length) + i64::from(new_bits)).ok()?;
        let smaller = Prefix { length, ..*self };
        let shifted = match smaller.host_bits() {
            _ if number == 0 => 0,
            bits if bits <= number.leading_zeros() => number << bits,
            _ => return None,
        };
        let base = match shifted.checked_sub(1) {
            Some(below) if negative => (below & !self.base).checked_add(1)?,
            _ => self.base | shifted,
        };
        (self.v6 || u32::try_from(base).is_ok()).then_some(Prefix { base, ..smaller })
    }

    /// The first network with so many more bits that begins at an address or behind it.
    pub fn subnet_from(&self, new_bits: u32, address: u128) -> Option<Prefix> {
        let smaller = Prefix { length: self.length + new_bits, ..*self };
        let size_minus_one = smaller.last_host();
        let aligned = address.checked_add(size_minus_one)? & !size_minus_one;
        let network = Prefix { base: aligned, ..smaller };
        (self.base <= aligned && network.last() <= self.last()).then_some(network)
    }

    /// The address behind the last one.
    pub fn after(&self) -> Option<u128> {
        self.last().checked_add(1)
    }
}

/// An address as text; a mapped IPv4 address as what it stands for.
fn shown(address: IpAddr) -> String {
    address.to_canonical().to_string()
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = if self.is_mapped() { self.length.saturating_sub(96) } else { self.length };
        write!(f, "{}/{length}", shown(self.address(self.base)))
    }
}
