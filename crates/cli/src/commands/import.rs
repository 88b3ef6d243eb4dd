//! `import`.

use super::{Command, GENERAL};
use crate::arguments::{Arguments, Flag};
use crate::backend::LocalFlags;
use crate::configuration::{VARIABLE_FLAGS, load_configuration_with};
use crate::current::Current;
use crate::exit::Exit;
use crate::machine::OverlayFiles;
use crate::operation_arguments::{OPERATION_FLAGS, OperationArguments, WRITING_FLAGS};
use crate::planning::{Unplanned, make_plan};
use crate::session::{Session, Threads};
use crate::state_access::{LOCK_FLAGS, session_problem, with_state};
use formwork_backend::StateSession;
use formwork_config::Config;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_hcl::quoted;
use formwork_model::{PlanMode, ResourceInstance, ResourceMode, TargetAddress};
use std::sync::Arc;

pub static COMMAND: Command = Command {
    name: "import",
    arguments: "ADDRESS ID",
    summary: "Take an existing object into the state.",
    description: "Lets Formwork manage an object that exists already: looks it up by its id and writes it into the state \
                  at an address that the configuration declares. Nothing is changed. Import blocks in the \
                  configuration do the same as part of a plan.",
    flags: &[
        GENERAL,
        LOCK_FLAGS,
        VARIABLE_FLAGS,
        OPERATION_FLAGS,
        WRITING_FLAGS,
        &[
            Flag::value("config", "DIR", ""),
            Flag::switch("allow-missing-config", ""),
            Flag::switch("ignore-remote-version", ""),
        ],
    ],
    positional: (2, 2),
    run,
};

/// Name of the file that holds the import block, beside those of the configuration.
const FILE: &str = "import-command.tf";

fn refused(summary: &str, detail: String) -> Diagnostics {
    Diagnostic::error(summary, detail).into()
}

fn run(session: &Session, arguments: &Arguments) -> Result<Exit, Diagnostics> {
    let (text, id) = (arguments.at(0).unwrap_or_default(), arguments.at(1).unwrap_or_default());
    let address = ResourceInstance::parse(text)
        .map_err(|error| refused("Invalid address", format!("{text:?} names no instance: {error}.")))?;
    if address.resource.mode != ResourceMode::Managed {
        return Err(refused("Invalid address", format!("{address} is not managed, so it cannot be imported.")));
    }
    let mut operation = OperationArguments::of(session, arguments)?;
    operation.options.mode = PlanMode::Normal;
    operation.options.targets = vec![TargetAddress::Instance(address.clone())];
    operation.imports = Some(address.clone());
    // The command is an import block that is written for this once.
    let block = format!("import {{\n  to = {address}\n  id = {}\n}}\n", quoted(id));
    let files = OverlayFiles::new(session.files(), FILE, &block);
    let (mut config, warnings) = load_configuration_with(session, &files)?;
    // Taking an object over does not say that it is as it should be: the next plan does.
    for module in config.modules.values_mut() {
        for block in Arc::make_mut(module).resources.values_mut() {
            block.lifecycle.preconditions.clear();
            block.lifecycle.postconditions.clear();
        }
    }
    session.report(&warnings);
    check_declared(&config, &address)?;
    let current = Current::of_config(session, &config, &LocalFlags::of(arguments))?;
    session.block_on_with_interrupts(Threads::Several, async {
        let place = current.place(session).await?;
        with_state(session, &place, &operation.lock, "OperationTypeInvalid", async |state: &mut StateSession| {
            // The object that a replacement was to take the place of makes room for it.
            state.depose_for(&address);
            if state.snapshot().is_some_and(|snapshot| snapshot.state.object(&address).is_some()) {
                let detail = format!("There is an object at {address} already. Remove it from the state first.");
                return Err(refused("Resource already managed", detail));
            }
            session.say(&format!("{address}: Importing from ID {id:?}..."));
            let planned = match make_plan(session, arguments, &operation, config, &current, state).await {
                Ok(planned) => planned,
                Err(Unplanned::Refused(diagnostics) | Unplanned::InDoubt(diagnostics)) => return Err(diagnostics),
            };
            planned.providers.pool.shutdown_all().await;
            planned.tell_problems(session);
            if planned.has_errors() {
                return Ok(Exit::Error);
            }
            state.write(planned.plan.prior.state.clone()).await.map_err(|error| session_problem(&error))?;
            let doubts: Vec<_> = state.in_doubt().iter().filter(|doubt| doubt.address == address).cloned().collect();
            for doubt in doubts {
                state.settle(&doubt).await.map_err(|error| session_problem(&error))?;
            }
            session.say(&format!(
                "\nImport successful!\n\n{address} is in the state now. \"formwork plan\" shows where it differs from the \
                 configuration."
            ));
            Ok(Exit::Success)
        })
        .await
    })
}

fn check_declared(config: &Config, address: &ResourceInstance) -> Result<(), Diagnostics> {
    let place = address.config();
    let declared = config.module(&place.module).is_some_and(|module| module.resources.contains_key(&place.resource));
    if declared {
        return Ok(());
    }
    let detail = format!(
        "The configuration does not declare {place}. Write its block first, at least:\n\nresource {:?} {:?} {{\n}}",
        &*place.resource.kind, &*place.resource.name
    );
    Err(refused("Resource address does not exist in the configuration", detail))
}
