//! Making certificates.

use super::der::{
    GENERALIZED_TIME, UTC_TIME, bits, boolean, context, element, integer, octets, oid, plain_context, sequence,
};
use super::key::{PrivateKey, PublicKey};
use super::pem;
use super::usages::{extended_usage, key_usage};
use crate::entropy::Entropy;
use dashu_int::UBig;
use formwork_kit::{Failure, Outcome, Plan};
use formwork_value::{Number, Type, Value};
use sha1::{Digest, Sha1};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

/// What is to be certified, and by whom.
pub(super) struct Order<'a> {
    /// Names as DER.
    pub issuer: &'a [u8],
    pub subject: &'a [u8],
    pub public: &'a PublicKey,
    pub signer: &'a PrivateKey,
    pub allowed_uses: &'a [String],
    pub validity_hours: i64,
    pub is_ca: bool,
    /// Negative: no limit.
    pub max_path_length: i64,
    pub set_subject_key_id: bool,
    /// The extension's value.
    pub authority_key_id: Option<Vec<u8>>,
    /// The extension's value.
    pub alternative_names: Option<Vec<u8>>,
}

/// A certificate.
pub(super) struct Issued {
    pub pem: String,
    pub serial: String,
    pub start: String,
    pub end: String,
}

/// Checksum by which certificates tell keys.
pub(super) fn key_id(public: &PublicKey) -> Vec<u8> {
    Sha1::digest(public.key_bits()).to_vec()
}

/// An extension.
pub(super) fn extension(kind: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    let mut parts = vec![oid(kind)];
    if critical {
        parts.push(boolean(true));
    }
    parts.push(octets(value));
    sequence(&parts)
}

fn extensions(order: &Order<'_>) -> Vec<u8> {
    let mut all = Vec::new();
    all.extend(key_usage(order.allowed_uses).map(|value| extension("2.5.29.15", true, &value)));
    all.extend(extended_usage(order.allowed_uses).map(|value| extension("2.5.29.37", false, &value)));
    let mut constraints = Vec::new();
    if order.is_ca {
        constraints.push(boolean(true));
        if let Ok(length) = u32::try_from(order.max_path_length) {
            constraints.push(integer(&length.to_be_bytes()));
        }
    }
    all.push(extension("2.5.29.19", true, &sequence(&constraints)));
    // An authority is always found by its key.
    if order.set_subject_key_id || order.is_ca {
        all.push(extension("2.5.29.14", false, &octets(&key_id(order.public))));
    }
    if let Some(id) = &order.authority_key_id {
        all.push(extension("2.5.29.35", false, &sequence(&[element(plain_context(0), id)])));
    }
    if let Some(names) = &order.alternative_names {
        // Where nothing else names the subject, the names must be understood.
        let critical = order.subject == sequence(&[]);
        all.push(extension("2.5.29.17", critical, names));
    }
    sequence(&all)
}

fn time_element(moment: OffsetDateTime) -> Vec<u8> {
    let (date, clock) = (moment.date(), moment.time());
    let (month, day) = (u8::from(date.month()), date.day());
    let rest = format!("{month:02}{day:02}{:02}{:02}{:02}Z", clock.hour(), clock.minute(), clock.second());
    match date.year() {
        year @ 1950..2050 => element(UTC_TIME, format!("{:02}{rest}", year % 100).as_bytes()),
        year => element(GENERALIZED_TIME, format!("{year:04}{rest}").as_bytes()),
    }
}

pub(super) fn issue(order: &Order<'_>) -> Outcome<Issued> {
    let now = OffsetDateTime::now_utc();
    let start = now.replace_nanosecond(0).unwrap_or(now);
    let too_long = || Failure::new("The time is too long: years have four digits.").at("validity_period_hours");
    let length = order.validity_hours.checked_mul(3600).map(Duration::seconds).ok_or_else(too_long)?;
    let end = start.checked_add(length).ok_or_else(too_long)?;
    let serial = Entropy::System.bytes(16)?;
    let algorithm = order.signer.public().signature_algorithm();
    let body = sequence(&[
        element(context(0), &integer(&[2])),
        integer(&serial),
        algorithm.clone(),
        order.issuer.to_vec(),
        sequence(&[time_element(start), time_element(end)]),
        order.subject.to_vec(),
        order.public.spki(),
        element(context(3), &extensions(order)),
    ]);
    let signature = order.signer.sign(&body)?;
    let certificate = sequence(&[body, algorithm, bits(&signature)]);
    let text = |moment: OffsetDateTime| moment.format(&Rfc3339).unwrap_or_default();
    Ok(Issued {
        pem: pem::encode("CERTIFICATE", &certificate),
        serial: UBig::from_be_bytes(&serial).to_string(),
        start: text(start),
        end: text(end),
    })
}

/// True if a certificate has to be renewed: a number of hours before its end.
pub(super) fn is_due(end: &str, early_hours: i64) -> bool {
    let Ok(end) = OffsetDateTime::parse(end, &Rfc3339) else { return false };
    let early = Duration::seconds(early_hours.saturating_mul(3600));
    end.checked_sub(early).is_none_or(|due| OffsetDateTime::now_utc() >= due)
}

/// A certificate that is due is made anew.
pub(super) fn plan_renewal(plan: &mut Plan<'_>) {
    const READY: &str = "ready_for_renewal";
    plan.set(READY, false);
    let Some(prior) = plan.prior else { return };
    let end = prior.get("validity_end_time").and_then(Value::as_str).unwrap_or_default();
    let early = plan.get("early_renewal_hours").and_then(Value::as_number).and_then(Number::to_i64).unwrap_or_default();
    if prior.get(READY).and_then(Value::as_bool) == Some(true) {
        plan.replace(READY);
    } else if is_due(end, early) {
        plan.set(READY, Value::unknown(Type::Bool));
        plan.replace(READY);
    }
}
