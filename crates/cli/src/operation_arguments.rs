//! Flags that plan, apply and their relatives have in common.

use crate::arguments::{Arguments, Flag};
use crate::backend::LocalFlags;
use crate::session::{Economy, Session};
use crate::state_access::LockFlags;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_model::{ActionInstance, PlanMode, PlanOptions, ResourceInstance, TargetAddress};

/// Operations that run at once if nothing is said.
const DEFAULT_PARALLELISM: usize = 10;

/// Of commands that plan.
pub const OPERATION_FLAGS: &[Flag] = &[
    Flag::switch("compact-warnings", "Show warnings in short, if there are no errors."),
    Flag::switch("init", "Do what init would, if needed: install modules and providers, set up the backend."),
    Flag::switch("input", "Ask for what is missing (default true)."),
    Flag::value("max-memory", "SIZE", "Most memory of this program and all plugins, such as 512M or 2G."),
    Flag::value("parallelism", "N", "How many operations may run at once (default 10)."),
    Flag::value("state", "FILE", "Read this state file. For the local backend only."),
    Flag::switch("timings", "Tell at the end what providers have taken (always told after a long run)."),
    Flag::value("target", "ADDRESS", "Only this module, resource or instance, and what it needs. Can be repeated."),
];

/// How to plan.
pub const PLANNING_FLAGS: &[Flag] = &[
    Flag::switch("destroy", "Plan to destroy everything."),
    Flag::switch("refresh", "Read the objects anew first (default true)."),
    Flag::switch("refresh-only", "Plan only to bring the state up to date with the objects."),
    Flag::value("replace", "INSTANCE", "Replace this object even if nothing about it has changed. Can be repeated."),
    Flag::value("invoke", "ACTION", "Only invoke this action: action.TYPE.NAME. Can be repeated."),
    Flag::switch("allow-deferral", ""),
];

/// Of commands that write a state.
pub const WRITING_FLAGS: &[Flag] = &[
    Flag::value("state-out", "FILE", "Write this state file. For the local backend only."),
    Flag::value("backup", "FILE", "Where the state from before goes; - for nowhere. For the local backend only."),
];

/// What the flags say.
#[derive(Clone, Debug)]
pub struct OperationArguments {
    pub options: PlanOptions,
    pub lock: LockFlags,
    pub local: LocalFlags,
    pub input: bool,
    pub json: bool,
    pub auto_init: bool,
    /// An address that is imported, which settles what is in doubt about it.
    pub imports: Option<ResourceInstance>,
}

fn invalid(detail: impl Into<String>) -> Diagnostics {
    Diagnostic::error("Invalid command line", detail).into()
}

impl OperationArguments {
    pub fn of(session: &Session, arguments: &Arguments) -> Result<OperationArguments, Diagnostics> {
        let json = arguments.switch("json");
        let given = arguments.value("max-memory").map(|text| ("-max-memory", text));
        let set = session.environment.get("FORMWORK_MAX_MEMORY").map(|text| ("FORMWORK_MAX_MEMORY", text));
        let max_memory = given.or(set).map(|(name, text)| bytes(name, text)).transpose()?;
        session.note_economy(Economy { timings: arguments.switch("timings"), max_memory });
        Ok(OperationArguments {
            options: options(arguments)?,
            lock: LockFlags::of(arguments)?,
            local: LocalFlags::of(arguments),
            input: !json && arguments.switch_or("input", true) && session.environment.input(),
            json,
            auto_init: arguments.switch("init") || session.environment.auto_init(),
            imports: None,
        })
    }
}

/// A warning for a flag that only files of the local backend know.
pub fn warn_state_flag(session: &Session, arguments: &Arguments) {
    if arguments.is_given("state") {
        let detail = "Say in a backend \"local\" block where the state is, with its argument \"path\".";
        session.report(&Diagnostic::warning("Deprecated flag: -state", detail).into());
    }
}

fn options(arguments: &Arguments) -> Result<PlanOptions, Diagnostics> {
    let (destroy, refresh_only) = (arguments.switch("destroy"), arguments.switch("refresh-only"));
    let mode = match (destroy, refresh_only) {
        (true, true) => return Err(invalid("-destroy and -refresh-only exclude each other.")),
        (true, false) => PlanMode::Destroy,
        (false, true) => PlanMode::RefreshOnly,
        (false, false) => PlanMode::Normal,
    };
    let refresh = arguments.switch_or("refresh", true);
    if refresh_only && !refresh {
        return Err(invalid("-refresh-only and -refresh=false exclude each other."));
    }
    let replace: Vec<ResourceInstance> = arguments.values("replace").map(replace_address).collect::<Result<_, _>>()?;
    if mode != PlanMode::Normal && !replace.is_empty() {
        return Err(invalid("-replace cannot be combined with -destroy or -refresh-only."));
    }
    let invoke: Vec<ActionInstance> = arguments.values("invoke").map(action_address).collect::<Result<_, _>>()?;
    let mode = match invoke.is_empty() {
        true => mode,
        // Nothing but the actions: what they refer to is read, and nothing is changed for them.
        false if mode == PlanMode::Normal && replace.is_empty() => PlanMode::RefreshOnly,
        false => return Err(invalid("-invoke cannot be combined with -destroy, -refresh-only or -replace.")),
    };
    let targets: Vec<TargetAddress> = arguments.values("target").map(target_address).collect::<Result<_, _>>()?;
    let parallelism = match arguments.number_or("parallelism", DEFAULT_PARALLELISM, 0).map_err(invalid)? {
        0 => DEFAULT_PARALLELISM,
        number => number,
    };
    Ok(PlanOptions { mode, refresh, targets, excludes: Vec::new(), replace, invoke, parallelism })
}

/// A size in bytes, or with a letter in units of 1024 of the smaller one.
fn bytes(name: &str, text: &str) -> Result<u64, Diagnostics> {
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let factor = match unit.to_ascii_uppercase().trim_end_matches('B').trim_end_matches('I') {
        "" => Some(1_u64),
        "K" => Some(1 << 10),
        "M" => Some(1 << 20),
        "G" => Some(1 << 30),
        _ => None,
    };
    let size = factor.and_then(|factor| digits.parse::<u64>().ok()?.checked_mul(factor)).filter(|size| *size > 0);
    size.ok_or_else(|| invalid(format!("{name} takes a size such as 512M or 2G, not {text:?}.")))
}

fn target_address(text: &str) -> Result<TargetAddress, Diagnostics> {
    TargetAddress::parse(text).map_err(|error| {
        Diagnostic::error("Invalid target", format!("-target={text} names no module, resource or instance: {error}."))
            .into()
    })
}

fn action_address(text: &str) -> Result<ActionInstance, Diagnostics> {
    ActionInstance::parse(text)
        .map_err(|error| Diagnostic::error("Invalid action to invoke", format!("-invoke={text}: {error}.")).into())
}

fn replace_address(text: &str) -> Result<ResourceInstance, Diagnostics> {
    let refused = |problem: String| {
        Diagnostics::from(Diagnostic::error("Invalid address to replace", format!("-replace={text}: {problem}.")))
    };
    let address = ResourceInstance::parse(text).map_err(|error| refused(error.to_string()))?;
    if address.resource.mode != formwork_model::ResourceMode::Managed {
        return Err(refused("only managed objects can be replaced".to_owned()));
    }
    Ok(address)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::parse;

    fn options_of(line: &str) -> Result<PlanOptions, Diagnostics> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        options(&parse(&words, &[OPERATION_FLAGS, PLANNING_FLAGS]).unwrap())
    }

    #[test]
    fn reads_modes_targets_and_replacements() {
        let read = options_of("-destroy -target=module.m -target=a.b[0] -parallelism=3").unwrap();
        assert_eq!(read.mode, PlanMode::Destroy);
        assert_eq!((read.targets.len(), read.parallelism), (2, 3));
        assert!(!options_of("-refresh=false").unwrap().refresh);
        assert_eq!(options_of("-replace=a.b").unwrap().replace.len(), 1);
    }

    #[test]
    fn sizes_have_units() {
        for (text, size) in [("1", Some(1)), ("3k", Some(3072)), ("512M", Some(512 << 20)), ("2GiB", Some(2 << 30))] {
            assert_eq!(bytes("-max-memory", text).ok(), size, "{text}");
        }
        for text in ["", "0", "M", "1.5G", "7T", "99999999999G", "-1M"] {
            assert!(bytes("-max-memory", text).is_err(), "{text}");
        }
    }

    #[test]
    fn refuses_what_excludes_each_other() {
        for line in [
            "-destroy -refresh-only",
            "-refresh-only -refresh=false",
            "-destroy -replace=a.b",
            "-refresh-only -replace=a.b",
            "-parallelism=x",
            "-target=bogus",
            "-replace=module.m",
            "-replace=data.a.b",
            "-invoke=a.b",
            "-invoke=action.a.b -destroy",
            "-invoke=action.a.b -replace=a.b",
        ] {
            assert!(options_of(line).is_err(), "{line}");
        }
    }
}
