//! Changes of resources and outputs.

use super::value::{write_known, write_sensitive, write_unknown};
use super::writer::JsonWriter;
use crate::sensitive::SchemaMarks;
use formwork_model::{Action, Importing, InstanceKey, OutputChange, ResourceChange, ResourceInstance};
use formwork_value::{Path, PathStep, Value};

/// Names of an action in documents.
pub(crate) fn action_names(action: Action) -> &'static [&'static str] {
    match action {
        Action::NoOp => &["no-op"],
        Action::Create => &["create"],
        Action::Read => &["read"],
        Action::Update => &["update"],
        Action::Delete => &["delete"],
        Action::DeleteThenCreate => &["delete", "create"],
        Action::ForgetThenCreate => &["forget", "create"],
        Action::CreateThenDelete => &["create", "delete"],
        Action::Forget => &["forget"],
    }
}

pub(super) fn write_resource_change(w: &mut JsonWriter, change: &ResourceChange, marks: &mut SchemaMarks<'_>) {
    let address = &change.address;
    w.object(|w| {
        w.key("address").string(&address.to_string());
        if change.is_moved() {
            w.key("previous_address").string(&change.previous_address.to_string());
        }
        write_place(w, address);
        w.key("provider_name").string(&change.provider.provider.to_string());
        if let Some(key) = &change.deposed {
            w.key("deposed").string(&key.0);
        }
        w.key("change");
        write_change(w, change, marks);
        if let Some(reason) = change.reason.name() {
            w.key("action_reason").string(reason);
        }
    });
}

pub(super) fn write_index(w: &mut JsonWriter, key: &InstanceKey) {
    match key {
        InstanceKey::None => {}
        InstanceKey::Int(n) => w.key("index").unsigned(*n),
        InstanceKey::String(s) => w.key("index").string(s),
    }
}

fn write_change(w: &mut JsonWriter, change: &ResourceChange, marks: &mut SchemaMarks<'_>) {
    let before = marks.apply(&change.before, &change.provider.provider, &change.address.resource);
    let after = marks.apply(&change.after, &change.provider.provider, &change.address.resource);
    w.object(|w| {
        w.key("actions").strings(action_names(change.action).iter().copied());
        write_known(w.key("before"), &before);
        write_after(w, &after, |w| w.object(|_| {}));
        write_sensitive(w.key("before_sensitive"), &before);
        write_sensitive(w.key("after_sensitive"), &after);
        if !change.replace_paths.is_empty() {
            w.key("replace_paths").array(|w| change.replace_paths.iter().for_each(|path| write_path(w, path)));
        }
        if let Some(importing) = &change.importing {
            write_importing(w.key("importing"), importing);
        }
        if let Some(text) = &change.generated_config {
            w.key("generated_config").string(text);
        }
        for (name, identity) in
            [("before_identity", &change.before_identity), ("after_identity", &change.after_identity)]
        {
            if let Some(identity) = identity {
                write_known(w.key(name), identity);
            }
        }
    });
}

/// Members `after`, which is absent if unknown, and `after_unknown`.
fn write_after(w: &mut JsonWriter, after: &Value, known: impl FnOnce(&mut JsonWriter)) {
    if after.is_known() {
        write_known(w.key("after"), after);
    }
    w.key("after_unknown");
    if after.is_wholly_known() { known(w) } else { write_unknown(w, after) }
}

fn write_importing(w: &mut JsonWriter, importing: &Importing) {
    w.object(|w| {
        if let Some(id) = &importing.id {
            w.key("id").string(id);
        }
        match &importing.identity {
            Some(identity) => write_known(w.key("identity"), identity),
            None if importing.id.is_none() => w.key("unknown").bool(true),
            None => {}
        }
    });
}

/// Attribute names, string keys and numbers; elements of sets are shown as values.
pub(super) fn write_path(w: &mut JsonWriter, path: &Path) {
    w.array(|w| {
        for step in &path.0 {
            match step {
                PathStep::Attribute(name) => w.string(name),
                PathStep::Index(key) => write_known(w, key),
            }
        }
    });
}

pub(super) fn write_output_change(w: &mut JsonWriter, change: &OutputChange) {
    w.object(|w| {
        w.key("actions").strings(action_names(change.action).iter().copied());
        write_known(w.key("before"), &change.before);
        write_after(w, &change.after, |w| w.bool(false));
        w.key("before_sensitive").bool(change.sensitive);
        w.key("after_sensitive").bool(change.sensitive);
    });
}

/// Where an object belongs, part by part.
pub(super) fn write_place(w: &mut JsonWriter, address: &ResourceInstance) {
    if !address.module.is_root() {
        w.key("module_address").string(&address.module.to_string());
    }
    w.key("mode").string(address.resource.mode.name());
    w.key("type").string(&address.resource.kind);
    w.key("name").string(&address.resource.name);
    write_index(w, &address.key);
}
