//! `terraform_data`: an object without effects that keeps values.
//!
//! `output` follows `input` when the object is applied, and is unknown in plans until then. A change of
//! `triggers_replace` asks for a new object, which gets a new id.

use crate::schema::DATA;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_model::{
    Entropy, ImportRequest, ImportResponse, ImportedObject, MoveRequest, MoveResponse, PlanRequest, PlanResponse,
    RawState,
};
use formwork_value::{Kind, Path, Type, Value};

/// What the object makes itself cannot be given.
pub(crate) fn validate(config: &Value) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    for name in ["id", "output"] {
        if config.get(name).is_some_and(|value| !value.is_null()) {
            let detail = format!("The attribute \"{name}\" of terraform_data is read-only. Remove the argument.");
            diagnostics.push(Diagnostic::error(format!("{name:?} attribute is read-only"), detail));
        }
    }
    diagnostics
}

pub(crate) fn plan(request: &PlanRequest<'_>) -> PlanResponse {
    let mut planned = request.proposed.clone();
    let mut requires_replace = Vec::new();
    if let Kind::Object(proposed) = request.proposed.kind() {
        let attribute = |name: &str| proposed.get(name).cloned().unwrap_or_else(Value::dynamic);
        let (input, triggers) = (attribute("input"), attribute("triggers_replace"));
        let creates = request.prior.is_null();
        let replaces = !creates && request.prior.get("triggers_replace") != Some(&triggers);
        if replaces {
            requires_replace.push(Path::root().attribute("triggers_replace"));
        }
        let mut attributes = (***proposed).clone();
        if creates || replaces {
            attributes.insert("id".into(), Value::unknown_not_null(Type::String));
            attributes.insert("output".into(), new_output(&input, replaces));
        } else if request.prior.get("input") != Some(&input) {
            attributes.insert("output".into(), Value::unknown(input.ty()));
        }
        planned = Value::object_map(attributes);
    }
    PlanResponse {
        planned,
        requires_replace,
        planned_private: request.prior_private.to_vec(),
        planned_identity: None,
        legacy_type_system: false,
        deferred: None,
        diagnostics: Diagnostics::new(),
    }
}

/// The type of an output that is still to come is known already; no input gives no output. A replacement drops the
/// type of a null.
fn new_output(input: &Value, replaces: bool) -> Value {
    match input.kind() {
        Kind::Null(_) if replaces => Value::null(Type::Dynamic),
        Kind::Null(_) => input.clone(),
        _ => Value::unknown(input.ty()),
    }
}

/// The new state: unknown outputs follow the inputs, an unknown id is drawn.
pub(crate) fn apply(planned: &Value, entropy: &dyn Entropy) -> Value {
    let Kind::Object(attributes) = planned.kind() else { return planned.clone() };
    let is_unknown = |name: &str| attributes.get(name).is_none_or(|v| !v.is_known());
    let (draws_id, copies_input) = (is_unknown("id"), is_unknown("output"));
    if !draws_id && !copies_input {
        return planned.clone();
    }
    let mut new = (***attributes).clone();
    if draws_id {
        new.insert("id".into(), Value::from(random_uuid(entropy)));
    }
    if copies_input {
        let input = attributes.get("input").cloned().unwrap_or_else(|| Value::null(Type::Dynamic));
        new.insert("output".into(), input);
    }
    Value::object_map(new)
}

/// A random UUID (version 4) in its usual form.
fn random_uuid(entropy: &dyn Entropy) -> String {
    let mut bytes = [0u8; 16];
    entropy.fill(&mut bytes);
    let bits = (u128::from_be_bytes(bytes) & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        bits >> 96,
        (bits >> 80) & 0xffff,
        (bits >> 64) & 0xffff,
        (bits >> 48) & 0xffff,
        bits & 0xffff_ffff_ffff
    )
}

/// Any id can be imported: there is nothing to look it up in.
pub(crate) fn import(request: &ImportRequest<'_>) -> ImportResponse {
    let state = Value::object([
        ("id", Value::from(request.id)),
        ("input", Value::null(Type::Dynamic)),
        ("output", Value::null(Type::Dynamic)),
        ("triggers_replace", Value::null(Type::Dynamic)),
    ]);
    ImportResponse {
        objects: vec![ImportedObject { kind: DATA.into(), state, private: Vec::new(), identity: None }],
        deferred: None,
        diagnostics: Diagnostics::new(),
    }
}

/// Takes over a `null_resource` of hashicorp/null (from any mirror): its triggers become `triggers_replace`.
pub(crate) fn take_over(request: &MoveRequest<'_>) -> MoveResponse {
    let failed = |summary: &str, detail: String| MoveResponse {
        state: Value::null(Type::Dynamic),
        private: Vec::new(),
        identity: None,
        diagnostics: Diagnostic::error(summary, detail).into(),
    };
    if !request.source_provider.ends_with("hashicorp/null") || request.source_kind != "null_resource" {
        let detail = format!(
            "Only null_resource of the provider hashicorp/null can become terraform_data, not {} of {}.",
            request.source_kind, request.source_provider
        );
        return failed("Unsupported move between resource types", detail);
    }
    let ty = Type::object([("id", Type::String), ("triggers", Type::map(Type::String))]);
    let RawState::Json(json) = &request.source_state else {
        return failed("Unsupported state of null_resource", "The stored object is from before state format 4.".into());
    };
    let source = match formwork_value::json::decode_state(json, &ty) {
        Ok(source) => source,
        Err(error) => return failed("Unreadable state of null_resource", error.to_string()),
    };
    // As an object, because that is what `{...}` in the configuration gives: no difference in the next plan.
    let triggers = match source.get("triggers").map(Value::kind) {
        Some(Kind::Map(map)) => Value::object_map((*map.items).clone()),
        _ => Value::null(Type::Dynamic),
    };
    let state = Value::object([
        ("id", source.get("id").cloned().unwrap_or_else(|| Value::null(Type::String))),
        ("input", Value::null(Type::Dynamic)),
        ("output", Value::null(Type::Dynamic)),
        ("triggers_replace", triggers),
    ]);
    MoveResponse { state, private: Vec::new(), identity: None, diagnostics: Diagnostics::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting;

    impl Entropy for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0xff);
        }
    }

    fn object(id: Value, input: Value, output: Value, triggers: Value) -> Value {
        Value::object([("id", id), ("input", input), ("output", output), ("triggers_replace", triggers)])
    }

    fn none() -> Value {
        Value::null(Type::Dynamic)
    }

    fn planned(prior: &Value, proposed: &Value) -> PlanResponse {
        plan(&PlanRequest {
            kind: DATA,
            prior,
            proposed,
            config: proposed,
            prior_private: b"",
            provider_meta: None,
            prior_identity: None,
            capabilities: Default::default(),
        })
    }

    #[test]
    fn plans_like_the_reference() {
        let id = || Value::unknown_not_null(Type::String);
        let absent = Value::null(Type::Dynamic);
        let stored = object("i".into(), "a".into(), "a".into(), "t".into());
        let cases = [
            // Creation, with and without input; the type of a null input is kept.
            (&absent, object(id(), "a".into(), Value::dynamic(), none()), Some(Value::unknown(Type::String)), true),
            (&absent, object(id(), none(), Value::dynamic(), none()), Some(none()), true),
            (
                &absent,
                object(id(), Value::null(Type::String), Value::dynamic(), none()),
                Some(Value::null(Type::String)),
                true,
            ),
            // Nothing changed; the input changed; the triggers changed, also away from an input.
            (&stored, stored.clone(), Some("a".into()), false),
            (
                &stored,
                object("i".into(), Value::from(5), "a".into(), "t".into()),
                Some(Value::unknown(Type::Number)),
                false,
            ),
            (&stored, object("i".into(), "a".into(), "a".into(), "u".into()), Some(Value::unknown(Type::String)), true),
            (&stored, object("i".into(), Value::null(Type::String), "a".into(), "u".into()), Some(none()), true),
        ];
        for (prior, proposed, output, new_id) in cases {
            let response = planned(prior, &proposed);
            assert_eq!(response.planned.get("output"), output.as_ref(), "{proposed:?}");
            assert_eq!(response.planned.get("id") == Some(&id()), new_id, "{proposed:?}");
            assert_eq!(!response.requires_replace.is_empty(), new_id && !prior.is_null());
        }
        assert!(planned(&stored, &absent).planned.is_null());
    }

    #[test]
    fn applies_input_to_output_and_draws_an_id() {
        let planned = object(Value::unknown_not_null(Type::String), "a".into(), Value::unknown(Type::String), none());
        let id = "ffffffff-ffff-4fff-bfff-ffffffffffff";
        assert_eq!(apply(&planned, &Counting), object(id.into(), "a".into(), "a".into(), none()));
        let settled = object("i".into(), "b".into(), "a".into(), none());
        assert_eq!(apply(&settled, &Counting), settled);
    }

    #[test]
    fn takes_over_null_resources_only() {
        let request = |provider, kind| MoveRequest {
            source_provider: provider,
            source_kind: kind,
            source_schema_version: 0,
            source_state: RawState::Json(r#"{"id":"5","triggers":{"k":"v"}}"#.into()),
            source_private: b"",
            source_identity_json: None,
            target_kind: DATA,
        };
        let moved = take_over(&request("example.com/hashicorp/null", "null_resource"));
        let triggers = Value::object([("k", Value::from("v"))]);
        assert_eq!(moved.state, object("5".into(), none(), none(), triggers));
        assert!(take_over(&request("example.com/x/null", "null_resource")).diagnostics.has_errors());
        assert!(take_over(&request("example.com/hashicorp/null", "null_data")).diagnostics.has_errors());
    }
}
