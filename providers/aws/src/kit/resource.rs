//! What a resource type and a data source have to provide.

use crate::kit::call::Call;
use crate::kit::failure::Failure;
use crate::kit::object::Object;
use crate::kit::planner::Plan;
use crate::kit::spec::Spec;
use async_trait::async_trait;
use formwork_diag::Diagnostics;
use formwork_value::Value;

/// A resource type. Objects come in with their planned or stored attributes.
#[async_trait]
pub trait Resource: Send + Sync {
    fn spec(&self) -> Spec;

    /// Checks beyond single attributes.
    fn validate(&self, config: &Value, diagnostics: &mut Diagnostics) {
        let _ = (config, diagnostics);
    }

    /// Refines what the attributes' flags have planned.
    fn plan(&self, plan: &mut Plan<'_>) {
        let _ = plan;
    }

    /// Creates the object. Sets `id` as soon as there is something to delete; a read follows.
    async fn create(&self, call: &Call<'_>, object: &mut Object) -> Result<(), Failure>;

    /// Sets all attributes from what AWS reports; fails as gone if there is nothing.
    async fn read(&self, call: &Call<'_>, object: &mut Object) -> Result<(), Failure>;

    /// Changes the object in place; its tags have been changed before, and a read follows.
    async fn update(&self, call: &Call<'_>, prior: &Object, object: &mut Object) -> Result<(), Failure> {
        let _ = (call, prior, object);
        Ok(())
    }

    /// Deletes the object and waits until it is gone.
    async fn delete(&self, call: &Call<'_>, object: &Object) -> Result<(), Failure>;

    /// Takes what an import id tells beside `id` (which is set). A read follows.
    async fn import(&self, call: &Call<'_>, object: &mut Object) -> Result<(), Failure> {
        let _ = (call, object);
        Ok(())
    }

    /// What carries the tags.
    fn tag_target(&self, object: &Object) -> String {
        object.id().to_owned()
    }
}

/// A data source.
#[async_trait]
pub trait DataSource: Send + Sync {
    fn spec(&self) -> Spec;

    /// Completes the object, which has the configured attributes.
    async fn read(&self, call: &Call<'_>, object: &mut Object) -> Result<(), Failure>;
}
