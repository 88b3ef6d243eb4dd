//! `oci_credentials` and `oci_default_credentials`.

use super::read::{expand, flag, is, text, texts};
use super::syntax::Item;
use crate::{OciCredential, OciSettings};

/// `oci_credentials "HOST[/PATH]" { ... }`: a name and a password, tokens, or the name of a program that knows them.
pub(super) fn read_credentials(label: &str, body: &[&Item], settings: &mut OciSettings) -> Result<(), String> {
    let argument = |name: &str| body.iter().find(|item| is(item, name)).and_then(|item| text(&item.value));
    let own = |name: &str| argument(name).map(str::to_owned);
    let credential = match (own("username"), own("password"), own("docker_credentials_helper")) {
        (Some(username), Some(password), None) => OciCredential::Password { username, password },
        (None, None, Some(helper)) => OciCredential::Helper(helper),
        (None, None, None) if argument("access_token").is_some() || argument("refresh_token").is_some() => {
            OciCredential::Tokens { access: own("access_token"), refresh: own("refresh_token") }
        }
        _ => {
            return Err(format!(
                "oci_credentials {label:?} needs username and password, access_token and refresh_token, or \
                 docker_credentials_helper"
            ));
        }
    };
    settings.credentials.push((label.to_owned(), credential));
    Ok(())
}

/// Where else credentials are looked for.
pub(super) fn read_defaults(
    body: &[&Item],
    variable: &dyn Fn(&str) -> Option<String>,
    settings: &mut OciSettings,
) -> Result<(), String> {
    for item in body {
        match item.keys.as_slice() {
            [key] if key == "discover_ambient_credentials" => settings.discover = flag(&item.value),
            [key] if key == "docker_style_config_files" => {
                let files = texts(&item.value).into_iter().map(|file| expand(&file, variable).into());
                settings.files = Some(files.collect());
            }
            [key] if key == "docker_credentials_helper" => settings.helper = text(&item.value).map(str::to_owned),
            keys => return Err(format!("oci_default_credentials has no argument {:?}", keys.join(" "))),
        }
    }
    Ok(())
}
