//! `tags` and `tags_all`: the provider's default tags, ignored tags, and what EC2 reports.

use crate::kit::call::Call;
use crate::kit::failure::{Answer, Failure};
use crate::kit::object::{Attributes, Object};
use crate::session::Session;
use aws_sdk_ec2::types::{ResourceType, Tag, TagSpecification};
use formwork_value::{Kind, Str, Type, Value};
use std::collections::BTreeMap;

/// `tags_all` for configured tags: unknown as a whole or in elements where those or the default tags are.
pub fn planned_all(defaults: Option<&BTreeMap<String, String>>, tags: &Value) -> Value {
    let Some(defaults) = defaults.filter(|_| tags.is_known()) else {
        return Value::unknown_not_null(Type::map(Type::String));
    };
    let defaults = defaults.iter().map(|(key, text)| (Str::from(key.as_str()), Value::string(text)));
    let mut all: BTreeMap<Str, Value> = defaults.collect();
    let own = tags.as_mapping().into_iter().flatten().filter(|(_, value)| !value.is_null());
    all.extend(own.map(|(key, value)| (key.clone(), value.clone())));
    Value::map(Type::String, all)
}

/// Tags for a create call, if any.
pub fn specification(object: &Object, kind: ResourceType) -> Option<Vec<TagSpecification>> {
    let tags = to_sdk(&object.text_map("tags_all"));
    (!tags.is_empty()).then(|| vec![TagSpecification::builder().resource_type(kind).set_tags(Some(tags)).build()])
}

pub fn to_sdk(tags: &BTreeMap<String, String>) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

/// EC2's tags without its own (`aws:`) and without those that the provider is told to ignore.
pub fn observed(session: &Session, tags: &[Tag]) -> BTreeMap<String, String> {
    let pairs = tags.iter().filter_map(|tag| Some((tag.key()?.to_owned(), tag.value().unwrap_or_default().to_owned())));
    pairs.filter(|(key, _)| !key.starts_with("aws:") && !session.ignores_tag(key)).collect()
}

/// Records EC2's tags. Default tags count as the object's own only if they were before.
pub fn record(session: &Session, object: &mut Object, tags: &[Tag]) {
    let all = observed(session, tags);
    object.set("tags", own(session, object.value("tags"), &all));
    object.set("tags_all", all);
}

/// The part of all tags that is not there by default only. As it was, null or empty, if it says the same.
pub fn own(session: &Session, before: Option<&Value>, all: &BTreeMap<String, String>) -> Value {
    let was_own = |key: &str| before.and_then(|before| before.get(key)).is_some_and(|value| !value.is_null());
    let is_default = |key: &String, value: &String| session.default_tags.get(key) == Some(value);
    let own: BTreeMap<Str, Value> = all
        .iter()
        .filter(|(key, value)| was_own(key) || !is_default(key, value))
        .map(|(key, value)| (Str::from(key.as_str()), Value::string(value)))
        .collect();
    let is_unchanged = |before: &&Value| match before.kind() {
        Kind::Map(map) => map.items.iter().filter(|(_, value)| !value.is_null()).eq(own.iter()),
        Kind::Null(_) => own.is_empty(),
        _ => false,
    };
    match before.filter(is_unchanged) {
        Some(before) => before.clone(),
        None if own.is_empty() => Value::null(Type::map(Type::String)),
        None => Value::map(Type::String, own),
    }
}

/// Brings the tags of an object from one `tags_all` to another.
pub async fn update(call: &Call<'_>, target: &str, old: &Object, new: &Object, name: &str) -> Result<(), Failure> {
    let (old, new) = (old.text_map(name), new.text_map(name));
    let removed: Vec<Tag> =
        old.keys().filter(|key| !new.contains_key(*key)).map(|key| Tag::builder().key(key).build()).collect();
    let set: BTreeMap<String, String> = new.into_iter().filter(|(key, value)| old.get(key) != Some(value)).collect();
    if !removed.is_empty() {
        call.ec2.delete_tags().resources(target).set_tags(Some(removed)).send().await.of("DeleteTags")?;
    }
    if !set.is_empty() {
        call.ec2.create_tags().resources(target).set_tags(Some(to_sdk(&set))).send().await.of("CreateTags")?;
    }
    Ok(())
}
