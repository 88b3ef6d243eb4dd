//! Plugins that do not behave: every one gives a clear error in time, and leaves no process.

use super::fixture::{null_provider, script, start};
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_model::{ClientCapabilities, ConfigureRequest, PlanProvider};
use formwork_protocol::{LaunchOptions, LogLevel, LogLine, LogSink, launch};
use formwork_value::Value;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

fn only(diagnostics: Diagnostics) -> Diagnostic {
    let mut all: Vec<_> = diagnostics.into_iter().collect();
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

/// Fails to launch the script, and tells how.
async fn launch_script(body: &str) -> Diagnostic {
    let folder = tempfile::tempdir().unwrap();
    let mut options = LaunchOptions::new("example.com/a/b", script(folder.path(), body));
    options.limits.start = Duration::from_millis(1500);
    let Err(diagnostics) = launch(&options).await else { panic!("{body} was launched") };
    only(diagnostics)
}

#[tokio::test]
async fn a_plugin_that_does_not_start_properly() {
    let certificate = "A".repeat(60);
    let with_certificate = format!("echo '1|6|unix|/nonexistent/socket|grpc|{certificate}'; sleep 60");
    for (body, texts) in [
        ("echo oops >&2; exit 3", vec!["exit status: 3", "oops", "example.com/a/b", "terraform-provider-script"]),
        ("exit 0", vec!["exit status: 0"]),
        ("printf 'no line break'", vec!["no line break", "exit status: 0"]),
        ("echo 'Hello, world'; sleep 60", vec!["Hello, world", "not a line of the plugin handshake"]),
        ("echo '1|4|unix|/tmp/x|netrpc|'; sleep 60", vec!["version 4", "versions 5 and 6"]),
        ("echo '9|5|unix|/tmp/x|grpc|'; sleep 60", vec!["core protocol"]),
        ("echo '1|5|unix|/nonexistent/socket|grpc|'; sleep 60", vec!["/nonexistent/socket"]),
        (&with_certificate, vec!["/nonexistent/socket"]),
        ("echo waiting >&2; sleep 60", vec!["within 1.5 seconds", "waiting"]),
        ("exec 1>&-; sleep 60", vec!["did not write a line"]),
        ("head -c 200000 /dev/zero; sleep 60", vec!["did not write a line"]),
        ("kill -9 $$", vec!["signal: 9"]),
    ] {
        let problem = launch_script(body).await;
        assert_eq!(problem.blame, Blame::Provider, "{body}");
        assert_eq!(problem.summary, "Provider did not start");
        for text in texts {
            assert!(problem.detail.contains(text), "{body}: {text:?} not in {:?}", problem.detail);
        }
    }
}

#[tokio::test]
async fn a_file_that_is_no_program() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text");
    std::fs::write(&text, "just text").unwrap();
    for (path, hint) in [(folder.path().join("missing"), "Run init"), (text, "Make the file executable")] {
        let Err(diagnostics) = launch(&LaunchOptions::new("a/b", path)).await else { panic!() };
        let problem = only(diagnostics);
        assert_eq!(problem.blame, Blame::Environment);
        assert!(problem.detail.contains(hint), "{problem:?}");
    }
}

#[tokio::test]
async fn the_group_of_a_failed_plugin_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let note = folder.path().join("pid");
    // The child of the script keeps the pipes open.
    let body = format!("sleep 60 & echo $! > {}; echo garbage; wait", note.display());
    let Err(_) = launch(&LaunchOptions::new("a/b", script(folder.path(), &body))).await else { panic!() };
    let pid = std::fs::read_to_string(note).unwrap();
    let status = format!("/proc/{}/status", pid.trim());
    let deadline = Instant::now() + Duration::from_secs(10);
    let alive = || std::fs::read_to_string(&status).is_ok_and(|text| !text.contains("State:\tZ"));
    while alive() {
        assert!(Instant::now() < deadline, "process {pid} lives on");
        tokio::task::yield_now().await;
    }
}

/// Stops a process with all its threads.
fn pause(pid: &str) {
    assert!(Command::new("kill").args(["-STOP", pid]).status().unwrap().success());
    let stopped = |entry: std::io::Result<std::fs::DirEntry>| {
        std::fs::read_to_string(entry.unwrap().path().join("status")).is_ok_and(|text| text.contains("State:\tT"))
    };
    while !std::fs::read_dir(format!("/proc/{pid}/task")).unwrap().all(stopped) {
        std::thread::yield_now();
    }
}

#[tokio::test]
async fn a_plugin_that_is_killed_in_a_call() {
    let Some(executable) = null_provider() else { return };
    let provider = start(&LaunchOptions::new("hashicorp/null", executable)).await;
    let pid = provider.running().pid().unwrap().to_string();
    // A stopped process does not answer: the call is certainly in flight when the process is killed.
    pause(&pid);
    let config = Value::empty_object();
    let request =
        ConfigureRequest { terraform_version: "1.11.4", config: &config, capabilities: ClientCapabilities::default() };
    let call = provider.configure(request);
    let kill = async {
        tokio::task::yield_now().await;
        assert!(Command::new("kill").args(["-KILL", &pid]).status().unwrap().success());
    };
    let (diagnostics, ()) = tokio::join!(call, kill);
    let problem = only(diagnostics);
    assert_eq!((problem.summary.as_str(), problem.blame), ("Plugin did not respond", Blame::Provider));
    assert!(problem.detail.contains("signal: 9") && problem.detail.contains("Configure"), "{problem:?}");
    let after = only(provider.validate_provider(&config).await.diagnostics);
    assert!(after.detail.contains("signal: 9"), "{after:?}");
}

#[tokio::test]
async fn a_plugin_that_hangs_can_be_left() {
    let Some(executable) = null_provider() else { return };
    let mut options = LaunchOptions::new("hashicorp/null", executable);
    options.limits.call = Some(Duration::from_millis(200));
    options.limits.schema = Duration::from_millis(2000);
    options.limits.shutdown = Duration::from_millis(100);
    let provider = start(&options).await;
    let pid = provider.running().pid().unwrap().to_string();
    pause(&pid);
    let config = Value::empty_object();
    let problem = only(provider.validate_provider(&config).await.diagnostics);
    assert!(problem.detail.contains("no answer after 0.2 seconds"), "{problem:?}");
    // A call that is dropped, a request to end that gets no answer, and a call that is ended by the kill.
    let dropped = tokio::time::timeout(Duration::from_millis(10), provider.validate_provider(&config)).await;
    assert!(dropped.is_err());
    provider.running().shutdown().await;
    let problem = only(provider.validate_provider(&config).await.diagnostics);
    assert!(problem.detail.contains("was killed to stop it"), "{problem:?}");
}

#[derive(Default)]
struct Lines(Mutex<Vec<(String, LogLevel, String)>>);

impl LogSink for Lines {
    fn log(&self, provider: &str, line: LogLine) {
        self.0.lock().unwrap().push((provider.to_owned(), line.level, line.message));
    }
}

#[tokio::test]
async fn the_log_is_handed_over_and_shown_after_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let body = r#"
        echo '[WARN] careful' >&2
        echo '{"@level":"info","@message":"structured","@module":"m","key":"value"}' >&2
        i=0; while [ $i -lt 200 ]; do echo "line $i."; i=$((i + 1)); done >&2
        echo 'panic: at last' >&2
        exit 2"#;
    let mut options = LaunchOptions::new("a/b", script(folder.path(), body));
    let lines = Arc::new(Lines::default());
    options.log = Some(lines.clone());
    let Err(diagnostics) = launch(&options).await else { panic!("it was launched") };
    let problem = only(diagnostics);
    assert!(problem.detail.contains("line 199.") && problem.detail.contains("panic: at last"), "{problem:?}");
    assert!(!problem.detail.contains("line 50."), "only the last lines are shown");
    let lines = lines.0.lock().unwrap();
    let of = |text: &str| lines.iter().find(|(_, _, message)| message.contains(text)).cloned().unwrap();
    assert_eq!(of("careful"), ("a/b".into(), LogLevel::Warn, "[WARN] careful".into()));
    assert_eq!(of("structured").1, LogLevel::Info);
    assert_eq!(of("panic").1, LogLevel::Error);
    assert_eq!(lines.len(), 203);
}
