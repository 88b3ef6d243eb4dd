//! The arguments (fact sheet `backends.md` 4.3).

use crate::backend::Arguments;
use crate::web::Proxies;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use formwork_model::{StoreError, parse_duration};
use formwork_value::{Str, Type, Value};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// How state objects are encrypted by the service.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) enum Encryption {
    #[default]
    Bucket,
    Aes256,
    Kms(String),
    /// A key of the customer, as base64.
    Customer(String),
}

impl fmt::Debug for Encryption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Encryption::Bucket => "Bucket",
            Encryption::Aes256 => "Aes256",
            Encryption::Kms(_) => "Kms",
            Encryption::Customer(_) => "Customer",
        })
    }
}

/// Where a token lies that stands for an identity elsewhere.
#[derive(Clone)]
pub(super) enum TokenSource {
    Text(String),
    File(String),
}

/// Without the token.
impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenSource")
    }
}

/// A role to assume.
#[derive(Clone, Debug, Default)]
pub(super) struct Role {
    pub arn: String,
    pub duration: Option<Duration>,
    pub external_id: Option<String>,
    pub policy: Option<String>,
    pub policy_arns: Vec<String>,
    pub session_name: Option<String>,
    pub source_identity: Option<String>,
    pub tags: BTreeMap<String, String>,
    pub transitive_tag_keys: Vec<String>,
    /// In place of other credentials.
    pub token: Option<TokenSource>,
}

/// Settings of the `s3` backend, checked.
#[derive(Clone, Default)]
pub struct S3Settings {
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) workspace_key_prefix: String,
    pub(super) region: String,
    pub(super) endpoint: Option<String>,
    pub(super) sts_endpoint: Option<String>,
    pub(super) sts_region: Option<String>,
    pub(super) profile: Option<String>,
    /// Access key, secret key, session token.
    pub(super) keys: Option<(String, String, Option<String>)>,
    pub(super) shared_credentials_files: Vec<String>,
    pub(super) shared_config_files: Vec<String>,
    pub(super) assume_role: Option<Role>,
    pub(super) assume_role_with_web_identity: Option<Role>,
    /// Address and mode of the service that gives credentials to machines.
    pub(super) metadata_endpoint: Option<String>,
    pub(super) metadata_by_ipv6: bool,
    pub(super) dynamodb_table: Option<String>,
    pub(super) dynamodb_endpoint: Option<String>,
    pub(super) ca_bundle: Option<String>,
    pub(super) insecure: bool,
    pub(super) proxies: Option<Proxies>,
    pub(super) encryption: Encryption,
    pub(super) acl: Option<String>,
    pub(super) use_path_style: bool,
    pub(super) use_lockfile: bool,
    pub(super) use_fips_endpoint: bool,
    pub(super) use_dualstack_endpoint: bool,
    pub(super) max_retries: Option<u32>,
    pub(super) adaptive_retries: bool,
    pub(super) skip_credentials_validation: bool,
    pub(super) skip_requesting_account_id: bool,
    pub(super) skip_metadata_api_check: bool,
    pub(super) skip_s3_checksum: bool,
    pub(super) allowed_account_ids: Vec<String>,
    pub(super) forbidden_account_ids: Vec<String>,
    deprecated: Vec<String>,
}

impl S3Settings {
    /// Reads and checks the arguments; environment variables fill in what is absent.
    pub fn parse(config: &BTreeMap<Str, Value>) -> Result<S3Settings, StoreError> {
        let mut arguments = Arguments::new(config);
        let mut settings = S3Settings::default();
        settings.read_place(&mut arguments);
        settings.read_access(&mut arguments);
        settings.read_encryption(&mut arguments);
        settings.read_switches(&mut arguments);
        settings.read_network(&mut arguments);
        arguments.finish("s3")?;
        Ok(settings)
    }

    /// What the user should know.
    pub(super) fn warnings(&self) -> Vec<String> {
        let mut warnings = self.deprecated.clone();
        if self.dynamodb_table.is_some() {
            warnings.push("\"dynamodb_table\" is deprecated; use use_lockfile = true, which needs no table.".into());
        } else if !self.use_lockfile {
            warnings.push("The state is not locked. Set use_lockfile = true so that concurrent runs wait.".into());
        }
        warnings
    }

    fn read_place(&mut self, arguments: &mut Arguments<'_>) {
        for name in ["bucket", "key"] {
            if arguments.text(name).unwrap_or_default().is_empty() {
                arguments.refuse(name, "is required and must not be empty");
            }
        }
        self.bucket = arguments.text("bucket").unwrap_or_default();
        self.key = arguments.text("key").unwrap_or_default();
        self.workspace_key_prefix = arguments.text("workspace_key_prefix").unwrap_or_else(|| "env:".into());
        if self.key.starts_with('/') || self.key.ends_with('/') || self.key.contains("//") {
            arguments.refuse("key", "must not begin or end with \"/\" or have \"//\" in it");
        }
        if self.workspace_key_prefix.starts_with('/') || self.workspace_key_prefix.ends_with('/') {
            arguments.refuse("workspace_key_prefix", "must not begin or end with \"/\"");
        }
        self.region = arguments.text_or("region", &["AWS_REGION", "AWS_DEFAULT_REGION"]).unwrap_or_default();
        if self.region.is_empty() {
            arguments.refuse("region", "is required: set it, or AWS_REGION or AWS_DEFAULT_REGION");
        } else if !arguments.flag("skip_region_validation") && !is_region(&self.region) {
            arguments
                .refuse("region", &format!("is not a region: {:?} (skip_region_validation accepts it)", self.region));
        }
        let endpoints = arguments.object("endpoints").unwrap_or_default();
        let mut inner = Arguments::new(&endpoints);
        let s3 = inner.text_or("s3", &["AWS_ENDPOINT_URL_S3", "AWS_S3_ENDPOINT"]);
        let sts = inner.text_or("sts", &["AWS_ENDPOINT_URL_STS", "AWS_STS_ENDPOINT"]);
        let dynamodb = inner.text_or("dynamodb", &["AWS_ENDPOINT_URL_DYNAMODB", "AWS_DYNAMODB_ENDPOINT"]);
        for unused in ["iam", "sso"] {
            if inner.is_set(unused) {
                self.deprecated.push(format!("\"{unused}\" in \"endpoints\" is ignored: nothing is asked there."));
            }
        }
        arguments.adopt("endpoints", inner);
        for (old, new) in
            [("endpoint", "s3"), ("sts_endpoint", "sts"), ("dynamodb_endpoint", "dynamodb"), ("iam_endpoint", "iam")]
        {
            if arguments.is_set(old) {
                self.deprecated.push(format!("\"{old}\" is deprecated; use endpoints = {{ {new} = ... }}."));
                if endpoints.get(new).is_some_and(|value| !value.is_null()) {
                    arguments.refuse(old, &format!("conflicts with \"{new}\" in \"endpoints\""));
                }
            }
        }
        self.endpoint = arguments.text("endpoint").or(s3);
        self.sts_endpoint = arguments.text("sts_endpoint").or(sts);
        self.dynamodb_endpoint = arguments.text("dynamodb_endpoint").or(dynamodb);
        self.sts_region = arguments.text("sts_region");
    }

    fn read_access(&mut self, arguments: &mut Arguments<'_>) {
        let (access, secret) = (arguments.text("access_key"), arguments.text("secret_key"));
        let token = arguments.text("token");
        self.keys = match (access, secret) {
            (Some(access), Some(secret)) => Some((access, secret, token)),
            (None, None) => None,
            (Some(_), None) => {
                arguments.refuse("secret_key", "must be set together with access_key");
                None
            }
            (None, Some(_)) => {
                arguments.refuse("access_key", "must be set together with secret_key");
                None
            }
        };
        self.profile = arguments.text("profile");
        arguments.conflict("shared_credentials_file", "shared_credentials_files");
        self.shared_config_files = arguments.texts("shared_config_files");
        self.shared_credentials_files = arguments.texts("shared_credentials_files");
        if let Some(file) = arguments.text("shared_credentials_file") {
            self.deprecated.push("\"shared_credentials_file\" is deprecated; use shared_credentials_files.".into());
            self.shared_credentials_files.push(file);
        }
        arguments.conflict("allowed_account_ids", "forbidden_account_ids");
        self.allowed_account_ids = arguments.texts("allowed_account_ids");
        self.forbidden_account_ids = arguments.texts("forbidden_account_ids");
        if let Some(role) = arguments.object("assume_role") {
            self.assume_role = Some(read_role(arguments, "assume_role", &role));
        }
        if let Some(role) = arguments.object("assume_role_with_web_identity") {
            let role = read_role(arguments, "assume_role_with_web_identity", &role);
            self.assume_role_with_web_identity = Some(role);
        }
        self.metadata_endpoint = arguments
            .text_or("ec2_metadata_service_endpoint", &["AWS_EC2_METADATA_SERVICE_ENDPOINT", "AWS_METADATA_URL"]);
        let mode = arguments
            .text_or("ec2_metadata_service_endpoint_mode", &["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"])
            .map(|mode| mode.to_ascii_lowercase());
        self.metadata_by_ipv6 = match mode.as_deref() {
            None | Some("ipv4") => false,
            Some("ipv6") => true,
            Some(_) => {
                arguments.refuse("ec2_metadata_service_endpoint_mode", "must be \"IPv4\" or \"IPv6\"");
                false
            }
        };
    }

    fn read_encryption(&mut self, arguments: &mut Arguments<'_>) {
        let encrypt = arguments.flag("encrypt");
        let kms = arguments.text("kms_key_id");
        let customer = arguments.text_or("sse_customer_key", &["AWS_SSE_CUSTOMER_KEY"]);
        if kms.is_some() && customer.is_some() {
            arguments.refuse("kms_key_id", "conflicts with sse_customer_key and AWS_SSE_CUSTOMER_KEY");
        }
        if let Some(key) = &customer
            && STANDARD.decode(key).map(|bytes| bytes.len()) != Ok(32)
        {
            arguments.refuse("sse_customer_key", "must be 32 bytes in base64 (44 characters)");
        }
        self.encryption = match (encrypt, kms, customer) {
            (false, ..) => Encryption::Bucket,
            (true, _, Some(key)) => Encryption::Customer(key),
            (true, Some(id), None) => Encryption::Kms(id),
            (true, None, None) => Encryption::Aes256,
        };
        self.acl = arguments.text("acl");
    }

    fn read_switches(&mut self, arguments: &mut Arguments<'_>) {
        arguments.conflict("use_path_style", "force_path_style");
        if arguments.is_set("force_path_style") {
            self.deprecated.push("\"force_path_style\" is deprecated; use use_path_style.".into());
        }
        self.use_path_style = arguments.flag("use_path_style") || arguments.flag("force_path_style");
        self.use_lockfile = arguments.flag("use_lockfile");
        self.use_fips_endpoint = arguments.flag("use_fips_endpoint");
        self.use_dualstack_endpoint = arguments.flag("use_dualstack_endpoint");
        self.max_retries = arguments.number("max_retries");
        self.adaptive_retries = match arguments.text_or("retry_mode", &["AWS_RETRY_MODE"]).as_deref() {
            None | Some("standard") => false,
            Some("adaptive") => true,
            Some(_) => {
                arguments.refuse("retry_mode", "must be \"standard\" or \"adaptive\"");
                false
            }
        };
        self.skip_credentials_validation = arguments.flag("skip_credentials_validation");
        self.skip_requesting_account_id = arguments.flag("skip_requesting_account_id");
        self.skip_metadata_api_check = arguments.flag("skip_metadata_api_check");
        self.skip_s3_checksum = arguments.flag("skip_s3_checksum");
        self.dynamodb_table = arguments.text("dynamodb_table").filter(|name| !name.is_empty());
    }

    fn read_network(&mut self, arguments: &mut Arguments<'_>) {
        self.insecure = arguments.flag("insecure");
        self.ca_bundle = arguments.text_or("custom_ca_bundle", &["AWS_CA_BUNDLE"]);
        let names = ["http_proxy", "https_proxy", "no_proxy"];
        if names.iter().any(|name| arguments.is_set(name)) {
            let usual = Proxies::from_environment();
            let [http, https, none_for] = names.map(|name| arguments.text(name));
            self.proxies = Some(Proxies {
                http: http.or(usual.http),
                https: https.or(usual.https),
                none_for: none_for.unwrap_or(usual.none_for),
            });
        }
    }

    /// True if the usual web client of the SDK will not do.
    pub(super) fn needs_own_client(&self) -> bool {
        self.insecure || self.ca_bundle.is_some() || self.proxies.is_some()
    }

    /// The state object of a workspace.
    pub(super) fn object_key(&self, workspace: &str) -> String {
        match workspace {
            "" | "default" => self.key.clone(),
            name if self.workspace_key_prefix.is_empty() => format!("{name}/{}", self.key),
            name => format!("{}/{name}/{}", self.workspace_key_prefix, self.key),
        }
    }
}

fn read_role(arguments: &mut Arguments<'_>, part: &str, values: &BTreeMap<Str, Value>) -> Role {
    let by_token = part == "assume_role_with_web_identity";
    let mut inner = Arguments::new(values);
    let arn = if by_token { inner.text_or("role_arn", &["AWS_ROLE_ARN"]) } else { inner.text("role_arn") };
    let arn = arn.unwrap_or_default();
    if arn.is_empty() {
        inner.refuse("role_arn", "is required");
    }
    let duration = inner.text("duration").and_then(|text| {
        let parsed = parse_duration(&text).filter(|d| (900..=43_200).contains(&d.as_secs()));
        if parsed.is_none() {
            inner.refuse("duration", "must be between 15m and 12h");
        }
        parsed
    });
    let tags = inner.get("tags", &Type::map(Type::String));
    let tags = tags.as_ref().and_then(Value::as_mapping).into_iter().flatten();
    let tags = tags.filter_map(|(name, value)| Some((name.to_string(), value.as_str()?.to_owned()))).collect();
    let external_id = inner.text("external_id");
    if external_id.as_ref().is_some_and(|id| !(2..=1224).contains(&id.chars().count())) {
        inner.refuse("external_id", "must have 2 to 1224 characters");
    }
    let session = if by_token { &["AWS_ROLE_SESSION_NAME"][..] } else { &[] };
    let role = Role {
        arn,
        duration,
        external_id,
        policy: inner.text("policy"),
        policy_arns: inner.texts("policy_arns"),
        session_name: inner.text_or("session_name", session),
        source_identity: inner.text("source_identity"),
        tags,
        transitive_tag_keys: inner.texts("transitive_tag_keys"),
        token: if by_token { read_token(&mut inner) } else { None },
    };
    arguments.adopt(part, inner);
    role
}

fn read_token(inner: &mut Arguments<'_>) -> Option<TokenSource> {
    inner.conflict("web_identity_token", "web_identity_token_file");
    if let Some(text) = inner.text("web_identity_token") {
        return Some(TokenSource::Text(text));
    }
    let file = inner.text_or("web_identity_token_file", &["AWS_WEB_IDENTITY_TOKEN_FILE"]);
    if file.is_none() {
        inner.refuse("web_identity_token", "or web_identity_token_file is required");
    }
    file.map(TokenSource::File)
}

/// Words and a number: `eu-central-1`, `us-gov-west-1`.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let is_word = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase());
    match parts.split_last() {
        Some((number, words)) => {
            words.len() >= 2 && words.iter().all(is_word) && number.parse::<u8>().is_ok_and(|n| n > 0)
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(pairs: &[(&str, Value)]) -> Result<S3Settings, StoreError> {
        S3Settings::parse(&pairs.iter().map(|(name, value)| (Str::from(*name), value.clone())).collect())
    }

    fn base() -> Vec<(&'static str, Value)> {
        vec![("bucket", "b".into()), ("key", "dir/state.json".into()), ("region", "eu-central-1".into())]
    }

    fn object(pairs: &[(&str, Value)]) -> Value {
        Value::object(pairs.iter().map(|(name, value)| (*name, value.clone())).collect::<Vec<_>>())
    }

    #[test]
    fn state_objects_of_workspaces() {
        let cases = [
            ("default", None, "dir/state.json"),
            ("w", None, "env:/w/dir/state.json"),
            ("w", Some("p/q"), "p/q/w/dir/state.json"),
            ("w", Some(""), "w/dir/state.json"),
        ];
        for (workspace, prefix, expected) in cases {
            let prefix = prefix.map_or(Value::null(Type::String), Value::from);
            let settings = parse(&[base(), vec![("workspace_key_prefix", prefix)]].concat()).unwrap();
            assert_eq!(settings.object_key(workspace), expected);
        }
    }

    #[test]
    fn encryption_follows_the_arguments() {
        let key = STANDARD.encode([7; 32]);
        let cases = [
            (vec![("encrypt", Value::from(false)), ("kms_key_id", "k".into())], Encryption::Bucket),
            (vec![("encrypt", "true".into())], Encryption::Aes256),
            (vec![("encrypt", true.into()), ("kms_key_id", "k".into())], Encryption::Kms("k".into())),
            (
                vec![("encrypt", true.into()), ("sse_customer_key", key.as_str().into())],
                Encryption::Customer(key.clone()),
            ),
        ];
        for (more, expected) in cases {
            assert_eq!(parse(&[base(), more].concat()).unwrap().encryption, expected);
        }
    }

    #[test]
    fn mistakes_are_told_together() {
        type Case = (Vec<(&'static str, Value)>, &'static [&'static str]);
        let cases: [Case; 10] = [
            (vec![("bucket", "".into()), ("key", "/k".into())], &["\"bucket\" is required", "\"key\" must not begin"]),
            (vec![("region", "moon".into())], &["not a region"]),
            (vec![("access_key", "a".into())], &["\"secret_key\" must be set"]),
            (vec![("encrypt", "perhaps".into())], &["\"encrypt\" is not valid"]),
            (vec![("sse_customer_key", "short".into())], &["32 bytes"]),
            (vec![("ec2_metadata_service_endpoint_mode", "IPv5".into())], &["\"IPv4\" or \"IPv6\""]),
            (
                vec![("assume_role_with_web_identity", object(&[("role_arn", "r".into())]))],
                &["in \"assume_role_with_web_identity\": \"web_identity_token\" or"],
            ),
            (
                vec![("assume_role", object(&[("role_arn", "r".into()), ("external_id", "x".into())]))],
                &["2 to 1224 characters"],
            ),
            (
                vec![("assume_role", object(&[("duration", "5m".into())]))],
                &["in \"assume_role\": \"role_arn\" is required", "15m"],
            ),
            (
                vec![("endpoint", "http://a".into()), ("endpoints", object(&[("s3", "http://b".into())]))],
                &["conflicts with \"s3\""],
            ),
        ];
        for (more, expected) in cases {
            let mut pairs: BTreeMap<&str, Value> = base().into_iter().collect();
            pairs.extend(more);
            let error = parse(&pairs.into_iter().collect::<Vec<_>>()).map(|_| ()).unwrap_err();
            for expected in expected {
                assert!(error.message.contains(expected), "{error}");
            }
        }
        let skipped = [base(), vec![("region", "moon".into()), ("skip_region_validation", true.into())]].concat();
        assert_eq!(parse(&skipped).unwrap().region, "moon");
    }

    #[test]
    fn warnings_tell_what_does_not_protect() {
        let warnings = |more: Vec<(&'static str, Value)>| parse(&[base(), more].concat()).unwrap().warnings();
        assert!(warnings(vec![("use_lockfile", true.into())]).is_empty());
        assert!(warnings(vec![])[0].contains("not locked"));
        let both = warnings(vec![("use_lockfile", true.into()), ("dynamodb_table", "t".into())]);
        assert!(both[0].contains("\"dynamodb_table\" is deprecated"));
        let old = warnings(vec![("use_lockfile", true.into()), ("endpoint", "http://a".into())]);
        assert!(old[0].contains("deprecated"));
    }

    #[test]
    fn roles_are_read() {
        let role = object(&[
            ("role_arn", "arn:aws:iam::1:role/r".into()),
            ("duration", "1h30m".into()),
            ("policy_arns", Value::tuple(["p".into()])),
            ("tags", object(&[("k", "v".into())])),
        ]);
        for role in [role.clone(), Value::tuple([role])] {
            let role = parse(&[base(), vec![("assume_role", role)]].concat()).unwrap().assume_role.unwrap();
            assert_eq!(role.duration, Some(Duration::from_secs(5400)));
            assert_eq!((role.policy_arns, role.tags), (vec!["p".into()], BTreeMap::from([("k".into(), "v".into())])));
        }
    }
}
