//! The parts of a plan that are written field by field.

use super::basic::Item;
use super::{Code, Damaged, Reader, Writer, choice, record};
use formwork_model::{
    Action, ActionEvent, ActionReason, BackendRecord, CheckKind, CheckObject, CheckResult, CheckStatus,
    CheckableAddress, ConfigSummary, ExpressionSummary, Importing, Invocation, InvocationCause, LockFile,
    ModuleCallSummary, ModuleSummary, OutputChange, OutputState, OutputSummary, PlanMode, PlanOptions,
    ProviderConfigSummary, ProviderLock, ProvisionerSummary, RelevantAttribute, ResourceSummary, VariableSummary,
    Version,
};

choice! {
    Action {
        NoOp = 0, Create = 1, Read = 2, Update = 3, DeleteThenCreate = 4, CreateThenDelete = 5, Delete = 6, Forget = 7,
        ForgetThenCreate = 8,
    }
    ActionReason {
        None = 0,
        ReplaceBecauseTainted = 1,
        ReplaceByRequest = 2,
        ReplaceByTriggers = 3,
        ReplaceBecauseCannotUpdate = 4,
        DeleteBecauseNoResourceConfig = 5,
        DeleteBecauseNoModule = 6,
        DeleteBecauseWrongRepetition = 7,
        DeleteBecauseCountIndex = 8,
        DeleteBecauseEachKey = 9,
        DeleteBecauseNoMoveTarget = 10,
        ReadBecauseConfigUnknown = 11,
        ReadBecauseDependencyPending = 12,
        ReadBecauseCheckNested = 13,
    }
    CheckKind { Resource = 0, Output = 1, Check = 2, Variable = 3 }
    CheckStatus { Pass = 0, Unknown = 1, Fail = 2, Error = 3 }
    PlanMode { Normal = 0, Destroy = 1, RefreshOnly = 2 }
    ActionEvent { BeforeCreate = 0, AfterCreate = 1, BeforeUpdate = 2, AfterUpdate = 3 }
}

record! {
    BackendRecord { kind, config, workspace }
    CheckObject { address, status, failures }
    CheckResult { address, status, objects }
    CheckableAddress { kind, config }
    ConfigSummary { providers, root }
    Importing { id, identity }
    Invocation { action, provider, cause, config }
    LockFile { providers }
    ModuleCallSummary {
        source, expressions, count_expression, for_each_expression, module, version_constraint, depends_on,
    }
    OutputChange { name, action, before, after, sensitive }
    OutputState { value, sensitive }
    OutputSummary { sensitive, expression, depends_on, description }
    PlanOptions { mode, refresh, targets, excludes, replace, invoke, parallelism }
    ProviderConfigSummary {
        name, full_name, alias, version_constraint, module_address, expressions, for_each_expression
    }
    ProviderLock { version, constraints, hashes }
    ProvisionerSummary { kind, expressions }
    RelevantAttribute { resource, key, attribute }
    ResourceSummary {
        address, mode, kind, name, provider_config_key, provisioners, expressions, schema_version, count_expression,
        for_each_expression, depends_on,
    }
    VariableSummary { default, description, sensitive }
    Version { segments, written, prerelease, metadata }
}

impl Item for CheckObject {}
impl Item for CheckResult {}
impl Item for ExpressionSummary {}
impl Item for Invocation {}
impl Item for OutputChange {}
impl Item for ProvisionerSummary {}
impl Item for RelevantAttribute {}
impl Item for ResourceSummary {}

impl Code for InvocationCause {
    fn write(&self, out: &mut Writer) {
        match self {
            InvocationCause::Request => out.byte(0),
            InvocationCause::Trigger { resource, event, block, index } => {
                out.byte(1);
                resource.write(out);
                event.write(out);
                out.number(*block as u64);
                out.number(*index as u64);
            }
        }
    }

    fn read(input: &mut Reader<'_>) -> Result<InvocationCause, Damaged> {
        match input.byte()? {
            0 => Ok(InvocationCause::Request),
            1 => Ok(InvocationCause::Trigger {
                resource: Code::read(input)?,
                event: Code::read(input)?,
                block: input.index()?,
                index: input.index()?,
            }),
            _ => Err(Damaged("unknown cause of an invocation")),
        }
    }
}

/// By hand because modules are nested.
impl Code for ModuleSummary {
    fn write(&self, out: &mut Writer) {
        self.outputs.write(out);
        self.resources.write(out);
        self.variables.write(out);
        out.nested(|out| self.module_calls.write(out));
    }

    fn read(input: &mut Reader<'_>) -> Result<ModuleSummary, Damaged> {
        Ok(ModuleSummary {
            outputs: Code::read(input)?,
            resources: Code::read(input)?,
            variables: Code::read(input)?,
            module_calls: input.nested(Code::read)?,
        })
    }
}

impl Code for ExpressionSummary {
    fn write(&self, out: &mut Writer) {
        match self {
            ExpressionSummary::Constant(value) => {
                out.byte(0);
                value.write(out);
            }
            ExpressionSummary::References(references) => {
                out.byte(1);
                references.write(out);
            }
            ExpressionSummary::Block(block) => {
                out.byte(2);
                out.nested(|out| block.write(out));
            }
            ExpressionSummary::Blocks(blocks) => {
                out.byte(3);
                out.nested(|out| blocks.write(out));
            }
            ExpressionSummary::Written(value, references) => {
                out.byte(4);
                value.write(out);
                references.write(out);
            }
        }
    }

    fn read(input: &mut Reader<'_>) -> Result<ExpressionSummary, Damaged> {
        match input.byte()? {
            0 => Code::read(input).map(ExpressionSummary::Constant),
            1 => Code::read(input).map(ExpressionSummary::References),
            2 => input.nested(Code::read).map(ExpressionSummary::Block),
            3 => input.nested(Code::read).map(ExpressionSummary::Blocks),
            4 => Ok(ExpressionSummary::Written(Code::read(input)?, Code::read(input)?)),
            _ => Err(Damaged("unknown kind of expression")),
        }
    }
}
