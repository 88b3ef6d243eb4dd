//! Messages about queries. Source: `-json` output of Terraform 1.14.

use super::{JsonStream, line};
use crate::json::value::write_known;
use formwork_value::{Path, PathStep, Value};

/// An object that a list has found.
#[derive(Clone, Copy, Debug)]
pub struct ListedView<'a> {
    pub display_name: &'a str,
    pub identity: &'a Value,
    pub identity_version: u64,
    pub resource: Option<&'a Value>,
    /// Blocks for the object: `resource` and `import`.
    pub written: Option<(&'a str, &'a str)>,
}

impl JsonStream {
    /// A list is about to be asked for.
    pub fn list_started(&self, address: &str, kind: &str, config: &Value, at: &str) -> String {
        line("info", &format!("{address}: Starting query..."), at, |w| {
            w.key("list_start").object(|w| {
                w.key("address").string(address);
                w.key("resource_type").string(kind);
                w.key("input_config");
                write_known(w, config);
                let sensitive = config.unmark_deep().1.into_iter().filter(|m| m.marks.is_sensitive());
                let paths: Vec<String> = sensitive.map(|m| path_text(&m.path)).collect();
                if !paths.is_empty() {
                    w.key("sensitive_attribute_paths").strings(paths.iter().map(String::as_str));
                }
            });
            w.key("type").string("list_start");
        })
    }

    /// One object of a list.
    pub fn list_found(&self, address: &str, kind: &str, object: ListedView<'_>, at: &str) -> String {
        line("info", &format!("{address}: Result found"), at, |w| {
            w.key("list_resource_found").object(|w| {
                w.key("address").string(address);
                w.key("display_name").string(object.display_name);
                write_known(w.key("identity"), object.identity);
                w.key("identity_version").unsigned(object.identity_version);
                w.key("resource_type").string(kind);
                if let Some(resource) = object.resource {
                    write_known(w.key("resource_object"), resource);
                }
                if let Some((resource, import)) = object.written {
                    w.key("config").string(resource.trim_end());
                    w.key("import_config").string(import.trim_end());
                }
            });
            w.key("type").string("list_resource_found");
        })
    }

    /// The end of a list.
    pub fn list_complete(&self, address: &str, kind: &str, total: usize, at: &str) -> String {
        line("info", &format!("{address}: List complete"), at, |w| {
            w.key("list_complete").object(|w| {
                w.key("address").string(address);
                w.key("resource_type").string(kind);
                w.key("total").unsigned(total as u64);
            });
            w.key("type").string("list_complete");
        })
    }
}

fn path_text(path: &Path) -> String {
    let mut text = String::new();
    for step in &path.0 {
        match step {
            PathStep::Attribute(name) => {
                text.push_str(if text.is_empty() { "" } else { "." });
                text.push_str(name);
            }
            PathStep::Index(key) => match key.as_str() {
                Some(key) => text.push_str(&format!("[{key:?}]")),
                None => text.push_str(&format!("[{}]", crate::value_text(key))),
            },
        }
    }
    text
}
