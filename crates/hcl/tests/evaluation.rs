//! Values of expressions: what the reference's console prints for each is in `data/evaluate.txt`.

use crate::scope::evaluate_text;
use formwork_value::print;

#[test]
fn expressions_have_the_values_of_the_reference() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for case in include_str!("data/evaluate.txt").split("\n----\n").filter(|case| !case.trim().is_empty()) {
        let (text, expected) = case.split_once("\n=>\n").expect("a case has an expression and a result");
        let evaluated = evaluate_text(text);
        let printed = match evaluated.diagnostics.iter().next() {
            Some(problem) => format!("{}: {}", problem.summary, problem.detail),
            None => print(&evaluated.value),
        };
        count += 1;
        if printed != expected {
            wrong.push(format!("{text}\n  gives    {printed}\n  expected {expected}"));
        }
    }
    assert!(count > 400);
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn marks_travel_to_the_result() {
    let sensitive = [
        "sens",
        "\"a ${sens}\"",
        "sensitive(1) + 1",
        "-sensitive(1)",
        "sens == \"x\"",
        "sensitive(true) ? 1 : 2",
        "sensitive(true) && false",
        "m[sensitive(\"k\")]",
        "l[sensitive(0)]",
        "true ? 1 : sensitive(2)",
        "sensitive([1])[0]",
        "sensitive({a = 1}).a",
        "[for x in sensitive([1]) : x]",
        "[for x in [1] : x if sensitive(true)]",
        "{for x in [\"a\"] : sensitive(x) => 1}",
        "{(sens) = 1}",
        "sensitive([{a = 1}])[*].a",
        "\"%{ for x in sensitive([1]) }${x}%{ endfor }\"",
        "\"%{ if sensitive(true) }a%{ endif }\"",
        "list(sensitive([1, 2])...)",
    ];
    for text in sensitive {
        let evaluated = evaluate_text(text);
        assert!(evaluated.diagnostics.is_empty(), "{text}: {:?}", evaluated.diagnostics);
        assert!(evaluated.value.is_sensitive(), "{text} should be sensitive");
    }
    let inner_only = ["true ? [sens] : [1]", "[sens]", "{a = sens}", "[for x in [1] : sensitive(x)]", "list(sens, 1)"];
    for text in inner_only {
        let value = evaluate_text(text).value;
        assert!(!value.is_sensitive() && value.marks_deep().is_sensitive(), "{text} should be sensitive inside");
    }
}

#[test]
fn bindings_are_seen_before_the_scope_and_inside_lazy_calls() {
    assert_eq!(print(&evaluate_text("[for s in [1, 2] : s]").value), "[\n  1,\n  2,\n]");
    assert_eq!(print(&evaluate_text("[for x in [{a = 1}, {}] : try(x.a, 0)]").value), "[\n  1,\n  0,\n]");
    assert_eq!(print(&evaluate_text("[for x in [1] : [for x in [2] : x][0] + x]").value), "[\n  3,\n]");
}

#[test]
fn endless_work_is_refused() {
    let list = format!("[{}]", vec!["1"; 300].join(", "));
    let text = format!(
        "length([for a in {list} : [for b in {list} : [for c in {list} : [for d in {list} : a * b * c * d]]]])"
    );
    let evaluated = evaluate_text(&text);
    let summaries: Vec<&str> = evaluated.diagnostics.iter().map(|d| &*d.summary).collect();
    assert_eq!(summaries, ["Expression too large"]);
}
