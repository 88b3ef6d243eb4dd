//! The arguments of backends.

use formwork_model::{Attribute, Block};
use formwork_value::Type;

const S3_TEXTS: &[&str] = &[
    "access_key",
    "acl",
    "bucket",
    "custom_ca_bundle",
    "dynamodb_endpoint",
    "dynamodb_table",
    "ec2_metadata_service_endpoint",
    "ec2_metadata_service_endpoint_mode",
    "endpoint",
    "http_proxy",
    "https_proxy",
    "iam_endpoint",
    "key",
    "kms_key_id",
    "no_proxy",
    "profile",
    "region",
    "retry_mode",
    "secret_key",
    "shared_credentials_file",
    "sse_customer_key",
    "sts_endpoint",
    "sts_region",
    "token",
    "workspace_key_prefix",
];

const S3_FLAGS: &[&str] = &[
    "encrypt",
    "force_path_style",
    "insecure",
    "skip_credentials_validation",
    "skip_metadata_api_check",
    "skip_region_validation",
    "skip_requesting_account_id",
    "skip_s3_checksum",
    "use_dualstack_endpoint",
    "use_fips_endpoint",
    "use_lockfile",
    "use_path_style",
];

const S3_SETS: &[&str] =
    &["allowed_account_ids", "forbidden_account_ids", "shared_config_files", "shared_credentials_files"];

const S3_SECRETS: &[&str] = &["access_key", "secret_key", "sse_customer_key", "token"];

const HTTP_TEXTS: &[&str] = &[
    "address",
    "client_ca_certificate_pem",
    "client_certificate_pem",
    "client_private_key_pem",
    "lock_address",
    "lock_method",
    "password",
    "unlock_address",
    "unlock_method",
    "update_method",
    "username",
];

const HTTP_NUMBERS: &[&str] = &["retry_max", "retry_wait_max", "retry_wait_min"];

const AZURE_TEXTS: &[&str] = &[
    "access_key",
    "ado_pipeline_service_connection_id",
    "client_certificate",
    "client_certificate_password",
    "client_certificate_path",
    "client_id",
    "client_id_file_path",
    "client_secret",
    "client_secret_file_path",
    "container_name",
    "endpoint",
    "environment",
    "key",
    "metadata_host",
    "msi_endpoint",
    "oidc_request_token",
    "oidc_request_url",
    "oidc_token",
    "oidc_token_file_path",
    "resource_group_name",
    "sas_token",
    "storage_account_name",
    "subscription_id",
    "tenant_id",
];

const AZURE_FLAGS: &[&str] = &[
    "lookup_blob_endpoint",
    "snapshot",
    "use_aks_workload_identity",
    "use_azuread_auth",
    "use_cli",
    "use_msi",
    "use_oidc",
];

const AZURE_SECRETS: &[&str] =
    &["access_key", "client_certificate_password", "client_secret", "oidc_request_token", "oidc_token", "sas_token"];

const CONSUL_TEXTS: &[&str] =
    &["access_token", "address", "ca_file", "cert_file", "datacenter", "http_auth", "key_file", "path", "scheme"];

const GCS_TEXTS: &[&str] = &[
    "access_token",
    "bucket",
    "credentials",
    "encryption_key",
    "impersonate_service_account",
    "kms_encryption_key",
    "prefix",
    "storage_custom_endpoint",
];

const PG_FLAGS: &[&str] = &["skip_index_creation", "skip_schema_creation", "skip_table_creation"];

/// The kinds of backends that are here.
pub const KINDS: &[&str] = &["azurerm", "consul", "gcs", "http", "local", "pg", "s3"];

/// Arguments that a kind of backend cannot do without and that no environment variable stands for, with their meaning.
pub fn required_arguments(kind: &str) -> &'static [(&'static str, &'static str)] {
    match kind {
        "azurerm" => &[
            ("storage_account_name", "The name of the storage account"),
            ("container_name", "The name of the container"),
            ("key", "The name of the state's blob"),
        ],
        "consul" => &[("path", "The key of the state")],
        "gcs" => &[("bucket", "The name of the bucket in Google Cloud Storage")],
        "s3" => &[("bucket", "The name of the S3 bucket"), ("key", "Where in the bucket the state is")],
        _ => &[],
    }
}

/// The arguments of a kind of backend; `None` if there is no such kind here. All are optional, because any may come from
/// elsewhere; what is missing in the end the backend itself says.
pub fn backend_schema(kind: &str) -> Option<Block> {
    match kind {
        "local" => {
            Some(Block::new(["path", "workspace_dir"].map(|name| (name, Attribute::new(Type::String).optional())), []))
        }
        "azurerm" => Some(plain(AZURE_TEXTS, AZURE_FLAGS, &[], AZURE_SECRETS)),
        "consul" => Some(plain(CONSUL_TEXTS, &["gzip", "lock"], &[], &["access_token", "http_auth"])),
        "gcs" => {
            let mut block = plain(GCS_TEXTS, &[], &[], &["access_token", "credentials", "encryption_key"]);
            let delegates = Attribute::new(Type::list(Type::String)).optional();
            block.attributes.insert("impersonate_service_account_delegates".into(), delegates);
            Some(block)
        }
        "http" => Some(plain(HTTP_TEXTS, &["skip_cert_verification"], HTTP_NUMBERS, &["password"])),
        "pg" => Some(plain(&["conn_str", "schema_name"], PG_FLAGS, &[], &["conn_str"])),
        "s3" => Some(s3()),
        _ => None,
    }
}

/// Texts, flags and numbers, and which of them are secret.
fn plain(texts: &[&'static str], flags: &[&'static str], numbers: &[&'static str], secrets: &[&str]) -> Block {
    let of = |ty: Type| {
        move |name: &&'static str| {
            let attribute = Attribute::new(ty.clone()).optional();
            (*name, Attribute { sensitive: secrets.contains(name), ..attribute })
        }
    };
    let attributes = texts.iter().map(of(Type::String)).chain(flags.iter().map(of(Type::Bool)));
    Block::new(attributes.chain(numbers.iter().map(of(Type::Number))), [])
}

fn s3() -> Block {
    let text = |name: &&'static str| {
        let attribute = Attribute::new(Type::String).optional();
        (*name, Attribute { sensitive: S3_SECRETS.contains(name), ..attribute })
    };
    let flag = |name: &&'static str| (*name, Attribute::new(Type::Bool).optional());
    let set = |name: &&'static str| (*name, Attribute::new(Type::set(Type::String)).optional());
    let others = [
        ("max_retries", Attribute::new(Type::Number).optional()),
        ("endpoints", Attribute::new(texts(&["dynamodb", "iam", "s3", "sso", "sts"], &[])).optional()),
        ("assume_role", Attribute::new(assume_role()).optional()),
        ("assume_role_with_web_identity", Attribute::new(web_identity()).optional()),
    ];
    let attributes = S3_TEXTS.iter().map(text).chain(S3_FLAGS.iter().map(flag)).chain(S3_SETS.iter().map(set));
    Block::new(attributes.chain(others), [])
}

fn assume_role() -> Type {
    let more = [
        ("policy_arns", Type::set(Type::String)),
        ("tags", Type::map(Type::String)),
        ("transitive_tag_keys", Type::set(Type::String)),
    ];
    texts(&["role_arn", "duration", "external_id", "policy", "session_name", "source_identity"], &more)
}

fn web_identity() -> Type {
    let names = ["role_arn", "duration", "policy", "session_name", "web_identity_token", "web_identity_token_file"];
    texts(&names, &[("policy_arns", Type::set(Type::String))])
}

/// An object type with optional attributes, so that users may leave some out.
fn texts(names: &[&str], more: &[(&str, Type)]) -> Type {
    let texts = names.iter().map(|name| (*name, Type::String));
    let attributes: Vec<(&str, Type)> = texts.chain(more.iter().map(|(name, ty)| (*name, ty.clone()))).collect();
    let optional = attributes.iter().map(|(name, _)| (*name).into()).collect();
    let attributes = attributes.into_iter().map(|(name, ty)| (name.into(), ty)).collect();
    Type::Object(std::sync::Arc::new(formwork_value::ObjectType { attributes, optional }))
}
