//! `tls_self_signed_cert`.

use super::certificates::{Order, is_due, issue, key_id, plan_renewal};
use super::key_parse::parse_private;
use super::provider::Proxy;
use super::subject::{Subject, alternative_names};
use super::usages;
use formwork_kit::{
    Call, Outcome, Plan, Presence, Resource, async_trait, at_least, blocks, computed, length_between, object, optional,
    required,
};
use formwork_value::Value;

pub(crate) struct SelfSigned;

object! {
    pub(crate) struct State {
        /// What the certificate may be used for.
        allowed_uses: Vec<String> = required().replaces().check(uses),
        cert_pem: Option<String> = computed(),
        /// Host names for which the certificate stands.
        dns_names: Option<Vec<String>> = optional().replaces(),
        /// Hours before its end at which the certificate is made anew.
        early_renewal_hours: i64 = optional().default_value(0).check(at_least(0)),
        /// The certificate's serial number.
        id: Option<String> = computed(),
        /// Addresses for which the certificate stands.
        ip_addresses: Option<Vec<String>> = optional().replaces(),
        /// Whether certificates can be signed with this one.
        is_ca_certificate: bool = optional().default_value(false).replaces(),
        key_algorithm: Option<String> = computed(),
        /// How many authorities may follow an authority; -1: any number.
        max_path_length: i64 = optional().default_value(-1).replaces().check(at_least(-1)),
        /// The key of the certificate.
        private_key_pem: String = required().sensitive().replaces(),
        ready_for_renewal: Option<bool> = computed(),
        /// Whether the certificate tells its key as that of its authority.
        set_authority_key_id: bool = optional().default_value(false).replaces(),
        /// Whether the certificate tells its key.
        set_subject_key_id: bool = optional().default_value(false).replaces(),
        /// URIs for which the certificate stands.
        uris: Option<Vec<String>> = optional().replaces(),
        validity_end_time: Option<String> = computed(),
        /// How long the certificate is valid.
        validity_period_hours: i64 = required().replaces().check(at_least(0)),
        validity_start_time: Option<String> = computed(),
        subject: Vec<Subject> = blocks().replaces().check(length_between(0, 1)),
    }
}

/// All uses must be known.
pub(super) fn uses(value: &Value) -> Result<(), String> {
    let names = value.as_sequence().unwrap_or_default().iter().filter_map(Value::as_str);
    match names.into_iter().find(|name| !usages::is_known(name)) {
        Some(name) => Err(format!("There is no use {name:?} of certificates.")),
        None => Ok(()),
    }
}

#[async_trait]
impl Resource for SelfSigned {
    type State = State;
    type Client = Proxy;

    const KIND: &'static str = "tls_self_signed_cert";
    const PURE: bool = true;

    fn plan(&self, plan: &mut Plan<'_>) {
        plan_renewal(plan);
    }

    async fn create(&self, _: &Call<Proxy>, state: &mut State) -> Outcome<()> {
        let key = parse_private(&state.private_key_pem, "private_key_pem")?;
        let list = |names: &Option<Vec<String>>| names.clone().unwrap_or_default();
        let subject = state.subject.first().cloned().unwrap_or_default().der();
        let issued = issue(&Order {
            issuer: &subject,
            subject: &subject,
            public: key.public(),
            signer: &key,
            allowed_uses: &state.allowed_uses,
            validity_hours: state.validity_period_hours,
            is_ca: state.is_ca_certificate,
            max_path_length: state.max_path_length,
            set_subject_key_id: state.set_subject_key_id,
            authority_key_id: state.set_authority_key_id.then(|| key_id(key.public())),
            alternative_names: alternative_names(
                &list(&state.dns_names),
                &list(&state.ip_addresses),
                &list(&state.uris),
            )?,
        })?;
        state.key_algorithm = Some(key.public().algorithm().to_owned());
        state.id = Some(issued.serial);
        state.cert_pem = Some(issued.pem);
        state.validity_start_time = Some(issued.start);
        state.validity_end_time = Some(issued.end);
        state.ready_for_renewal = Some(false);
        Ok(())
    }

    async fn read(&self, _: &Call<Proxy>, state: &mut State) -> Outcome<Presence> {
        if is_due(state.validity_end_time.as_deref().unwrap_or_default(), state.early_renewal_hours) {
            state.ready_for_renewal = Some(true);
        }
        Ok(Presence::Present)
    }
}
