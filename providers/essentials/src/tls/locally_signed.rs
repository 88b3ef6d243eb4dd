//! `tls_locally_signed_cert`.

use super::certificate_parse::{certificate_der, parse_certificate, parse_request};
use super::certificates::{Order, is_due, issue, plan_renewal};
use super::key_parse::parse_private;
use super::provider::Proxy;
use super::self_signed::uses;
use formwork_kit::{
    Call, Failure, Outcome, Plan, Presence, Resource, async_trait, at_least, computed, object, optional, required,
};

pub(crate) struct LocallySigned;

object! {
    pub(crate) struct State {
        /// What the certificate may be used for.
        allowed_uses: Vec<String> = required().replaces().check(uses),
        /// The authority's certificate.
        ca_cert_pem: String = required().replaces(),
        ca_key_algorithm: Option<String> = computed(),
        /// The authority's key.
        ca_private_key_pem: String = required().sensitive().replaces(),
        cert_pem: Option<String> = computed(),
        /// The request to be granted.
        cert_request_pem: String = required().replaces(),
        /// Hours before its end at which the certificate is made anew.
        early_renewal_hours: i64 = optional().default_value(0).check(at_least(0)),
        /// The certificate's serial number.
        id: Option<String> = computed(),
        /// Whether certificates can be signed with this one.
        is_ca_certificate: bool = optional().default_value(false).replaces(),
        /// How many authorities may follow an authority; -1: any number.
        max_path_length: i64 = optional().default_value(-1).replaces().check(at_least(-1)),
        ready_for_renewal: Option<bool> = computed(),
        /// Whether the certificate tells its key.
        set_subject_key_id: bool = optional().default_value(false).replaces(),
        validity_end_time: Option<String> = computed(),
        /// How long the certificate is valid.
        validity_period_hours: i64 = required().replaces().check(at_least(0)),
        validity_start_time: Option<String> = computed(),
    }
}

#[async_trait]
impl Resource for LocallySigned {
    type State = State;
    type Client = Proxy;

    const KIND: &'static str = "tls_locally_signed_cert";
    const PURE: bool = true;

    fn plan(&self, plan: &mut Plan<'_>) {
        plan_renewal(plan);
    }

    async fn create(&self, _: &Call<Proxy>, state: &mut State) -> Outcome<()> {
        let request = parse_request(&state.cert_request_pem, "cert_request_pem")?;
        let signer = parse_private(&state.ca_private_key_pem, "ca_private_key_pem")?;
        let der = certificate_der(&state.ca_cert_pem, "ca_cert_pem")?;
        let authority =
            parse_certificate(&der).ok_or_else(|| Failure::new("The certificate cannot be read.").at("ca_cert_pem"))?;
        if authority.public.as_ref() != Some(signer.public()) {
            let detail = "The key is not that of the authority's certificate.";
            return Err(Failure::new(detail).at("ca_private_key_pem"));
        }
        let issued = issue(&Order {
            issuer: authority.subject,
            subject: &request.subject,
            public: &request.public,
            signer: &signer,
            allowed_uses: &state.allowed_uses,
            validity_hours: state.validity_period_hours,
            is_ca: state.is_ca_certificate,
            max_path_length: state.max_path_length,
            set_subject_key_id: state.set_subject_key_id,
            authority_key_id: authority.subject_key_id.clone(),
            alternative_names: request.alternative_names.clone(),
        })?;
        state.ca_key_algorithm = Some(signer.public().algorithm().to_owned());
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
