//! The arguments (fact sheet `backends.md` 7).

use crate::backend::Arguments;
use formwork_model::StoreError;
use formwork_value::{Str, Value};
use std::collections::BTreeMap;

/// Who signs in to Azure's directory, and by what.
#[derive(Clone)]
pub(super) enum Identity {
    Secret {
        client: String,
        secret: String,
    },
    /// A token of another directory: its text, a file with it, or where to ask for one and with what.
    Token {
        client: String,
        token: TokenFrom,
    },
    Machine {
        client: Option<String>,
        endpoint: Option<String>,
    },
    /// The user's login with Azure's command line.
    CommandLine,
    None,
}

#[derive(Clone)]
pub(super) enum TokenFrom {
    Text(String),
    File(String),
    Request { url: String, bearer: String },
}

/// How requests to the storage are allowed.
#[derive(Clone)]
pub(super) enum Access {
    Key(String),
    Signature(String),
    Directory,
    /// The key is looked up first.
    LookUp,
}

/// Settings of the `azurerm` backend, checked.
pub struct AzureSettings {
    pub(super) account: String,
    pub(super) container: String,
    pub(super) key: String,
    pub(super) access: Access,
    pub(super) identity: Identity,
    pub(super) tenant: String,
    pub(super) subscription: String,
    pub(super) resource_group: String,
    pub(super) snapshot: bool,
    pub(super) cloud: Cloud,
    /// In place of the address that follows from the names.
    pub(super) endpoint: Option<String>,
}

/// Addresses of one of Azure's clouds.
#[derive(Clone, Copy)]
pub(super) struct Cloud {
    pub login: &'static str,
    pub management: &'static str,
    pub storage: &'static str,
}

const PUBLIC: Cloud = Cloud {
    login: "https://login.microsoftonline.com",
    management: "https://management.azure.com",
    storage: "core.windows.net",
};

const GOVERNMENT: Cloud = Cloud {
    login: "https://login.microsoftonline.us",
    management: "https://management.usgovcloudapi.net",
    storage: "core.usgovcloudapi.net",
};

const CHINA: Cloud = Cloud {
    login: "https://login.chinacloudapi.cn",
    management: "https://management.chinacloudapi.cn",
    storage: "core.chinacloudapi.cn",
};

fn text(arguments: &mut Arguments<'_>, name: &str, variables: &[&str]) -> Option<String> {
    arguments.text_or(name, variables).filter(|text| !text.is_empty())
}

/// An argument, or the content of the file that another one names.
fn text_or_file(arguments: &mut Arguments<'_>, name: &str, variable: &str) -> Option<String> {
    if let Some(given) = text(arguments, name, &[variable]) {
        return Some(given);
    }
    let (file, variable) = (format!("{name}_file_path"), format!("{variable}_FILE_PATH"));
    let path = text(arguments, &file, &[&variable])?;
    match std::fs::read_to_string(&path) {
        Ok(content) => Some(content.trim().to_owned()),
        Err(error) => {
            arguments.refuse(&file, &format!("cannot be read: {error}"));
            None
        }
    }
}

impl AzureSettings {
    /// Reads and checks the arguments; environment variables fill in what is absent.
    pub fn parse(config: &BTreeMap<Str, Value>) -> Result<AzureSettings, StoreError> {
        let mut arguments = Arguments::new(config);
        let mut required = |name: &str| {
            let given = arguments.text(name).unwrap_or_default();
            if given.is_empty() {
                arguments.refuse(name, "is required and must not be empty");
            }
            given
        };
        let (account, container, key) = (required("storage_account_name"), required("container_name"), required("key"));
        let cloud = match text(&mut arguments, "environment", &["ARM_ENVIRONMENT"]).as_deref() {
            None | Some("public") => PUBLIC,
            Some("usgovernment") => GOVERNMENT,
            Some("china") => CHINA,
            Some(_) => {
                arguments.refuse("environment", "must be \"public\", \"usgovernment\" or \"china\"");
                PUBLIC
            }
        };
        let unsupported = [
            "ado_pipeline_service_connection_id",
            "client_certificate",
            "client_certificate_path",
            "metadata_host",
            "lookup_blob_endpoint",
        ];
        for name in unsupported {
            let is_off = name == "lookup_blob_endpoint" && !arguments.flag(name);
            if arguments.is_set(name) && !is_off {
                arguments.refuse(name, "is not one that Formwork follows; use another way to sign in");
            }
        }
        let settings = AzureSettings {
            account,
            container,
            key,
            access: access(&mut arguments),
            identity: identity(&mut arguments),
            tenant: text(&mut arguments, "tenant_id", &["ARM_TENANT_ID"]).unwrap_or_default(),
            subscription: text(&mut arguments, "subscription_id", &["ARM_SUBSCRIPTION_ID"]).unwrap_or_default(),
            resource_group: arguments.text("resource_group_name").unwrap_or_default(),
            snapshot: arguments.flag_or("snapshot", &["ARM_SNAPSHOT"]),
            cloud,
            endpoint: None,
        };
        if matches!(settings.access, Access::LookUp)
            && (settings.resource_group.is_empty() || settings.subscription.is_empty())
        {
            let reason = "is not set, nor are sas_token and use_azuread_auth: to look the key up, resource_group_name and \
                          subscription_id are needed";
            arguments.refuse("access_key", reason);
        }
        arguments.finish("azurerm")?;
        Ok(settings)
    }

    /// With the address of a storage service in place of the one that follows from the account's name.
    pub fn at(self, endpoint: Option<String>) -> AzureSettings {
        AzureSettings { endpoint, ..self }
    }

    /// The blob of a workspace.
    pub(super) fn blob(&self, workspace: &str) -> String {
        match workspace {
            "" | "default" => self.key.clone(),
            name => format!("{}env:{name}", self.key),
        }
    }
}

fn access(arguments: &mut Arguments<'_>) -> Access {
    let key = text(arguments, "access_key", &["ARM_ACCESS_KEY"]);
    let signature = text(arguments, "sas_token", &["ARM_SAS_TOKEN"]);
    let by_directory = arguments.flag_or("use_azuread_auth", &["ARM_USE_AZUREAD"]);
    match (key, signature) {
        (Some(key), _) => Access::Key(key),
        (None, Some(signature)) => Access::Signature(signature.trim_start_matches('?').to_owned()),
        (None, None) if by_directory => Access::Directory,
        (None, None) => Access::LookUp,
    }
}

fn identity(arguments: &mut Arguments<'_>) -> Identity {
    let client = text_or_file(arguments, "client_id", "ARM_CLIENT_ID");
    let secret = text_or_file(arguments, "client_secret", "ARM_CLIENT_SECRET");
    if let (Some(client), Some(secret)) = (&client, secret) {
        return Identity::Secret { client: client.clone(), secret };
    }
    let workload = arguments.flag_or("use_aks_workload_identity", &["ARM_USE_AKS_WORKLOAD_IDENTITY"]);
    if arguments.flag_or("use_oidc", &["ARM_USE_OIDC"]) || workload {
        let file = if workload {
            &["ARM_OIDC_TOKEN_FILE_PATH", "AZURE_FEDERATED_TOKEN_FILE"][..]
        } else {
            &["ARM_OIDC_TOKEN_FILE_PATH"]
        };
        let given = text(arguments, "oidc_token", &["ARM_OIDC_TOKEN"]).map(TokenFrom::Text);
        let given = given.or_else(|| text(arguments, "oidc_token_file_path", file).map(TokenFrom::File));
        let url = ["ARM_OIDC_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_URL", "SYSTEM_OIDCREQUESTURI"];
        let bearer = ["ARM_OIDC_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "SYSTEM_ACCESSTOKEN"];
        let request = (text(arguments, "oidc_request_url", &url), text(arguments, "oidc_request_token", &bearer));
        let given = given.or(match request {
            (Some(url), Some(bearer)) => Some(TokenFrom::Request { url, bearer }),
            _ => None,
        });
        let client = client.clone().or_else(|| std::env::var("AZURE_CLIENT_ID").ok());
        match (client, given) {
            (Some(client), Some(token)) => return Identity::Token { client, token },
            _ => arguments.refuse("use_oidc", "needs client_id and a token (oidc_token, a file, or a request)"),
        }
    }
    if arguments.flag_or("use_msi", &["ARM_USE_MSI"]) {
        // The second name is an old one.
        let machine = text(arguments, "msi_endpoint", &["ARM_MSI_ENDPOINT"]).or_else(|| arguments.text("endpoint"));
        return Identity::Machine { client, endpoint: machine };
    }
    let without_command_line = (arguments.is_set("use_cli") || std::env::var("ARM_USE_CLI").is_ok())
        && !arguments.flag_or("use_cli", &["ARM_USE_CLI"]);
    if without_command_line { Identity::None } else { Identity::CommandLine }
}
