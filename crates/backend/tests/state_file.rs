//! State files.

use crate::sample::object;
use crate::scratch::Scratch;
use crate::terraform::{binary, run};
use formwork_backend::state_file::{decode, encode, same_content};
use formwork_model::{
    DeposedKey, InstanceKey, ObjectState, ObjectStatus, ProviderConfigAddress, RawState, ResourceInstance, State,
    StateSnapshot,
};
use formwork_value::{Path, Type, Value};
use proptest::prelude::*;
use std::sync::Arc;

const GOLDEN: &str = include_str!("data/terraform-1.11.4.json");
const VERSION_3: &str = include_str!("data/version-3.json");

fn text(snapshot: &StateSnapshot) -> String {
    String::from_utf8(encode(snapshot)).unwrap()
}

#[test]
fn what_terraform_wrote_comes_out_byte_for_byte() {
    let snapshot = decode(GOLDEN.as_bytes()).unwrap();
    assert_eq!(text(&snapshot), GOLDEN);
    assert_eq!(snapshot.serial, 17);
    assert_eq!(&*snapshot.terraform_version, "1.11.4");
    assert_eq!(snapshot.state.checks.len(), 4);
    let address = ResourceInstance::parse("terraform_data.b[\"b\"]").unwrap();
    let object = snapshot.state.object(&address).unwrap();
    assert!(object.create_before_destroy);
    assert_eq!(object.dependencies.first().unwrap().to_string(), "terraform_data.a");
    let paths: Vec<String> = object.sensitive.iter().map(|p| p.to_string()).collect();
    assert!(paths.contains(&".input.q[1].r".to_owned()), "{paths:?}");
    let RawState::Json(attributes) = &object.attributes else { panic!() };
    assert!(attributes.starts_with("{\"id\":\""), "{attributes}");
}

#[test]
fn every_part_of_an_object_survives() {
    let provider = ProviderConfigAddress::parse("module.m.provider[\"h.io/n/p\"].west").unwrap();
    let address = ResourceInstance::parse("module.m[\"k\"].data.p_thing.x[3]").unwrap();
    let full = ObjectState {
        sensitive: vec![
            Path::root().attribute("a").index(Value::from(0)),
            Path::root().attribute("b").index("k".into()),
        ],
        private: vec![0, 255, 7],
        identity_schema_version: 2,
        identity: Some("{\"id\":\"<x>\"}".into()),
        status: ObjectStatus::Tainted,
        dependencies: vec![address.config()],
        create_before_destroy: true,
        ..object("{\"a\":[1.50,{}],\"b\":{\"k\":\"\\u003c\\\"\"}}")
    };
    let flat = ObjectState { attributes: RawState::Flatmap(vec![("a".into(), "1".into())]), ..object("") };
    let mut snapshot = StateSnapshot { lineage: "l".into(), serial: u64::MAX, ..Default::default() };
    snapshot.state.set_object(&address, None, &provider, Some(Arc::new(full)));
    snapshot.state.set_object(&address, Some(&DeposedKey("00c0ffee".into())), &provider, Some(Arc::new(flat)));
    let read = decode(&encode(&snapshot)).unwrap();
    assert_eq!(text(&read), text(&snapshot));
    let canonical = |s: &State| s.clone();
    assert!(same_content(&read.state, &canonical(&snapshot.state)));
    let kept = read.state.object(&address).unwrap();
    assert_eq!(kept.private, [0, 255, 7]);
    assert_eq!(kept.identity.as_deref(), Some("{\"id\":\"\\u003cx\\u003e\"}"));
    assert_eq!(kept.status, ObjectStatus::Tainted);
    assert_eq!(kept.sensitive.len(), 2);
    assert_eq!(read.state.instance(&address).unwrap().deposed.len(), 1);
    assert_eq!(read.state.resources.values().next().unwrap().provider, provider);
}

#[test]
fn content_is_compared_without_formatting() {
    let snapshot = decode(GOLDEN.as_bytes()).unwrap();
    let mut other = snapshot.clone();
    assert!(same_content(&snapshot.state, &other.state));
    let address = ResourceInstance::parse("terraform_data.a[0]").unwrap();
    let provider = other.state.resources[&address.resource()].provider.clone();
    let mut changed = (**other.state.object(&address).unwrap()).clone();
    let RawState::Json(compact) = changed.attributes else { panic!() };
    changed.attributes = RawState::Json(compact.replace(':', " : ").into());
    other.state.set_object(&address, None, &provider, Some(Arc::new(changed.clone())));
    assert_ne!(snapshot.state, other.state);
    let spaced = "{\"a\" : [1, 2]}";
    let pair = |text: &str| {
        let mut state = State::default();
        state.set_object(&address, None, &provider, Some(Arc::new(object(text))));
        state
    };
    assert!(same_content(&pair(spaced), &pair("{\"a\":[1,2]}")));
    assert!(!same_content(&pair(spaced), &pair("{\"a\":[1,3]}")));
    changed.status = ObjectStatus::Tainted;
    other.state.set_object(&address, None, &provider, Some(Arc::new(changed)));
    assert!(!same_content(&snapshot.state, &other.state));
}

#[test]
fn resources_and_instances_are_in_the_order_of_the_file() {
    let provider = ProviderConfigAddress::parse("provider[\"h.io/n/p\"]").unwrap();
    let mut state = State::default();
    let addresses = [
        "module.m[10].p_a.x",
        "module.m[2].p_a.x",
        "p_a.x[\"b\"]",
        "p_a.x[\"10\"]",
        "p_a.x[10]",
        "p_a.x[2]",
        "p_a.x",
        "data.p_a.x",
        "module.m.p_a.x",
    ];
    for address in addresses {
        let address = ResourceInstance::parse(address).unwrap();
        state.set_object(&address, None, &provider, Some(Arc::new(object("{}"))));
    }
    let text = text(&StateSnapshot { state, ..Default::default() });
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let picked: Vec<&str> = lines
        .into_iter()
        .filter(|l| l.starts_with("\"module\"") || l.starts_with("\"mode\"") || l.starts_with("\"index_key\""))
        .collect();
    let expected = [
        "\"mode\": \"data\",",
        "\"mode\": \"managed\",",
        "\"index_key\": 2,",
        "\"index_key\": 10,",
        "\"index_key\": \"10\",",
        "\"index_key\": \"b\",",
        "\"module\": \"module.m\",",
        "\"mode\": \"managed\",",
        "\"module\": \"module.m[10]\",",
        "\"mode\": \"managed\",",
        "\"module\": \"module.m[2]\",",
        "\"mode\": \"managed\",",
    ];
    assert_eq!(picked, expected);
}

#[test]
fn errors_say_what_is_wrong() {
    let head = "{\"version\":4,\"resources\":[{\"mode\":\"managed\",\"type\":\"a\",\"name\":\"b\",\
                \"provider\":\"provider[\\\"h/n/p\\\"]\",\"instances\":[";
    let instance = |text: &str| format!("{head}{text}]}}]}}");
    let deep = instance(&format!("{{\"attributes\":{{\"a\":{}{}}}}}", "[".repeat(9000), "]".repeat(9000)));
    let cases = [
        ("", "cut off after 0 bytes"),
        (&GOLDEN[..GOLDEN.len() / 2], "cut off after"),
        ("\0\0\0\0", "not a valid state"),
        ("not json", "not a valid state"),
        ("{}", "there is no \"version\""),
        ("[]", "not a valid state"),
        ("{\"version\":5,\"terraform_version\":\"9.1.0\",\"resources\":{}}", "format version 5"),
        ("{\"version\":5,\"terraform_version\":\"9.1.0\"}", "Terraform 9.1.0"),
        ("{\"version\":\"four\"}", "format version four"),
        ("{\"version\":4,\"resources\":{}}", "not a valid state"),
        ("tfstate\u{1}", "before 0.7"),
        ("{\"serial\":1,\"encrypted_data\":\"x\",\"encryption_version\":\"v0\"}", "OpenTofu"),
        ("{\"version\":4,\"outputs\":{\"o\":{\"value\":1,\"type\":\"strange\"}}}", "output \"o\""),
        ("{\"version\":4,\"resources\":[{\"mode\":\"odd\"}]}", "mode \"odd\""),
        (
            "{\"version\":4,\"resources\":[{\"mode\":\"data\",\"type\":\"t\",\"name\":\"n\",\"instances\":[{}]}]}",
            "no provider",
        ),
        (&instance("{},{}"), "a.b occurs more than once"),
        (&instance("{\"deposed\":\"aaaaaaaa\"},{\"deposed\":\"aaaaaaaa\"}"), "more than once"),
        (&instance("{\"deposed\":\"aaa\"}"), "8 characters"),
        (&instance("{\"index_key\":true}"), "true is not an instance key"),
        (&instance("{\"index_key\":-1}"), "-1 is not an instance key"),
        (&instance("{\"status\":\"odd\"}"), "status \"odd\""),
        (&instance("{\"private\":\"%\"}"), "base64"),
        (&instance("{\"dependencies\":[\"..\"]}"), "the address \"..\""),
        (&instance("{\"sensitive_attributes\":[[{\"type\":\"odd\"}]]}"), "\"odd\" is not known"),
        (&deep, "nested too deeply"),
    ];
    for (input, expected) in cases {
        let shown = &input[..input.len().min(120)];
        let message = decode(input.as_bytes()).map(|s| text(&s)).expect_err(shown).to_string();
        assert!(message.contains(expected), "{shown}: {message}");
    }
    assert!(decode(b"{\"version\":4,\n\"lineage\":\"\xff\"}").unwrap_err().to_string().contains("line 2, column 12"));
}

#[test]
fn unknown_keys_and_null_values_are_tolerated() {
    let text = "{\"version\":4,\"new\":[{}],\"outputs\":null,\"resources\":null,\"check_results\":[{\"object_kind\":\"new\"}]}";
    let snapshot = decode(text.as_bytes()).unwrap();
    assert!(snapshot.state.is_empty() && snapshot.state.checks.is_empty());
}

#[test]
fn version_3_is_upgraded() {
    let snapshot = decode(VERSION_3.as_bytes()).unwrap();
    assert_eq!((snapshot.serial, &*snapshot.lineage), (6, "old-lineage"));
    let get = |address: &str| snapshot.state.object(&ResourceInstance::parse(address).unwrap()).unwrap().clone();
    let instance = get("null_resource.many[1]");
    let expected = [("id", "77"), ("triggers.%", "1"), ("triggers.k", "v")];
    assert_eq!(instance.attributes, RawState::Flatmap(expected.map(|(k, v)| (k.into(), v.into())).to_vec()));
    assert_eq!(instance.schema_version, 3);
    assert_eq!(instance.private, br#"{"e2bfb730":{"create":600}}"#);
    assert_eq!(instance.dependencies.iter().map(|d| d.to_string()).collect::<Vec<_>>(), ["null_resource.one"]);
    assert_eq!(get("null_resource.one").status, ObjectStatus::Tainted);
    assert_eq!(get("module.net.aws_vpc.main").schema_version, 0);
    assert_eq!(get("data.aws_ami.a").attributes, RawState::Flatmap(vec![("id".into(), "ami-1".into())]));
    let vpc = ResourceInstance::parse("module.net.aws_vpc.main").unwrap();
    let resource = &snapshot.state.resources[&vpc.resource()];
    assert_eq!(resource.provider.to_string(), "module.net.provider[\"registry.terraform.io/-/aws\"].west");
    assert_eq!(resource.instances[&InstanceKey::None].deposed.len(), 1);
    assert_eq!(
        snapshot.state.outputs["list"].value,
        Value::list(Type::String, vec![Value::from("a"), Value::from("b")])
    );
    assert!(snapshot.state.outputs["list"].sensitive);
    assert!(!snapshot.state.outputs.contains_key("inner"));
    // What was read can be written as version 4 and read again.
    assert!(same_content(&decode(&encode(&snapshot)).unwrap().state, &snapshot.state));
}

#[test]
fn versions_1_and_2_are_upgraded() {
    let old = r#"{"version":1,"serial":1,"modules":[{"path":["root"],"outputs":{"o":"x"},"resources":{"a_b.c":{
        "type":"a_b","primary":{"id":"1","attributes":{"tags.#":"1","tags.Name":"n","list.#":"1","list.0":"e"}},
        "tainted":[{"id":"0"}]}}}]}"#;
    for version in ["1", "2"] {
        let snapshot = decode(old.replace("\"version\":1", &format!("\"version\":{version}")).as_bytes()).unwrap();
        assert_eq!(snapshot.state.outputs["o"].value, Value::from("x"));
        let instance = snapshot.state.instance(&ResourceInstance::parse("a_b.c").unwrap()).unwrap();
        let RawState::Flatmap(entries) = &instance.current.as_ref().unwrap().attributes else { panic!() };
        let keys: Vec<&str> = entries.iter().map(|(k, _)| &**k).collect();
        assert_eq!(keys, ["id", "list.#", "list.0", "tags.%", "tags.Name"]);
        assert_eq!(instance.deposed.values().next().unwrap().status, ObjectStatus::Tainted);
    }
}

/// Terraform finds nothing to change in our file and does not rewrite it; what it writes is what we write.
#[test]
fn terraform_takes_our_file_over_and_back() {
    let Some(terraform) = binary() else { return };
    let dir = Scratch::new("takeover");
    let config = r#"
        resource "terraform_data" "a" {
          for_each = { "k<1" = sensitive("s"), b = "t" }
          input = { p = each.value, n = [1, 2.5, null], e = {}, l = [] }
        }
        resource "terraform_data" "b" {
          count            = 11
          triggers_replace = [for k, v in terraform_data.a : v.id]
        }
        output "ids" { value = terraform_data.b[*].id }
        output "s" {
          value     = terraform_data.a["b"].output
          sensitive = true
        }"#;
    std::fs::write(dir.path("main.tf"), config).unwrap();
    let state = dir.path("terraform.tfstate");
    assert!(run(&terraform, &dir.0, &["init", "-no-color"]).status.success());
    let applied = run(&terraform, &dir.0, &["apply", "-auto-approve", "-no-color"]);
    assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
    let theirs = std::fs::read(&state).unwrap();
    let mut snapshot = decode(&theirs).unwrap();
    assert_eq!(String::from_utf8_lossy(&encode(&snapshot)), String::from_utf8_lossy(&theirs));

    let one = ResourceInstance::parse("terraform_data.b[10]").unwrap();
    let provider = snapshot.state.resources[&one.resource()].provider.clone();
    snapshot.state.set_object(&one, None, &provider, None);
    snapshot.serial += 1;
    std::fs::write(&state, encode(&snapshot)).unwrap();
    let plan = run(&terraform, &dir.0, &["plan", "-detailed-exitcode", "-no-color"]);
    let shown = String::from_utf8_lossy(&plan.stdout);
    assert!(shown.contains("1 to add, 0 to change, 0 to destroy"), "{shown}");
    assert!(run(&terraform, &dir.0, &["apply", "-auto-approve"]).status.success());
    let plan = run(&terraform, &dir.0, &["plan", "-detailed-exitcode"]);
    assert_eq!(plan.status.code(), Some(0));
    let theirs = std::fs::read(&state).unwrap();
    std::fs::write(&state, encode(&decode(&theirs).unwrap())).unwrap();
    assert_eq!(run(&terraform, &dir.0, &["plan", "-detailed-exitcode"]).status.code(), Some(0));
    let serial = decode(&theirs).unwrap().serial;
    assert!(serial > snapshot.serial, "{serial}");
}

proptest! {
    #[test]
    fn damaged_files_never_panic(
        file in prop::sample::select(vec![GOLDEN, VERSION_3]),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<bool>(),
    ) {
        let mut bytes = file.as_bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if cut {
            bytes.truncate(at);
        }
        if let Ok(snapshot) = decode(&bytes) {
            let again = encode(&snapshot);
            prop_assert_eq!(encode(&decode(&again).unwrap()), again);
        }
    }
}
