//! Functions on IP networks.

mod prefix;

use super::arguments::Arguments;
use super::definition::{Definition, Outcome, Shape, blame, number, text};
use formwork_hcl::FunctionFailure;
use formwork_value::{Kind, Type, Value};
use prefix::{Prefix, parse_address};

pub(super) static FUNCTIONS: &[Definition] = &[
    Definition::new(
        "cidrcontains",
        "Whether an IP address, or all addresses of a network, are in a network.",
        &[text("containing_prefix"), text("contained_ip_or_prefix")],
        Shape::Bool,
        contains,
    ),
    Definition::new(
        "cidrhost",
        "The address with a number in a network; negative numbers count from the end.",
        &[text("prefix"), number("hostnum")],
        Shape::Text,
        host,
    ),
    Definition::new("cidrnetmask", "The mask of an IPv4 network.", &[text("prefix")], Shape::Text, |args| {
        let prefix = parse(args)?;
        match prefix.is_v6() && !prefix.is_mapped() {
            true => Err(blame(0, "only IPv4 networks have a mask")),
            false => Ok(prefix.mask_text().into()),
        }
    }),
    Definition::new(
        "cidrsubnet",
        "The network with a number among those with so many more bits in a network.",
        &[text("prefix"), number("newbits"), number("netnum")],
        Shape::Text,
        subnet,
    ),
    Definition::new(
        "cidrsubnets",
        "Networks one after the other in a network, with so many more bits each.",
        &[text("prefix")],
        Shape::Texts,
        subnets,
    )
    .variadic(number("newbits")),
];

fn parse(args: &Arguments) -> Result<Prefix, FunctionFailure> {
    Prefix::parse(args.text(0)).map_err(|message| blame(0, message))
}

/// A whole number as its sign and magnitude. Of magnitudes that do not fit, it only matters that they are too large.
fn big(args: &Arguments, index: usize) -> Result<(bool, u128), FunctionFailure> {
    let number = args.number(index);
    if !number.is_integer() {
        return Err(blame(index, "a whole number is required"));
    }
    let magnitude = number.abs().to_string().parse();
    magnitude.map(|magnitude| (number.is_negative(), magnitude)).map_err(|_| blame(index, "the number is too large"))
}

fn contains(args: &Arguments) -> Outcome {
    let outer = parse(args)?;
    let inner = args.text(1);
    let inner = if inner.contains('/') { Prefix::parse(inner) } else { parse_address(inner).map(Prefix::of_host) };
    let inner = inner.map_err(|message| blame(1, message))?;
    if inner.is_v6() != outer.is_v6() {
        return Err(blame(1, "the address families differ: one is IPv4, the other IPv6"));
    }
    Ok(Value::from(outer.contains(&inner)))
}

fn host(args: &Arguments) -> Outcome {
    let prefix = parse(args)?;
    let (negative, magnitude) = big(args, 1)?;
    let last = prefix.last_host();
    let missing = || blame(1, format!("the network {prefix} has no address with this number"));
    let host = if negative {
        last.checked_sub(magnitude - 1).ok_or_else(missing)?
    } else {
        // As in the reference, only the lowest 64 bits are compared, as a signed number.
        let low = magnitude as u64 as i64;
        if u128::try_from(low).is_ok_and(|low| low > last) {
            return Err(missing());
        }
        magnitude
    };
    prefix.host(host).map(Value::from).ok_or_else(missing)
}

fn subnet(args: &Arguments) -> Outcome {
    let prefix = parse(args)?;
    let new_bits = args.whole(1)?;
    let (negative, number) = big(args, 2)?;
    let Some(new_bits) = i32::try_from(new_bits).ok().filter(|bits| i64::from(*bits) <= i64::from(prefix.host_bits()))
    else {
        let message = format!("the network {prefix} has only {} more bits", prefix.host_bits());
        return Err(blame(1, message));
    };
    // As in the reference, the sign does not count, nor more than the lowest 64 bits.
    let last = if (0..64).contains(&new_bits) { (1u64 << new_bits) - 1 } else { u64::MAX };
    let network = prefix.subnet(new_bits, negative, number).filter(|_| number as u64 <= last);
    let message = || format!("with {new_bits} more bits, networks have the numbers 0 to {last}");
    network.map(|network| network.to_string().into()).ok_or_else(|| blame(2, message()))
}

fn subnets(args: &Arguments) -> Outcome {
    const MAX_NEW_BITS: i64 = 32;
    let prefix = parse(args)?;
    // As in the reference, counting on from nothing but zeros, or among mapped IPv4 addresses, does not work.
    let mut next = Some(prefix.base()).filter(|base| *base != 0 && !prefix.is_mapped());
    let mut networks = Vec::new();
    for (index, value) in args.values.iter().enumerate().skip(1) {
        if !matches!(value.kind(), Kind::Number(_)) {
            return Ok(Value::unknown_not_null(Type::list(Type::String)));
        }
        let new_bits = args.whole(index)?;
        if !(1..=MAX_NEW_BITS).contains(&new_bits) {
            return Err(blame(index, format!("the number of new bits must be 1 to {MAX_NEW_BITS}")));
        }
        let new_bits = u32::try_from(new_bits).unwrap_or(0);
        if new_bits > prefix.host_bits() {
            let message = format!("the network {prefix} has only {} more bits", prefix.host_bits());
            return Err(blame(index, message));
        }
        let network = next.and_then(|next| prefix.subnet_from(new_bits, next));
        let Some(network) = network else {
            return Err(blame(index, format!("there is not enough space left in {prefix} for a network of this size")));
        };
        next = network.after();
        networks.push(Value::from(network.to_string()));
    }
    Ok(Value::list(Type::String, networks))
}
