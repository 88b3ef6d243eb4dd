//! Data source `aws_region`.

use crate::kit::call::Call;
use crate::kit::failure::{Answer, Failure};
use crate::kit::field::text;
use crate::kit::object::{Attributes, Object};
use crate::kit::resource::DataSource;
use crate::kit::spec::Spec;
use crate::session::partition;
use async_trait::async_trait;

pub struct Region;

#[async_trait]
impl DataSource for Region {
    fn spec(&self) -> Spec {
        Spec::new("aws_region", "region")
            .attribute("description", text().computed())
            .attribute("endpoint", text().optional().computed())
            .attribute("name", text().optional().computed())
    }

    async fn read(&self, call: &Call<'_>, object: &mut Object) -> Result<(), Failure> {
        let endpoint = |region: &str| format!("ec2.{region}.{}", partition(region).1);
        let name = match (object.string("name"), object.string("endpoint")) {
            (Some(name), _) => name,
            (None, Some(wanted)) => {
                let answer = call.ec2.describe_regions().all_regions(true).send().await.of("DescribeRegions")?;
                let found = answer.regions().iter().find(|region| region.endpoint() == Some(&wanted));
                let found = found.and_then(|region| region.region_name());
                found
                    .map(str::to_owned)
                    .ok_or_else(|| Failure::new(format!("No region has the EC2 endpoint {wanted:?}.")).at("endpoint"))?
            }
            (None, None) => call.region.clone(),
        };
        if object.text("endpoint").is_some_and(|wanted| wanted != endpoint(&name)) {
            return Err(Failure::new(format!("The EC2 endpoint of {name} is {}.", endpoint(&name))).at("endpoint"));
        }
        let known = DESCRIPTIONS.iter().find(|(region, _)| *region == name);
        if known.is_none() && name != call.region {
            return Err(Failure::new(format!("There is no region {name:?}.")).at("name"));
        }
        object.set("description", known.map_or("", |(_, description)| description));
        object.set("endpoint", endpoint(&name));
        object.set("id", &name);
        object.set("name", name);
        Ok(())
    }
}

/// AWS's names of its regions (source: "AWS Regions and Availability Zones" of its documentation).
const DESCRIPTIONS: &[(&str, &str)] = &[
    ("af-south-1", "Africa (Cape Town)"),
    ("ap-east-1", "Asia Pacific (Hong Kong)"),
    ("ap-east-2", "Asia Pacific (Taipei)"),
    ("ap-northeast-1", "Asia Pacific (Tokyo)"),
    ("ap-northeast-2", "Asia Pacific (Seoul)"),
    ("ap-northeast-3", "Asia Pacific (Osaka)"),
    ("ap-south-1", "Asia Pacific (Mumbai)"),
    ("ap-south-2", "Asia Pacific (Hyderabad)"),
    ("ap-southeast-1", "Asia Pacific (Singapore)"),
    ("ap-southeast-2", "Asia Pacific (Sydney)"),
    ("ap-southeast-3", "Asia Pacific (Jakarta)"),
    ("ap-southeast-4", "Asia Pacific (Melbourne)"),
    ("ap-southeast-5", "Asia Pacific (Malaysia)"),
    ("ap-southeast-6", "Asia Pacific (New Zealand)"),
    ("ap-southeast-7", "Asia Pacific (Thailand)"),
    ("ca-central-1", "Canada (Central)"),
    ("ca-west-1", "Canada West (Calgary)"),
    ("cn-north-1", "China (Beijing)"),
    ("cn-northwest-1", "China (Ningxia)"),
    ("eu-central-1", "Europe (Frankfurt)"),
    ("eu-central-2", "Europe (Zurich)"),
    ("eu-north-1", "Europe (Stockholm)"),
    ("eu-south-1", "Europe (Milan)"),
    ("eu-south-2", "Europe (Spain)"),
    ("eu-west-1", "Europe (Ireland)"),
    ("eu-west-2", "Europe (London)"),
    ("eu-west-3", "Europe (Paris)"),
    ("il-central-1", "Israel (Tel Aviv)"),
    ("me-central-1", "Middle East (UAE)"),
    ("me-south-1", "Middle East (Bahrain)"),
    ("mx-central-1", "Mexico (Central)"),
    ("sa-east-1", "South America (Sao Paulo)"),
    ("us-east-1", "US East (N. Virginia)"),
    ("us-east-2", "US East (Ohio)"),
    ("us-gov-east-1", "AWS GovCloud (US-East)"),
    ("us-gov-west-1", "AWS GovCloud (US-West)"),
    ("us-west-1", "US West (N. California)"),
    ("us-west-2", "US West (Oregon)"),
];
