//! Names in certificates.

use super::der::{IA5, PRINTABLE, Reader, SET, UTF8, dotted, element, group, oid, plain_context, sequence};
use crate::encoding::hex;
use formwork_kit::{Failure, Outcome, object, optional};
use std::net::IpAddr;

object! {
    pub(crate) struct Subject {
        common_name: Option<String> = optional().replaces(),
        country: Option<String> = optional().replaces(),
        email_address: Option<String> = optional().replaces(),
        locality: Option<String> = optional().replaces(),
        organization: Option<String> = optional().replaces(),
        organizational_unit: Option<String> = optional().replaces(),
        postal_code: Option<String> = optional().replaces(),
        province: Option<String> = optional().replaces(),
        serial_number: Option<String> = optional().replaces(),
        street_address: Option<Vec<String>> = optional().replaces(),
    }
}

const EMAIL: &str = "1.2.840.113549.1.9.1";

/// Identifiers of the parts of names with the letters that stand for them, in the order in which Go has them.
const PARTS: [(&str, &str); 9] = [
    ("2.5.4.6", "C"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.9", "STREET"),
    ("2.5.4.17", "POSTALCODE"),
    ("2.5.4.3", "CN"),
    ("2.5.4.5", "SERIALNUMBER"),
];

impl Subject {
    /// The parts in the order in which Go writes them.
    pub fn der(&self) -> Vec<u8> {
        let one = |text: &Option<String>| text.clone().into_iter().collect::<Vec<_>>();
        let parts = [
            ("2.5.4.6", one(&self.country)),
            ("2.5.4.10", one(&self.organization)),
            ("2.5.4.11", one(&self.organizational_unit)),
            ("2.5.4.7", one(&self.locality)),
            ("2.5.4.8", one(&self.province)),
            ("2.5.4.9", self.street_address.clone().unwrap_or_default()),
            ("2.5.4.17", one(&self.postal_code)),
            ("2.5.4.3", one(&self.common_name)),
            ("2.5.4.5", one(&self.serial_number)),
            (EMAIL, one(&self.email_address)),
        ];
        let sets = parts.iter().filter_map(|(kind, values)| {
            let mut members: Vec<Vec<u8>> = values
                .iter()
                .filter(|value| !value.is_empty())
                .map(|value| sequence(&[oid(kind), element(text_tag(kind, value), value.as_bytes())]))
                .collect();
            // The members of a set are sorted.
            members.sort();
            (!members.is_empty()).then(|| group(SET, &members))
        });
        sequence(&sets.collect::<Vec<_>>())
    }
}

fn text_tag(kind: &str, value: &str) -> u8 {
    let printable = |c: char| c.is_ascii_alphanumeric() || " '()+,-./:=?".contains(c);
    match kind {
        EMAIL => IA5,
        _ if value.chars().all(printable) => PRINTABLE,
        _ => UTF8,
    }
}

/// A name as Go tells it: `CN=x,O=y`. The parts that have letters are in a fixed order, the last one first; others come after
/// them, as bytes.
pub(super) fn name_text(der: &[u8]) -> String {
    let sets = Reader(der).next().map(|name| name.inside().all()).unwrap_or_default();
    let members = sets.iter().flat_map(|set| set.inside().all()).filter_map(|member| {
        let mut member = member.inside();
        let kind = dotted(member.next()?.content);
        Some((kind, String::from_utf8_lossy(member.next()?.content).into_owned()))
    });
    let members: Vec<(String, String)> = members.collect();
    let is_lettered = |kind: &str| PARTS.iter().any(|(known, _)| *known == kind);
    let others = members.iter().filter(|(kind, _)| !is_lettered(kind)).map(|(kind, text)| {
        let text = element(text_tag("", text), text.as_bytes());
        format!("{kind}=#{}", hex(&text))
    });
    let lettered = PARTS.iter().filter_map(|(kind, letters)| {
        let values = members.iter().filter(|(known, text)| known == kind && !text.is_empty());
        let mut shown: Vec<String> = values.map(|(_, text)| format!("{letters}={}", escaped(text))).collect();
        if matches!(*letters, "CN" | "SERIALNUMBER") {
            shown.drain(..shown.len().saturating_sub(1));
        }
        (!shown.is_empty()).then(|| shown.join("+"))
    });
    let mut parts: Vec<String> = others.chain(lettered).collect();
    parts.reverse();
    parts.join(",")
}

fn escaped(text: &str) -> String {
    let last = text.chars().count().saturating_sub(1);
    let needs = |(index, c): (usize, char)| {
        ",+\"\\<>;".contains(c) || (c == '#' && index == 0) || (c == ' ' && (index == 0 || index == last))
    };
    text.chars().enumerate().fold(String::new(), |mut escaped, (index, c)| {
        if needs((index, c)) {
            escaped.push('\\');
        }
        escaped.push(c);
        escaped
    })
}

/// The names for which a certificate stands, as its extension has them; `None` if there are none.
pub(super) fn alternative_names(
    dns_names: &[String],
    ip_addresses: &[String],
    uris: &[String],
) -> Outcome<Option<Vec<u8>>> {
    let mut names: Vec<Vec<u8>> = dns_names.iter().map(|name| element(plain_context(2), name.as_bytes())).collect();
    for address in ip_addresses {
        let parsed: IpAddr =
            address.parse().map_err(|_| Failure::new(format!("{address:?} is no IP address.")).at("ip_addresses"))?;
        let bytes = match parsed {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets().to_vec(),
        };
        names.push(element(plain_context(7), &bytes));
    }
    names.extend(uris.iter().map(|uri| element(plain_context(6), uri.as_bytes())));
    Ok((!names.is_empty()).then(|| sequence(&names)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_as_go_does() {
        let subject = Subject {
            common_name: Some("a, b".into()),
            organization: Some("Ö".into()),
            country: Some("CH".into()),
            email_address: Some("a@b".into()),
            street_address: Some(vec!["y".into(), "x".into()]),
            ..Subject::default()
        };
        assert_eq!(name_text(&subject.der()), "CN=a\\, b,STREET=x+STREET=y,O=Ö,C=CH,1.2.840.113549.1.9.1=#0c03614062");
        assert_eq!(name_text(&Subject::default().der()), "");
        assert!(alternative_names(&[], &["x".into()], &[]).is_err());
    }
}
