//! Plans as sections.

use super::change::{Types, read_changes, read_planned, write_changes, write_planned};
use super::container::Sections;
use super::states::WrittenObjects;
use super::{PlanFileError, graph, states};
use crate::codec::{Code, Damaged, Reader, Writer};
use formwork_model::Plan;

pub(super) fn write(plan: &Plan) -> Result<Sections, PlanFileError> {
    let types = Types::of(&plan.schemas);
    let parts: [&dyn Fn(&mut Writer); 5] = [
        &|out| plan.schemas.write(out),
        &|out| {
            let mut known = WrittenObjects::default();
            states::write(out, &mut known, &plan.prior);
            states::write(out, &mut known, &plan.previous);
        },
        &|out| {
            write_changes(out, &plan.changes, &types);
            write_changes(out, &plan.drift, &types);
            plan.outputs.write(out);
            graph::write(out, &plan.execution, &plan.changes);
            write_planned(out, &plan.planned_values, &plan.changes, &types);
        },
        &|out| write_frame(out, plan),
        &|out| {
            plan.config.write(out);
            plan.sources.iter().map(|(path, text)| (path.to_string(), text.to_string())).collect::<Texts>().write(out);
        },
    ];
    parts
        .into_iter()
        .map(|write| {
            let mut out = Writer::default();
            write(&mut out);
            if out.is_too_deep() { Err(PlanFileError::TooDeep) } else { Ok(out.into_bytes()) }
        })
        .collect()
}

/// Texts that do not repeat.
type Texts = std::collections::BTreeMap<String, String>;

/// Everything that is small.
fn write_frame(out: &mut Writer, plan: &Plan) {
    plan.options.write(out);
    plan.variables.write(out);
    plan.apply_time_variables.write(out);
    plan.checks.write(out);
    plan.relevant_attributes.write(out);
    plan.backend.write(out);
    plan.timestamp.write(out);
    plan.errored.write(out);
    plan.applyable.write(out);
    plan.complete.write(out);
    plan.files_read.write(out);
    plan.lock_file.write(out);
}

pub(super) fn read(sections: &Sections) -> Result<Plan, PlanFileError> {
    let [schemas, states, changes, frame, config] = sections.as_slice() else {
        return Err(PlanFileError::Damaged("the number of sections is wrong"));
    };
    let mut plan = Plan::default();
    let read = |bytes: &[u8], step: &mut dyn FnMut(&mut Reader<'_>) -> Result<(), Damaged>| {
        let mut input = Reader::new(bytes);
        step(&mut input).and_then(|()| input.end()).map_err(|error| PlanFileError::Damaged(error.0))
    };
    read(schemas, &mut |input| {
        plan.schemas = Code::read(input)?;
        Ok(())
    })?;
    read(states, &mut |input| {
        let mut known = Vec::new();
        plan.prior = states::read(input, &mut known)?;
        plan.previous = states::read(input, &mut known)?;
        Ok(())
    })?;
    let types = Types::of(&plan.schemas);
    read(changes, &mut |input| {
        plan.changes = read_changes(input, &types)?;
        plan.drift = read_changes(input, &types)?;
        plan.outputs = Code::read(input)?;
        plan.execution = graph::read(input, &plan.changes)?;
        plan.planned_values = read_planned(input, &plan.changes, &types)?;
        Ok(())
    })?;
    read(frame, &mut |input| read_frame(input, &mut plan))?;
    read(config, &mut |input| {
        plan.config = Code::read(input)?;
        plan.sources = Texts::read(input)?.into_iter().map(|(path, text)| (path.into(), text.into())).collect();
        Ok(())
    })?;
    Ok(plan)
}

fn read_frame(input: &mut Reader<'_>, plan: &mut Plan) -> Result<(), Damaged> {
    plan.options = Code::read(input)?;
    plan.variables = Code::read(input)?;
    plan.apply_time_variables = Code::read(input)?;
    plan.checks = Code::read(input)?;
    plan.relevant_attributes = Code::read(input)?;
    plan.backend = Code::read(input)?;
    plan.timestamp = Code::read(input)?;
    plan.errored = Code::read(input)?;
    plan.applyable = Code::read(input)?;
    plan.complete = Code::read(input)?;
    plan.files_read = Code::read(input)?;
    plan.lock_file = Code::read(input)?;
    Ok(())
}
