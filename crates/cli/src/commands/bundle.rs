//! `bundle`.

use super::{Command, GENERAL};
use crate::arguments::{Arguments, Flag};
use crate::bundled::{self, Surroundings};
use crate::configuration::load_configuration;
use crate::exit::Exit;
use crate::providers::{LOCK_FILE, cli_config, lock_file};
use crate::session::Session;
use formwork_config::{Config, join_clean, provider_requirements};
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_install::{BundledDir, IgnoreRules, InstalledPackage, current_platform, installed, write_bundle};
use formwork_model::ProviderAddress;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

pub static COMMAND: Command = Command {
    name: "bundle",
    arguments: "FILE",
    summary: "Pack the configuration for use without a network.",
    description: "Writes an archive (.tar.gz) of this directory with its installed modules. With -providers it also holds \
                  the locked provider packages for this platform, as a mirror in terraform.d/plugins, where init finds \
                  them without being told.\n\nFiles that .terraformignore names are left out; so are, unless it takes \
                  them back in, version control, what init has installed except for modules, and states.",
    flags: &[GENERAL, &[Flag::switch("providers", "Pack the provider packages as well.")]],
    positional: (1, 1),
    run,
};

/// Where packages are found beside a configuration without any settings.
const MIRROR: &str = "terraform.d/plugins";

fn run(session: &Session, arguments: &Arguments) -> Result<Exit, Diagnostics> {
    let target = Path::new(arguments.at(0).unwrap_or_default());
    if target.file_name().is_none() || target.is_dir() {
        return Err(invalid(format!("{} is no name for a file.", target.display())));
    }
    let (config, warnings) = load_configuration(session)?;
    session.report(&warnings);
    check_data_dir(session, &config)?;
    let packages = if arguments.switch("providers") { packages(session, &config)? } else { BTreeMap::new() };
    let (outer, above) = common_directory(&config)?;
    let trees = trees(&config, &above)?;
    let standard = IgnoreRules::standard();
    let mut dirs: Vec<BundledDir<'_>> = trees
        .iter()
        .map(|tree| BundledDir { dir: &tree.dir, name: tree.name.clone(), rules: &tree.rules, follow_links: false })
        .collect();
    for (provider, package) in &packages {
        let version = format!("{}/{}/{}", provider, package.version, current_platform());
        let name = join_clean(&outer, &format!("{MIRROR}/{version}"));
        dirs.push(BundledDir { dir: &package.dir, name, rules: &standard, follow_links: true });
    }
    let files = write_bundle(target, &dirs).map_err(|error| unusable(format!("{error}.")))?;
    session.say(&report(target, files, &config, &outer, packages.len()));
    Ok(Exit::Success)
}

fn invalid(detail: String) -> Diagnostics {
    Diagnostic::error("Invalid command line", detail).into()
}

fn unusable(detail: String) -> Diagnostics {
    Diagnostic::error("Cannot write the bundle", detail).blame(Blame::Environment).into()
}

fn report(target: &Path, files: usize, config: &Config, outer: &str, packages: usize) -> String {
    let plural = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let mut parts = vec![plural(files, "file")];
    if config.modules.len() > 1 {
        parts.push(plural(config.modules.len() - 1, "module"));
    }
    if packages > 0 {
        parts.push(format!("{} for {}", plural(packages, "provider package"), current_platform()));
    }
    let place = if outer == "." { String::new() } else { format!("\nThe configuration is in {outer}/ of it.") };
    format!("{} holds {}.{place}", target.display(), parts.join(", "))
}

/// Modules are found by the places that `init` has noted; those must be the same after unpacking.
fn check_data_dir(session: &Session, config: &Config) -> Result<(), Diagnostics> {
    let data = session.data_dir();
    let own = data.path();
    if own == Path::new(".terraform") || !config.modules.values().any(|m| Path::new(&*m.dir).starts_with(own)) {
        return Ok(());
    }
    let detail = format!(
        "Modules are installed in {}, which is not part of this directory. Unset TF_DATA_DIR, run \"formwork init\", and \
         try again.",
        own.display()
    );
    Err(unusable(detail))
}

/// The packages of all providers that the configuration needs, as they are locked.
fn packages(session: &Session, config: &Config) -> Result<BTreeMap<ProviderAddress, InstalledPackage>, Diagnostics> {
    let requirements = provider_requirements(config);
    let lock = lock_file()?;
    let sources = bundled::sources(session, &cli_config(session)?);
    let surroundings = Surroundings { lock: &lock, unmanaged: &BTreeSet::new(), sources: &sources };
    let in_program = bundled::chosen(&requirements, &surroundings);
    let is_packed = |provider: &ProviderAddress| !provider.is_builtin() && !in_program.contains_key(provider);
    let needed: BTreeSet<ProviderAddress> = requirements.into_keys().filter(is_packed).collect();
    if let Some(provider) = needed.iter().find(|provider| !lock.providers.contains_key(*provider)) {
        let detail = format!(
            "{LOCK_FILE} has no version of {}. Run \"formwork init\", so that there is one to pack.",
            provider.for_display()
        );
        return Err(unusable(detail));
    }
    let (packages, problems) = installed(session.data_dir().path(), &lock, &needed, &current_platform());
    if problems.has_errors() { Err(problems) } else { Ok(packages) }
}

/// A directory that is packed.
struct Tree {
    dir: PathBuf,
    /// In the archive.
    name: String,
    rules: IgnoreRules,
}

/// Where this directory is below the lowest one that has all modules (`.` if it is that itself), and the names on the way.
fn common_directory(config: &Config) -> Result<(String, Vec<String>), Diagnostics> {
    let ups = |dir: &str| Path::new(dir).components().take_while(|c| *c == Component::ParentDir).count();
    let height = config.modules.values().map(|module| ups(&module.dir)).max().unwrap_or(0);
    let here = std::env::current_dir().map_err(|error| unusable(format!("the working directory: {error}.")))?;
    let names: Option<Vec<String>> =
        here.iter().rev().take(height).map(|name| name.to_str().map(str::to_owned)).collect();
    let mut names = names.ok_or_else(|| unusable(format!("{} is not UTF-8.", here.display())))?;
    names.reverse();
    Ok((join_clean(".", &names.join("/")), names))
}

/// This directory, and those of modules outside of it.
fn trees(config: &Config, above: &[String]) -> Result<Vec<Tree>, Diagnostics> {
    let own = join_clean(".", &above.join("/"));
    let place = |name: String| if name == "." { String::new() } else { name };
    let mut trees = vec![Tree { dir: PathBuf::from("."), name: place(own.clone()), rules: rules(Path::new("."))? }];
    let outside: BTreeSet<&str> =
        config.modules.values().map(|module| &*module.dir).filter(|dir| dir.starts_with("..")).collect();
    let mut packed: Vec<String> = Vec::new();
    for dir in outside {
        let name = join_clean(&own, dir);
        if packed.iter().any(|outer| Path::new(&name).starts_with(outer)) {
            continue;
        }
        if Path::new(&own).starts_with(&name) {
            let detail = format!(
                "The module in {dir} lies around this directory, so it would be packed within itself. Move it beside this \
                 directory."
            );
            return Err(unusable(detail));
        }
        trees.push(Tree { dir: PathBuf::from(dir), name: name.clone(), rules: rules(Path::new(dir))? });
        packed.push(name);
    }
    if let Some(module) = config.modules.values().find(|module| Path::new(&*module.dir).is_absolute()) {
        let detail =
            format!("The module {} has the absolute path {}. Give it a relative one.", module.path, module.dir);
        return Err(unusable(detail));
    }
    Ok(trees)
}

fn rules(dir: &Path) -> Result<IgnoreRules, Diagnostics> {
    let file = dir.join(".terraformignore");
    match std::fs::read_to_string(&file) {
        Ok(text) => IgnoreRules::parse(&text).map_err(|(line, why)| {
            Diagnostic::error("Invalid .terraformignore", format!("{} line {line}: {why}.", file.display())).into()
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(IgnoreRules::standard()),
        Err(error) => Err(unusable(format!("{}: {error}.", file.display()))),
    }
}
