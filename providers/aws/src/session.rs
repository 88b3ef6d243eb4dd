//! A configured provider: clients, place and tags.

use std::collections::{BTreeMap, BTreeSet};
use tokio::sync::watch;

/// Everything that operations share.
pub struct Session {
    pub ec2: aws_sdk_ec2::Client,
    pub sts: aws_sdk_sts::Client,
    pub region: String,
    /// Of the caller, unless it was not asked for.
    pub account_id: Option<String>,
    pub default_tags: BTreeMap<String, String>,
    /// Some default tags are known only after apply.
    pub has_unknown_tags: bool,
    pub ignored_tags: BTreeSet<String>,
    pub ignored_tag_prefixes: Vec<String>,
    /// True once the user has interrupted.
    pub stop: watch::Receiver<bool>,
}

/// Partition of a region, and its DNS suffix.
pub fn partition(region: &str) -> (&'static str, &'static str) {
    match region.split('-').next().unwrap_or_default() {
        "cn" => ("aws-cn", "amazonaws.com.cn"),
        "us" if region.starts_with("us-gov-") => ("aws-us-gov", "amazonaws.com"),
        "us" if region.starts_with("us-iso-") => ("aws-iso", "c2s.ic.gov"),
        "us" if region.starts_with("us-isob-") => ("aws-iso-b", "sc2s.sgov.gov"),
        "eusc" => ("aws-eusc", "amazonaws.eu"),
        _ => ("aws", "amazonaws.com"),
    }
}

impl Session {
    /// ARN of an EC2 object: `part` is `vpc/vpc-1`, for instance.
    pub fn arn(&self, account: Option<&str>, part: &str) -> String {
        let account = account.or(self.account_id.as_deref()).unwrap_or_default();
        format!("arn:{}:ec2:{}:{account}:{part}", partition(&self.region).0, self.region)
    }

    pub fn ignores_tag(&self, key: &str) -> bool {
        self.ignored_tags.contains(key) || self.ignored_tag_prefixes.iter().any(|prefix| key.starts_with(&**prefix))
    }
}
