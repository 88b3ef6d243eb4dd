//! Plans as sections.

use super::change::{Types, read_changes, read_planned, write_changes, write_planned};
use super::container::{Section, Sections};
use super::states::WrittenObjects;
use super::{PlanFileError, graph, states};
use crate::codec::{Code, Damaged, Reader, Writer};
use formwork_model::{ConfigSummary, Plan};

/// The states, with the configuration, and the rest are worked on at the same time: they are about equal.
pub(super) fn write(plan: &Plan, config: impl FnOnce() -> ConfigSummary + Send) -> Result<Sections, PlanFileError> {
    std::thread::scope(|scope| {
        let states_and_config = scope.spawn(|| {
            let states = section(&|out| {
                let mut known = WrittenObjects::default();
                states::write(out, &mut known, &plan.prior);
                states::write(out, &mut known, &plan.previous);
            })?;
            let config = config();
            let config = section(&|out| {
                config.write(out);
                let texts = plan.sources.iter().map(|(path, text)| (path.to_string(), text.to_string()));
                texts.collect::<Texts>().write(out);
            })?;
            Ok((states, config))
        });
        let types = Types::of(&plan.schemas);
        let schemas = section(&|out| plan.schemas.write(out))?;
        let changes = section(&|out| {
            write_changes(out, &plan.changes, &types);
            write_changes(out, &plan.drift, &types);
            plan.outputs.write(out);
            graph::write(out, &plan.execution, &plan.changes);
            write_planned(out, &plan.planned_values, &plan.changes, &types);
        })?;
        let frame = section(&|out| write_frame(out, plan))?;
        let (states, config) = states_and_config.join().unwrap_or(Err(PlanFileError::TooDeep))?;
        Ok(vec![schemas, states, changes, frame, config])
    })
}

fn section(write: &dyn Fn(&mut Writer)) -> Result<Section, PlanFileError> {
    let mut out = Writer::default();
    write(&mut out);
    if out.is_too_deep() { Err(PlanFileError::TooDeep) } else { Ok(Section::of(&out.into_bytes())) }
}

/// Texts that do not repeat.
type Texts = std::collections::BTreeMap<String, String>;

/// Everything that is small.
fn write_frame(out: &mut Writer, plan: &Plan) {
    plan.options.write(out);
    plan.variables.write(out);
    plan.invocations.write(out);
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
    std::thread::scope(|scope| {
        let states = scope.spawn(|| {
            parse(states, |input| {
                let mut known = Vec::new();
                Ok((states::read(input, &mut known)?, states::read(input, &mut known)?))
            })
        });
        let mut plan = Plan { schemas: parse(schemas, Code::read)?, ..Plan::default() };
        let types = Types::of(&plan.schemas);
        parse(changes, |input| {
            plan.changes = read_changes(input, &types)?;
            plan.drift = read_changes(input, &types)?;
            plan.outputs = Code::read(input)?;
            plan.execution = graph::read(input, &plan.changes)?;
            plan.planned_values = read_planned(input, &plan.changes, &types)?;
            Ok(())
        })?;
        parse(frame, |input| read_frame(input, &mut plan))?;
        parse(config, |input| {
            plan.config = Code::read(input)?;
            plan.sources = Texts::read(input)?.into_iter().map(|(path, text)| (path.into(), text.into())).collect();
            Ok(())
        })?;
        (plan.prior, plan.previous) =
            states.join().unwrap_or(Err(PlanFileError::Damaged("the states cannot be read")))?;
        Ok(plan)
    })
}

/// Reads a section to its end.
fn parse<T>(section: &Section, read: impl FnOnce(&mut Reader<'_>) -> Result<T, Damaged>) -> Result<T, PlanFileError> {
    let bytes = section.open()?;
    let mut input = Reader::new(&bytes);
    let result = read(&mut input).and_then(|result| input.end().map(|()| result));
    result.map_err(|error| PlanFileError::Damaged(error.0))
}

fn read_frame(input: &mut Reader<'_>, plan: &mut Plan) -> Result<(), Damaged> {
    plan.options = Code::read(input)?;
    plan.variables = Code::read(input)?;
    plan.invocations = Code::read(input)?;
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
