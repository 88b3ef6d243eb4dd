//! `validate`.

use super::{Command, GENERAL};
use crate::arguments::{Arguments, Flag};
use crate::configuration::{VARIABLE_FLAGS, load_configuration};
use crate::data_dir::DEFAULT_WORKSPACE;
use crate::exit::Exit;
use crate::planning::environment;
use crate::providers::Providers;
use crate::session::Session;
use formwork_config::{Config, check_references};
use formwork_diag::Diagnostics;
use formwork_eval::Phase;
use formwork_render::json_validation;
use std::sync::Arc;

pub static COMMAND: Command = Command {
    name: "validate",
    arguments: "",
    summary: "Check the configuration, without state and remote objects.",
    description: "Checks everything that can be judged from the configuration alone: syntax, references, types, and \
                  what providers say about their arguments. Needs modules and providers to be installed, but no \
                  network and no credentials.",
    flags: &[
        GENERAL,
        VARIABLE_FLAGS,
        &[
            Flag::switch("json", "Print one JSON object."),
            Flag::switch("no-tests", ""),
            Flag::value("test-directory", "DIR", ""),
        ],
    ],
    positional: (0, 0),
    run,
};

fn run(session: &Session, arguments: &Arguments) -> Result<Exit, Diagnostics> {
    let diagnostics = match load_configuration(session) {
        Ok((config, warnings)) => validate(session, config, warnings)?,
        Err(diagnostics) => diagnostics,
    };
    let valid = !diagnostics.has_errors();
    if arguments.switch("json") {
        session.output.line(&json_validation(&diagnostics, &session.sources()));
    } else {
        session.report(&diagnostics);
        if valid {
            let but = if diagnostics.is_empty() { "" } else { ", but there were warnings as shown above" };
            session.say(&format!("Success! The configuration is valid{but}."));
        }
    }
    Ok(if valid { Exit::Success } else { Exit::Error })
}

fn validate(session: &Session, config: Config, mut diagnostics: Diagnostics) -> Result<Diagnostics, Diagnostics> {
    diagnostics.extend(check_references(&config));
    let config = Arc::new(config);
    session.block_on(async {
        let providers = match Providers::prepare(session, &config, None) {
            Ok(providers) => providers,
            Err(problems) => {
                diagnostics.extend(problems);
                return Ok(diagnostics);
            }
        };
        let files = Arc::new(session.files());
        let environment = environment(session, Phase::Validate, DEFAULT_WORKSPACE, files, &config, &providers).await?;
        let found = formwork_plan::validate(config, environment, &*providers.pool).await;
        providers.pool.shutdown_all().await;
        // The static checks and the evaluation may meet the same problem.
        for problem in found {
            let known = |d: &formwork_diag::Diagnostic| d.span == problem.span && d.summary == problem.summary;
            if problem.span.is_none() || !diagnostics.iter().any(known) {
                diagnostics.push(problem);
            }
        }
        Ok(diagnostics)
    })
}
