//! What a loaded tree tells.

use crate::memory_files::MemoryFiles;
use formwork_config::{
    Config, ModuleResolution, ProviderName, load, module_manifest, provider_requirements, summarize,
};
use formwork_diag::Diagnostics;
use formwork_model::{ExpressionSummary, InstalledModule, ModuleManifest, ModulePath, ResourceMode};
use std::collections::BTreeMap;

const ROOT: &str = r#"
terraform {
  required_providers {
    cloud = {
      source  = "acme/cloud"
      version = ">= 1.0"
    }
  }
}
provider "cloud" {
  alias = "west"
}
module "a" {
  source = "./a"
  in     = [upper("x"), local.l[0].deep, module.b["k"].out]
  providers = {
    sky.main = cloud.west
  }
}
locals {
  l = "x"
}
resource "cloud_thing" "t" {
  count = 2
  name  = "constant"
  other = "${local.l}-${count.index}"
}
data "cloud_thing" "d" {
}
"#;

const A: &str = r#"
terraform {
  required_providers {
    sky = {
      source                = "acme/cloud"
      version               = "~> 1.2"
      configuration_aliases = [sky.main]
    }
  }
}
variable "in" {
}
resource "sky_thing" "t" {
  provider = sky.main
}
resource "sky_thing" "default" {
}
resource "null_resource" "n" {
}
module "inner" {
  source = "../inner"
}
"#;

const INNER: &str = r#"
resource "null_resource" "n" {
}
provider "time" {
  x = 1
}
resource "time_sleep" "t" {
}
"#;

fn files() -> MemoryFiles {
    let mut files = MemoryFiles::default();
    files.add("main.tf", ROOT);
    files.add("a/main.tf", A);
    files.add("inner/main.tf", INNER);
    files
}

fn tree() -> Config {
    let (config, diagnostics) = load(&files(), ".", &ModuleManifest::default(), ModuleResolution::Direct);
    assert!(!diagnostics.has_errors(), "{diagnostics:?}");
    config
}

fn path(text: &str) -> ModulePath {
    ModulePath(text.split('.').filter(|s| !s.is_empty()).map(Into::into).collect())
}

#[test]
fn provider_configurations_are_found_through_calls() {
    let config = tree();
    let cases = [
        ("", "cloud", Some("west"), "provider[\"registry.terraform.io/acme/cloud\"].west"),
        ("a", "sky", Some("main"), "provider[\"registry.terraform.io/acme/cloud\"].west"),
        ("a", "sky", None, "provider[\"registry.terraform.io/acme/cloud\"]"),
        ("a.inner", "null", None, "provider[\"registry.terraform.io/hashicorp/null\"]"),
        ("a.inner", "time", None, "module.a.module.inner.provider[\"registry.terraform.io/hashicorp/time\"]"),
    ];
    for (module, name, alias, expected) in cases {
        let found = config.provider_config(&path(module), &ProviderName::new(name, alias.map(Into::into)));
        assert_eq!(found.to_string(), expected, "{module} {name}");
    }
    let west = config.provider_config(&path("a"), &ProviderName::new("sky", Some("main".into())));
    assert!(config.provider_block(&west).is_some());
}

#[test]
fn requirements_are_those_of_all_modules() {
    let found: Vec<String> =
        provider_requirements(&tree()).iter().map(|(p, c)| format!("{} {}", p.for_display(), c.normalized())).collect();
    assert_eq!(found, ["acme/cloud >= 1.0.0, ~> 1.2", "hashicorp/null ", "hashicorp/time "]);
}

#[test]
fn directories_are_relative_to_the_root() {
    let config = tree();
    let dirs: BTreeMap<String, &str> = config.modules.values().map(|m| (m.path.to_string(), &*m.dir)).collect();
    assert_eq!(
        dirs,
        BTreeMap::from([("".into(), "."), ("module.a".into(), "a"), ("module.a.module.inner".into(), "inner")])
    );
}

#[test]
fn installed_modules_are_loaded_and_changes_are_noticed() {
    let config = tree();
    let (mut manifest, diagnostics) = module_manifest(&config, &ModuleManifest::default());
    assert!(diagnostics.is_empty());
    assert_eq!(
        manifest.modules[&path("a.inner")],
        InstalledModule { source: "../inner".into(), version: None, dir: "inner".into() }
    );
    let summaries = |manifest: &ModuleManifest| -> Vec<String> {
        let (_, diagnostics): (_, Diagnostics) = load(&files(), ".", manifest, ModuleResolution::Manifest);
        diagnostics.iter().filter(|d| d.is_error()).map(|d| d.summary.clone()).collect()
    };
    assert_eq!(summaries(&manifest), Vec::<String>::new());
    manifest.modules.get_mut(&path("a.inner")).unwrap().source = "../other".into();
    assert_eq!(summaries(&manifest), ["Module source has changed"]);
    assert_eq!(summaries(&ModuleManifest::default()), ["Module not installed"]);
}

#[test]
fn summaries_name_references_and_providers() {
    let summary = summarize(&tree(), &BTreeMap::new());
    let references = |e: &ExpressionSummary| match e {
        ExpressionSummary::References(names) => names.iter().map(|n| n.to_string()).collect::<Vec<_>>(),
        other => vec![format!("{other:?}")],
    };
    let thing = &summary.root.resources[0];
    assert_eq!((&*thing.address, &*thing.provider_config_key), ("cloud_thing.t", "cloud"));
    assert!(matches!(thing.expressions["name"], ExpressionSummary::Constant(_)));
    assert_eq!(references(&thing.expressions["other"]), ["local.l", "count.index"]);
    assert_eq!(&*summary.root.resources[1].mode, ResourceMode::Data.name());
    let call = &summary.root.module_calls["a"];
    assert_eq!(
        references(&call.expressions["in"]),
        ["local.l[0].deep", "local.l[0]", "local.l", "module.b[\"k\"].out", "module.b[\"k\"]"]
    );
    let keys: BTreeMap<&str, &str> =
        call.module.resources.iter().map(|r| (&*r.address, &*r.provider_config_key)).collect();
    assert_eq!(keys["sky_thing.t"], "cloud.west");
    assert_eq!(keys["null_resource.n"], "module.a:null");
    assert_eq!(&*call.module.module_calls["inner"].module.resources[0].provider_config_key, "module.a:null");
    let providers: Vec<&str> = summary.providers.keys().map(|k| &**k).collect();
    assert_eq!(providers, ["cloud", "cloud.west", "module.a.module.inner:time", "module.a:null", "module.a:sky"]);
    assert_eq!(summary.providers["cloud"].version_constraint.as_deref(), Some(">= 1.0.0"));
}
