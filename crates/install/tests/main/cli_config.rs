use crate::mirror::{no_network, platform, unpacked};
use formwork_install::{CliConfig, MethodKind, ProviderSources, implied_dirs, load_cli_config};
use formwork_model::ProviderAddress;
use std::path::Path;

fn load(text: &str, name: &str, more: &[(&str, &str)]) -> (CliConfig, Vec<String>) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    std::fs::write(&path, text).unwrap();
    let path = path.display().to_string();
    let variable = |name: &str| match name {
        "TF_CLI_CONFIG_FILE" => Some(path.clone()),
        name => more.iter().find(|(n, _)| *n == name).map(|(_, v)| v.to_string()),
    };
    let (config, diagnostics) = load_cli_config(&variable, None);
    (config, diagnostics.iter().map(|d| format!("{}: {}", d.summary, d.detail)).collect())
}

const NATIVE: &str = r#"
# Settings of a user.
plugin_cache_dir = "$CACHE/x${SUB}"
plugin_cache_may_break_dependency_lock_file = true
credentials "App.Example.io" { token = "s3cret" } // one line
credentials_helper "store" { args = ["--a", "b"] }
host "h.io" { services = { "modules.v1" = "https://h.io/m/", "x.v1": "y" } }
disable_checkpoint = true
provider_limits "hashicorp/aws" { concurrency = 40 types = { aws_instance = 5 } }
unknown "a" "b" { c { d = [1, [2]] } }
provider_installation {
  dev_overrides { "hashicorp/null" = "/dev/$SUB" }
  filesystem_mirror { path = "/m" include = ["example.io/*/*", "a/b"] }
  network_mirror { url = "https://n.io/" exclude = ["*/*/*"] }
  direct {}
}
"#;

const JSON: &str = r#"{
  "plugin_cache_dir": "$CACHE/x${SUB}",
  "plugin_cache_may_break_dependency_lock_file": true,
  "credentials": {"App.Example.io": {"token": "s3cret"}},
  "credentials_helper": {"store": {"args": ["--a", "b"]}},
  "host": {"h.io": {"services": {"modules.v1": "https://h.io/m/", "x.v1": "y"}}},
  "provider_limits": {"hashicorp/aws": {"concurrency": 40, "types": {"aws_instance": 5}}},
  "provider_installation": [{
    "dev_overrides": {"hashicorp/null": "/dev/$SUB"},
    "filesystem_mirror": [{"path": "/m", "include": ["example.io/*/*", "a/b"]}],
    "network_mirror": {"url": "https://n.io/", "exclude": ["*/*/*"]},
    "direct": {}
  }]
}"#;

#[test]
fn both_syntaxes_mean_the_same() {
    let cache = tempfile::tempdir().unwrap();
    std::fs::create_dir(cache.path().join("xsub")).unwrap();
    let root = cache.path().display().to_string();
    let variables = [("CACHE", root.as_str()), ("SUB", "sub")];
    let (config, problems) = load(NATIVE, "rc", &variables);
    assert_eq!(problems, Vec::<String>::new());
    let (mut json, problems) = load(JSON, "rc.json", &variables);
    assert_eq!(problems, Vec::<String>::new());
    // JSON objects have no order, so the methods may come in another one.
    let key = |m: &formwork_install::InstallationMethod| format!("{:?}", m.kind);
    let mut methods = config.installation.clone().unwrap();
    methods.sort_by_key(key);
    json.installation.as_mut().unwrap().sort_by_key(key);
    assert_eq!(json, CliConfig { installation: Some(methods), ..config.clone() });

    assert_eq!(config.plugin_cache_dir.as_deref(), Some(cache.path().join("xsub").as_path()));
    assert_eq!(config.credentials["app.example.io"], "s3cret");
    assert_eq!(config.credentials_helper.unwrap().args, ["--a", "b"]);
    assert_eq!(config.hosts["h.io"]["x.v1"], "y");
    assert_eq!(config.dev_overrides[&ProviderAddress::implied("null")], Path::new("/dev/sub"));
    let methods = config.installation.unwrap();
    assert_eq!(methods.len(), 3);
    assert_eq!(methods[0].kind, MethodKind::FilesystemMirror("/m".into()));
    assert!(methods[0].include[0].matches(&ProviderAddress::new("example.io", "x", "y")));
    assert!(methods[0].include[1].matches(&ProviderAddress::new("registry.terraform.io", "a", "b")));
    assert!(!methods[0].include[1].matches(&ProviderAddress::new("registry.terraform.io", "a", "c")));
}

#[test]
fn mistakes_are_reported() {
    let cases = [
        ("a = ", "Error parsing"),
        ("a { b = 1", "closing brace"),
        ("a = \"x", "not closed"),
        ("a = bare", "need quotes"),
        ("provider_installation { x {} }", "no installation method \"x\""),
        ("provider_installation { filesystem_mirror {} }", "needs a path"),
        ("provider_installation { network_mirror { url = \"http://x/\" } }", "https://"),
        ("provider_installation { direct { path = \"x\" } }", "has no argument \"path\""),
        ("provider_installation { direct { include = [\"*/b\"] } }", "\"*\""),
        ("provider_installation {}\nprovider_installation {}", "one provider_installation"),
        ("provider_installation { direct {}\n dev_overrides {} }", "before all other"),
        ("plugin_cache_dir = \"/nowhere/at/all\"", "does not exist"),
    ];
    for (text, expected) in cases {
        let (_, problems) = load(text, "rc", &[]);
        assert!(problems.iter().any(|p| p.contains(expected)), "{text}: {problems:?}");
    }
    let missing = |name: &str| (name == "TF_CLI_CONFIG_FILE").then(|| "/nowhere/rc".to_string());
    let (_, diagnostics) = load_cli_config(&missing, None);
    assert!(!diagnostics.has_errors() && diagnostics.len() == 1);
}

#[test]
fn deep_nesting_is_refused() {
    for text in ["a = ".to_string() + &"[".repeat(100_000), "a {".repeat(100_000)] {
        assert!(load(&text, "rc", &[]).1[0].contains("too deeply"));
    }
}

#[test]
fn files_of_the_home_directory_are_merged() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join(".terraformrc"), "credentials \"a.io\" { token = \"1\" }").unwrap();
    std::fs::create_dir(home.path().join(".terraform.d")).unwrap();
    for (name, text) in [("b.tfrc", "credentials \"a.io\" { token = \"2\" }"), ("c.tfrc.json", "{}"), ("d.txt", "?")] {
        std::fs::write(home.path().join(".terraform.d").join(name), text).unwrap();
    }
    let (config, diagnostics) = load_cli_config(&|_| None, Some(home.path()));
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    assert_eq!(config.credentials["a.io"], "2");
}

#[test]
fn what_is_found_locally_is_not_asked_for_elsewhere() {
    let home = tempfile::tempdir().unwrap();
    let plugins = home.path().join(".terraform.d/plugins");
    unpacked(&plugins, "a", "1.0.0");
    let dirs = implied_dirs(Some(home.path()), None);
    let sources = ProviderSources::configured(&CliConfig::default(), &dirs, &platform(), no_network());
    let direct = sources.places.iter().find(|s| s.kind == MethodKind::Direct).unwrap();
    assert!(direct.without.contains(&ProviderAddress::new("example.test", "ns", "a")));
    assert!(sources.places.iter().any(|s| s.kind == MethodKind::FilesystemMirror(plugins.clone())));
}

#[test]
fn limits_of_providers_come_from_files_and_the_environment() {
    let limits = |text: &str, variable: &str| {
        let (config, problems) = load(text, "rc", &[("FORMWORK_PROVIDER_LIMITS", variable)]);
        let limits = config.provider_limits.into_iter().map(|(provider, limits)| {
            (provider.for_display(), limits.concurrency, limits.types.into_iter().collect::<Vec<_>>())
        });
        (limits.collect::<Vec<_>>(), problems)
    };
    let file =
        "provider_limits \"hashicorp/aws\" { concurrency = 40 }\nprovider_limits \"a/b\" { types = { b_c = \"2\" } }";
    let (found, problems) = limits(file, "hashicorp/aws=8, hashicorp/aws:aws_vpc=1,h.io:8443/a/b=3");
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(
        found,
        [
            ("h.io:8443/a/b".to_owned(), Some(3), vec![]),
            ("a/b".to_owned(), None, vec![("b_c".to_owned(), 2)]),
            ("hashicorp/aws".to_owned(), Some(8), vec![("aws_vpc".to_owned(), 1)]),
        ]
    );
    for wrong in ["a/b", "a/b=0", "a/b=x", "=3", "a/b/c/d/e=3"] {
        let (found, problems) = limits("", wrong);
        assert_eq!((found.len(), problems.len()), (0, 1), "{wrong}: {problems:?}");
    }
    for wrong in ["provider_limits \"a/b\" { most = 3 }", "provider_limits \"a/b\" { concurrency = 1.5 }"] {
        assert_eq!(limits(wrong, "").1.len(), 1, "{wrong}");
    }
}
