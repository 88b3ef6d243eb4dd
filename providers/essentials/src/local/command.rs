//! `local_command`: what a program says.

use crate::programs::{run, said};
use formwork_kit::{
    Call, DataSource, Ephemeral, Failure, Opened, Outcome, async_trait, computed, length_between, object, optional,
    required,
};

/// As data source and as ephemeral resource.
pub(crate) struct Command;

object! {
    pub(crate) struct State {
        /// Whether any exit code is a success.
        allow_non_zero_exit_code: Option<bool> = optional(),
        /// Arguments of the program; nulls are left out.
        arguments: Option<Vec<Option<String>>> = optional(),
        /// Name or path of the program.
        command: String = required().check(length_between(1, usize::MAX)),
        exit_code: Option<i64> = computed(),
        /// What the program wrote to its standard error.
        stderr: Option<String> = computed(),
        /// What the program reads from its standard input.
        stdin: Option<String> = optional(),
        /// What the program wrote to its standard output.
        stdout: Option<String> = computed(),
        /// Where the program runs.
        working_directory: Option<String> = optional(),
    }
}

async fn execute(state: &mut State) -> Outcome<()> {
    let arguments: Vec<String> = state.arguments.iter().flatten().flatten().cloned().collect();
    let input = state.stdin.clone().unwrap_or_default();
    let output = run(&state.command, &arguments, state.working_directory.as_deref(), input.as_bytes())
        .await
        .map_err(|failure| failure.at("command"))?;
    let code = output.status.code();
    if code != Some(0) && !state.allow_non_zero_exit_code.unwrap_or_default() {
        let how = code.map_or_else(|| "was ended by a signal".to_owned(), |code| format!("ended with code {code}"));
        return Err(Failure::new(format!("{:?} {how}. {}", state.command, said(&output.stderr))).at("command"));
    }
    state.exit_code = Some(code.map_or(-1, i64::from));
    state.stdout = Some(String::from_utf8_lossy(&output.stdout).into_owned());
    state.stderr = Some(String::from_utf8_lossy(&output.stderr).into_owned());
    Ok(())
}

#[async_trait]
impl DataSource for Command {
    type State = State;
    type Client = ();

    const KIND: &'static str = "local_command";

    async fn read(&self, _: &Call<()>, state: &mut State) -> Outcome<()> {
        execute(state).await
    }
}

#[async_trait]
impl Ephemeral for Command {
    type State = State;
    type Client = ();

    const KIND: &'static str = "local_command";

    async fn open(&self, _: &Call<()>, state: &mut State) -> Outcome<Opened> {
        execute(state).await.map(|()| Opened::default())
    }
}
