//! What the fuzzer runs: any bytes, no crash, no hang, and little memory.
//!
//! `tests/fuzz/run` fuzzes each target for a while; `tests/corpus.rs` runs every kept input in the normal test run.

use formwork_backend::{plan_file, state_file};
use formwork_diag::{FileId, Sources};
use formwork_hcl::{body_references, parse_expression, parse_json, parse_template, parse_traversal, references};
use formwork_model::PlanOptions;
use formwork_tests::engine::Engine;
use formwork_value::{json, msgpack, type_from_json};

const FILE: FileId = FileId(0);

/// Texts longer than this find nothing that shorter ones do not.
const MAX_TEXT: usize = 1 << 16;

fn text(data: &[u8]) -> String {
    String::from_utf8_lossy(data.get(..MAX_TEXT).unwrap_or(data)).into_owned()
}

/// Every kind of source text.
pub fn parse(data: &[u8]) {
    let (decoded, _) = formwork_hcl::decode(FILE, data.to_vec());
    let (body, _) = formwork_hcl::parse(FILE, &decoded);
    body_references(&body);
    let text = text(data);
    parse_json(FILE, &text);
    parse_template(FILE, &text, 0);
    let _ = parse_traversal(FILE, &text, 0);
    let (expression, _) = parse_expression(FILE, &text, 0);
    references(&expression);
}

/// A configuration, checked and planned.
pub fn evaluate(data: &[u8]) {
    let engine = Engine::new(&text(data));
    let (_, problems) = engine.try_load();
    if !problems.has_errors() && !engine.validate().has_errors() {
        engine.plan(PlanOptions::default());
    }
}

/// Everything that is read from disk or wire: the first line may be the type of the values.
pub fn decode(data: &[u8]) {
    let _ = state_file::decode(data);
    let _ = plan_file::decode(data);
    let text = text(data);
    formwork_install::parse_lock_file("lock", &text, &mut Sources::default());
    let _ = json::decode_plain(&text);
    let Some(end) = data.iter().position(|b| *b == b'\n') else { return };
    let (first, rest) = data.split_at(end);
    let rest = rest.get(1..).unwrap_or_default();
    let Ok(ty) = type_from_json(&String::from_utf8_lossy(first)) else { return };
    for value in [json::decode(&String::from_utf8_lossy(rest), &ty), msgpack::decode(rest, &ty)].into_iter().flatten() {
        let again = msgpack::encode(&value, &ty).map(|bytes| msgpack::decode(&bytes, &ty));
        if let Ok(again) = again {
            assert!(again.is_ok_and(|again| again == value), "a value that changes by writing and reading");
        }
    }
}

/// What is formatted once stays. The reference drops the blanks beside a dot, so that an index after a number or a dot
/// (`0. 00. 0`, `a.00. 0`) becomes part of a number, which cannot be read any more then: the formatter does the same.
pub fn format(data: &[u8]) {
    let text = text(data);
    let Ok(once) = formwork_hcl::format(&text) else { return };
    match formwork_hcl::format(&once) {
        Ok(again) => assert_eq!(again, once, "what was formatted is formatted differently"),
        Err(_) => assert!(has_dot_beside_blank(&text), "what was formatted cannot be read"),
    }
}

fn has_dot_beside_blank(text: &str) -> bool {
    const BLANKS: [char; 2] = [' ', '\t'];
    text.match_indices('.').any(|(at, dot)| {
        let (before, after) = (&text[..at], &text[at + dot.len()..]);
        before.ends_with(BLANKS) || after.starts_with(BLANKS)
    })
}
