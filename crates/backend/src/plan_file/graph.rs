//! The execution graph. An operation has the address of its change, so that is not stored.

use crate::codec::{Code, Damaged, Reader, Writer};
use formwork_model::{ExecutionGraph, Operation, OperationId, ResourceChange, ResourceInstance};

pub(super) fn write(out: &mut Writer, graph: &ExecutionGraph, changes: &[ResourceChange]) {
    out.number(graph.operations.len() as u64);
    for operation in &graph.operations {
        operation.change.write(out);
        let usual = changes.get(operation.change).is_some_and(|change| change.address == operation.address);
        Some(&operation.address).filter(|_| !usual).cloned().write(out);
        operation.kind.write(out);
        out.number(operation.after.len() as u64);
        operation.after.iter().for_each(|id| id.0.write(out));
    }
}

pub(super) fn read(input: &mut Reader<'_>, changes: &[ResourceChange]) -> Result<ExecutionGraph, Damaged> {
    let mut operations = Vec::new();
    for _ in 0..input.length()? {
        let change = input.index()?;
        let address = match Option::<ResourceInstance>::read(input)? {
            Some(address) => address,
            None => changes.get(change).ok_or(Damaged("a change is missing"))?.address.clone(),
        };
        let kind = Code::read(input)?;
        let mut after = Vec::new();
        for _ in 0..input.length()? {
            after.push(OperationId(Code::read(input)?));
        }
        operations.push(Operation { address, kind, change, after });
    }
    Ok(ExecutionGraph { operations })
}
