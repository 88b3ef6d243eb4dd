//! States.

use super::{Entry, Section, Tone, View, listed};
use formwork_model::{ObjectStatus, ResourceMode, State};

/// All objects and outputs of a state.
pub(crate) fn state_view(state: &State) -> View<'_> {
    let (mut unsettled, mut managed, mut data) = (Vec::new(), Vec::new(), Vec::new());
    for (address, resource, instance) in state.instances() {
        let objects = instance.current.iter().map(|object| (None, object));
        for (deposed, object) in objects.chain(instance.deposed.iter().map(|(key, object)| (Some(key), object))) {
            let list = match (deposed, object.status, address.resource.mode) {
                (None, ObjectStatus::Ready, ResourceMode::Data) => &mut data,
                (None, ObjectStatus::Ready, _) => &mut managed,
                _ => &mut unsettled,
            };
            list.push(Entry::Object { address: address.clone(), resource, deposed, object });
        }
    }
    let outputs: Vec<Entry<'_>> =
        state.outputs.iter().map(|(name, output)| Entry::StoredOutput(name, output)).collect();
    let kinds = [
        ("Tainted and deposed", "tainted or deposed", Tone::Grave, unsettled),
        ("Resources", "resources", Tone::Calm, managed),
        ("Data sources", "data sources", Tone::Calm, data),
        ("Outputs", "outputs", Tone::Calm, outputs),
    ];
    let counts = kinds.iter().map(|(title, _, _, entries)| (*title, entries.len())).collect();
    let parts: Vec<(usize, &str)> = kinds.iter().map(|(_, unit, _, entries)| (entries.len(), *unit)).collect();
    let content = listed(&parts);
    let title = if content.is_empty() { "State: empty".to_owned() } else { format!("State: {content}") };
    let sections =
        kinds.into_iter().map(|(title, unit, tone, entries)| Section { title, unit, tone, entries }).collect();
    View { title, tone: Tone::Calm, remarks: Vec::new(), counts, facts: Vec::new(), sections }.without_empty()
}
