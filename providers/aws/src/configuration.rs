//! The provider's own configuration, and the session that it leads to.

use crate::kit::checks;
use crate::kit::failure::{Answer, Failure, chain};
use crate::kit::field::{flag, number, text, text_list, text_map, text_set};
use crate::kit::object::Attributes;
use crate::kit::spec::{BlockField, Body, Rule, Spec};
use crate::session::Session;
use aws_config::meta::region::ProvideRegion;
use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_sdk_ec2::config::interceptors::InterceptorContext;
use aws_sdk_ec2::config::retry::{ClassifyRetry, RetryAction};
use aws_sdk_ec2::config::{Credentials, SharedCredentialsProvider};
use formwork_model::{Nesting, parse_duration};
use formwork_value::Value;
use tokio::sync::watch;

/// Retries of a throttled or failed request where the configuration does not say (as hashicorp/aws has it).
const MAX_RETRIES: i32 = 25;

pub fn spec() -> Spec {
    let assumed = Body::default()
        .attribute("role_arn", text().optional().check(checks::not_empty))
        .attribute("duration", text().optional().check(checks::duration))
        .attribute("external_id", text().optional())
        .attribute("policy", text().optional())
        .attribute("policy_arns", text_set().optional())
        .attribute("session_name", text().optional())
        .attribute("tags", text_map().optional());
    let endpoints =
        Body::default().attribute("ec2", text().optional().check(url)).attribute("sts", text().optional().check(url));
    let ignored =
        Body::default().attribute("keys", text_set().optional()).attribute("key_prefixes", text_set().optional());
    let tags = Body::default().attribute("tags", text_map().optional().check(checks::tags));
    Spec::bare("aws", "provider aws")
        .attribute("access_key", text().optional())
        .attribute("allowed_account_ids", text_set().optional())
        .attribute("forbidden_account_ids", text_set().optional())
        .attribute("max_retries", number().optional().check(retries))
        .attribute("profile", text().optional())
        .attribute("region", text().optional())
        .attribute("retry_mode", text().optional().check(retry_mode))
        // Accepted for configurations that are written for services with S3 as well.
        .attribute("s3_use_path_style", flag().optional())
        .attribute("secret_key", text().optional().sensitive())
        .attribute("shared_config_files", text_list().optional())
        .attribute("shared_credentials_files", text_list().optional())
        .attribute("skip_credentials_validation", flag().optional())
        .attribute("skip_metadata_api_check", text().optional().check(boolean))
        .attribute("skip_region_validation", flag().optional())
        .attribute("skip_requesting_account_id", flag().optional())
        .attribute("sts_region", text().optional())
        .attribute("token", text().optional().sensitive())
        .attribute("use_dualstack_endpoint", flag().optional())
        .attribute("use_fips_endpoint", flag().optional())
        .block("assume_role", BlockField::new(Nesting::List, assumed))
        .block("default_tags", BlockField::one(tags))
        .block("endpoints", BlockField::set(&[], endpoints))
        .block("ignore_tags", BlockField::one(ignored))
        .rule(Rule::AtMostOne(&["allowed_account_ids", "forbidden_account_ids"]))
        .rule(Rule::Needs("access_key", "secret_key"))
        .rule(Rule::Needs("secret_key", "access_key"))
}

fn url(value: &Value) -> Result<(), String> {
    let text = value.as_str().unwrap_or_default();
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    match rest {
        _ if text.is_empty() => Ok(()),
        Some(host) if !host.is_empty() && !host.contains(char::is_whitespace) => Ok(()),
        _ => Err("An endpoint is a URL that begins with \"https://\" or \"http://\".".into()),
    }
}

fn retry_mode(value: &Value) -> Result<(), String> {
    match value.as_str() {
        Some("standard" | "adaptive") => Ok(()),
        _ => Err("The retry mode is \"standard\" or \"adaptive\".".into()),
    }
}

/// A text where others take a switch, for the third value that is null.
fn boolean(value: &Value) -> Result<(), String> {
    match value.as_str() {
        Some("" | "true" | "false") => Ok(()),
        _ => Err("The value is \"true\" or \"false\".".into()),
    }
}

fn retries(value: &Value) -> Result<(), String> {
    match value.as_number().and_then(|n| n.to_i64()) {
        Some(0..=1000) => Ok(()),
        _ => Err("The number of retries is a whole number from 0 to 1000.".into()),
    }
}

/// True if what clients are made of is known. Unknown tags are no obstacle.
pub fn is_known(config: &Value) -> bool {
    let attributes = config.as_mapping().into_iter().flatten();
    attributes.filter(|(name, _)| &***name != "default_tags").all(|(_, value)| value.is_wholly_known())
}

/// Makes clients, and asks AWS who is calling.
pub async fn connect(config: &Value, stop: watch::Receiver<bool>) -> Result<Session, Failure> {
    let region = region(config).await?;
    let shared = assume_all(config, load(config, &region).await, &region).await;
    let tags = config.value("default_tags");
    let mut session = Session {
        ec2: ec2(config, &shared),
        sts: sts(config, &shared),
        region,
        account_id: None,
        default_tags: config.one("default_tags").map(|block| block.text_map("tags")).unwrap_or_default(),
        has_unknown_tags: tags.is_some_and(|tags| !tags.is_wholly_known()),
        ignored_tags: ignored(config, "keys").into_iter().collect(),
        ignored_tag_prefixes: ignored(config, "key_prefixes"),
        stop,
    };
    check_credentials(config, &shared).await?;
    check_caller(config, &mut session).await?;
    Ok(session)
}

fn ignored(config: &Value, name: &str) -> Vec<String> {
    config.one("ignore_tags").map(|block| block.texts(name)).unwrap_or_default()
}

fn endpoint(config: &Value, service: &str) -> Option<String> {
    config.items("endpoints").iter().find_map(|block| block.string(service))
}

/// Without an endpoint here, the one that the environment or the profile names stays.
fn ec2(config: &Value, shared: &SdkConfig) -> aws_sdk_ec2::Client {
    let mut builder = aws_sdk_ec2::config::Builder::from(shared).retry_classifier(NoServer);
    if let Some(url) = endpoint(config, "ec2") {
        builder = builder.endpoint_url(url);
    }
    aws_sdk_ec2::Client::from_conf(builder.build())
}

fn sts(config: &Value, shared: &SdkConfig) -> aws_sdk_sts::Client {
    let mut builder = aws_sdk_sts::config::Builder::from(shared).retry_classifier(NoServer);
    if let Some(url) = endpoint(config, "sts") {
        builder = builder.endpoint_url(url);
    }
    if let Some(region) = config.string("sts_region") {
        builder = builder.region(Region::new(region));
    }
    aws_sdk_sts::Client::from_conf(builder.build())
}

fn files(config: &Value) -> Option<EnvConfigFiles> {
    let kinds = [
        ("shared_config_files", EnvConfigFileKind::Config),
        ("shared_credentials_files", EnvConfigFileKind::Credentials),
    ];
    let given = |name: &str| config.some_texts(name);
    if kinds.iter().all(|(name, _)| given(name).is_none()) {
        return None;
    }
    let mut builder = EnvConfigFiles::builder();
    for (name, kind) in kinds {
        let Some(paths) = given(name) else {
            builder = match kind {
                EnvConfigFileKind::Config => builder.include_default_config_file(true),
                _ => builder.include_default_credentials_file(true),
            };
            continue;
        };
        builder = paths.into_iter().fold(builder, |builder, path| builder.with_file(kind, home(path)));
    }
    Some(builder.build())
}

/// A path with `~/` for the home folder.
fn home(path: String) -> String {
    match (path.strip_prefix("~/"), std::env::var("HOME")) {
        (Some(rest), Ok(home)) => format!("{home}/{rest}"),
        _ => path,
    }
}

async fn region(config: &Value) -> Result<String, Failure> {
    let found = match config.string("region") {
        Some(region) => Some(region),
        None => {
            let environment = aws_config::environment::EnvironmentVariableRegionProvider::new();
            let mut profile = aws_config::profile::ProfileFileRegionProvider::builder();
            if let Some(files) = files(config) {
                profile = profile.profile_files(files);
            }
            if let Some(name) = config.string("profile") {
                profile = profile.profile_name(name);
            }
            let environment = environment.region().await;
            match environment {
                Some(region) => Some(region.to_string()),
                None => profile.build().region().await.map(|region| region.to_string()),
            }
        }
    };
    let missing = "Set region in the provider block, or AWS_REGION, or a region in the profile.";
    let region = found.filter(|region| !region.is_empty()).ok_or_else(|| Failure::new(missing).at("region"))?;
    if config.flag("skip_region_validation") != Some(true) && !looks_like_region(&region) {
        let detail = format!(
            "{region:?} does not look like an AWS region, such as \"eu-central-1\". Set skip_region_validation to use it."
        );
        return Err(Failure::new(detail).at("region"));
    }
    Ok(region)
}

/// Letters, two or more words, a number: `us-gov-west-1`.
fn looks_like_region(region: &str) -> bool {
    let parts: Vec<&str> = region.split('-').collect();
    match parts.as_slice() {
        [words @ .., number] => {
            words.len() >= 2
                && words.iter().all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase()))
                && !number.is_empty()
                && number.bytes().all(|b| b.is_ascii_digit())
        }
        [] => false,
    }
}

async fn load(config: &Value, region: &str) -> SdkConfig {
    let attempts = config.int("max_retries").unwrap_or(MAX_RETRIES).saturating_add(1);
    let retries = match config.text("retry_mode") {
        Some("adaptive") => RetryConfig::adaptive(),
        _ => RetryConfig::standard(),
    };
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .region(Region::new(region.to_owned()))
        .retry_config(retries.with_max_attempts(attempts.unsigned_abs()));
    if let Some(files) = files(config) {
        loader = loader.profile_files(files);
    }
    if let Some(name) = config.string("profile") {
        loader = loader.profile_name(name);
    }
    if let Some(fips) = config.flag("use_fips_endpoint") {
        loader = loader.use_fips(fips);
    }
    if let Some(dual) = config.flag("use_dualstack_endpoint") {
        loader = loader.use_dual_stack(dual);
    }
    credentials(config, loader).load().await
}

/// Static keys, or the chain of environment, profile, web identity, container and (unless skipped) instance.
fn credentials(config: &Value, loader: ConfigLoader) -> ConfigLoader {
    if let (Some(key), Some(secret)) = (config.string("access_key"), config.string("secret_key")) {
        return loader.credentials_provider(Credentials::new(key, secret, config.string("token"), None, "provider"));
    }
    if config.text("skip_metadata_api_check") != Some("true") {
        return loader;
    }
    let mut profile = aws_config::profile::ProfileFileCredentialsProvider::builder();
    if let Some(files) = files(config) {
        profile = profile.profile_files(files);
    }
    if let Some(name) = config.string("profile") {
        profile = profile.profile_name(name);
    }
    let environment = aws_config::environment::EnvironmentVariableCredentialsProvider::new();
    let profile = profile.build();
    let web = aws_config::web_identity_token::WebIdentityTokenCredentialsProvider::builder().build();
    let container = aws_config::ecs::EcsCredentialsProvider::builder().build();
    // A named profile is meant to be used, whatever the environment has.
    let chain = if config.text("profile").is_some() {
        aws_config::meta::credentials::CredentialsProviderChain::first_try("Profile", profile)
            .or_else("Environment", environment)
    } else {
        aws_config::meta::credentials::CredentialsProviderChain::first_try("Environment", environment)
            .or_else("Profile", profile)
    };
    loader.credentials_provider(chain.or_else("WebIdentityToken", web).or_else("Container", container))
}

/// Swaps the credentials for those of the roles to be assumed, one after the other.
async fn assume_all(config: &Value, shared: SdkConfig, region: &str) -> SdkConfig {
    let mut shared = shared;
    for block in config.items("assume_role") {
        if let Some(role) = block.string("role_arn") {
            shared = assume(config, block, role, shared, region).await;
        }
    }
    shared
}

async fn assume(config: &Value, block: &Value, role: String, shared: SdkConfig, region: &str) -> SdkConfig {
    let mut base = shared.clone().into_builder();
    if let Some(url) = endpoint(config, "sts") {
        base = base.endpoint_url(url);
    }
    let region = config.string("sts_region").unwrap_or_else(|| region.to_owned());
    let mut builder = AssumeRoleProvider::builder(role)
        .configure(&base.build())
        .region(Region::new(region))
        .tags(block.text_map("tags"));
    if let Some(name) = block.string("session_name") {
        builder = builder.session_name(name);
    }
    if let Some(id) = block.string("external_id") {
        builder = builder.external_id(id);
    }
    if let Some(policy) = block.string("policy") {
        builder = builder.policy(policy);
    }
    if let Some(arns) = block.some_texts("policy_arns") {
        builder = builder.policy_arns(arns);
    }
    if let Some(time) = block.text("duration").and_then(parse_duration) {
        builder = builder.session_length(time);
    }
    let provider = builder.build().await;
    shared.into_builder().credentials_provider(SharedCredentialsProvider::new(provider)).build()
}

/// Finds missing credentials before the first operation does.
async fn check_credentials(config: &Value, shared: &SdkConfig) -> Result<(), Failure> {
    use aws_sdk_ec2::config::ProvideCredentials;
    let Some(provider) = shared.credentials_provider() else {
        return Err(Failure::new("There are no AWS credentials: set access_key and secret_key, or a profile."));
    };
    match provider.provide_credentials().await {
        Ok(_) => Ok(()),
        Err(error) => {
            let assumed = if config.one("assume_role").is_some() { " (for the assumed role)" } else { "" };
            Err(Failure::new(format!(
                "No valid AWS credentials{assumed} were found in the provider block, the environment, the shared \
                 files or the metadata service: {}.",
                chain(&error)
            )))
        }
    }
}

async fn check_caller(config: &Value, session: &mut Session) -> Result<(), Failure> {
    let skip = |name: &str| config.flag(name) == Some(true);
    if skip("skip_credentials_validation") && skip("skip_requesting_account_id") {
        return Ok(());
    }
    match session.sts.get_caller_identity().send().await.of("GetCallerIdentity") {
        Ok(identity) if !skip("skip_requesting_account_id") => session.account_id = identity.account,
        Ok(_) => {}
        Err(_) if skip("skip_credentials_validation") => {}
        Err(failure) => return Err(failure),
    }
    let (allowed, forbidden) = (config.texts("allowed_account_ids"), config.texts("forbidden_account_ids"));
    if allowed.is_empty() && forbidden.is_empty() {
        return Ok(());
    }
    match &session.account_id {
        None => Err(Failure::new("The account id is needed to check allowed_account_ids and forbidden_account_ids.")),
        Some(id) if !allowed.is_empty() && !allowed.contains(id) => {
            Err(Failure::new(format!("Account {id} is not among the allowed ones.")).at("allowed_account_ids"))
        }
        Some(id) if forbidden.contains(id) => {
            Err(Failure::new(format!("Account {id} is forbidden.")).at("forbidden_account_ids"))
        }
        Some(_) => Ok(()),
    }
}

/// Gives up at once where no server answers at all: more attempts would hide a wrong endpoint for minutes.
#[derive(Debug)]
struct NoServer;

impl ClassifyRetry for NoServer {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let error = context.output_or_error().and_then(Result::err).and_then(|error| error.as_connector_error());
        let mut source: Option<&dyn std::error::Error> = error.map(|error| error as _);
        while let Some(cause) = source {
            let refused = cause
                .downcast_ref::<std::io::Error>()
                .is_some_and(|io| io.kind() == std::io::ErrorKind::ConnectionRefused);
            if refused || cause.to_string().contains("failed to lookup address") {
                return RetryAction::RetryForbidden;
            }
            source = cause.source();
        }
        RetryAction::NoActionIndicated
    }

    fn name(&self) -> &'static str {
        "no server"
    }
}
