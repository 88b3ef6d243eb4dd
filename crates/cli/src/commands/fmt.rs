//! `fmt`.

use super::{Command, GENERAL, MANY};
use crate::arguments::{Arguments, Flag};
use crate::exit::Exit;
use crate::session::Session;
use crate::whole_file::write_whole;
use formwork_diag::{Blame, Diagnostic, Diagnostics, Sources};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub static COMMAND: Command = Command {
    name: "fmt",
    arguments: "[FILE|DIR|-...]",
    summary: "Bring configuration files into canonical format.",
    description: "Rewrites configuration files (of this directory, if nothing is named) in canonical format and prints \
                  the names of those that changed. A dash formats standard input to standard output.",
    flags: &[
        GENERAL,
        &[
            Flag::switch("check", "Change nothing; exit with 3 if a file would change."),
            Flag::switch("diff", "Show what changes."),
            Flag::switch("list", "Print the names of files that change (default true)."),
            Flag::switch("recursive", "Go into directories."),
            Flag::switch("write", "Write the files (default true)."),
        ],
    ],
    positional: (0, MANY),
    run,
};

/// Deepest nesting of directories that is visited.
const MAX_DEPTH: usize = 64;

const EXTENSIONS: [&str; 7] =
    [".tf", ".tfvars", ".tofu", ".tftest.hcl", ".tfmock.hcl", ".tfquery.hcl", ".formwork.hcl"];

struct Formatting<'a> {
    session: &'a Session,
    list: bool,
    write: bool,
    diff: bool,
    changed: bool,
    sources: Sources,
    problems: Diagnostics,
}

fn run(session: &Session, arguments: &Arguments) -> Result<Exit, Diagnostics> {
    let check = arguments.switch("check");
    let mut formatting = Formatting {
        session,
        list: arguments.switch_or("list", true),
        write: arguments.switch_or("write", true) && !check,
        diff: arguments.switch("diff"),
        changed: false,
        sources: Sources::new(),
        problems: Diagnostics::new(),
    };
    let here = ["."].map(str::to_owned);
    let named = if arguments.positional.is_empty() { &here[..] } else { &arguments.positional[..] };
    if named.iter().any(|name| name == "-") {
        formatting.standard_input(check)?;
    } else {
        for name in named {
            formatting.path(Path::new(name), arguments.switch("recursive"), 0);
        }
    }
    let Formatting { changed, sources, problems, .. } = formatting;
    if problems.has_errors() {
        session.set_sources(Arc::new(sources));
        session.report(&problems);
        return Ok(Exit::Changes);
    }
    Ok(if check && changed { Exit::Attention } else { Exit::Success })
}

fn unreadable(path: &Path, error: &std::io::Error) -> Diagnostic {
    let detail = format!("{} cannot be used: {error}.", path.display());
    Diagnostic::error("Cannot format", detail).blame(Blame::Environment)
}

impl Formatting<'_> {
    fn path(&mut self, path: &Path, recursive: bool, depth: usize) {
        if path.is_dir() {
            return self.directory(path, recursive, depth);
        }
        match is_configuration(path) {
            true => self.file(path),
            false => self.problems.push(Diagnostic::error(
                "Cannot format",
                format!("{} is no configuration file: their names end in {}.", path.display(), EXTENSIONS.join(", ")),
            )),
        }
    }

    fn directory(&mut self, dir: &Path, recursive: bool, depth: usize) {
        let entries = match std::fs::read_dir(dir) {
            Ok(entries) => entries,
            Err(error) => return self.problems.push(unreadable(dir, &error)),
        };
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
            if hidden {
                continue;
            }
            let shown = path.strip_prefix("./").unwrap_or(&path).to_path_buf();
            if path.is_dir() {
                if recursive && depth < MAX_DEPTH {
                    self.directory(&shown, recursive, depth + 1);
                }
            } else if is_configuration(&path) {
                self.file(&shown);
            }
        }
    }

    fn file(&mut self, path: &Path) {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => return self.problems.push(unreadable(path, &error)),
        };
        let name = path.display().to_string();
        let Some(formatted) = self.formatted(&name, &text) else { return };
        if formatted == text {
            return;
        }
        self.changed = true;
        if self.list {
            self.session.output.line(&name);
        }
        if self.diff {
            self.session.output.print(&difference(&name, &text, &formatted));
        }
        if self.write
            && let Err(error) = rewrite(path, formatted.as_bytes())
        {
            self.problems.push(unreadable(path, &error));
        }
    }

    fn standard_input(&mut self, check: bool) -> Result<(), Diagnostics> {
        let mut text = String::new();
        let read = std::io::stdin().lock().read_to_string(&mut text);
        read.map_err(|error| Diagnostics::from(unreadable(Path::new("standard input"), &error)))?;
        if let Some(formatted) = self.formatted("<stdin>", &text) {
            self.changed = formatted != text;
            if self.diff && self.changed {
                self.session.output.print(&difference("<stdin>", &text, &formatted));
            } else if !check {
                let end = if formatted.ends_with('\n') { "" } else { "\n" };
                self.session.output.print(&format!("{formatted}{end}"));
            }
        }
        Ok(())
    }

    fn formatted(&mut self, name: &str, text: &str) -> Option<String> {
        match formwork_hcl::format(text) {
            Ok(formatted) => Some(formatted),
            Err(problems) => {
                // The formatter names its only file 0; here each file has a number of its own.
                let file = self.sources.add(name, text);
                self.problems.extend(problems.into_iter().map(|mut problem| {
                    if let Some(span) = &mut problem.span {
                        span.file = file;
                    }
                    problem
                }));
                None
            }
        }
    }
}

/// In the form that patch programs read.
fn difference(name: &str, old: &str, new: &str) -> String {
    let diff = similar::TextDiff::from_lines(old, new);
    diff.unified_diff().header(&format!("old/{name}"), &format!("new/{name}")).to_string()
}

fn is_configuration(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    EXTENSIONS.iter().any(|extension| name.ends_with(extension))
}

/// The new file has the rights of the old one.
fn rewrite(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let permissions = std::fs::metadata(path)?.permissions();
    write_whole(path, content)?;
    std::fs::set_permissions(path, permissions)
}
