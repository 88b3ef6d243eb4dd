//! Values that are needed before anything is installed: sources of modules, arguments of the backend.

use formwork_tests::Folder;

const MAIN: &str = r#"
variable "release" {
  default = "v1"
  const   = true
}
variable "dir" {}
locals {
  where = "./mods/${lower(var.release)}"
  state = join("/", [var.dir, "${terraform.workspace}.tfstate"])
}
terraform {
  backend "local" {
    path = local.state
  }
}
module "m" {
  source = local.where
  name   = "x"
}
output "which" { value = module.m.which }
"#;

fn folder() -> Folder {
    let folder = Folder::with(MAIN);
    folder.write(
        "mods/v1/main.tf",
        "variable \"name\" { const = true }\nmodule \"inner\" { source = \"./${var.name == \"x\" ? \"inner\" : \
         \"none\"}\" }\noutput \"which\" { value = module.inner.one }\n",
    );
    folder.write("mods/v1/inner/main.tf", "output \"one\" { value = \"one\" }\n");
    folder.write("mods/v2/main.tf", "variable \"name\" {}\noutput \"which\" { value = \"two\" }\n");
    folder
}

#[test]
fn sources_and_backend_depend_on_variables() {
    let mut folder = folder();
    folder.run("init").expect(1).says("No value for required variable").says("TF_VAR_dir");
    folder.run("init -var=dir=states").ok();
    folder.run("plan -var=dir=states -out=p").ok();
    folder.run("apply p").ok().says("which = \"one\"");
    assert!(folder.exists("states/default.tfstate"));
    folder.set("TF_VAR_dir", "states");
    folder.run("output").ok().says("which = \"one\"");
    folder.run("validate").ok();
    folder.run("plan -var=release=v2").expect(1).says("Module source has changed");
    folder.run("init -var=release=V2").ok();
    folder.run("apply -auto-approve -var=release=V2").ok().says("which = \"two\"");
    folder.set("TF_VAR_dir", "elsewhere");
    folder.run("plan -var=release=V2").expect(1).says("The configuration of the backend has changed");
}

#[test]
fn what_is_not_known_early_is_refused() {
    let cases = [
        ("sensitive(\"./x\")", "is sensitive"),
        ("terraform_data.x.id", "can refer to variables, local values"),
        ("local.loop", "depends on itself"),
        ("var.none", "no input variable named \"none\""),
        ("null", "A string is required"),
        ("local.nothing", "A string that is not null"),
        ("nosuch()", "no function named \"nosuch\""),
        ("\"${var.secret}\"", "is sensitive"),
    ];
    for (source, told) in cases {
        let folder = Folder::with(&format!(
            "module \"m\" {{\n  source = {source}\n}}\nlocals {{\n  loop    = local.loop\n  nothing = null\n}}\nresource \
             \"terraform_data\" \"x\" {{}}\nvariable \"secret\" {{\n  default   = \"./m\"\n  sensitive = true\n}}\n"
        ));
        folder.run("init").expect(1).says(told).says("main.tf line");
    }
}

#[test]
fn modules_of_test_runs_have_early_values_too() {
    let folder = folder();
    folder.write(
        "mods/caller/main.tf",
        "variable \"kind\" { default = \"none\" }\nmodule \"inner\" {\n  source = \"../${lower(var.kind)}\"\n  name   = \
         \"x\"\n}\noutput \"which\" { value = module.inner.which }\n",
    );
    let run = |name: &str, kind: &str, which: &str| {
        format!(
            "run \"{name}\" {{\n  module {{ source = \"./mods/caller\" }}\n  variables {{ kind = {kind} }}\n  assert {{\n    \
             condition = output.which == \"{which}\"\n    error_message = output.which\n  }}\n}}\n"
        )
    };
    let test = format!(
        "variables {{ dir = \"d\" }}\n{}{}",
        run("first", "\"V2\"", "two"),
        run("second", "format(\"v%s\", 1)", "one")
    );
    folder.write("t.tftest.hcl", &test);
    folder.run("init -var=dir=d").ok();
    folder.run("test -var=dir=d").ok().says("2 passed");
}
