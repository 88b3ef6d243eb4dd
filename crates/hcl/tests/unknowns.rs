//! Expressions with unknown parts: what is known of the result.

use crate::scope::evaluate_text;
use formwork_value::{Kind, Value};

/// The value in short: `?` and the type for unknown ones, `!` when it will not be null, then the prefix and bounds.
fn describe(value: &Value) -> String {
    match value.kind() {
        Kind::Unknown(ty, known) => {
            let mut text = format!("?{ty}");
            if let Some(known) = known {
                text.push_str(if known.not_null { "!" } else { "" });
                known.prefix.iter().for_each(|prefix| text.push_str(&format!(" {prefix:?}")));
                known.min.iter().for_each(|(min, _)| text.push_str(&format!(" >={min}")));
                known.max.iter().for_each(|(max, _)| text.push_str(&format!(" <={max}")));
            }
            text
        }
        Kind::Tuple(items) => format!("[{}]", items.iter().map(describe).collect::<Vec<_>>().join(", ")),
        Kind::Object(attributes) => {
            let parts: Vec<String> = attributes.iter().map(|(k, v)| format!("{k}={}", describe(v))).collect();
            format!("{{{}}}", parts.join(", "))
        }
        _ => formwork_value::print(value),
    }
}

#[test]
fn unknown_parts_make_as_little_unknown_as_possible() {
    let cases = [
        ("us", "?string!"),
        ("ud", "?any"),
        ("un + 1", "?number!"),
        ("-un", "?number!"),
        ("!ub", "?bool!"),
        ("ud + 1", "?number!"),
        ("un > 1", "?bool!"),
        ("us == null", "false"),
        ("us != null", "true"),
        ("ud == null", "?bool!"),
        ("us == \"x\"", "?bool!"),
        ("\"pre-${us}\"", "?string! \"pre-\""),
        ("\"${us}-x\"", "?string!"),
        ("\"pre-${us}\" == \"other\"", "false"),
        ("\"pre-${us}\" == null", "false"),
        ("ub && false", "?bool!"),
        ("false && ub", "?bool!"),
        ("ub || true", "?bool!"),
        ("true || ub", "?bool!"),
        ("ub && true", "?bool!"),
        ("false || ub", "?bool!"),
        ("ub ? 1 : 1", "1"),
        ("ub ? 3 : 9", "?number! >=3 <=9"),
        ("(ub ? 3 : 9) > 1", "true"),
        ("(ub ? 3 : 9) >= 10", "false"),
        ("(ub ? 3 : 9) > 5", "?bool!"),
        ("(ub ? 3 : 9) == 100", "false"),
        ("ub ? \"a\" : \"b\"", "?string!"),
        ("ub ? null : \"b\"", "?string"),
        ("ub ? null : null", "null"),
        ("ub ? 1 : \"b\"", "?string!"),
        ("ub ? [1] : [\"a\"]", "?tuple([string])!"),
        ("ud ? 1 : \"x\"", "?string!"),
        ("true ? us : 1", "?string!"),
        ("[us, 1]", "[?string!, 1]"),
        ("{a = us}.a", "?string!"),
        ("{(us) = 1}", "?any"),
        ("l[un]", "?any"),
        ("tolist([1])[un]", "?number"),
        ("m[us]", "?number"),
        ("o[us]", "?any"),
        ("uo.x", "?number"),
        ("uo[\"x\"]", "?number"),
        ("ul[0].x", "?number"),
        ("ud.anything[0]", "?any"),
        ("[for x in ul : x]", "?any"),
        ("[for x in [us, \"k\"] : x == \"k\"]", "[?bool!, true]"),
        ("[for x in [us] : 1 if x == \"k\"]", "?any"),
        ("{for x in [us] : x => 1}", "?any"),
        ("{for x in [\"k\"] : x => us}", "{k=?string!}"),
        ("ul[*].x", "?list(number)"),
        ("us[*]", "[?string!]"),
        ("ud[*]", "?any"),
        ("uo[*].x", "?any"),
        ("[us, us][*]", "[?string!, ?string!]"),
        ("\"%{ if ub }a%{ endif }b\"", "?string!"),
        ("\"a%{ for x in ul }${x.x}%{ endfor }\"", "?string! "),
        ("list(ul...)", "?any"),
    ];
    for (text, expected) in cases {
        let evaluated = evaluate_text(text);
        assert!(evaluated.diagnostics.is_empty(), "{text}: {:?}", evaluated.diagnostics);
        assert_eq!(describe(&evaluated.value).trim_end(), expected.trim_end(), "{text}");
    }
}

#[test]
fn errors_of_a_side_that_does_not_matter_are_discarded() {
    for text in ["true ? 1 : o.none", "false ? l[9] : 1", "ub ? 1 : o.none"] {
        let evaluated = evaluate_text(text);
        assert!(evaluated.diagnostics.is_empty(), "{text}: {:?}", evaluated.diagnostics);
    }
    let undecided = ["ub && o.none", "o.none && false", "true && o.none", "false || o.none", "o.none || true"];
    for text in undecided {
        assert_eq!(evaluate_text(text).diagnostics.errors(), 1, "{text}");
    }
}

#[test]
fn the_left_side_decides_when_the_right_one_fails() {
    let cases = [
        ("false && o.none", false),
        ("true || o.none", true),
        ("false && n", false),
        ("true || s", true),
        ("num > 9 && l[num] == 1", false),
        ("false && o.none || true", true),
        ("false && (o.none && l[9])", false),
    ];
    for (text, expected) in cases {
        let evaluated = evaluate_text(text);
        assert!(evaluated.diagnostics.is_empty(), "{text}: {:?}", evaluated.diagnostics);
        assert_eq!(evaluated.value.as_bool(), Some(expected), "{text}");
    }
    assert!(evaluate_text("sensitive(false) && o.none").value.is_sensitive());
    assert!(!evaluate_text("false && sensitive(o.none)").value.is_sensitive());
}
