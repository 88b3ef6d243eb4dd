//! The table of resource types and data sources.

use crate::kit::resource::{DataSource, Resource};
use crate::{data, resource};

pub fn resources() -> Vec<Box<dyn Resource>> {
    vec![Box::new(resource::subnet::Subnet), Box::new(resource::vpc::Vpc)]
}

pub fn data_sources() -> Vec<Box<dyn DataSource>> {
    vec![]
}
