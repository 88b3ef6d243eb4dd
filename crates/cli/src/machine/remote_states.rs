//! States of other configurations, for the data source `terraform_remote_state`.

use crate::backend::{Backend, BackendSettings, LocalFlags, backend_schema};
use async_trait::async_trait;
use formwork_builtin::{BackendProblem, RemoteStates};
use formwork_value::{Kind, Str, Value, convert};
use std::collections::BTreeMap;

pub struct MachineStates;

impl MachineStates {
    fn backend(backend: &str, config: &Value) -> Result<Backend, String> {
        let schema = backend_schema(backend).ok_or_else(|| format!("there is no backend type {backend:?}"))?;
        let mut values = BTreeMap::new();
        for (name, attribute) in &schema.attributes {
            if let Some(value) = config.get(name) {
                let value = convert(value, &attribute.ty()).map_err(|error| error.to_string())?;
                values.insert(name.clone(), value);
            }
        }
        let settings = BackendSettings { kind: backend.into(), values };
        settings
            .open(&LocalFlags::default())
            .map_err(|problems| problems.iter().map(|problem| problem.detail.clone()).collect::<Vec<_>>().join(" "))
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
        let store = Self::backend(backend, config)?.store(workspace).await.map_err(|error| error.to_string())?;
        let snapshot = store.read().await.map_err(|error| error.to_string())?;
        let outputs = |snapshot: formwork_model::StateSnapshot| {
            snapshot.state.outputs.into_iter().map(|(name, output)| (name, output.value)).collect()
        };
        Ok(snapshot.map(outputs))
    }
}
