//! `validate`.

use super::{Command, GENERAL};
use crate::arguments::{Arguments, Flag};
use crate::configuration::{VARIABLE_FLAGS, load_directory, load_with_tests};
use crate::data_dir::DEFAULT_WORKSPACE;
use crate::exit::Exit;
use crate::planning::environment;
use crate::provider_functions::threads_for;
use crate::providers::Providers;
use crate::session::{Session, Threads};
use formwork_config::{Config, check_references};
use formwork_diag::{Diagnostic, Diagnostics, Span};
use formwork_eval::Phase;
use formwork_render::json_validation;
use std::sync::Arc;

pub static COMMAND: Command = Command {
    name: "validate",
    arguments: "[DIR]",
    summary: "Check the configuration, without state and remote objects.",
    description: "Checks everything that can be judged from the configuration alone: syntax, references, types, and \
                  what providers say about their arguments. Needs modules and providers to be installed, but no \
                  network and no credentials. With DIR, the configuration there is checked, with what is installed for \
                  this directory.",
    flags: &[
        GENERAL,
        VARIABLE_FLAGS,
        &[
            Flag::switch("json", "Print one JSON object."),
            Flag::switch("no-tests", "Leave test files out."),
            Flag::value("test-directory", "DIR", "Where test files lie besides this directory (default tests)."),
        ],
    ],
    positional: (0, 1),
    run,
};

fn run(session: &Session, arguments: &Arguments) -> Result<Exit, Diagnostics> {
    let dir = arguments.positional.first().map_or(".", String::as_str);
    let found = if arguments.switch("no-tests") {
        load_directory(session, dir).and_then(|(config, warnings)| validate(session, &[Arc::new(config)], warnings))
    } else {
        validate_with_tests(session, dir, arguments.value("test-directory"))
    };
    // Whatever keeps it from being checked is a result as well.
    let diagnostics = found.unwrap_or_else(|problems| problems);
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

fn validate_with_tests(session: &Session, dir: &str, test_dir: Option<&str>) -> Result<Diagnostics, Diagnostics> {
    let (suite, diagnostics) = load_with_tests(session, dir, test_dir)?;
    if diagnostics.has_errors() {
        return Ok(diagnostics);
    }
    let tested = suite.files.iter().flat_map(|file| &file.runs).filter_map(|run| run.config.clone());
    let configs: Vec<Arc<Config>> = std::iter::once(suite.config.clone()).chain(tested).collect();
    validate(session, &configs, diagnostics)
}

/// Validates a configuration, and others that its tests run.
fn validate(
    session: &Session,
    configs: &[Arc<Config>],
    mut diagnostics: Diagnostics,
) -> Result<Diagnostics, Diagnostics> {
    let threads = configs.iter().map(|config| threads_for(config)).max().unwrap_or(Threads::One);
    session.run(threads, async {
        for config in configs {
            diagnostics.extend(validate_one(session, config).await?);
        }
        Ok(diagnostics)
    })
}

async fn validate_one(session: &Session, config: &Arc<Config>) -> Result<Diagnostics, Diagnostics> {
    if config.refused.has_errors() {
        return Ok(config.refused.clone());
    }
    let mut diagnostics = check_references(config);
    let providers = match Providers::prepare(session, config, None) {
        Ok(providers) => providers,
        Err(problems) => {
            diagnostics.extend(problems);
            return Ok(diagnostics);
        }
    };
    let files = Arc::new(session.files());
    let environment = environment(session, Phase::Validate, DEFAULT_WORKSPACE, files, config, &providers.pool).await?;
    let found = formwork_plan::validate(config.clone(), environment, &*providers.pool).await;
    providers.pool.shutdown_all().await;
    let news = without_echoes(found, &diagnostics);
    diagnostics.extend(news);
    Ok(diagnostics)
}

/// Evaluation meets again what the check of references has found, and some things twice.
fn without_echoes(found: Diagnostics, references: &Diagnostics) -> Vec<Diagnostic> {
    let mut news: Vec<Diagnostic> = Vec::new();
    for problem in found {
        let is_echo = problem.span.is_some_and(|span| {
            let same_place = |known: Span| known.contains(span) || (known.file, known.start) == (span.file, span.start);
            problem.is_error() && references.iter().any(|known| known.span.is_some_and(same_place))
                || news.iter().any(|known| known.span == Some(span) && known.summary == problem.summary)
        });
        if !is_echo {
            news.push(problem);
        }
    }
    news
}
