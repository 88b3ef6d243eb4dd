//! Listing the objects of a type.

use crate::{Call, Group, Object, Outcome, Resource};
use async_trait::async_trait;
use formwork_diag::Diagnostics;
use formwork_model::{ListSink, ListedObject};
use formwork_value::Value;

/// Finds objects that exist, whether anything manages them or not. The type must say what [identifies](Resource::identity)
/// an object.
#[async_trait]
pub trait List: Send + Sync + 'static {
    /// The type whose objects are listed.
    type Resource: Resource;
    /// What can be said about which ones.
    type Config: Object;

    fn groups(&self) -> Vec<Group> {
        Vec::new()
    }

    fn validate(&self, config: &Value, diagnostics: &mut Diagnostics) {
        let _ = (config, diagnostics);
    }

    /// Hands over each object, until [`Found::tell`] gives false.
    async fn list(
        &self,
        call: &Call<<Self::Resource as Resource>::Client>,
        config: Self::Config,
        found: &mut Found<'_, <Self::Resource as Resource>::State>,
    ) -> Outcome<()>;
}

/// Takes what a listing finds.
pub struct Found<'a, S> {
    pub(crate) include_resource: bool,
    pub(crate) limit: u64,
    pub(crate) told: u64,
    pub(crate) object: &'a (dyn Fn(String, S) -> ListedObject + Send + Sync),
    pub(crate) sink: &'a mut dyn ListSink,
}

impl<S> Found<'_, S> {
    /// False: nothing is wanted of the objects beside the attributes that identify them.
    pub fn wants_all_attributes(&self) -> bool {
        self.include_resource
    }

    /// How many objects are wanted at most.
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// An object, with what people call it. False: no more are wanted.
    pub async fn tell(&mut self, name: impl Into<String>, state: S) -> bool {
        if self.told >= self.limit {
            return false;
        }
        self.told += 1;
        let object = (self.object)(name.into(), state);
        self.sink.take(object).await && self.told < self.limit
    }
}
