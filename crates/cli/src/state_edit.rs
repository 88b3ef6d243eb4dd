//! Changes to a state by address: what `state mv` and `state rm` do.

use formwork_model::{
    AbsResource, InstanceKey, ModuleInstance, ModuleStep, ObjectState, ResourceInstance, ResourceState, State,
    TargetAddress,
};

use std::collections::BTreeMap;
use std::sync::Arc;

/// Why a move is impossible, for users.
pub type Refusal = String;

/// An address that takes one instance where a resource has only that one, if the other side is an instance.
fn as_instance(address: &TargetAddress) -> Option<ResourceInstance> {
    match address {
        TargetAddress::Instance(instance) => Some(instance.clone()),
        TargetAddress::Resource(resource) => Some(resource.instance(InstanceKey::None)),
        TargetAddress::Module(_) => None,
    }
}

/// The instances with an object that an address covers.
pub fn covered(state: &State, address: &TargetAddress) -> Vec<ResourceInstance> {
    let all = state.instances().map(|(instance, ..)| instance);
    match address {
        // Of one instance of its module: a call's name without a key does not stand for all of them here.
        TargetAddress::Resource(resource) => all.filter(|instance| instance.resource() == *resource).collect(),
        address => all.filter(|instance| address.contains(instance)).collect(),
    }
}

/// Takes the instances that an address covers out of a state.
pub fn remove(state: &mut State, address: &TargetAddress) -> Vec<ResourceInstance> {
    let removed = covered(state, address);
    for instance in &removed {
        take_instance(state, instance);
    }
    removed
}

/// Moves from one state to another, or within one state if `target` is none. Returns the pairs moved.
pub fn relocate(
    source: &mut State,
    target: Option<&mut State>,
    from: &TargetAddress,
    to: &TargetAddress,
) -> Result<Vec<(ResourceInstance, ResourceInstance)>, Refusal> {
    let pairs = pairs(source, from, to)?;
    let taken = |state: &State| pairs.iter().find(|(_, to)| has(state, to)).map(|(_, to)| to.clone());
    if let Some(to) = taken(target.as_deref().unwrap_or(source)) {
        return Err(format!("there is an object at {to} already"));
    }
    let mut objects = Vec::new();
    for (from, to) in &pairs {
        if let Some(resource) = take_instance(source, from) {
            objects.push((to, resource));
        }
    }
    forget_order(source, &pairs);
    let target = target.unwrap_or(source);
    for (to, mut resource) in objects {
        for_each_object(&mut resource, &mut |object| forget_order_of(object, &pairs));
        put_instance(target, to, resource);
    }
    Ok(pairs)
}

/// Objects that depended on something that has moved forget all their dependencies, as the reference does; the next
/// apply finds them anew.
fn forget_order(state: &mut State, pairs: &[(ResourceInstance, ResourceInstance)]) {
    for resource in state.resources.values_mut() {
        for_each_object(resource, &mut |object| forget_order_of(object, pairs));
    }
}

fn for_each_object(resource: &mut ResourceState, change: &mut dyn FnMut(&mut Arc<ObjectState>)) {
    for instance in resource.instances.values_mut() {
        instance.current.iter_mut().chain(instance.deposed.values_mut()).for_each(&mut *change);
    }
}

fn forget_order_of(object: &mut Arc<ObjectState>, pairs: &[(ResourceInstance, ResourceInstance)]) {
    if object.dependencies.iter().any(|dependency| pairs.iter().any(|(from, _)| from.config() == *dependency)) {
        Arc::make_mut(object).dependencies.clear();
    }
}

fn pairs(
    source: &State,
    from: &TargetAddress,
    to: &TargetAddress,
) -> Result<Vec<(ResourceInstance, ResourceInstance)>, Refusal> {
    let found = match (from, to) {
        (TargetAddress::Module(from), TargetAddress::Module(to)) => module_pairs(source, from, to),
        (TargetAddress::Module(_), _) => return Err("a module can only become a module".to_owned()),
        (TargetAddress::Resource(from), TargetAddress::Resource(to)) => {
            same_kind(from, to)?;
            let of_resource = |instance: &ResourceInstance| instance.resource() == *from;
            let all = source.instances().map(|(instance, ..)| instance).filter(of_resource);
            all.map(|instance| (instance.clone(), to.instance(instance.key))).collect()
        }
        (from, to) => {
            let (Some(from), Some(to)) = (as_instance(from), as_instance(to)) else {
                return Err("a resource can only become a resource".to_owned());
            };
            same_kind(&from.resource(), &to.resource())?;
            if has(source, &from) { vec![(from, to)] } else { Vec::new() }
        }
    };
    if found.is_empty() { Err(format!("there is nothing at {from}")) } else { Ok(found) }
}

fn module_pairs(
    source: &State,
    from: &ModuleInstance,
    to: &ModuleInstance,
) -> Vec<(ResourceInstance, ResourceInstance)> {
    let inside = source.instances().map(|(instance, ..)| instance).filter(|i| i.module.is_within(from));
    inside
        .map(|instance| {
            let rest = instance.module.0.iter().skip(from.0.len()).cloned();
            let steps: Vec<ModuleStep> = to.0.iter().cloned().chain(rest).collect();
            (instance.clone(), ResourceInstance { module: ModuleInstance(steps), ..instance })
        })
        .collect()
}

fn same_kind(from: &AbsResource, to: &AbsResource) -> Result<(), Refusal> {
    if from.resource.mode != to.resource.mode || from.resource.kind != to.resource.kind {
        return Err(format!("{} cannot become {}: the types differ", from.resource, to.resource));
    }
    Ok(())
}

fn has(state: &State, address: &ResourceInstance) -> bool {
    state.resources.get(&address.resource()).is_some_and(|resource| resource.instances.contains_key(&address.key))
}

fn take_instance(state: &mut State, address: &ResourceInstance) -> Option<ResourceState> {
    let key = address.resource();
    let resource = state.resources.get_mut(&key)?;
    let instance = resource.instances.remove(&address.key)?;
    let taken = ResourceState {
        provider: resource.provider.clone(),
        instances: BTreeMap::from([(address.key.clone(), instance)]).into(),
    };
    if resource.instances.is_empty() {
        state.resources.remove(&key);
    }
    Some(taken)
}

fn put_instance(state: &mut State, address: &ResourceInstance, taken: ResourceState) {
    let provider = taken.provider;
    let resource = state
        .resources
        .entry(address.resource())
        .or_insert_with(|| ResourceState { provider, instances: Default::default() });
    resource
        .instances
        .extend(taken.instances.into_inner().into_values().map(|instance| (address.key.clone(), instance)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use formwork_model::{InstanceKey, ObjectState, ProviderAddress, ProviderConfigAddress, RawState};
    use std::sync::Arc;

    fn state(addresses: &[&str]) -> State {
        let mut state = State::default();
        for address in addresses {
            let object = ObjectState {
                schema_version: 0,
                attributes: RawState::Json("{}".into()),
                sensitive: Vec::new(),
                private: Vec::new(),
                identity_schema_version: 0,
                identity: None,
                status: Default::default(),
                dependencies: Vec::new(),
                create_before_destroy: false,
            };
            let address = ResourceInstance::parse(address).unwrap();
            let provider = ProviderConfigAddress {
                module: Default::default(),
                provider: ProviderAddress::builtin("terraform"),
                alias: None,
                key: InstanceKey::None,
            };
            let instances = [(
                address.key.clone(),
                formwork_model::InstanceState { current: Some(Arc::new(object)), ..Default::default() },
            )];
            put_instance(&mut state, &address, ResourceState { provider, instances: BTreeMap::from(instances).into() });
        }
        state
    }

    fn addresses(state: &State) -> Vec<String> {
        state.instances().map(|(address, ..)| address.to_string()).collect()
    }

    fn target(text: &str) -> TargetAddress {
        TargetAddress::parse(text).unwrap()
    }

    #[test]
    fn moves_instances_resources_and_modules() {
        let cases: [(&[&str], &str, &str, &[&str]); 6] = [
            (&["t.a"], "t.a", "t.b", &["t.b"]),
            (&["t.a"], "t.a", "t.b[0]", &["t.b[0]"]),
            (&["t.a[0]", "t.a[1]"], "t.a[1]", "t.b[\"k\"]", &["t.a[0]", "t.b[\"k\"]"]),
            (&["t.a[0]", "t.a[1]"], "t.a", "t.b", &["t.b[0]", "t.b[1]"]),
            (
                &["module.m.t.a", "module.m.module.n.t.a"],
                "module.m",
                "module.x[0]",
                &["module.x[0].t.a", "module.x[0].module.n.t.a"],
            ),
            (&["t.a"], "t.a", "module.m.t.a", &["module.m.t.a"]),
        ];
        for (before, from, to, after) in cases {
            let mut state = state(before);
            relocate(&mut state, None, &target(from), &target(to)).unwrap();
            assert_eq!(addresses(&state), after, "{from} {to}");
        }
    }

    #[test]
    fn refuses_what_would_lose_or_change_objects() {
        let cases = [
            (&["t.a", "t.b"][..], "t.a", "t.b"),
            (&["t.a"], "t.none", "t.b"),
            (&["t.a"], "t.a", "u.a"),
            (&["t.a"], "t.a", "data.t.a"),
            (&["t.a"], "t.a", "module.m"),
            (&["module.m.t.a"], "module.m", "t.a"),
            (&["t.a[0]", "t.a[1]"], "t.a[0]", "t.a[1]"),
        ];
        for (before, from, to) in cases {
            let mut state = state(before);
            let unchanged = addresses(&state);
            assert!(relocate(&mut state, None, &target(from), &target(to)).is_err(), "{from} {to}");
            assert_eq!(addresses(&state), unchanged);
        }
    }

    #[test]
    fn removes_what_an_address_covers() {
        let mut state = state(&["t.a[0]", "t.a[1]", "module.m.t.a", "t.b"]);
        assert_eq!(remove(&mut state, &target("t.a[1]")).len(), 1);
        assert_eq!(remove(&mut state, &target("module.m")).len(), 1);
        assert_eq!(addresses(&state), ["t.a[0]", "t.b"]);
        assert!(remove(&mut state, &target("t.none")).is_empty());
    }
}
