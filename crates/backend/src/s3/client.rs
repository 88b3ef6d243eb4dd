//! Connecting: credentials, endpoints, retries.

use super::settings::{AssumeRole, S3Settings};
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_sdk_s3::config::{
    Credentials, RequestChecksumCalculation, ResponseChecksumValidation, SharedCredentialsProvider,
};
use aws_sdk_s3::error::DisplayErrorContext;
use formwork_model::StoreError;

/// Tries of a call, the first one included.
const DEFAULT_TRIES: u32 = 5;

/// Loads credentials and everything that all services share.
async fn shared_config(settings: &S3Settings) -> SdkConfig {
    let retries = if settings.adaptive_retries { RetryConfig::adaptive() } else { RetryConfig::standard() };
    let tries = settings.max_retries.unwrap_or(DEFAULT_TRIES).max(1);
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(settings.region.clone()))
        .retry_config(retries.with_max_attempts(tries))
        .use_fips(settings.use_fips_endpoint)
        .use_dual_stack(settings.use_dualstack_endpoint);
    if let Some(profile) = &settings.profile {
        loader = loader.profile_name(profile);
    }
    let files = profile_files(settings);
    if let Some(files) = &files {
        loader = loader.profile_files(files.clone());
    }
    if let Some((access, secret, token)) = &settings.keys {
        loader = loader.credentials_provider(Credentials::new(access, secret, token.clone(), None, "backend"));
    } else if settings.skip_metadata_api_check {
        loader = loader.credentials_provider(without_metadata_service(settings, files));
    }
    let config = loader.load().await;
    match &settings.assume_role {
        Some(role) => assume(config, settings, role).await,
        None => config,
    }
}

fn profile_files(settings: &S3Settings) -> Option<EnvConfigFiles> {
    let (config, credentials) = (&settings.shared_config_files, &settings.shared_credentials_files);
    if config.is_empty() && credentials.is_empty() {
        return None;
    }
    let mut files = EnvConfigFiles::builder()
        .include_default_config_file(config.is_empty())
        .include_default_credentials_file(credentials.is_empty());
    for file in config {
        files = files.with_file(EnvConfigFileKind::Config, file);
    }
    for file in credentials {
        files = files.with_file(EnvConfigFileKind::Credentials, file);
    }
    Some(files.build())
}

/// The usual sources of credentials but for the one that asks the network.
fn without_metadata_service(settings: &S3Settings, files: Option<EnvConfigFiles>) -> CredentialsProviderChain {
    let mut profile = ProfileFileCredentialsProvider::builder();
    if let Some(name) = &settings.profile {
        profile = profile.profile_name(name);
    }
    if let Some(files) = files {
        profile = profile.profile_files(files);
    }
    CredentialsProviderChain::first_try("Environment", EnvironmentVariableCredentialsProvider::new())
        .or_else("Profile", profile.build())
        .or_else("WebIdentity", WebIdentityTokenCredentialsProvider::builder().build())
}

async fn assume(config: SdkConfig, settings: &S3Settings, role: &AssumeRole) -> SdkConfig {
    let mut provider = AssumeRoleProvider::builder(&role.role_arn)
        .configure(&sts_config(&config, settings))
        .session_name(role.session_name.as_deref().unwrap_or("formwork"))
        .policy_arns(role.policy_arns.clone());
    if let Some(id) = &role.external_id {
        provider = provider.external_id(id);
    }
    if let Some(policy) = &role.policy {
        provider = provider.policy(policy);
    }
    if let Some(duration) = role.duration {
        provider = provider.session_length(duration);
    }
    if !role.tags.is_empty() {
        provider = provider.tags(role.tags.clone());
    }
    let base = config.credentials_provider();
    let provider = match base {
        Some(base) => provider.build_from_provider(base).await,
        None => provider.build().await,
    };
    config.into_builder().credentials_provider(SharedCredentialsProvider::new(provider)).build()
}

fn sts_config(config: &SdkConfig, settings: &S3Settings) -> SdkConfig {
    let region = settings.sts_region.as_ref().unwrap_or(&settings.region);
    let mut builder = config.clone().into_builder().region(Region::new(region.clone()));
    if let Some(endpoint) = &settings.sts_endpoint {
        builder = builder.endpoint_url(endpoint);
    }
    builder.build()
}

/// A client for the bucket. Unless told not to, asks who we are first, so that wrong credentials are told as such.
pub(super) async fn connect(settings: &S3Settings) -> Result<aws_sdk_s3::Client, StoreError> {
    let config = shared_config(settings).await;
    if !settings.skip_credentials_validation {
        check_identity(&config, settings).await?;
    }
    let mut builder = aws_sdk_s3::config::Builder::from(&config).force_path_style(settings.use_path_style);
    if let Some(endpoint) = &settings.endpoint {
        builder = builder.endpoint_url(endpoint);
    }
    if settings.skip_s3_checksum {
        builder = builder
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
    }
    Ok(aws_sdk_s3::Client::from_conf(builder.build()))
}

async fn check_identity(config: &SdkConfig, settings: &S3Settings) -> Result<(), StoreError> {
    let client = aws_sdk_sts::Client::new(&sts_config(config, settings));
    let identity = client.get_caller_identity().send().await.map_err(|error| {
        StoreError::new(format!(
            "The credentials for the \"s3\" backend cannot be used: {}. Set credentials (environment, profile, or \
             access_key and secret_key), or skip this check with skip_credentials_validation.",
            DisplayErrorContext(&error)
        ))
    })?;
    let account = identity.account().unwrap_or_default();
    let allowed = settings.allowed_account_ids.is_empty() || settings.allowed_account_ids.iter().any(|a| a == account);
    let forbidden = settings.forbidden_account_ids.iter().any(|a| a == account);
    if settings.skip_requesting_account_id || (allowed && !forbidden) {
        return Ok(());
    }
    Err(StoreError::new(format!("The \"s3\" backend must not be used with the AWS account {account}.")))
}
