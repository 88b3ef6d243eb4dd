//! The record of the backend that `init` has set up (`.terraform/terraform.tfstate`).

use super::settings::BackendSettings;
use crate::data_dir::DataDir;
use crate::whole_file::write_private;
use formwork_backend::backend_schema;
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_model::TERRAFORM_VERSION;
use formwork_value::{Kind, Str, Value, convert, json};
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;

/// Version of the record's layout. Source: fact sheet `state-v4.md` 9.1.
const VERSION: u64 = 3;

/// A recorded backend.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    pub settings: BackendSettings,
    /// Of the block alone, without what the command line added.
    pub hash: u64,
}

/// The record; `None` if no backend has been set up.
pub fn read_record(dir: &DataDir) -> Result<Option<Record>, Diagnostics> {
    let path = dir.backend_record();
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unusable(dir, &error.to_string())),
    };
    let json: Json = serde_json::from_str(&text).map_err(|error| unusable(dir, &error.to_string()))?;
    if json.get("version").and_then(Json::as_u64) != Some(VERSION) {
        return Err(unusable(dir, &format!("its version is not {VERSION}")));
    }
    let Some(backend) = json.get("backend").filter(|backend| !backend.is_null()) else { return Ok(None) };
    let kind = backend.get("type").and_then(Json::as_str).unwrap_or_default();
    let mut values = BTreeMap::new();
    for (name, value) in backend.get("config").and_then(Json::as_object).into_iter().flatten() {
        let attribute = backend_schema(kind).and_then(|schema| schema.attributes.get(name.as_str()).cloned());
        let decoded = json::decode_plain(&value.to_string()).map_err(|error| unusable(dir, &error.to_string()))?;
        let value = match attribute {
            Some(attribute) => convert(&decoded, &attribute.ty()).map_err(|error| unusable(dir, &error.to_string()))?,
            None => decoded,
        };
        values.insert(Str::from(name.as_str()), value);
    }
    let hash = backend.get("hash").and_then(Json::as_u64).unwrap_or(0);
    Ok(Some(Record { settings: BackendSettings { kind: kind.into(), values }, hash }))
}

fn unusable(dir: &DataDir, problem: &str) -> Diagnostics {
    let path = dir.backend_record();
    let detail =
        format!("{} cannot be used: {problem}. Run \"formwork init -reconfigure\" to write it anew.", path.display());
    Diagnostic::error("Unusable record of the backend", detail).blame(Blame::Environment).into()
}

/// Records a backend. The file may hold secrets, so only its owner can read it.
pub fn write_record(dir: &DataDir, record: &Record) -> Result<(), Diagnostics> {
    let mut config = Map::new();
    for (name, value) in &record.settings.values {
        let text = json::encode_plain(value).unwrap_or_else(|_| "null".to_owned());
        config.insert(name.to_string(), serde_json::from_str(&text).unwrap_or(Json::Null));
    }
    let document = serde_json::json!({
        "version": VERSION,
        "terraform_version": TERRAFORM_VERSION,
        "backend": { "type": &*record.settings.kind, "config": config, "hash": record.hash },
    });
    write_document(dir, &document)
}

fn write_document(dir: &DataDir, document: &Json) -> Result<(), Diagnostics> {
    let text = serde_json::to_string_pretty(document).unwrap_or_default();
    std::fs::create_dir_all(dir.path())
        .and_then(|()| write_private(&dir.backend_record(), text.as_bytes()))
        .and_then(|()| restrict(dir))
        .map_err(|error| {
            let detail = format!("{} cannot be written: {error}.", dir.backend_record().display());
            Diagnostic::error("Cannot record the backend", detail).blame(Blame::Environment).into()
        })
}

fn restrict(dir: &DataDir) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(dir.backend_record(), std::fs::Permissions::from_mode(0o600))
}

/// Forgets the backend, if one was recorded. As with Terraform, the record then says that there is none.
pub fn remove_record(dir: &DataDir) -> Result<(), Diagnostics> {
    if !dir.backend_record().exists() {
        return Ok(());
    }
    write_document(dir, &serde_json::json!({ "version": VERSION, "terraform_version": TERRAFORM_VERSION }))
}

impl BackendSettings {
    /// A number that changes with the settings: the one that Terraform 1.11.4 records for these values, so that neither
    /// program asks for another `init` after one of the other.
    pub fn hash(&self) -> u64 {
        let schema = backend_schema(&self.kind).unwrap_or_default();
        let names: BTreeSet<&Str> =
            schema.attributes.keys().chain(schema.blocks.keys()).chain(self.values.keys()).collect();
        let mut text = String::from("<");
        write_value(&mut text, &Value::from(&*self.kind));
        text.push_str(";<");
        for name in names {
            match self.values.get(name) {
                Some(value) => write_value(&mut text, value),
                None => text.push('~'),
            }
            text.push(';');
        }
        text.push_str(">;>");
        u64::from(crc32fast::hash(text.as_bytes()))
    }

    /// True if both mean the same: arguments that are not given count as null.
    pub fn same_as(&self, other: &BackendSettings) -> bool {
        let given = |settings: &BackendSettings| -> BTreeMap<Str, Value> {
            settings.values.iter().filter(|(_, value)| !value.is_null()).map(|(n, v)| (n.clone(), v.clone())).collect()
        };
        self.kind == other.kind && given(self) == given(other)
    }
}

/// The text of a value that is hashed.
fn write_value(out: &mut String, value: &Value) {
    let list = |out: &mut String, items: &mut dyn Iterator<Item = &Value>, (open, close): (char, char)| {
        out.push(open);
        for item in items {
            write_value(out, item);
            out.push(';');
        }
        out.push(close);
    };
    match value.kind() {
        Kind::Null(_) => out.push('~'),
        Kind::Unknown(..) => out.push('?'),
        Kind::Bool(value) => out.push(if *value { 'T' } else { 'F' }),
        Kind::Number(number) => out.push_str(&number.to_string()),
        Kind::String(text) => out.push_str(&format!("{:?}", &**text)),
        Kind::List(items) | Kind::Set(items) => list(out, &mut items.items.iter(), ('[', ']')),
        Kind::Tuple(items) => list(out, &mut items.iter(), ('<', '>')),
        Kind::Object(attributes) => list(out, &mut attributes.values(), ('<', '>')),
        Kind::Map(map) => {
            out.push('{');
            for (key, item) in &map.items {
                out.push_str(&format!("{:?}:", &**key));
                write_value(out, item);
                out.push(';');
            }
            out.push('}');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Environment;
    use formwork_value::Type;

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::of(&Environment::of(&[("TF_DATA_DIR", dir.path().join("d").to_str().unwrap())]));
        assert_eq!(read_record(&data).unwrap(), None);
        let values = [("path".into(), "x.tfstate".into()), ("workspace_dir".into(), Value::null(Type::String))];
        let settings = BackendSettings { kind: "local".into(), values: values.into() };
        let record = Record { hash: settings.hash(), settings };
        write_record(&data, &record).unwrap();
        assert_eq!(read_record(&data).unwrap(), Some(record));
        remove_record(&data).unwrap();
        assert_eq!(read_record(&data).unwrap(), None);
        std::fs::write(data.backend_record(), "{}").unwrap();
        assert!(read_record(&data).is_err());
    }

    /// Recorded from Terraform 1.11.4.
    #[test]
    fn hashes_are_those_of_terraform() {
        for (path, hash) in [(None, 666_019_178), (Some("a\"é${x}<\n>"), 347_477_084)] {
            let values = path.map(|path| ("path".into(), path.into())).into_iter().collect();
            assert_eq!(BackendSettings { kind: "local".into(), values }.hash(), hash, "{path:?}");
        }
    }

    #[test]
    fn arguments_that_are_not_given_count_as_null() {
        let with = |values: &[(&str, Value)]| BackendSettings {
            kind: "local".into(),
            values: values.iter().map(|(n, v)| ((*n).into(), v.clone())).collect(),
        };
        let none = with(&[]);
        let null = with(&[("path", Value::null(Type::String))]);
        let some = with(&[("path", "p".into())]);
        assert!(none.same_as(&null) && !none.same_as(&some));
        assert_eq!(none.hash(), null.hash());
        assert_ne!(none.hash(), some.hash());
    }
}
