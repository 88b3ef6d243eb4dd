//! `metadata functions`.

use super::{Command, GENERAL, MANY};
use crate::arguments::{Arguments, Flag};
use crate::exit::Exit;
use crate::session::Session;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_eval::function_signatures;
use formwork_render::json_function_signatures;

pub static FUNCTIONS: Command = Command {
    name: "metadata functions",
    arguments: "",
    summary: "Print the signatures of all functions, as JSON.",
    description: "Prints names, parameters and results of all functions of the language, for editors.",
    flags: &[
        GENERAL,
        &[
            Flag::switch("all", "Also those of later versions of the language, which other tools may not know."),
            Flag::switch("json", "Print JSON; required."),
        ],
    ],
    // As in the reference, more arguments are of no interest.
    positional: (0, MANY),
    run,
};

fn run(session: &Session, arguments: &Arguments) -> Result<Exit, Diagnostics> {
    if !arguments.switch("json") {
        return Err(Diagnostic::error("Invalid command line", "Give -json: there is no other form yet.").into());
    }
    session.output.line(&json_function_signatures(&function_signatures(arguments.switch("all"))));
    Ok(Exit::Success)
}
