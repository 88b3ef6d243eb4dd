//! States of other configurations, for the data source `terraform_remote_state`.

use async_trait::async_trait;
use formwork_backend::{Backend, backend_schema, configure_backend};
use formwork_builtin::{BackendProblem, RemoteStates};
use formwork_value::{Kind, Str, Value, convert};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

pub struct MachineStates;

impl MachineStates {
    async fn backend(backend: &str, config: &Value) -> Result<Arc<dyn Backend>, String> {
        let schema = backend_schema(backend).ok_or_else(|| format!("there is no backend type {backend:?}"))?;
        let mut values = BTreeMap::new();
        for (name, attribute) in &schema.attributes {
            if let Some(value) = config.get(name) {
                let value = convert(value, &attribute.ty()).map_err(|error| error.to_string())?;
                values.insert(name.clone(), value);
            }
        }
        let configured = configure_backend(backend, &values).await.map_err(|error| error.to_string())?;
        Ok(configured.backend)
    }
}

#[async_trait]
impl RemoteStates for MachineStates {
    fn check(&self, backend: &str, config: &Value) -> Result<(), BackendProblem> {
        let schema = backend_schema(backend).ok_or(BackendProblem::UnknownType)?;
        let given = match config.kind() {
            Kind::Null(_) | Kind::Unknown(..) => return Ok(()),
            Kind::Object(attributes) => attributes,
            _ => return Err(BackendProblem::Arguments("an object is required".to_owned())),
        };
        for (name, value) in &**given {
            let attribute = schema.attributes.get(name);
            let attribute =
                attribute.ok_or_else(|| BackendProblem::Arguments(format!("there is no argument named {name:?}")))?;
            convert(value, &attribute.ty()).map_err(|error| BackendProblem::Arguments(format!("{name}: {error}")))?;
        }
        Ok(())
    }

    async fn outputs(
        &self,
        backend: &str,
        config: &Value,
        workspace: &str,
    ) -> Result<Option<BTreeMap<Str, Value>>, String> {
        let backend = Self::backend(backend, config).await?;
        // Nothing is written, so there will be no journal in the directory.
        let place = backend.place(workspace, Path::new(".terraform")).map_err(|error| error.to_string())?;
        let snapshot = place.store.read().await.map_err(|error| error.to_string())?;
        let outputs = |snapshot: formwork_model::StateSnapshot| {
            snapshot.state.outputs.into_iter().map(|(name, output)| (name, output.value)).collect()
        };
        Ok(snapshot.map(outputs))
    }
}
