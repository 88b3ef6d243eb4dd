//! Expressions and their values. Each file has, for each expression after `>>> `, how its value is shown: as the reference
//! shows it, or `!` for an error.

use super::Functions;
use crate::{Environment, Phase};
use formwork_diag::{Diagnostic, Diagnostics, FileId};
use formwork_hcl::{Function, FunctionName, Scope, Traversal, evaluate, parse_expression};
use formwork_model::{Entropy, Files};
use formwork_value::{Kind, Marks, Str, Type, Value, print};
use std::collections::BTreeMap;
use std::sync::Arc;

mod recorded;
mod world;

/// Functions, and a few names.
struct TestScope {
    functions: Functions,
    names: BTreeMap<Str, Value>,
}

impl Scope for TestScope {
    fn reference(&self, traversal: &Traversal) -> Result<(Value, usize), Diagnostics> {
        match self.names.get(&traversal.root) {
            Some(value) => Ok((value.clone(), 0)),
            None => Err(Diagnostic::error("Unknown name", &*traversal.root).at(traversal.span).into()),
        }
    }

    fn function(&self, name: &FunctionName) -> Result<&dyn Function, Diagnostic> {
        self.functions.get(name)
    }
}

fn scope(phase: Phase) -> TestScope {
    let names = [
        ("us", Value::unknown_not_null(Type::String)),
        ("un", Value::unknown_not_null(Type::Number)),
        ("ub", Value::unknown_not_null(Type::Bool)),
        ("ud", Value::dynamic()),
        ("ul", Value::unknown_not_null(Type::list(Type::String))),
        ("um", Value::unknown_not_null(Type::map(Type::String))),
        ("secret", Value::from("s").with_marks(Marks::SENSITIVE)),
        ("fleeting", Value::from("f").with_marks(Marks::EPHEMERAL)),
        ("template", Value::from("Hello, ${name}!")),
        ("broken", Value::from("${name")),
    ];
    TestScope {
        functions: Functions::new(&world::environment(phase)),
        names: names.into_iter().map(|(name, value)| (name.into(), value)).collect(),
    }
}

/// A value in short: `?` and the type if it is unknown, `!` if it will not be null, then what else is known of it; marks
/// behind `@`.
fn described(value: &Value) -> String {
    let list = |items: &mut dyn Iterator<Item = &Value>| items.map(described).collect::<Vec<_>>().join(", ");
    let mut text = match value.kind() {
        Kind::Unknown(ty, known) => {
            let mut text = format!("?{ty}");
            if let Some(known) = known {
                text.push_str(if known.not_null { "!" } else { "" });
                known.prefix.iter().for_each(|prefix| text.push_str(&format!(" {prefix:?}")));
                known.min.iter().for_each(|(min, _)| text.push_str(&format!(" >={min}")));
                known.max.iter().for_each(|(max, _)| text.push_str(&format!(" <={max}")));
                known.min_length.iter().for_each(|min| text.push_str(&format!(" {min}..")));
                known.max_length.iter().for_each(|max| text.push_str(&format!(" ..{max}")));
            }
            text
        }
        Kind::Null(ty) => format!("null:{ty}"),
        Kind::List(c) => format!("list[{}]", list(&mut c.items.iter())),
        Kind::Set(c) => format!("set[{}]", list(&mut c.items.iter())),
        Kind::Tuple(items) => format!("[{}]", list(&mut items.iter())),
        Kind::Map(_) | Kind::Object(_) => {
            let entries = value.as_mapping().into_iter().flatten();
            let entries: Vec<String> = entries.map(|(name, item)| format!("{name}={}", described(item))).collect();
            format!("{{{}}}", entries.join(", "))
        }
        _ => print(&value.clone().unmark().0),
    };
    text.push_str(if value.is_sensitive() { "@s" } else { "" });
    text.push_str(if value.marks().is_ephemeral() { "@e" } else { "" });
    text
}

fn check_described(phase: Phase, cases: &[(&str, &str)]) {
    let scope = scope(phase);
    for (source, expected) in cases {
        let (expr, problems) = parse_expression(FileId(0), source, 0);
        assert!(problems.is_empty(), "{source}");
        let evaluated = evaluate(&expr, &scope);
        let actual = if evaluated.diagnostics.has_errors() { "!".into() } else { described(&evaluated.value) };
        assert_eq!(actual, *expected, "{source}: {:?}", evaluated.diagnostics);
    }
}

const WITH_UNKNOWN: &[(&str, &str)] = &[
    ("upper(us)", "?string!"),
    ("upper(ud)", "?string!"),
    ("upper(un)", "?string!"),
    ("length(us)", "?number!"),
    ("length(\"abc-${us}\")", "?number! >=4"),
    ("length(ul)", "?number! >=0"),
    ("length([us, us])", "2"),
    ("length(toset([us, \"x\"]))", "?number! >=1 <=2"),
    ("length(ud)", "?number!"),
    ("startswith(\"abc-${us}\", \"abc\")", "true"),
    ("startswith(\"abc-${us}\", \"b\")", "false"),
    ("startswith(\"abc-${us}\", \"abc-d\")", "?bool!"),
    ("jsonencode({a = us})", "?string! \"{\""),
    ("jsonencode([us])", "?string! \"[\""),
    ("jsonencode(us)", "?string! \"\\\"\""),
    ("jsonencode(ud)", "?string!"),
    ("format(\"ab-%s\", us)", "?string! \"ab-\""),
    ("format(\"%s\", null)", "?any"),
    ("formatlist(\"%s\", [us, \"k\"])", "list[?string!, \"k\"]"),
    ("formatlist(\"%s\", ul)", "?list(string)!"),
    ("concat([us], [1])", "[?string!, 1]"),
    ("concat(ul, ul)", "?list(string)!"),
    ("concat(ul, [1])", "?any"),
    ("concat(ul)", "?list(string)!"),
    ("merge({a = us}, {b = 1})", "{a=?string!, b=1}"),
    ("merge(um, um)", "?map(string)!"),
    ("merge(um, {a = 1})", "?any"),
    ("merge(ud, {a = 1})", "?any"),
    ("keys({a = us})", "[\"a\"]"),
    ("keys(um)", "?list(string)!"),
    ("values({a = us, b = 1})", "[?string!, 1]"),
    ("lookup({a = us}, \"a\", 1)", "?string!"),
    ("lookup({a = 1}, us, 1)", "?any"),
    ("lookup(um, \"a\", \"x\")", "?string"),
    ("lookup(ud, \"a\", \"x\")", "?any"),
    ("element([us, 1], 1)", "1"),
    ("element(ul, 0)", "?string"),
    ("element([1, 2], un)", "?any"),
    ("flatten([[us], [1]])", "[?string!, 1]"),
    ("flatten([ul])", "?any"),
    ("flatten([ud])", "?any"),
    ("reverse([us, 1])", "[1, ?string!]"),
    ("slice([us, 1], 1, 2)", "[1]"),
    ("slice([1, 2], 0, un)", "?any"),
    ("slice(ul, 0, 1)", "?list(string)!"),
    ("sort([us, \"a\"])", "list[?string, ?string]"),
    ("sort(ul)", "?list(string)!"),
    ("distinct([us, \"a\"])", "?list(string)!"),
    ("compact([us, \"a\"])", "?list(string)!"),
    ("chunklist([us, \"a\"], 1)", "list[list[?string!], list[\"a\"]]"),
    ("zipmap([\"a\"], [us])", "{a=?string!}"),
    ("zipmap([us], [1])", "?any"),
    ("zipmap([us], tolist([1]))", "?map(number)!"),
    ("setunion([\"a\"], [us])", "set[\"a\", ?string!]"),
    ("setintersection([\"a\"], [us])", "?set(string)!"),
    ("setsubtract([\"a\"], [us])", "?set(string)!"),
    ("setproduct([us], [1])", "list[[?string!, 1]]"),
    ("setproduct(ul, [1])", "?list(tuple([string, number]))!"),
    ("contains([us], \"a\")", "?bool!"),
    ("contains([us, \"a\"], \"a\")", "true"),
    ("contains([1], us)", "?bool!"),
    ("index([us, \"a\"], \"a\")", "?number!"),
    ("coalesce(\"a\", us)", "\"a\""),
    ("coalesce(us, \"a\")", "?string!"),
    ("coalesce(ud, \"a\")", "?string!"),
    ("coalescelist([], [us])", "[?string!]"),
    ("coalescelist(ul, [1])", "?any"),
    ("one([us])", "?string!"),
    ("one(ul)", "?string"),
    ("one(toset([us, \"a\"]))", "?string"),
    ("alltrue([true, ub])", "?bool!"),
    ("alltrue([false, ub])", "false"),
    ("anytrue([ub, true])", "true"),
    ("max(1, un)", "?number!"),
    ("sum([1, un])", "?number!"),
    ("range(un)", "?list(number)!"),
    ("parseint(\"1\", un)", "?number!"),
    ("tostring(us)", "?string"),
    ("tolist([us])", "list[?string!]"),
    ("tonumber(ud)", "?number"),
    ("try(us, 1)", "?any"),
    ("try(1, us)", "1"),
    ("can(us)", "?bool"),
    ("can(nope)", "false"),
    ("regex(\"(a)(b)\", us)", "?tuple([string, string])!"),
    ("regex(us, \"a\")", "?any"),
    ("regexall(\"(?P<x>a)\", us)", "?list(object({x = string}))!"),
    ("jsondecode(us)", "?any"),
    ("join(\",\", [us, \"a\"])", "?string!"),
    ("split(\",\", us)", "?list(string)!"),
    ("transpose({a = [us]})", "?map(list(string))!"),
    ("templatefile(\"t/simple.tftpl\", {name = us})", "?string! \"Name: \""),
    ("templatefile(us, {})", "?any"),
    ("templatestring(template, {name = us})", "?string! \"Hello, \""),
    ("templatestring(us, {})", "?string!"),
    ("file(us)", "?string!"),
    ("issensitive(us)", "?bool!"),
    ("bcrypt(\"x\")", "?string!"),
    ("timestamp()", "?string!"),
    ("uuid()", "?string!"),
    ("plantimestamp()", "\"2024-03-01T10:00:00Z\""),
    ("convert(ud, list(string))", "?list(string)"),
    ("convert([1], list(string))", "list[\"1\"]"),
    ("convert({}, object({a = optional(string, \"x\")}))", "{a=\"x\"}"),
    ("convert(\"x\", number)", "!"),
    ("type(1)", "!"),
    ("assumenotnull(tostring(us))", "?string!"),
    ("assumenotnull(ud)", "!"),
    ("assumenotnull(tostring(null))", "!"),
    ("assumestringprefix(us, \"i-\")", "?string! \"i-\""),
    ("assumestringprefix(\"i-1\", \"i-\")", "\"i-1\""),
    ("assumestringprefix(\"j-1\", \"i-\")", "!"),
    ("assumestringprefix(\"j-${us}\", \"i-\")", "!"),
    ("assumelistlength(ul, 1, 3)", "?list(string)! 1.. ..3"),
    ("assumelistlength(ul, 1, 1)", "list[?string]"),
    ("assumelistlengthmin([1], 2)", "!"),
    ("assumemaplengthmax(um, 5)", "?map(string)! ..5"),
    ("assumesetlengthmin(ul, 1)", "?set(string)! 1.."),
    ("assumeequal(us, \"a\")", "\"a\""),
    ("assumeequal(\"b\", \"a\")", "!"),
    ("assumeequal(1, \"1\")", "\"1\""),
];

#[test]
fn unknown_arguments_leave_known_what_they_can() {
    check_described(Phase::Plan, WITH_UNKNOWN);
}

const WITH_MARKS: &[(&str, &str)] = &[
    ("upper(secret)", "\"S\"@s"),
    ("concat([secret], [1])", "[\"s\"@s, 1]"),
    ("concat(sensitive([1]), [2])", "[1, 2]@s"),
    ("merge({a = secret}, {b = 1})", "{a=\"s\"@s, b=1}"),
    ("merge(sensitive({a = 1}), {b = 1})", "{a=1, b=1}@s"),
    ("keys({a = secret})", "[\"a\"]"),
    ("keys(sensitive({a = 1}))", "[\"a\"]@s"),
    ("values({a = secret, b = 1})", "[\"s\"@s, 1]"),
    ("lookup({a = secret, b = 1}, \"b\")", "1"),
    ("lookup({a = 1}, secret, 2)", "2@s"),
    ("element([secret, 1], 1)", "1"),
    ("element([secret, 1], 0)", "\"s\"@s"),
    ("length([secret])", "1"),
    ("length(secret)", "1@s"),
    ("length(sensitive([1]))", "1@s"),
    ("flatten([[secret], [1]])", "[\"s\"@s, 1]"),
    ("flatten([sensitive([1]), [2]])", "[1, 2]@s"),
    ("zipmap([\"a\"], [secret])", "{a=\"s\"@s}"),
    ("tolist([secret, \"a\"])", "list[\"s\"@s, \"a\"]"),
    ("toset([secret])", "set[\"s\"]@s"),
    ("contains([secret], \"x\")", "false@s"),
    ("coalesce(\"a\", secret)", "\"a\"@s"),
    ("jsonencode({a = secret})", "\"{\\\"a\\\":\\\"s\\\"}\"@s"),
    ("distinct([secret])", "list[\"s\"]@s"),
    ("reverse([secret, 1])", "[1, \"s\"@s]"),
    ("can(secret)", "true"),
    ("try(secret, 1)", "\"s\"@s"),
    ("issensitive(secret)", "true"),
    ("issensitive([secret])", "false"),
    ("nonsensitive(secret)", "\"s\""),
    ("nonsensitive(1)", "1"),
    ("sensitive(fleeting)", "\"f\"@s@e"),
    ("ephemeralasnull([fleeting, 1])", "[null:string, 1]"),
    ("ephemeralasnull(secret)", "\"s\"@s"),
    ("ephemeralasnull({a = {b = fleeting}})", "{a={b=null:string}}"),
    ("setproduct([secret], [1])", "list[[\"s\"@s, 1]]"),
    ("setproduct([sensitive(1)], toset([1]))", "set[[1, 1]]@s"),
    ("chomp(templatefile(\"t/simple.tftpl\", {name = secret}))", "\"Name: s\"@s"),
    ("templatestring(template, {name = secret})", "\"Hello, s!\"@s"),
    ("assumeequal(secret, \"s\")", "\"s\""),
];

#[test]
fn marks_stay_where_they_are_or_spread() {
    check_described(Phase::Apply, WITH_MARKS);
}

#[test]
fn limits_hold() {
    let refused = [
        "setproduct(range(1000), range(1000), range(10))",
        "format(\"%2000000d\", 1)",
        "indent(1000000, join(\"\", [for i in range(1000) : \"\\n\"]))",
        "replace(format(\"%01000000d\", 0), \"0\", format(\"%01000d\", 0))",
        "replace(format(\"%01000000d\", 0), \"/0/\", format(\"%01000d\", 0))",
        "range(2000)",
        "bcrypt(\"x\", 31)",
        "regex(\"(a{1000}){1000}\", \"a\")",
        "regex(format(\"%s%s\", format(\"%05000d\", 0), \"(\"), \"a\")",
        "yamldecode(join(\"\", concat([\"a: &a [x,x,x,x,x,x,x,x,x,x]\\n\"], [for i in range(20) : \"a${i}: &a [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\\n\"])))",
        "yamldecode(join(\"\", [for i in range(1000) : \"[\"]))",
        "jsondecode(join(\"\", [for i in range(1000) : \"[\"]))",
        "fileset(\".\", join(\"\", [for i in range(20) : \"{a,b}\"]))",
        "parseint(format(\"%010000d\", 1), 62)",
        "templatestring(broken, {})",
        "templatefile(\"t/recursive.tftpl\", {})",
        "formatdate(format(\"%s\", \"'\"), \"2021-07-04T09:08:07Z\")",
        "provider::none::f(1)",
        "other::upper(\"a\")",
    ];
    let scope = scope(Phase::Console);
    for source in refused {
        assert_eq!(shown(source, &scope).0, "!", "{source}");
    }
    assert_eq!(shown("core::upper(\"a\")", &scope).0, "\"A\"");
}

/// The value of an expression as shown inside of a list, or `!`.
fn shown(source: &str, scope: &TestScope) -> (String, String) {
    let (expr, problems) = parse_expression(FileId(0), source, 0);
    let evaluated = evaluate(&expr, scope);
    let all: Vec<&Diagnostic> = problems.iter().chain(evaluated.diagnostics.iter()).filter(|d| d.is_error()).collect();
    if let Some(first) = all.first() {
        return ("!".into(), format!("{}: {}", first.summary, first.detail));
    }
    let text = print(&Value::tuple([evaluated.value]));
    let lines = text.lines().collect::<Vec<_>>();
    let inner = lines.get(1..lines.len().saturating_sub(1)).unwrap_or_default();
    let text = inner.iter().map(|line| line.strip_prefix("  ").unwrap_or(line)).collect::<Vec<_>>().join("\n");
    (text.strip_suffix(',').unwrap_or(&text).to_string(), String::new())
}

fn check(file: &str) {
    let scope = scope(Phase::Console);
    let mut wrong = Vec::new();
    let mut count = 0;
    for case in format!("\n{file}").split("\n>>> ").skip(1) {
        let (source, expected) = case.split_once('\n').unwrap_or((case, ""));
        let (actual, problem) = shown(source, &scope);
        count += 1;
        if actual != expected.trim_end_matches('\n') {
            wrong.push(format!(">>> {source}\n-- expected\n{expected}\n-- actual\n{actual} {problem}\n"));
        }
    }
    assert!(count > 0, "there are no cases");
    assert!(wrong.is_empty(), "{} of {count} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

macro_rules! families {
    ($($name:ident),* $(,)?) => {
        $(
            #[test]
            fn $name() {
                check(include_str!(concat!("tests/", stringify!($name), ".txt")));
            }
        )*
    };
}

families!(
    collection,
    documents,
    format,
    encoding,
    filesystem,
    hash,
    network,
    nulls,
    numbers_times_networks,
    numeric,
    string,
    text,
    time,
    types
);
