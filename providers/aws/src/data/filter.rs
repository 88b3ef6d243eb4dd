//! `filter` blocks.

use crate::kit::field::{text, text_set};
use crate::kit::object::{Attributes, Object};
use crate::kit::spec::{BlockField, Body};
use aws_sdk_ec2::types::Filter;

pub fn block() -> BlockField {
    BlockField::set(
        &[],
        Body::default().attribute("name", text().required()).attribute("values", text_set().required()),
    )
}

/// The filters of an object, and those for its tags.
pub fn filters(object: &Object) -> Vec<Filter> {
    let blocks = object.items("filter").iter();
    let given = blocks.filter_map(|block| Some(filter(block.text("name")?, block.texts("values"))));
    let tags = object.value("tags").is_some_and(formwork_value::Value::is_known).then(|| object.text_map("tags"));
    let tags = tags.unwrap_or_default().into_iter().map(|(key, value)| filter(&format!("tag:{key}"), vec![value]));
    given.chain(tags).collect()
}

pub fn filter(name: &str, values: Vec<String>) -> Filter {
    Filter::builder().name(name).set_values(Some(values)).build()
}
