//! Reading certificates and requests.

use super::der::{BOOLEAN, Element, GENERALIZED_TIME, INTEGER, OCTET_STRING, OID, Reader, SEQUENCE, context, dotted};
use super::key::PublicKey;
use super::key_parse::parse_spki;
use super::pem;
use formwork_kit::{Failure, Outcome};

/// The parts of a certificate that are told.
pub(super) struct Certificate<'a> {
    pub version: i64,
    pub serial: &'a [u8],
    pub signature_algorithm: String,
    /// Names as DER.
    pub issuer: &'a [u8],
    pub subject: &'a [u8],
    pub not_before: String,
    pub not_after: String,
    pub public_key_algorithm: String,
    /// `None` if its algorithm is not known.
    pub public: Option<PublicKey>,
    pub is_ca: bool,
    /// None if there are no constraints at all; -1 if they set no limit.
    pub max_path_length: Option<i64>,
    pub subject_key_id: Option<Vec<u8>>,
}

/// Identifier and value of each extension.
fn extensions(list: Element<'_>) -> Vec<(String, Vec<u8>)> {
    let read = |item: Element<'_>| {
        let mut parts = item.inside();
        let kind = dotted(parts.next_if(OID)?.content);
        parts.next_if(BOOLEAN);
        Some((kind, parts.next_if(OCTET_STRING)?.content.to_vec()))
    };
    list.inside().all().into_iter().filter_map(read).collect()
}

/// A time as RFC 3339 has it.
fn time_text(element: Element<'_>) -> Option<String> {
    let text = std::str::from_utf8(element.content).ok()?;
    let digits = text.strip_suffix('Z')?;
    let full = match element.tag {
        GENERALIZED_TIME => digits.to_owned(),
        _ => {
            let year: u32 = digits.get(..2)?.parse().ok()?;
            format!("{}{digits}", if year >= 50 { "19" } else { "20" })
        }
    };
    let part = |range| full.get(range);
    Some(format!(
        "{}-{}-{}T{}:{}:{}Z",
        part(0..4)?,
        part(4..6)?,
        part(6..8)?,
        part(8..10)?,
        part(10..12)?,
        part(12..14)?
    ))
}

fn small(element: Element<'_>) -> Option<i64> {
    let bytes = element.magnitude();
    (bytes.len() <= 7).then(|| bytes.iter().fold(0, |number, byte| (number << 8) | i64::from(*byte)))
}

/// The parts of a certificate in DER.
pub(super) fn parse_certificate(der: &[u8]) -> Option<Certificate<'_>> {
    let mut whole = Reader(der).next_if(SEQUENCE)?.inside();
    let mut body = whole.next_if(SEQUENCE)?.inside();
    let version = body.next_if(context(0)).and_then(|version| small(version.inside().next()?)).unwrap_or(0) + 1;
    let serial = body.next_if(INTEGER)?.magnitude();
    let algorithm = dotted(body.next_if(SEQUENCE)?.inside().next()?.content);
    let issuer = body.next_if(SEQUENCE)?.whole;
    let mut validity = body.next_if(SEQUENCE)?.inside();
    let (not_before, not_after) = (time_text(validity.next()?)?, time_text(validity.next()?)?);
    let subject = body.next_if(SEQUENCE)?.whole;
    let spki = body.next_if(SEQUENCE)?;
    let key_kind = dotted(spki.inside().next()?.inside().next()?.content);
    let list = std::iter::from_fn(|| body.next()).find(|part| part.tag == context(3));
    let found = list.and_then(|list| list.inside().next()).map(extensions).unwrap_or_default();
    let value = |kind: &str| found.iter().find(|(known, _)| known == kind).map(|(_, value)| value.as_slice());
    let constraints = value("2.5.29.19").and_then(|value| Some(Reader(value).next_if(SEQUENCE)?.inside()));
    let (is_ca, max_path_length) = match constraints {
        None => (false, None),
        Some(mut parts) => {
            let is_ca = parts.next_if(BOOLEAN).is_some_and(|flag| flag.content != [0]);
            (is_ca, Some(parts.next_if(INTEGER).and_then(small).unwrap_or(-1)))
        }
    };
    let subject_key_id =
        value("2.5.29.14").and_then(|value| Some(Reader(value).next_if(OCTET_STRING)?.content.to_vec()));
    Some(Certificate {
        version,
        serial,
        signature_algorithm: signature_name(&algorithm).to_owned(),
        issuer,
        subject,
        not_before,
        not_after,
        public_key_algorithm: key_name(&key_kind).to_owned(),
        public: parse_spki(spki.whole),
        is_ca,
        max_path_length,
        subject_key_id,
    })
}

/// Go's names, which attributes have.
fn signature_name(oid: &str) -> &str {
    match oid {
        "1.2.840.113549.1.1.4" => "MD5-RSA",
        "1.2.840.113549.1.1.5" => "SHA1-RSA",
        "1.2.840.113549.1.1.10" => "SHA256-RSAPSS",
        "1.2.840.113549.1.1.11" => "SHA256-RSA",
        "1.2.840.113549.1.1.12" => "SHA384-RSA",
        "1.2.840.113549.1.1.13" => "SHA512-RSA",
        "1.2.840.10045.4.1" => "ECDSA-SHA1",
        "1.2.840.10045.4.3.2" => "ECDSA-SHA256",
        "1.2.840.10045.4.3.3" => "ECDSA-SHA384",
        "1.2.840.10045.4.3.4" => "ECDSA-SHA512",
        "1.3.101.112" => "Ed25519",
        _ => "0",
    }
}

fn key_name(oid: &str) -> &str {
    match oid {
        "1.2.840.113549.1.1.1" => "RSA",
        "1.2.840.10045.2.1" => "ECDSA",
        "1.3.101.112" => "Ed25519",
        "1.2.840.10040.4.1" => "DSA",
        _ => "0",
    }
}

/// The first certificate of a text, in DER.
pub(super) fn certificate_der(text: &str, attribute: &str) -> Outcome<Vec<u8>> {
    let block = pem::decode(text, attribute)?;
    if block.label != "CERTIFICATE" {
        return Err(Failure::new(format!("The PEM block is a {:?}, no certificate.", block.label)).at(attribute));
    }
    Ok(block.content)
}

/// What a request asks for.
pub(super) struct Request {
    /// The name as DER.
    pub subject: Vec<u8>,
    pub public: PublicKey,
    /// The value of the extension.
    pub alternative_names: Option<Vec<u8>>,
}

/// A request in PEM.
pub(super) fn parse_request(text: &str, attribute: &str) -> Outcome<Request> {
    let block = pem::decode(text, attribute)?;
    let request = if block.label == "CERTIFICATE REQUEST" { request(&block.content) } else { None };
    request.ok_or_else(|| Failure::new("This is no request for a certificate, or its key is not known.").at(attribute))
}

fn request(der: &[u8]) -> Option<Request> {
    let mut whole = Reader(der).next_if(SEQUENCE)?.inside();
    let mut body = whole.next_if(SEQUENCE)?.inside();
    body.next_if(INTEGER)?;
    let subject = body.next_if(SEQUENCE)?.whole.to_vec();
    let public = parse_spki(body.next_if(SEQUENCE)?.whole)?;
    let attributes = body.next_if(context(0)).map(|list| list.inside().all()).unwrap_or_default();
    let asked = attributes.into_iter().find_map(|attribute| {
        let mut parts = attribute.inside();
        let is_extensions = dotted(parts.next_if(OID)?.content) == "1.2.840.113549.1.9.14";
        let list = parts.next()?.inside().next()?;
        is_extensions.then(|| extensions(list))
    });
    let names = asked.into_iter().flatten().find(|(kind, _)| kind == "2.5.29.17").map(|(_, value)| value);
    Some(Request { subject, public, alternative_names: names })
}
