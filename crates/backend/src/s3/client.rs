//! Connecting: credentials, endpoints, retries.

use super::connector::Connector;
use super::role::RoleCredentials;
use super::settings::{Role, S3Settings};
use super::table::Table;
use crate::web::{Proxies, Retries, TlsSettings, WebClient};
use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::imds;
use aws_config::imds::client::EndpointMode;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::retry::RetryConfig;
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
async fn shared_config(settings: &S3Settings) -> Result<SdkConfig, StoreError> {
    let retries = if settings.adaptive_retries { RetryConfig::adaptive() } else { RetryConfig::standard() };
    let tries = settings.max_retries.unwrap_or(DEFAULT_TRIES).max(1);
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(settings.region.clone()))
        .retry_config(retries.with_max_attempts(tries));
    // What is not set here may be set in the environment.
    if settings.use_fips_endpoint {
        loader = loader.use_fips(true);
    }
    if settings.use_dualstack_endpoint {
        loader = loader.use_dual_stack(true);
    }
    if settings.needs_own_client() {
        loader = loader.http_client(Connector(web_client(settings)?));
    }
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
    } else if settings.metadata_endpoint.is_some() || settings.metadata_by_ipv6 {
        let machine = ImdsCredentialsProvider::builder().imds_client(metadata_service(settings)?).build();
        let chain = without_metadata_service(settings, files)
            .or_else("Container", EcsCredentialsProvider::builder().build())
            .or_else("Machine", machine);
        loader = loader.credentials_provider(chain);
    }
    let mut config = loader.load().await;
    for role in [&settings.assume_role_with_web_identity, &settings.assume_role].into_iter().flatten() {
        config = assume(config, settings, role);
    }
    Ok(config)
}

/// A web client with the proxies and certificates of the settings.
fn web_client(settings: &S3Settings) -> Result<WebClient, StoreError> {
    let more_roots = match &settings.ca_bundle {
        None => None,
        Some(path) => Some(std::fs::read(path).map_err(|error| {
            StoreError::new(format!("The certificates in {path} (custom_ca_bundle) cannot be read: {error}."))
        })?),
    };
    let tls = TlsSettings { more_roots, insecure: settings.insecure, ..TlsSettings::default() };
    let retries = Retries { most: settings.max_retries.unwrap_or(DEFAULT_TRIES).max(1) - 1, ..Retries::default() };
    WebClient::with_proxies(&tls, retries, settings.proxies.clone().unwrap_or_else(Proxies::from_environment))
}

fn metadata_service(settings: &S3Settings) -> Result<imds::Client, StoreError> {
    let mut builder = imds::Client::builder();
    if settings.metadata_by_ipv6 {
        builder = builder.endpoint_mode(EndpointMode::IpV6);
    }
    if let Some(endpoint) = &settings.metadata_endpoint {
        builder = builder
            .endpoint(endpoint)
            .map_err(|error| StoreError::new(format!("ec2_metadata_service_endpoint cannot be used: {error}.")))?;
    }
    Ok(builder.build())
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

fn assume(config: SdkConfig, settings: &S3Settings, role: &Role) -> SdkConfig {
    let client = aws_sdk_sts::Client::new(&sts_config(&config, settings));
    let provider = RoleCredentials { client, role: role.clone() };
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

/// A client for the bucket, and the table if there is one. Unless told not to, asks who we are first, so that wrong
/// credentials are told as such.
pub(super) async fn connect(settings: &S3Settings) -> Result<(aws_sdk_s3::Client, Option<Table>), StoreError> {
    let config = shared_config(settings).await?;
    let accounts = !settings.allowed_account_ids.is_empty() || !settings.forbidden_account_ids.is_empty();
    if !settings.skip_credentials_validation || (accounts && !settings.skip_requesting_account_id) {
        check_identity(&config, settings).await?;
    }
    let table = table(&config, settings)?;
    let mut builder = aws_sdk_s3::config::Builder::from(&config).force_path_style(settings.use_path_style);
    if let Some(endpoint) = &settings.endpoint {
        builder = builder.endpoint_url(endpoint);
    }
    if settings.skip_s3_checksum {
        builder = builder
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
    }
    Ok((aws_sdk_s3::Client::from_conf(builder.build()), table))
}

fn table(config: &SdkConfig, settings: &S3Settings) -> Result<Option<Table>, StoreError> {
    let Some(name) = &settings.dynamodb_table else { return Ok(None) };
    let credentials = config
        .credentials_provider()
        .ok_or_else(|| StoreError::new("There are no credentials for the table of locks (dynamodb_table)."))?;
    let region = &settings.region;
    let service = if settings.use_fips_endpoint { "dynamodb-fips" } else { "dynamodb" };
    let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    let general = std::env::var("AWS_ENDPOINT_URL").ok().filter(|url| !url.is_empty());
    let endpoint = settings.dynamodb_endpoint.clone().or(general);
    let endpoint = endpoint.unwrap_or_else(|| format!("https://{service}.{region}.{suffix}"));
    Ok(Some(Table {
        name: name.clone(),
        endpoint: if endpoint.ends_with('/') { endpoint } else { format!("{endpoint}/") },
        region: region.clone(),
        credentials,
        client: web_client(settings)?,
    }))
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
