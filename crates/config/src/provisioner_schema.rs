//! What provisioners and connections may say.

use formwork_model::{Attribute, Block};
use formwork_value::Type;

/// Arguments of the provisioners that the language has; `None` for others.
pub fn provisioner_schema(kind: &str) -> Option<Block> {
    let text = || Attribute::new(Type::String).optional();
    let texts = || Attribute::new(Type::list(Type::String)).optional();
    Some(match kind {
        "local-exec" => Block::new(
            [
                ("command", Attribute::new(Type::String).required()),
                ("interpreter", texts()),
                ("working_dir", text()),
                ("environment", Attribute::new(Type::map(Type::String)).optional()),
                ("quiet", Attribute::new(Type::Bool).optional()),
            ],
            [],
        ),
        "file" => Block::new(
            [("source", text()), ("content", text()), ("destination", Attribute::new(Type::String).required())],
            [],
        ),
        "remote-exec" => Block::new([("inline", texts()), ("script", text()), ("scripts", texts())], []),
        _ => return None,
    })
}

/// Arguments of `connection`.
pub fn connection_schema() -> Block {
    let names = [
        "type",
        "user",
        "password",
        "timeout",
        "script_path",
        "target_platform",
        "private_key",
        "certificate",
        "host_key",
        "agent_identity",
        "proxy_scheme",
        "proxy_host",
        "proxy_user_name",
        "proxy_user_password",
        "bastion_host",
        "bastion_host_key",
        "bastion_user",
        "bastion_password",
        "bastion_private_key",
        "bastion_certificate",
        "cacert",
    ];
    let texts = names.into_iter().map(|n| (n, Attribute::new(Type::String).optional()));
    let numbers =
        ["port", "proxy_port", "bastion_port"].into_iter().map(|n| (n, Attribute::new(Type::Number).optional()));
    let flags =
        ["agent", "https", "insecure", "use_ntlm"].into_iter().map(|n| (n, Attribute::new(Type::Bool).optional()));
    let host = [("host", Attribute::new(Type::String).required())];
    Block::new(texts.chain(numbers).chain(flags).chain(host), [])
}
