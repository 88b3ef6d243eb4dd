//! `aws_vpc_security_group_ingress_rule` and `aws_vpc_security_group_egress_rule`: one rule each.

use crate::kit::call::{Call, Progress};
use crate::kit::checks;
use crate::kit::failure::{Answer, Failure, missing};
use crate::kit::field::{number, text};
use crate::kit::object::{Attributes, Object};
use crate::kit::planner::Plan;
use crate::kit::resource::Resource;
use crate::kit::spec::{Rule, Spec};
use crate::kit::tags;
use crate::resource::security_group::protocol;
use async_trait::async_trait;
use aws_sdk_ec2::types::{
    IpPermission, IpRange, Ipv6Range, PrefixListId, ResourceType, SecurityGroupRule as Found, SecurityGroupRuleRequest,
    SecurityGroupRuleUpdate, UserIdGroupPair,
};
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_value::{Path, Value};

/// A rule of one direction.
pub struct SecurityGroupRule {
    pub egress: bool,
}

/// Whom the rule is about; EC2 does not change the kind of a rule.
const PEERS: &[&str] = &["cidr_ipv4", "cidr_ipv6", "prefix_list_id", "referenced_security_group_id"];

#[async_trait]
impl Resource for SecurityGroupRule {
    fn spec(&self) -> Spec {
        let kind =
            if self.egress { "aws_vpc_security_group_egress_rule" } else { "aws_vpc_security_group_ingress_rule" };
        Spec::new(kind, "security group rule")
            .computed_texts(&["arn", "security_group_rule_id"])
            .attribute("cidr_ipv4", text().optional().check(checks::cidr4))
            .attribute("cidr_ipv6", text().optional().check(checks::cidr6))
            .attribute("description", text().optional())
            .attribute("from_port", number().optional().check(checks::port))
            .attribute("ip_protocol", text().required().check(checks::not_empty).same(same_protocol))
            .attribute("prefix_list_id", text().optional())
            .attribute("referenced_security_group_id", text().optional())
            .attribute("security_group_id", text().required().forces_new())
            .attribute("to_port", number().optional().check(checks::port))
            .tagged()
            .rule(Rule::ExactlyOne(PEERS))
    }

    fn validate(&self, config: &Value, diagnostics: &mut Diagnostics) {
        let Some(name) = config.text("ip_protocol").map(protocol) else { return };
        for port in ["from_port", "to_port"] {
            let blame = |detail: &str| {
                Diagnostic::error(format!("Invalid {port}"), detail).attribute(Path::root().attribute(port))
            };
            let given = config.value(port).filter(|value| !value.is_null());
            match (name.as_str(), given) {
                ("-1", Some(value)) if value.is_known() && config.int(port) != Some(-1) => {
                    diagnostics.push(blame("With ip_protocol \"-1\" (all) there are no ports: leave them out."));
                }
                ("tcp" | "udp" | "icmp" | "icmpv6", None) => {
                    diagnostics.push(blame(&format!("With ip_protocol {name:?}, {port} is needed.")));
                }
                _ => {}
            }
        }
    }

    fn plan(&self, plan: &mut Plan<'_>) {
        let Some(prior) = plan.prior else { return };
        let given = |object: &Object| PEERS.iter().find(|name| object.has(name)).copied();
        match (given(prior), given(&plan.planned)) {
            (Some(old), Some(new)) if old != new => plan.replace(new),
            _ => {}
        }
    }

    async fn create(&self, call: &Call<'_>, object: &mut Object) -> Result<(), Failure> {
        let group = object.string("security_group_id");
        let permission = permission(object);
        let tags = tags::specification(object, ResourceType::SecurityGroupRule);
        let soon = call.within(std::time::Duration::from_secs(30));
        let not_yet = ["InvalidGroup.NotFound"];
        let rules = if self.egress {
            let request = call.ec2.authorize_security_group_egress().set_group_id(group).ip_permissions(permission);
            let request = request.set_tag_specifications(tags);
            let attempt = || async { request.clone().send().await.of("AuthorizeSecurityGroupEgress") };
            soon.retry(&not_yet, attempt).await?.security_group_rules
        } else {
            let request = call.ec2.authorize_security_group_ingress().set_group_id(group).ip_permissions(permission);
            let request = request.set_tag_specifications(tags);
            let attempt = || async { request.clone().send().await.of("AuthorizeSecurityGroupIngress") };
            soon.retry(&not_yet, attempt).await?.security_group_rules
        };
        let id = rules.unwrap_or_default().into_iter().find_map(|rule| rule.security_group_rule_id);
        object.set("id", id.ok_or_else(|| missing("AuthorizeSecurityGroup", "rule id"))?);
        Ok(())
    }

    async fn read(&self, call: &Call<'_>, object: &mut Object) -> Result<(), Failure> {
        let id = object.id().to_owned();
        let rule = find(call, &id).await?;
        if rule.is_egress() != Some(self.egress) {
            return Err(Failure::gone("Security group rule of this direction", &id));
        }
        let name = protocol(rule.ip_protocol().unwrap_or_default());
        // EC2 reports -1 where a protocol has no ports.
        let port = |attribute: &str, port: Option<i32>| match port {
            Some(-1) if name != "icmp" && name != "icmpv6" && !object.has(attribute) => None,
            other => other,
        };
        let ports = [("from_port", port("from_port", rule.from_port())), ("to_port", port("to_port", rule.to_port()))];
        object.set_all(ports);
        object.set("arn", call.arn(rule.group_owner_id(), &format!("security-group-rule/{id}")));
        object.set("security_group_rule_id", id);
        let referenced = rule.referenced_group_info().and_then(|info| {
            let group = info.group_id()?;
            let owner = rule.group_owner_id().or(call.account_id.as_deref());
            let other = info.user_id().filter(|user| owner.is_some_and(|owner| owner != *user && !user.is_empty()));
            Some(other.map_or_else(|| group.to_owned(), |user| format!("{user}/{group}")))
        });
        object.set_all([
            ("cidr_ipv4", rule.cidr_ipv4()),
            ("cidr_ipv6", rule.cidr_ipv6()),
            ("description", rule.description().filter(|text| !text.is_empty())),
            ("ip_protocol", Some(name.as_str())),
            ("prefix_list_id", rule.prefix_list_id()),
            ("referenced_security_group_id", referenced.as_deref()),
            ("security_group_id", rule.group_id()),
        ]);
        tags::record(call, object, rule.tags());
        Ok(())
    }

    async fn update(&self, call: &Call<'_>, prior: &Object, object: &mut Object) -> Result<(), Failure> {
        let own = ["description", "from_port", "ip_protocol", "to_port"];
        if PEERS.iter().chain(&own).all(|name| prior.value(name) == object.value(name)) {
            return Ok(());
        }
        let referenced = object.text("referenced_security_group_id");
        let rule = SecurityGroupRuleRequest::builder()
            .set_ip_protocol(object.string("ip_protocol"))
            .set_from_port(object.int("from_port"))
            .set_to_port(object.int("to_port"))
            .set_cidr_ipv4(object.string("cidr_ipv4"))
            .set_cidr_ipv6(object.string("cidr_ipv6"))
            .set_prefix_list_id(object.string("prefix_list_id"))
            .set_referenced_group_id(referenced.map(|id| id.split_once('/').map_or(id, |(_, id)| id).to_owned()))
            .set_description(object.text("description").or(Some("")).map(str::to_owned))
            .build();
        let update =
            SecurityGroupRuleUpdate::builder().security_group_rule_id(prior.id()).security_group_rule(rule).build();
        let request = call.ec2.modify_security_group_rules().set_group_id(prior.string("security_group_id"));
        request.security_group_rules(update).send().await.of("ModifySecurityGroupRules")?;
        Ok(())
    }

    async fn delete(&self, call: &Call<'_>, object: &Object) -> Result<(), Failure> {
        let (id, group) = (object.id(), object.string("security_group_id"));
        if self.egress {
            let request = call.ec2.revoke_security_group_egress().set_group_id(group).security_group_rule_ids(id);
            request.send().await.of("RevokeSecurityGroupEgress").map(drop)?;
        } else {
            let request = call.ec2.revoke_security_group_ingress().set_group_id(group).security_group_rule_ids(id);
            request.send().await.of("RevokeSecurityGroupIngress").map(drop)?;
        }
        call.until("the security group rule to be gone", || async {
            match find(call, id).await {
                Err(failure) if failure.gone => Ok(Progress::Done(())),
                Err(failure) => Err(failure),
                Ok(_) => Ok(Progress::Pending("still there".into())),
            }
        })
        .await
    }
}

fn same_protocol(a: &Value, b: &Value) -> bool {
    protocol(a.as_str().unwrap_or_default()) == protocol(b.as_str().unwrap_or_default())
}

async fn find(call: &Call<'_>, id: &str) -> Result<Found, Failure> {
    let request = call.ec2.describe_security_group_rules().security_group_rule_ids(id);
    let answer = request.send().await.of("DescribeSecurityGroupRules")?;
    let mut rules = answer.security_group_rules.unwrap_or_default().into_iter();
    rules.next().ok_or_else(|| Failure::gone("Security group rule", id))
}

fn permission(object: &Object) -> IpPermission {
    let text = object.string("description");
    let range = |block| IpRange::builder().cidr_ip(block).set_description(text.clone()).build();
    let range6 = |block| Ipv6Range::builder().cidr_ipv6(block).set_description(text.clone()).build();
    let list = |id| PrefixListId::builder().prefix_list_id(id).set_description(text.clone()).build();
    let group = |id: String| {
        let builder = UserIdGroupPair::builder().set_description(text.clone());
        match id.split_once('/') {
            Some((user, id)) => builder.user_id(user).group_id(id).build(),
            None => builder.group_id(id).build(),
        }
    };
    IpPermission::builder()
        .set_ip_protocol(object.string("ip_protocol"))
        .set_from_port(object.int("from_port"))
        .set_to_port(object.int("to_port"))
        .set_ip_ranges(object.string("cidr_ipv4").map(|block| vec![range(block)]))
        .set_ipv6_ranges(object.string("cidr_ipv6").map(|block| vec![range6(block)]))
        .set_prefix_list_ids(object.string("prefix_list_id").map(|id| vec![list(id)]))
        .set_user_id_group_pairs(object.string("referenced_security_group_id").map(|id| vec![group(id)]))
        .build()
}
