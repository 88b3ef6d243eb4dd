//! Diagnostics in their three forms.

use formwork_diag::{BlockContext, Diagnostic, Diagnostics, FunctionCall, Sources, Span, ValueNote};
use formwork_render::{TextOptions, compact_warnings_text, diagnostic_text, diagnostics_text, json_validation};
use formwork_value::Path;

const TEXT: &str = "output \"wörld\" {\n  value = [\"é${foo.bar}\",\n\tvar.nope,\n  ]\n}\n";

fn sources() -> (Sources, impl Fn(&str) -> Span) {
    let mut sources = Sources::new();
    let file = sources.add("main.tf", TEXT);
    let header = "output \"wörld\"".into();
    sources.set_contexts(file, vec![BlockContext { start: 0, end: TEXT.len() as u32, header }]);
    let find = move |part: &str| {
        let start = TEXT.find(part).unwrap();
        Span::new(file, start, start + part.len())
    };
    (sources, find)
}

fn plain() -> TextOptions {
    TextOptions { colour: false, width: 60 }
}

#[test]
fn shows_place_code_and_values() {
    let (sources, find) = sources();
    let mut diagnostic = Diagnostic::error(
        "Invalid reference",
        "A managed resource \"foo\" \"bar\" has not been declared in the root module.\n\n  laid out: by hand, and kept as it is even beyond the width",
    )
    .at(find("foo.bar"))
    .address("module.m.aws_vpc.main");
    diagnostic.values.push(ValueNote { traversal: "var.x".into(), statement: "is \"x{\"".into() });
    diagnostic.function_call =
        Some(FunctionCall { called_as: "jsondecode".into(), signature: "jsondecode(str) dynamic".into() });
    let expected = "
Error: Invalid reference

  with module.m.aws_vpc.main,
  on main.tf line 2, in output \"wörld\":
   2:   value = [\"é${foo.bar}\",
                     ^^^^^^^
    ├────────────────
    │ while calling jsondecode(str)
    │ var.x is \"x{\"

A managed resource \"foo\" \"bar\" has not been declared in the
root module.

  laid out: by hand, and kept as it is even beyond the width
";
    assert_eq!(diagnostic_text(&diagnostic, &sources, plain()), expected);
}

#[test]
fn colour_draws_a_box_and_underlines() {
    let (sources, find) = sources();
    let diagnostic = Diagnostic::warning("Odd", "Detail.").at(find("var.nope"));
    let text = diagnostic_text(&diagnostic, &sources, TextOptions { colour: true, width: 60 });
    let plain =
        "╷\n│ Warning: Odd\n│\n│   on main.tf line 3, in output \"wörld\":\n│    3: \tvar.nope,\n│\n│ Detail.\n╵\n";
    assert_eq!(strip(&text), plain);
    assert!(text.contains("\u{1b}[4mvar.nope\u{1b}[0m,"), "{text:?}");
    assert!(text.starts_with("\u{1b}[33m╷"), "{text:?}");
}

fn strip(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        out.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    out + rest
}

#[test]
fn a_range_of_several_lines_and_one_at_the_end() {
    let (sources, find) = sources();
    let span = find("[\"é${foo.bar}\",\n\tvar.nope");
    let text = diagnostic_text(&Diagnostic::error("S", "").at(span), &sources, plain());
    assert_eq!(
        text,
        "\nError: S\n\n  on main.tf line 2, in output \"wörld\":\n   2:   value = [\"é${foo.bar}\",\n   3: \tvar.nope,\n\n"
    );
    let end = Span::new(span.file, TEXT.len(), TEXT.len());
    assert!(diagnostic_text(&Diagnostic::error("S", "").at(end), &sources, plain()).contains("on main.tf line 6:\n"));
    let beyond = Span::new(span.file, TEXT.len() + 100, TEXT.len() + 200);
    assert!(diagnostic_text(&Diagnostic::error("S", "D").at(beyond), &sources, plain()).contains("main.tf"));
}

#[test]
fn attributes_without_a_place_are_named() {
    let path = Path::root().attribute("tags").index("Name".into());
    let diagnostic = Diagnostic::error("S", "D").address("aws_vpc.a").attribute(path);
    let text = diagnostic_text(&diagnostic, &Sources::new(), plain());
    assert_eq!(text, "\nError: S\n\n  with aws_vpc.a, attribute tags[\"Name\"],\n\nD\n");
}

#[test]
fn similar_warnings_are_told_once() {
    let (sources, find) = sources();
    let mut all = Diagnostics::new();
    for _ in 0..3 {
        all.push(Diagnostic::warning("Deprecated", "First.").at(find("var.nope")));
        all.push(Diagnostic::warning("Check block assertion failed", "Each."));
    }
    all.push(Diagnostic::warning("Other", "O."));
    all.push(Diagnostic::warning("Other", "O2."));
    all.push(Diagnostic::error("Broken", "E."));
    all.push(Diagnostic::error("Broken", "E."));
    let text = diagnostics_text(&all, &sources, plain());
    assert_eq!(text.matches("Warning: Deprecated").count(), 1);
    assert!(text.contains("First.\n\n(and 2 more similar warnings elsewhere)\n"));
    assert!(text.contains("O.\n\n(and one more similar warning elsewhere)\n"));
    assert_eq!(text.matches("Check block assertion failed").count(), 3);
    assert_eq!(text.matches("Error: Broken").count(), 2);
    let compact = compact_warnings_text(&all, &sources, plain());
    assert!(compact.starts_with("Warnings:\n\n- Deprecated\n  on main.tf line 3 (and 2 more)\n"), "{compact}");
    assert!(!compact.contains("Broken"));
    assert_eq!(compact_warnings_text(&Diagnostics::new(), &sources, plain()), "");
}

#[test]
fn json_counts_columns_in_grapheme_clusters() {
    let (sources, find) = sources();
    let mut all = Diagnostics::from(Diagnostic::error("S", "D").at(find("foo.bar")).address("a.b"));
    all.push(Diagnostic::warning("W", ""));
    let expected = r#"{
  "format_version": "1.0",
  "valid": false,
  "error_count": 1,
  "warning_count": 1,
  "diagnostics": [
    {
      "severity": "error",
      "summary": "S",
      "detail": "D",
      "address": "a.b",
      "range": {
        "filename": "main.tf",
        "start": {
          "line": 2,
          "column": 16,
          "byte": 34
        },
        "end": {
          "line": 2,
          "column": 23,
          "byte": 41
        }
      },
      "snippet": {
        "context": "output \"wörld\"",
        "code": "  value = [\"é${foo.bar}\",",
        "start_line": 2,
        "highlight_start_offset": 16,
        "highlight_end_offset": 23,
        "values": []
      }
    },
    {
      "severity": "warning",
      "summary": "W",
      "detail": ""
    }
  ]
}"#;
    assert_eq!(json_validation(&all, &sources), expected);
    let none = json_validation(&Diagnostics::new(), &sources);
    assert!(none.contains("\"valid\": true") && none.contains("\"diagnostics\": []"));
}
