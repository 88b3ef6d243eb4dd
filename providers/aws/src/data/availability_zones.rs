//! Data source `aws_availability_zones`.

use crate::data::filter;
use crate::kit::call::Call;
use crate::kit::failure::{Answer, Failure};
use crate::kit::field::{flag, text, text_list, text_set};
use crate::kit::object::{Attributes, Object};
use crate::kit::resource::DataSource;
use crate::kit::spec::{Spec, Timeouts, minutes};
use async_trait::async_trait;
use std::collections::BTreeSet;

pub struct AvailabilityZones;

#[async_trait]
impl DataSource for AvailabilityZones {
    fn spec(&self) -> Spec {
        Spec::new("aws_availability_zones", "availability zones")
            .attribute("all_availability_zones", flag().optional())
            .attribute("exclude_names", text_set().optional())
            .attribute("exclude_zone_ids", text_set().optional())
            .attribute("group_names", text_set().computed())
            .attribute("names", text_list().computed())
            .attribute("state", text().optional())
            .attribute("zone_ids", text_list().computed())
            .block("filter", filter::block())
            .timeouts(Timeouts { read: minutes(20), ..Timeouts::default() })
    }

    async fn read(&self, call: &Call<'_>, object: &mut Object) -> Result<(), Failure> {
        let mut filters = filter::filters(object);
        filters.extend(object.string("state").map(|state| filter::filter("state", vec![state])));
        let request = call
            .ec2
            .describe_availability_zones()
            .set_all_availability_zones(object.flag("all_availability_zones"))
            .set_filters(Some(filters).filter(|filters| !filters.is_empty()));
        let answer = request.send().await.of("DescribeAvailabilityZones")?;
        let (names, ids) = (object.texts("exclude_names"), object.texts("exclude_zone_ids"));
        let mut zones = answer.availability_zones.unwrap_or_default();
        zones.retain(|zone| {
            let is_in = |list: &[String], text: Option<&str>| text.is_some_and(|text| list.iter().any(|t| t == text));
            !is_in(&names, zone.zone_name()) && !is_in(&ids, zone.zone_id())
        });
        zones.sort_by(|a, b| a.zone_name().cmp(&b.zone_name()));
        let groups: BTreeSet<&str> = zones.iter().filter_map(|zone| zone.group_name()).collect();
        object.set("group_names", groups.into_iter().collect::<Vec<_>>());
        object.set("names", zones.iter().map(|zone| zone.zone_name().unwrap_or_default()).collect::<Vec<_>>());
        object.set("zone_ids", zones.iter().map(|zone| zone.zone_id().unwrap_or_default()).collect::<Vec<_>>());
        object.set("id", &call.region);
        Ok(())
    }
}
