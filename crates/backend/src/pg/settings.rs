//! The arguments (fact sheet `backends.md` 5).

use super::connection_string::{Target, target};
use crate::backend::Arguments;
use formwork_model::StoreError;
use formwork_value::{Str, Value};
use std::collections::BTreeMap;

/// Settings of the `pg` backend, checked.
pub struct PgSettings {
    pub(super) target: Target,
    pub(super) schema: String,
    pub(super) skip_schema_creation: bool,
    pub(super) skip_table_creation: bool,
    pub(super) skip_index_creation: bool,
}

impl PgSettings {
    /// Reads and checks the arguments; environment variables fill in what is absent.
    pub fn parse(config: &BTreeMap<Str, Value>) -> Result<PgSettings, StoreError> {
        let mut arguments = Arguments::new(config);
        let given = arguments.text_or("conn_str", &["PG_CONN_STR"]).unwrap_or_default();
        let target = target(&given, &|name| std::env::var(name).ok());
        if let Err(problem) = &target {
            arguments.refuse("conn_str", problem);
        }
        let schema = arguments.text_or("schema_name", &["PG_SCHEMA_NAME"]);
        let settings = (
            schema.filter(|name| !name.is_empty()).unwrap_or_else(|| "terraform_remote_state".to_owned()),
            arguments.flag_or("skip_schema_creation", &["PG_SKIP_SCHEMA_CREATION"]),
            arguments.flag_or("skip_table_creation", &["PG_SKIP_TABLE_CREATION"]),
            arguments.flag_or("skip_index_creation", &["PG_SKIP_INDEX_CREATION"]),
        );
        arguments.finish("pg")?;
        let (schema, skip_schema_creation, skip_table_creation, skip_index_creation) = settings;
        let target = target.map_err(StoreError::new)?;
        Ok(PgSettings { target, schema, skip_schema_creation, skip_table_creation, skip_index_creation })
    }

    /// A table or index of the schema, quoted.
    pub(super) fn name(&self, name: &str) -> String {
        format!("{}.{}", quoted(&self.schema), quoted(name))
    }
}

pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
