//! `formwork`: the command line of the engine.
//!
//! This crate wires everything else together: arguments and settings, the engine's ports on a real machine, commands,
//! exit codes. Only here are `protocol`, `backend`, `install` and `render` known at once.
//!
//! Invariant: everything printed goes through [`output::Output`].
//! Invariant: no command leaves a lock behind, however it ends.

mod applying;
mod arguments;
mod backend;
mod bundled;
mod command_line;
mod commands;
mod configuration;
mod current;
mod data_dir;
mod early;
mod environment;
mod exit;
mod format;
mod generated;
mod help;
mod initialization;
mod interrupt;
mod json_file;
mod machine;
mod operation_arguments;
mod output;
mod planning;
mod progress;
mod prompt;
mod provider_functions;
mod providers;
mod resuming;
mod saved_plan;
mod session;
mod state_access;
mod state_edit;
mod stored_schemas;
mod test_run;
mod timings;
mod together;
mod whole_file;

use std::process::ExitCode;

/// A run allocates much and frees late: this is quicker at it than the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let environment = environment::Environment::of_process();
    let output = output::Output::of_process(environment.is_set("NO_COLOR"));
    let original_dir = std::env::current_dir().map(|dir| dir.to_string_lossy().into_owned()).unwrap_or_default();
    let session = session::Session::new(environment, output, original_dir);
    command_line::run(&session, &words).into()
}
