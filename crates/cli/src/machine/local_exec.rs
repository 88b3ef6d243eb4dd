//! The `local-exec` provisioner: a command on this machine.

use super::line_buffer::{LineBuffer, LineSink};
use async_trait::async_trait;
use formwork_model::{Provisioner, ProvisionerRequest};
use formwork_value::{Value, convert};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::collections::BTreeSet;
use std::process::Stdio;
use std::sync::Mutex;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe::Receiver;
use tokio::process::{Child, Command};

/// How long output is still read after the command has ended; a background process may hold the pipe for ever.
const DRAIN: Duration = Duration::from_millis(500);

/// Runs commands, each in a process group of its own.
#[derive(Default)]
pub struct LocalExec {
    running: Mutex<BTreeSet<i32>>,
}

/// What to run.
#[derive(Debug, PartialEq, Eq)]
struct Task {
    words: Vec<String>,
    working_dir: Option<String>,
    environment: Vec<(String, String)>,
    quiet: bool,
}

impl LocalExec {
    /// Kills all commands that run, with everything they have started.
    pub fn kill_all(&self) {
        for group in self.groups().iter() {
            kill_group(*group);
        }
    }

    fn groups(&self) -> std::sync::MutexGuard<'_, BTreeSet<i32>> {
        self.running.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn kill_group(group: i32) {
    // It may have ended by itself in the meantime.
    let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
}

/// Kills the group if the run is abandoned.
struct Group<'a> {
    exec: &'a LocalExec,
    id: i32,
    ended: bool,
}

impl Drop for Group<'_> {
    fn drop(&mut self) {
        self.exec.groups().remove(&self.id);
        if !self.ended {
            kill_group(self.id);
        }
    }
}

#[async_trait]
impl Provisioner for LocalExec {
    async fn run(
        &self,
        request: ProvisionerRequest,
        output: &(dyn for<'l> Fn(&'l str) + Send + Sync),
    ) -> Result<(), String> {
        let task = Task::of(&request.config)?;
        if !task.quiet {
            let words: Vec<String> = task.words.iter().map(|word| format!("{word:?}")).collect();
            output(&format!("Executing: [{}]", words.join(" ")));
        }
        self.execute(&task, output).await
    }
}

impl Task {
    fn of(config: &Value) -> Result<Task, String> {
        let text = |name: &str| config.get(name).and_then(Value::as_str).map(str::to_owned);
        let command = text("command").filter(|command| !command.is_empty());
        let command = command.ok_or("local-exec needs a command that is not empty")?;
        let mut words: Vec<String> = match config.get("interpreter").and_then(Value::as_sequence) {
            Some(words) if !words.is_empty() => words.iter().map(text_of).collect::<Result<_, _>>()?,
            _ => vec!["/bin/sh".to_owned(), "-c".to_owned()],
        };
        words.push(command);
        let mut environment = Vec::new();
        if let Some(variables) = config.get("environment").and_then(Value::as_mapping) {
            for (name, value) in variables {
                if !value.is_null() {
                    environment.push((name.to_string(), text_of(value)?));
                }
            }
        }
        let quiet = config.get("quiet").and_then(Value::as_bool).unwrap_or(false);
        Ok(Task { words, working_dir: text("working_dir").filter(|dir| !dir.is_empty()), environment, quiet })
    }
}

fn text_of(value: &Value) -> Result<String, String> {
    let converted = convert(value, &formwork_value::Type::String);
    let text = converted.ok().and_then(|value| value.as_str().map(str::to_owned));
    text.ok_or_else(|| "local-exec takes strings for its interpreter and environment".to_owned())
}

impl LocalExec {
    async fn execute(&self, task: &Task, output: LineSink<'_>) -> Result<(), String> {
        let (mut child, pipe) = start(task)?;
        let id = child.id().and_then(|id| i32::try_from(id).ok()).ok_or("the command has no process id")?;
        self.groups().insert(id);
        let mut group = Group { exec: self, id, ended: false };
        let mut lines = Lines { pipe, buffer: LineBuffer::default() };
        let status = loop {
            tokio::select! {
                more = lines.read(output) => if !more { break child.wait().await },
                status = child.wait() => {
                    let _ = tokio::time::timeout(DRAIN, async { while lines.read(output).await {} }).await;
                    break status;
                }
            }
        };
        group.ended = true;
        lines.buffer.finish(output);
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("the command {:?} failed: {status}", task.words.join(" "))),
            Err(error) => Err(format!("the command {:?} was lost: {error}", task.words.join(" "))),
        }
    }
}

fn start(task: &Task) -> Result<(Child, Receiver), String> {
    let failed = |error: std::io::Error| format!("cannot start {:?}: {error}", task.words.join(" "));
    let (reader, writer) = std::io::pipe().map_err(failed)?;
    let pipe = Receiver::from_owned_fd(reader.into()).map_err(failed)?;
    let [program, words @ ..] = task.words.as_slice() else { return Err("there is no command".to_owned()) };
    let mut command = Command::new(program);
    command.args(words).envs(task.environment.iter().map(|(name, value)| (name, value)));
    if let Some(dir) = &task.working_dir {
        command.current_dir(dir);
    }
    command.stdin(Stdio::null()).stdout(writer.try_clone().map_err(failed)?).stderr(writer).process_group(0);
    let child = command.spawn().map_err(failed)?;
    Ok((child, pipe))
}

/// Splits a pipe into lines.
struct Lines {
    pipe: Receiver,
    buffer: LineBuffer,
}

impl Lines {
    /// Passes on what is there; false at the end.
    async fn read(&mut self, output: LineSink<'_>) -> bool {
        let mut chunk = [0u8; 4096];
        let read = match self.pipe.read(&mut chunk).await {
            Ok(0) | Err(_) => return false,
            Ok(read) => read,
        };
        self.buffer.push(chunk.get(..read).unwrap_or_default(), output);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use formwork_model::ResourceInstance;
    use formwork_value::Type;

    fn request(config: Value) -> ProvisionerRequest {
        let address = ResourceInstance::parse("terraform_data.a").unwrap();
        ProvisionerRequest { address, kind: "local-exec".into(), config, connection: Value::null(Type::Dynamic) }
    }

    async fn run(config: &[(&str, Value)]) -> (Result<(), String>, Vec<String>) {
        let lines = Mutex::new(Vec::new());
        let config = Value::object(config.iter().map(|(name, value)| (*name, value.clone())));
        let record = |line: &str| lines.lock().unwrap().push(line.to_owned());
        let result = LocalExec::default().run(request(config), &record).await;
        (result, lines.into_inner().unwrap())
    }

    #[tokio::test]
    async fn passes_on_lines_environment_and_directory() {
        let dir = tempfile::tempdir().unwrap();
        let (result, lines) = run(&[
            ("command", Value::from("echo \"$GREETING\"; pwd; echo err >&2; printf end")),
            ("environment", Value::object([("GREETING", Value::from("hello"))])),
            ("working_dir", Value::from(dir.path().to_str().unwrap())),
        ])
        .await;
        assert_eq!(result, Ok(()));
        let place = dir.path().canonicalize().unwrap();
        assert!(lines[0].starts_with("Executing: [\"/bin/sh\" \"-c\" \""), "{}", lines[0]);
        assert_eq!(lines[1..], ["hello", place.to_str().unwrap(), "err", "end"]);
    }

    #[tokio::test]
    async fn other_interpreters_and_failures() {
        let (result, lines) = run(&[
            ("command", Value::from("shown")),
            ("interpreter", Value::tuple([Value::from("/bin/echo"), Value::from("a")])),
            ("quiet", Value::from(true)),
        ])
        .await;
        assert_eq!((result, lines), (Ok(()), vec!["a shown".to_owned()]));
        let (result, _) = run(&[("command", Value::from("exit 3"))]).await;
        assert!(result.unwrap_err().contains("exit status: 3"));
        let (result, _) = run(&[("command", Value::from("x")), ("working_dir", Value::from("/nowhere"))]).await;
        assert!(result.unwrap_err().contains("cannot start"));
    }

    #[tokio::test]
    async fn kills_what_a_command_has_started() {
        let exec = LocalExec::default();
        let config = Value::object([("command", Value::from("echo started; sleep 1000 & wait"))]);
        let kill = |line: &str| {
            if line == "started" {
                exec.kill_all();
            }
        };
        let result = exec.run(request(config), &kill).await;
        assert!(result.unwrap_err().contains("signal: 9"));
    }

    #[tokio::test]
    async fn does_not_wait_for_background_processes() {
        let (result, lines) = run(&[("command", Value::from("sleep 5 & echo $!")), ("quiet", Value::from(true))]).await;
        assert_eq!(result, Ok(()));
        let pid: i32 = lines[0].parse().unwrap();
        nix::sys::signal::kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
    }
}
