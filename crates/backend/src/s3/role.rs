//! Credentials of a role that is assumed, by other credentials or by a token.

use super::settings::{Role, TokenSource};
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, Result, future};
use aws_sdk_s3::config::Credentials;
use aws_sdk_sts::Client;
use aws_sdk_sts::error::DisplayErrorContext;
use aws_sdk_sts::types::{PolicyDescriptorType, Tag};
use std::time::SystemTime;

/// What the session is called if nobody says.
const SESSION: &str = "formwork";

#[derive(Debug)]
pub(super) struct RoleCredentials {
    pub client: Client,
    pub role: Role,
}

fn policies(arns: &[String]) -> Option<Vec<PolicyDescriptorType>> {
    let policies = arns.iter().map(|arn| PolicyDescriptorType::builder().arn(arn).build());
    (!arns.is_empty()).then(|| policies.collect())
}

impl RoleCredentials {
    async fn ask(&self) -> Result {
        let role = &self.role;
        let seconds = role.duration.and_then(|duration| i32::try_from(duration.as_secs()).ok());
        let session = role.session_name.clone().unwrap_or_else(|| SESSION.to_owned());
        let failed = |text: String| CredentialsError::provider_error(format!("{} cannot be assumed: {text}", role.arn));
        let given = match &role.token {
            None => {
                let tags: std::result::Result<Vec<Tag>, _> =
                    role.tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect();
                let tags = tags.map_err(|error| failed(error.to_string()))?;
                let request = self
                    .client
                    .assume_role()
                    .role_arn(&role.arn)
                    .role_session_name(session)
                    .set_external_id(role.external_id.clone())
                    .set_policy(role.policy.clone())
                    .set_policy_arns(policies(&role.policy_arns))
                    .set_duration_seconds(seconds)
                    .set_source_identity(role.source_identity.clone())
                    .set_tags(Some(tags).filter(|tags| !tags.is_empty()))
                    .set_transitive_tag_keys(Some(role.transitive_tag_keys.clone()).filter(|keys| !keys.is_empty()));
                let answer = request.send().await.map_err(|error| failed(DisplayErrorContext(&error).to_string()))?;
                answer.credentials
            }
            Some(source) => {
                let token = match source {
                    TokenSource::Text(text) => text.clone(),
                    // It is replaced from time to time.
                    TokenSource::File(path) => std::fs::read_to_string(path)
                        .map_err(|error| failed(format!("the token in {path} cannot be read: {error}")))?,
                };
                let request = self
                    .client
                    .assume_role_with_web_identity()
                    .role_arn(&role.arn)
                    .role_session_name(session)
                    .web_identity_token(token.trim())
                    .set_policy(role.policy.clone())
                    .set_policy_arns(policies(&role.policy_arns))
                    .set_duration_seconds(seconds);
                let answer = request.send().await.map_err(|error| failed(DisplayErrorContext(&error).to_string()))?;
                answer.credentials
            }
        };
        let given = given.ok_or_else(|| failed("the answer has no credentials".to_owned()))?;
        let expiry = SystemTime::try_from(given.expiration).ok();
        let (key, secret, token) = (given.access_key_id, given.secret_access_key, given.session_token);
        Ok(Credentials::new(key, secret, Some(token), expiry, "assumed role"))
    }
}

impl ProvideCredentials for RoleCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.ask())
    }
}
