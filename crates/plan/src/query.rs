//! Queries: listing what exists, whether anything manages it or not.

mod block;
mod scope;

use crate::PlanInputs;
use crate::generated_text::{generated_import, generated_text};
use crate::planner::{Course, Planner};
use block::{Arguments, Instance};
use formwork_config::ListBlock;
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_eval::{Evaluator, ModuleId, ReferenceGraph};
use formwork_model::{
    InstanceKey, ListArguments, ListRequest, ListedObject, PlanProvider, ProviderSchema, Resource, ResourceMode,
};
use formwork_object::with_schema_marks;
use formwork_value::{Str, Value, conforms};
use scope::Found;

/// A list that is about to be asked for.
#[derive(Clone, Debug)]
pub struct ListStart {
    /// `list.TYPE.NAME`, with a key if it is repeated.
    pub address: String,
    pub kind: Str,
    /// With marks.
    pub config: Value,
}

/// What a list has found.
#[derive(Clone, Debug)]
pub struct ListResult {
    pub address: String,
    pub kind: Str,
    pub identity_version: u64,
    pub objects: Vec<FoundObject>,
}

/// An object that exists.
#[derive(Clone, Debug)]
pub struct FoundObject {
    pub display_name: String,
    pub identity: Value,
    /// With marks, if it was asked for.
    pub resource: Option<Value>,
    /// Blocks by which it can be taken over, if they were asked for.
    pub written: Option<WrittenBlocks>,
}

/// Configuration for a found object.
#[derive(Clone, Debug)]
pub struct WrittenBlocks {
    pub resource: String,
    pub import: String,
}

/// What is told while queries run.
pub enum QueryEvent<'a> {
    Started(&'a ListStart),
    Finished(&'a ListResult),
}

/// Runs the lists of the root module, each after those that it refers to. With `write`, blocks are written for what is
/// found.
pub async fn query(inputs: &PlanInputs<'_>, write: bool, tell: &dyn Fn(QueryEvent<'_>)) -> Diagnostics {
    let evaluator = Evaluator::new(inputs.config.clone(), inputs.variables.clone(), inputs.environment.clone());
    let planner = Planner::new(inputs, evaluator, ReferenceGraph::build(&inputs.config), Course::Plan);
    planner.load_schemas().await;
    let mut found = Found::default();
    if !planner.has_errors() {
        match scope::in_order(&inputs.config.root().lists) {
            Ok(lists) => {
                for list in lists {
                    if planner.has_errors() || (inputs.cancelled)() {
                        break;
                    }
                    run_block(&planner, list, write, &mut found, tell).await;
                }
            }
            Err(problem) => planner.report_one(*problem),
        }
    }
    planner.report(planner.evaluator.take_problems());
    planner.work.take().diagnostics.into_list()
}

/// Runs all instances of a list.
async fn run_block(
    planner: &Planner<'_>,
    list: &ListBlock,
    write: bool,
    found: &mut Found,
    tell: &dyn Fn(QueryEvent<'_>),
) {
    let schemas = planner.work.borrow().schemas.get(&list.provider_address).cloned();
    let Some(schemas) = schemas else { return };
    let instances = block::instances(planner, list, found);
    found.begin(list);
    for (number, instance) in instances.into_iter().enumerate() {
        let names = Names { list: &list.name, number: (!instance.key.is_none()).then_some(number) };
        let Some(result) = run_instance(planner, list, &schemas, &instance, found, write.then_some(names), tell).await
        else {
            return;
        };
        tell(QueryEvent::Finished(&result));
        found.add(list, &instance.key, &result);
    }
}

/// How written blocks are called.
struct Names<'a> {
    list: &'a str,
    /// Of the instance, if there are several.
    number: Option<usize>,
}

impl Names<'_> {
    fn resource(&self, kind: &Str, index: usize) -> Resource {
        let name = match self.number {
            Some(number) => format!("{}_{number}_{index}", self.list),
            None => format!("{}_{index}", self.list),
        };
        Resource::new(ResourceMode::Managed, kind.clone(), name)
    }
}

async fn run_instance(
    planner: &Planner<'_>,
    list: &ListBlock,
    schemas: &ProviderSchema,
    instance: &Instance,
    found: &Found,
    write: Option<Names<'_>>,
    tell: &dyn Fn(QueryEvent<'_>),
) -> Option<ListResult> {
    let address = format!("list.{}.{}{}", list.kind, list.name, instance.key);
    let Arguments { config, include_resource, limit } =
        block::arguments(planner, list, schemas, instance, found, &address)?;
    let provider_address = planner.evaluator.provider_instance(ModuleId::ROOT, &list.provider, &instance.repetition);
    let provider_address = provider_address.map_err(|problems| planner.report(problems)).ok()?;
    let provider = planner.provider(&provider_address).await?;
    let plain = config.unmark_deep().0;
    let (include_value, limit_value) = (Value::from(include_resource), Value::from(limit as i64));
    let arguments = ListArguments { include_resource: Some(&include_value), limit: Some(&limit_value) };
    let problems = provider.validate_list(&list.kind, &plain, arguments).await;
    let failed = problems.has_errors();
    planner.report(block::located(list, problems, &address));
    if failed {
        return None;
    }
    tell(QueryEvent::Started(&ListStart { address: address.clone(), kind: list.kind.clone(), config }));
    // Blocks are written from the objects themselves.
    let include_resource = include_resource || write.is_some();
    let request = ListRequest { kind: &list.kind, config: &plain, include_resource, limit };
    let listed = listed(planner, list, &*provider, request, &address).await?;
    let mut objects = Vec::with_capacity(listed.len());
    for (index, object) in listed.into_iter().enumerate() {
        let mut object = checked(planner, list, schemas, object, &address)?;
        if let Some(names) = &write {
            let resource = names.resource(&list.kind, index);
            object.written = written(planner, list, &*provider, schemas, &object, &resource, &instance.key).await;
        }
        objects.push(object);
    }
    let identity_version = schemas.identities.get(&list.kind).map_or(0, |identity| identity.version);
    Some(ListResult { address, kind: list.kind.clone(), identity_version, objects })
}

/// What the provider finds, up to the limit. `None`: it failed, which was reported.
async fn listed(
    planner: &Planner<'_>,
    list: &ListBlock,
    provider: &dyn PlanProvider,
    request: ListRequest<'_>,
    address: &str,
) -> Option<Vec<ListedObject>> {
    let limit = request.limit;
    let (mut objects, mut problems) = (Vec::new(), Diagnostics::new());
    let mut take = |mut object: ListedObject| {
        let diagnostics = std::mem::take(&mut object.diagnostics);
        let is_object = object.identity.is_some() || diagnostics.is_empty();
        let failed = diagnostics.has_errors();
        problems.extend(diagnostics);
        if is_object && (objects.len() as u64) < limit {
            objects.push(object);
        }
        !failed && (objects.len() as u64) < limit
    };
    if limit > 0 {
        let at_end = provider.list_resources(request, &mut take).await;
        problems.extend(at_end);
    }
    let failed = problems.has_errors();
    planner.report(block::located(list, problems, address));
    (!failed).then_some(objects)
}

/// The object with what the provider must tell of it. `None`: it does not, which was reported.
fn checked(
    planner: &Planner<'_>,
    list: &ListBlock,
    schemas: &ProviderSchema,
    object: ListedObject,
    address: &str,
) -> Option<FoundObject> {
    let wrong = |what: &str| {
        let detail = format!(
            "The provider {} has listed an object ({:?}) {what}. This is a bug in the provider, which should be reported in \
             the provider's own issue tracker.",
            list.provider_address.for_display(),
            object.display_name
        );
        let problem = Diagnostic::error("Provider produced invalid list result", detail).blame(Blame::Provider);
        planner.report_one(problem.at(list.header_span).address(address));
    };
    let Some(identity) = object.identity.filter(Value::is_wholly_known) else {
        wrong("without saying who it is");
        return None;
    };
    let schema = schemas.resources.get(&list.kind);
    let resource = match (object.resource, schema) {
        (Some(resource), Some(schema)) => {
            if !conforms(&resource, &schema.block.implied_type()) || !resource.is_wholly_known() {
                wrong("that does not fit its own schema");
                return None;
            }
            Some(with_schema_marks(&schema.block, &resource))
        }
        _ => None,
    };
    Some(FoundObject { display_name: object.display_name, identity, resource, written: None })
}

/// The blocks for an object.
async fn written(
    planner: &Planner<'_>,
    list: &ListBlock,
    provider: &dyn PlanProvider,
    schemas: &ProviderSchema,
    object: &FoundObject,
    resource: &Resource,
    key: &InstanceKey,
) -> Option<WrittenBlocks> {
    let schema = schemas.resources.get(&list.kind)?;
    let state = object.resource.as_ref()?;
    let value = crate::generate::described(planner, provider, schemas, schema, &list.kind, state).await?;
    let name = &list.provider.name;
    let implied = name.alias.is_none() && &*name.name == resource.implied_provider() && list.provider.key.is_none();
    let key = if list.provider.key.is_some() { key.to_string() } else { String::new() };
    let reference = (!implied).then(|| format!("{name}{key}"));
    Some(WrittenBlocks {
        resource: generated_text(resource, &schema.block, reference.as_deref(), &value),
        import: generated_import(resource, reference.as_deref(), &object.identity),
    })
}
