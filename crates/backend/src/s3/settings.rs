//! The arguments (fact sheet `backends.md` 4.3).

use crate::backend::Arguments;
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

#[derive(Clone, Debug, Default)]
pub(super) struct AssumeRole {
    pub role_arn: String,
    pub duration: Option<Duration>,
    pub external_id: Option<String>,
    pub policy: Option<String>,
    pub policy_arns: Vec<String>,
    pub session_name: Option<String>,
    pub tags: BTreeMap<String, String>,
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
    pub(super) assume_role: Option<AssumeRole>,
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
    has_dynamodb_table: bool,
    deprecated: Vec<String>,
}

/// Known to the ecosystem, and not here yet.
const NOT_YET: &[&str] = &[
    "assume_role_with_web_identity",
    "custom_ca_bundle",
    "ec2_metadata_service_endpoint",
    "ec2_metadata_service_endpoint_mode",
    "http_proxy",
    "https_proxy",
    "insecure",
    "no_proxy",
];

impl S3Settings {
    /// Reads and checks the arguments; environment variables fill in what is absent.
    pub fn parse(config: &BTreeMap<Str, Value>) -> Result<S3Settings, StoreError> {
        let mut arguments = Arguments::new(config);
        let mut settings = S3Settings::default();
        settings.read_place(&mut arguments);
        settings.read_access(&mut arguments);
        settings.read_encryption(&mut arguments);
        settings.read_switches(&mut arguments);
        for name in NOT_YET {
            let is_off = arguments.is_set(name) && *name == "insecure" && !arguments.flag(name);
            if arguments.is_set(name) && !is_off {
                arguments.refuse(name, "is not supported by this version of Formwork");
            }
        }
        if settings.has_dynamodb_table && !settings.use_lockfile {
            let reason = "locks are not supported by this version of Formwork (they come with the other remote \
                          backends); set use_lockfile = true, which locks by an object beside the state";
            arguments.refuse("dynamodb_table", reason);
        }
        arguments.finish("s3")?;
        Ok(settings)
    }

    /// What the user should know.
    pub(super) fn warnings(&self) -> Vec<String> {
        let mut warnings = self.deprecated.clone();
        if self.has_dynamodb_table {
            warnings.push(
                "\"dynamodb_table\" is ignored: the state is locked by an object beside it (use_lockfile). A Terraform \
                 that locks by the table only would not be kept out."
                    .into(),
            );
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
            self.assume_role = Some(read_role(arguments, &role));
        }
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
        self.adaptive_retries = match arguments.text("retry_mode").as_deref() {
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
        self.has_dynamodb_table = arguments.is_set("dynamodb_table");
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

fn read_role(arguments: &mut Arguments<'_>, values: &BTreeMap<Str, Value>) -> AssumeRole {
    let mut inner = Arguments::new(values);
    let role_arn = inner.text("role_arn").unwrap_or_default();
    if role_arn.is_empty() {
        inner.refuse("role_arn", "is required");
    }
    for name in ["source_identity", "transitive_tag_keys"] {
        if inner.is_set(name) {
            inner.refuse(name, "is not supported by this version of Formwork");
        }
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
    let role = AssumeRole {
        role_arn,
        duration,
        external_id: inner.text("external_id"),
        policy: inner.text("policy"),
        policy_arns: inner.texts("policy_arns"),
        session_name: inner.text("session_name"),
        tags,
    };
    arguments.adopt("assume_role", inner);
    role
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
        let cases: [Case; 9] = [
            (vec![("bucket", "".into()), ("key", "/k".into())], &["\"bucket\" is required", "\"key\" must not begin"]),
            (vec![("region", "moon".into())], &["not a region"]),
            (vec![("access_key", "a".into())], &["\"secret_key\" must be set"]),
            (vec![("encrypt", "perhaps".into())], &["\"encrypt\" is not valid"]),
            (vec![("sse_customer_key", "short".into())], &["32 bytes"]),
            (vec![("dynamodb_table", "t".into())], &["use_lockfile = true"]),
            (vec![("insecure", true.into())], &["\"insecure\" is not supported"]),
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
        assert!(both[0].contains("\"dynamodb_table\" is ignored"));
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
