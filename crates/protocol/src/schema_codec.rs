//! Provider schemas as bytes, for the wire and for caches.
//!
//! Schemas of large providers have megabytes, of which a run needs little. So the outermost message is read by hand,
//! and only the types that are asked for are decoded.

use crate::convert::{block_schema, diagnostics_from, function, function_to, identity, identity_to, schema_to};
use crate::wire::tfplugin6 as wire;
use bytes::{Buf, Bytes};
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_model::{ProviderSchema, Schema};
use formwork_value::Str;
use prost::Message;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// First bytes of the encoding. A change of the format changes them.
const MAGIC: &[u8] = b"formwork-schema-1\n";

/// The answers of a provider about its schema, undecoded.
#[derive(Clone)]
pub(crate) struct RawSchema {
    pub protocol: u32,
    /// `GetProviderSchema.Response`.
    pub schema: Bytes,
    /// `GetResourceIdentitySchemas.Response`.
    pub identities: Bytes,
}

/// Encodes a schema for [`decode_schema`].
pub fn encode_schema(schema: &ProviderSchema) -> Vec<u8> {
    let raw = RawSchema {
        protocol: 6,
        schema: Bytes::from(schema_response(schema).encode_to_vec()),
        identities: Bytes::from(identities_response(schema).encode_to_vec()),
    };
    raw.to_bytes()
}

/// Decodes what [`encode_schema`] gave.
pub fn decode_schema(bytes: &[u8]) -> Result<ProviderSchema, Diagnostics> {
    decode_schema_subset(bytes, None)
}

/// As [`decode_schema`], but decodes of the resources, data sources, ephemeral resources and identities only the types
/// that are wanted; the result lacks the others.
pub fn decode_schema_subset(bytes: &[u8], wanted: Option<&BTreeSet<Str>>) -> Result<ProviderSchema, Diagnostics> {
    RawSchema::from_bytes(bytes)?.decode(wanted)
}

impl RawSchema {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(MAGIC.len() + 9 + self.schema.len() + self.identities.len());
        bytes.extend_from_slice(MAGIC);
        bytes.push(u8::try_from(self.protocol).unwrap_or_default());
        bytes.extend_from_slice(&(self.schema.len() as u64).to_le_bytes());
        bytes.extend_from_slice(&self.schema);
        bytes.extend_from_slice(&self.identities);
        bytes
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<RawSchema, Diagnostics> {
        let damaged = || {
            let detail = "The cached schema is damaged or was written by another version. Delete it and run again.";
            Diagnostics::from(Diagnostic::error("Unreadable provider schema", detail).blame(Blame::Environment))
        };
        let mut rest = Bytes::copy_from_slice(bytes.strip_prefix(MAGIC).ok_or_else(damaged)?);
        if rest.remaining() < 9 {
            return Err(damaged());
        }
        let protocol = u32::from(rest.get_u8());
        let length = usize::try_from(rest.get_u64_le()).map_err(|_| damaged())?;
        if length > rest.len() {
            return Err(damaged());
        }
        let schema = rest.split_to(length);
        Ok(RawSchema { protocol, schema, identities: rest })
    }

    /// Decodes the wanted types, or all. Fails with what the provider reported, or with what is wrong with its schema.
    pub(crate) fn decode(&self, wanted: Option<&BTreeSet<Str>>) -> Result<ProviderSchema, Diagnostics> {
        let mut decoder =
            Decoder { protocol: self.protocol, wanted, schema: ProviderSchema::default(), reported: Vec::new() };
        decoder.read_all(self).map_err(invalid)?;
        let diagnostics = diagnostics_from(decoder.reported, Blame::Provider);
        match diagnostics.has_errors() {
            true => Err(diagnostics),
            false => Ok(decoder.schema),
        }
    }
}

fn invalid(reason: String) -> Diagnostics {
    let detail = format!("The provider's schema is not valid: {reason}. This is a bug in the provider.");
    Diagnostic::error("Provider produced invalid schema", detail).blame(Blame::Provider).into()
}

struct Decoder<'a> {
    protocol: u32,
    wanted: Option<&'a BTreeSet<Str>>,
    schema: ProviderSchema,
    reported: Vec<wire::Diagnostic>,
}

impl Decoder<'_> {
    fn read_all(&mut self, raw: &RawSchema) -> Result<(), String> {
        let mut rest = raw.schema.clone();
        while let Some((number, field)) = next_field(&mut rest)? {
            self.read_field(number, field)?;
        }
        let mut rest = raw.identities.clone();
        while let Some((number, field)) = next_field(&mut rest)? {
            if number == 1
                && let Some((name, value)) = self.entry(field)?
            {
                let schema = identity(message(value)?).map_err(|error| format!("identity of {name}: {error}"))?;
                self.schema.identities.insert(name, schema);
            }
        }
        Ok(())
    }

    /// A field of `GetProviderSchema.Response`.
    fn read_field(&mut self, number: u32, field: Bytes) -> Result<(), String> {
        match number {
            1 => self.schema.provider = self.block("provider", field)?,
            2 => {
                if let Some((name, schema)) = self.typed_schema("resource", field)? {
                    self.schema.resources.insert(name, schema);
                }
            }
            3 => {
                if let Some((name, schema)) = self.typed_schema("data source", field)? {
                    self.schema.data_sources.insert(name, schema);
                }
            }
            4 => self.reported.push(message(field)?),
            5 => self.schema.provider_meta = Some(self.block("provider_meta", field)?),
            6 => self.read_capabilities(message(field)?),
            7 => {
                let (name, value) = map_entry(field)?;
                let signature = function(message(value)?).map_err(|error| format!("function {name}: {error}"))?;
                self.schema.functions.insert(name, signature);
            }
            8 => {
                if let Some((name, schema)) = self.typed_schema("ephemeral resource", field)? {
                    self.schema.ephemeral_resources.insert(name, schema);
                }
            }
            9 => {
                if let Some((name, schema)) = self.typed_schema("list resource", field)? {
                    self.schema.list_resources.insert(name, schema);
                }
            }
            11 => self.read_action(field)?,
            _ => {}
        }
        Ok(())
    }

    /// An action's schema lies in a message of its own.
    fn read_action(&mut self, field: Bytes) -> Result<(), String> {
        if let Some((name, mut value)) = self.entry(field)? {
            let mut schema = Bytes::new();
            while let Some((number, field)) = next_field(&mut value)? {
                if number == 1 {
                    schema = field;
                }
            }
            let schema = self.block(&format!("action {name}"), schema)?;
            self.schema.actions.insert(name, schema);
        }
        Ok(())
    }

    fn read_capabilities(&mut self, capabilities: wire::ServerCapabilities) {
        self.schema.plan_destroy = capabilities.plan_destroy;
        self.schema.schema_optional = capabilities.get_provider_schema_optional;
        self.schema.move_resource_state = capabilities.move_resource_state;
        self.schema.generate_resource_config = capabilities.generate_resource_config;
    }

    /// A map entry, if its type is wanted.
    fn entry(&self, field: Bytes) -> Result<Option<(Str, Bytes)>, String> {
        let (name, value) = map_entry(field)?;
        Ok(self.wanted.is_none_or(|wanted| wanted.contains(&name)).then_some((name, value)))
    }

    fn typed_schema(&self, what: &str, field: Bytes) -> Result<Option<(Str, Arc<Schema>)>, String> {
        let Some((name, value)) = self.entry(field)? else {
            return Ok(None);
        };
        let schema = self.block(&format!("{what} {name}"), value)?;
        Ok(Some((name, schema)))
    }

    fn block(&self, what: &str, bytes: Bytes) -> Result<Arc<Schema>, String> {
        block_schema(self.protocol, bytes).map(Arc::new).map_err(|error| format!("{what}: {error}"))
    }
}

fn message<M: Message + Default>(bytes: Bytes) -> Result<M, String> {
    M::decode(bytes).map_err(|error| format!("it cannot be decoded: {error}"))
}

/// Key and value of a protobuf map entry.
fn map_entry(mut entry: Bytes) -> Result<(Str, Bytes), String> {
    let (mut key, mut value) = (Bytes::new(), Bytes::new());
    while let Some((number, field)) = next_field(&mut entry)? {
        match number {
            1 => key = field,
            2 => value = field,
            _ => {}
        }
    }
    let key = std::str::from_utf8(&key).map_err(|_| "a name is not valid UTF-8")?;
    Ok((Str::from(key), value))
}

/// Takes the next field off. Fields of other wire types than bytes come out empty; no known field has one.
fn next_field(rest: &mut Bytes) -> Result<Option<(u32, Bytes)>, String> {
    let cut_short = || "it is cut short".to_owned();
    if rest.is_empty() {
        return Ok(None);
    }
    let tag = varint(rest).ok_or_else(cut_short)?;
    let number = u32::try_from(tag >> 3).map_err(|_| "a field number is too large")?;
    let length = match tag & 7 {
        0 => {
            varint(rest).ok_or_else(cut_short)?;
            0
        }
        1 => return skip(rest, 8, number),
        2 => varint(rest).and_then(|length| usize::try_from(length).ok()).ok_or_else(cut_short)?,
        5 => return skip(rest, 4, number),
        other => return Err(format!("{other} is not a wire type")),
    };
    if length > rest.len() {
        return Err(cut_short());
    }
    Ok(Some((number, rest.split_to(length))))
}

fn skip(rest: &mut Bytes, length: usize, number: u32) -> Result<Option<(u32, Bytes)>, String> {
    if length > rest.len() {
        return Err("it is cut short".to_owned());
    }
    rest.advance(length);
    Ok(Some((number, Bytes::new())))
}

fn varint(rest: &mut Bytes) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        if rest.is_empty() {
            return None;
        }
        let byte = rest.get_u8();
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

/// The answer to `GetProviderSchema`.
pub(crate) fn schema_response(schema: &ProviderSchema) -> wire::get_provider_schema::Response {
    let schemas = |map: &BTreeMap<Str, Arc<Schema>>| map.iter().map(|(n, s)| (n.to_string(), schema_to(s))).collect();
    wire::get_provider_schema::Response {
        provider: Some(schema_to(&schema.provider)),
        resource_schemas: schemas(&schema.resources),
        data_source_schemas: schemas(&schema.data_sources),
        provider_meta: schema.provider_meta.as_deref().map(schema_to),
        server_capabilities: Some(server_capabilities(schema)),
        functions: schema.functions.iter().map(|(n, f)| (n.to_string(), function_to(f))).collect(),
        ephemeral_resource_schemas: schemas(&schema.ephemeral_resources),
        list_resource_schemas: schemas(&schema.list_resources),
        action_schemas: schema.actions.iter().map(|(n, s)| (n.to_string(), action(s))).collect(),
        ..wire::get_provider_schema::Response::default()
    }
}

fn action(schema: &Schema) -> wire::ActionSchema {
    wire::ActionSchema { schema: Some(schema_to(schema)) }
}

pub(crate) fn server_capabilities(schema: &ProviderSchema) -> wire::ServerCapabilities {
    wire::ServerCapabilities {
        plan_destroy: schema.plan_destroy,
        get_provider_schema_optional: schema.schema_optional,
        move_resource_state: schema.move_resource_state,
        generate_resource_config: schema.generate_resource_config,
    }
}

/// The answer to `GetResourceIdentitySchemas`.
pub(crate) fn identities_response(schema: &ProviderSchema) -> wire::get_resource_identity_schemas::Response {
    wire::get_resource_identity_schemas::Response {
        identity_schemas: schema.identities.iter().map(|(n, i)| (n.to_string(), identity_to(i))).collect(),
        diagnostics: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use formwork_model::{Attribute, Block, NestedBlock, Nesting};
    use formwork_value::Type;
    use proptest::prelude::*;

    fn sample() -> ProviderSchema {
        let inner = Block::new([("a", Attribute::new(Type::list(Type::Number)).required())], []);
        let nested = NestedBlock { nesting: Nesting::Set, block: inner, min_items: 1, max_items: 2 };
        let block = Block::new([("b", Attribute::new(Type::String).computed().sensitive())], [("c", nested)]);
        let schema = Arc::new(Schema { version: 7, block });
        ProviderSchema { resources: BTreeMap::from([("r".into(), schema)]), ..ProviderSchema::default() }
    }

    fn raw(protocol: u32, response: &wire::get_provider_schema::Response) -> RawSchema {
        RawSchema { protocol, schema: Bytes::from(response.encode_to_vec()), identities: Bytes::new() }
    }

    proptest! {
        /// Whatever is changed in the bytes, the answer is a schema or an error.
        #[test]
        fn damaged_schemas_are_no_crash(position in 0usize..200, byte: u8, tail in proptest::collection::vec(any::<u8>(), 0..50)) {
            let mut bytes = encode_schema(&sample());
            let index = position % bytes.len();
            bytes[index] = byte;
            bytes.extend(tail);
            let _ = decode_schema(&bytes);
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let attribute = |ty: &'static str| wire::schema::Attribute {
            name: "a".into(),
            r#type: Bytes::from_static(ty.as_bytes()),
            ..Default::default()
        };
        let mut deep = wire::schema::Block { attributes: vec![attribute("\"string\"")], ..Default::default() };
        for _ in 0..200 {
            let nested = wire::schema::NestedBlock {
                type_name: "n".into(),
                block: Some(deep),
                nesting: 1,
                ..Default::default()
            };
            deep = wire::schema::Block { block_types: vec![nested], ..Default::default() };
        }
        let block = |attribute| wire::schema::Block { attributes: vec![attribute], ..Default::default() };
        let mode = wire::schema::NestedBlock { type_name: "n".into(), nesting: 99, ..Default::default() };
        for (block, text) in [
            (block(attribute("\"text\"")), "resource r: attribute a: "),
            (block(attribute("")), "resource r: attribute a: "),
            (
                wire::schema::Block { block_types: vec![mode], ..Default::default() },
                "block n: 99 is not a nesting mode",
            ),
            (deep, "recursion limit"),
        ] {
            let schema = wire::Schema { version: 0, block: Some(block) };
            let response = wire::get_provider_schema::Response {
                resource_schemas: BTreeMap::from([("r".into(), schema)]),
                ..Default::default()
            };
            let problems = raw(6, &response).decode(None).unwrap_err();
            let detail = &problems.iter().next().unwrap().detail;
            assert!(detail.contains(text), "{text}: {detail}");
        }
    }

    #[test]
    fn a_provider_that_reports_an_error_has_no_schema() {
        let report = |severity| wire::get_provider_schema::Response {
            diagnostics: vec![wire::Diagnostic { severity, summary: "no".into(), ..Default::default() }],
            ..Default::default()
        };
        assert!(raw(6, &report(1)).decode(None).is_err());
        assert!(raw(6, &report(2)).decode(None).is_ok());
    }

    /// The one difference of attributes between the protocols.
    #[test]
    fn fields_of_protocol_5_are_read_by_their_own_numbers() {
        use crate::wire::tfplugin5;
        let attribute = tfplugin5::schema::Attribute {
            name: "a".into(),
            r#type: Bytes::from_static(b"\"string\""),
            write_only: true,
            deprecated: true,
            deprecation_message: "use b".into(),
            ..Default::default()
        };
        let block = tfplugin5::schema::Block { attributes: vec![attribute], ..Default::default() };
        let bytes = tfplugin5::Schema { version: 3, block: Some(block) }.encode_to_vec();
        let schema = block_schema(5, bytes.as_slice()).unwrap();
        let attribute = &schema.block.attributes["a"];
        assert_eq!((schema.version, attribute.write_only, &*attribute.deprecation_message), (3, true, "use b"));
    }
}
