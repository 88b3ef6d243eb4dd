//! Providers with for_each, with a provider process of others: what is written down.

use formwork_tests::Folder;
use serde_json::json;

const MAIN: &str = r#"
terraform {
  required_providers {
    null = {
      source  = "hashicorp/null"
      version = "2.1.2"
    }
  }
}

variable "keys" {
  type    = list(string)
  default = ["a", "b"]
}
locals { all = ["a", "b"] }

provider "null" {
  alias    = "each"
  for_each = toset(local.all)
}

resource "null_resource" "x" {
  for_each = toset(var.keys)
  provider = null.each[each.key]
}

resource "null_resource" "single" {
  provider = null.each["a"]
}
"#;

#[test]
fn state_and_plan_tell_the_instances() {
    let mut folder = Folder::with(MAIN);
    folder.use_mirror();
    folder.run("init").ok();
    folder.run("plan -out=p").ok();
    let plan = folder.run("show -json p").ok().json();
    let provider = &plan["configuration"]["provider_config"]["null.each"];
    assert_eq!(provider["alias"], "each");
    assert_eq!(provider["for_each_expression"], json!({ "references": ["local.all"] }));
    assert_eq!(plan["configuration"]["root_module"]["resources"][0]["provider_config_key"], "null.each");
    folder.run("apply p").ok().says("3 added");
    let address = |key: &str| json!(format!("provider[\"registry.terraform.io/hashicorp/null\"].each[\"{key}\"]"));
    let state = folder.state();
    let resources = state["resources"].as_array().unwrap();
    assert!(resources.iter().all(|resource| resource.get("provider").is_none()), "{resources:?}");
    let providers = |at: usize| -> Vec<serde_json::Value> {
        resources[at]["instances"].as_array().unwrap().iter().map(|instance| instance["provider"].clone()).collect()
    };
    assert_eq!(providers(0), [address("a")]);
    assert_eq!(providers(1), [address("a"), address("b")]);
    folder.run("plan -detailed-exitcode").ok().says("No changes.");

    folder.run("apply -auto-approve -var=keys=[]").ok().says("2 destroyed");
    folder.run("state mv null_resource.single null_resource.other").ok();
    folder.run("plan -var=keys=[]").ok().says("1 to destroy");
    folder.write("main.tf", &MAIN.replace("all = [\"a\", \"b\"]", "all = [\"b\"]"));
    folder.run("plan -var=keys=[]").expect(1).says("Provider instance not present").says("null_resource.other");
}
