//! Where a module comes from.

use formwork_value::Str;
use std::fmt;

/// A module's source address, normalised. `Display` writes the form that the module manifest holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModuleSource {
    /// A directory relative to the calling module's, starting with `./` or `../`.
    Local(Str),
    Registry {
        host: Str,
        namespace: Str,
        name: Str,
        system: Str,
        /// Directory inside the package; may be empty.
        subdir: Str,
    },
    /// Git, HTTP, archives and the like.
    Remote(Str),
}

impl ModuleSource {
    /// Reads an address as it is written in `source`. The error says what is wrong.
    pub fn parse(text: &str) -> Result<ModuleSource, String> {
        crate::read::source::parse_source(text, false).map_err(|(_, why)| why)
    }
}

impl fmt::Display for ModuleSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ModuleSource::Local(text) | ModuleSource::Remote(text) => f.write_str(text),
            ModuleSource::Registry { host, namespace, name, system, subdir } => {
                write!(f, "{host}/{namespace}/{name}/{system}")?;
                if !subdir.is_empty() {
                    write!(f, "//{subdir}")?;
                }
                Ok(())
            }
        }
    }
}
