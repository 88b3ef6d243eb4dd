//! What explodes is refused in bounded memory, with its place and what to do; what is merely long works.

use formwork_tests::Folder;
use nix::sys::resource::{UsageWho, getrusage};
use std::time::{Duration, Instant};

const DEEP: usize = 10_000;

fn local(expression: &str) -> String {
    format!("locals {{\n  a = {expression}\n}}\noutput \"o\" {{\n  value = local.a\n}}\n")
}

fn nested(open: &str, close: &str) -> String {
    local(&format!("{}1{}", open.repeat(DEEP), close.repeat(DEEP)))
}

/// Forty local values, each made of the one before, which stands for `P`.
fn growing(first: &str, next: &str) -> String {
    let mut text = format!("output \"o\" {{\n  value = length(local.l40)\n}}\nlocals {{\n  l0 = {first}\n");
    for level in 1..=40 {
        text.push_str(&format!("  l{level} = {}\n", next.replace('P', &format!("local.l{}", level - 1))));
    }
    text + "}\n"
}

fn yaml_bomb() -> String {
    let row = |level: usize| format!("a{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 10].join(","));
    let rows: String = (1..12).map(row).collect();
    local(&format!("yamldecode(<<E\na0: &a0 [x,x]\n{rows}E\n)"))
}

/// Configurations, and what is said about each.
fn refused() -> Vec<(String, &'static str)> {
    let deep = "is nested more than 800 levels deep, which is not supported. Move inner parts to local values.";
    vec![
        (nested("(", ")"), deep),
        (nested("[", "]"), deep),
        (nested("{ a = ", " }"), deep),
        (nested("\"${", "}\""), deep),
        (nested("abs(", ")"), deep),
        (nested("-", ""), deep),
        (nested("true ? 1 : ", ""), deep),
        (format!("{}{}", "x {\n".repeat(DEEP), "}\n".repeat(DEEP)), deep),
        (local("range(1e9)"), "the range has more than 1024 elements"),
        (growing("[1]", "concat(P, P)"), "the result would have more than 2000000 elements"),
        (growing("[1]", "flatten([P, P])"), "the result would have more than 2000000 elements"),
        (growing("\"xx\"", "\"${P}${P}\""), "The text would be longer than 128 MiB"),
        (growing("\"xx\"", "join(\"\", [P, P])"), "the result would be longer than 128 MiB"),
        (growing("\"xx\"", "format(\"%s%s\", P, P)"), "the result would be longer than 128 MiB"),
        (growing("\"xx\"", "replace(P, \"x\", \"xx\")"), "the result would be longer than 128 MiB"),
        (growing("[1]", "[P, P]"), "would fill more than 2 GiB if it were written out"),
        (growing("{}", "{ a = P, b = P }"), "would fill more than 2 GiB if it were written out"),
        (local("length(setproduct(range(1000), range(1000), range(1000)))"), "more than 2000000 elements"),
        (yaml_bomb(), "the document stands for more than 1000000 values"),
        (local("jsondecode(join(\"\", [for i in range(1000) : \"[\"]))"), "more than 256 levels of nesting"),
        (local("1e1000000000"), "This number cannot be represented"),
        (local("cidrsubnets(\"::/0\", 1e9)"), "Invalid function argument"),
        ("resource \"terraform_data\" \"a\" {\n  count = 1e9\n}\n".into(), "1000000000 instances are asked for"),
        ("locals {\n  a = local.b\n  b = local.a\n}\n".into(), "Cycle"),
    ]
}

/// MiB that a process may take for something hostile: the longest text a few times, and what the allocator has not returned yet.
const MEMORY: i64 = 640;

#[test]
fn what_explodes_is_refused() {
    for (text, expected) in refused() {
        let folder = Folder::with(&text);
        let begin = Instant::now();
        let run = folder.run("plan -no-color");
        let start: String = text.chars().take(60).collect();
        let run = run.expect(1).says(expected);
        assert!(run.err.contains("main.tf line ") || run.err.contains("main.tf:"), "{start}: no place in {}", run.err);
        assert!(run.err.len() < 20_000, "{start}: {} bytes of errors", run.err.len());
        assert!(begin.elapsed() < Duration::from_secs(120), "{start}: {:?}", begin.elapsed());
        let peak = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap().max_rss() / 1024;
        assert!(peak < MEMORY, "{start}: {peak} MiB");
    }
}

#[test]
fn deep_json_is_refused_wherever_it_is_read() {
    let deep = format!("{}1{}", "[".repeat(DEEP), "]".repeat(DEEP));
    let folder = Folder::with("variable \"v\" {\n  type    = any\n  default = 1\n}\n");
    folder.write("more.tf.json", &format!("{{\"locals\":{{\"a\":{deep}}}}}"));
    folder.run("validate -no-color").expect(1).says("more than 500 levels deep").says("more.tf.json line 1");
    folder.write("more.tf.json", "{}");
    folder.write("v.tfvars.json", &format!("{{\"v\":{deep}}}"));
    folder.run("plan -no-color -var-file=v.tfvars.json").expect(1).says("more than 500 levels deep");
    folder.write("terraform.tfstate", &format!("{{\"version\":4,\"x\":{deep}}}"));
    // What a state has beside its own is skipped.
    folder.run("plan -no-color").ok();
    let run = folder.run(&format!("plan -no-color -var=v={}", "[".repeat(DEEP)));
    run.expect(1).says("is nested more than 800 levels deep");
}

#[test]
fn a_module_that_calls_itself_is_refused() {
    let folder = Folder::with("module \"m\" {\n  source = \"./\"\n}\n");
    folder.run("init -no-color").expect(1).says("The module calls itself").says("main.tf line 2");
}

#[test]
fn what_is_long_works() {
    let terms = 100_000;
    let rows = format!("[1{}, true{}]", " + 1".repeat(terms), " && true".repeat(terms));
    Folder::with(&local(&rows)).run("plan -no-color").ok().says("100001");
    let keys = "[for a in range(1000) : [for b in range(1000) : \"k${a}-${b}\"]]";
    let million = format!(
        "locals {{\n  m = {{ for k in flatten({keys}) : k => k }}\n}}\noutput \"o\" {{\n  value = [length(local.m), \
         local.m[\"k5-5\"]]\n}}\n"
    );
    Folder::with(&million).run("plan -no-color").ok().says("1000000").says("k5-5");
    let folder = Folder::with("variable \"v\" {}\noutput \"o\" {\n  value = length(\"${var.v}x\")\n}\n");
    folder.write("v.tfvars", &format!("v = \"{}\"\n", "x".repeat(100 << 20)));
    folder.run("plan -no-color -var-file=v.tfvars").ok().says("104857601");
}
