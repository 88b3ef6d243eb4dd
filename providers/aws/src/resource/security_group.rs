//! `aws_security_group`, with inline rules.

mod permission;

use crate::kit::call::{CONSISTENCY, Call, Progress};
use crate::kit::failure::{Answer, Failure, missing};
use crate::kit::field::{Field, flag, text};
use crate::kit::object::{Attributes, Object};
use crate::kit::planner::Plan;
use crate::kit::resource::Resource;
use crate::kit::spec::{Rule, Spec, Timeouts, minutes};
use crate::kit::tags;
use async_trait::async_trait;
use aws_sdk_ec2::primitives::{DateTime, DateTimeFormat};
use aws_sdk_ec2::types::{Filter, ResourceType, SecurityGroup as Found};
use formwork_value::{Type, Value};
use permission::Permissions;
pub use permission::protocol;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

pub struct SecurityGroup;

/// Direction of rules; the value says whether it is outwards.
const DIRECTIONS: [(&str, bool); 2] = [("ingress", false), ("egress", true)];

#[async_trait]
impl Resource for SecurityGroup {
    fn spec(&self) -> Spec {
        let rules = || {
            let field = Field::of(Type::set(permission::rule_type())).optional().computed();
            field.normal(permission::normal).same(permission::same).check(permission::check)
        };
        Spec::new("aws_security_group", "security group")
            .version(1)
            .legacy()
            .computed_texts(&["arn", "owner_id"])
            .attribute("description", text().default("Managed by Terraform").forces_new().check(short))
            .attribute("egress", rules())
            .attribute("ingress", rules())
            .attribute("name", text().optional().computed().forces_new().check(short).check(group_name))
            .attribute("name_prefix", text().optional().computed().forces_new().check(prefix).check(group_name))
            .attribute("revoke_rules_on_delete", flag().default(false))
            .attribute("vpc_id", text().optional().computed().forces_new())
            .tagged()
            .timeouts(Timeouts { create: minutes(10), delete: minutes(15), ..Timeouts::default() })
            .rule(Rule::AtMostOne(&["name", "name_prefix"]))
    }

    fn plan(&self, plan: &mut Plan<'_>) {
        if !plan.is_create() {
            return;
        }
        for (name, _) in DIRECTIONS {
            if !plan.configures(name) {
                plan.planned.set(name, Vec::<Value>::new());
            }
        }
        if !plan.configures("name_prefix") {
            plan.planned.set("name_prefix", if plan.configures("name") { "" } else { "terraform-" });
        }
    }

    async fn create(&self, call: &Call<'_>, object: &mut Object) -> Result<(), Failure> {
        let name = object.string("name").unwrap_or_else(|| unique_name(object.text("name_prefix").unwrap_or_default()));
        object.set("name", &name);
        let request = call
            .ec2
            .create_security_group()
            .group_name(name)
            .set_description(object.string("description"))
            .set_vpc_id(object.string("vpc_id"))
            .set_tag_specifications(tags::specification(object, ResourceType::SecurityGroup));
        let soon = call.within(std::time::Duration::from_secs(30));
        let created = soon
            .retry(&["InvalidVpcID.NotFound"], || async { request.clone().send().await.of("CreateSecurityGroup") })
            .await?;
        let id = created.group_id.ok_or_else(|| missing("CreateSecurityGroup", "group id"))?;
        object.set("id", &id);
        let group = call
            .within(CONSISTENCY)
            .until("the security group", || async {
                match find(call, &id).await {
                    Ok(group) => Ok(Progress::Done(group)),
                    Err(failure) if failure.gone => Ok(Progress::Pending("not found".into())),
                    Err(failure) => Err(failure),
                }
            })
            .await?;
        for (direction, egress) in DIRECTIONS {
            // A new group has a rule that lets everything out, which is not wanted unless it is configured.
            let old = permission::found(&group, egress);
            let new = permission::configured(object.items(direction), &id);
            change_rules(call, &id, egress, &old, &new).await.map_err(|failure| failure.at(direction))?;
        }
        Ok(())
    }

    async fn read(&self, call: &Call<'_>, object: &mut Object) -> Result<(), Failure> {
        let id = object.id().to_owned();
        let group = find(call, &id).await?;
        object.set("arn", call.arn(group.owner_id(), &format!("security-group/{id}")));
        object.set_all([
            ("description", group.description()),
            ("name", group.group_name()),
            ("owner_id", group.owner_id()),
            ("vpc_id", group.vpc_id().filter(|vpc| !vpc.is_empty())),
        ]);
        if !object.has("name_prefix") {
            object.set("name_prefix", "");
        }
        for (direction, egress) in DIRECTIONS {
            let rules = permission::to_value(&permission::found(&group, egress), object.items(direction), &id);
            object.set(direction, rules);
        }
        tags::record(call, object, group.tags());
        Ok(())
    }

    async fn update(&self, call: &Call<'_>, prior: &Object, object: &mut Object) -> Result<(), Failure> {
        let id = prior.id();
        for (direction, egress) in DIRECTIONS {
            let old = permission::configured(prior.items(direction), id);
            let new = permission::configured(object.items(direction), id);
            change_rules(call, id, egress, &old, &new).await.map_err(|failure| failure.at(direction))?;
        }
        Ok(())
    }

    async fn delete(&self, call: &Call<'_>, object: &Object) -> Result<(), Failure> {
        let id = object.id();
        if object.flag("revoke_rules_on_delete") == Some(true) {
            revoke_everything(call, id).await?;
        }
        call.retry(&["DependencyViolation", "InvalidGroup.InUse"], || async {
            call.ec2.delete_security_group().group_id(id).send().await.of("DeleteSecurityGroup")
        })
        .await?;
        call.until("the security group to be gone", || async {
            match find(call, id).await {
                Err(failure) if failure.gone => Ok(Progress::Done(())),
                Err(failure) => Err(failure),
                Ok(_) => Ok(Progress::Pending("still there".into())),
            }
        })
        .await
    }

    async fn import(&self, _: &Call<'_>, object: &mut Object) -> Result<(), Failure> {
        object.set("name_prefix", "");
        Ok(())
    }
}

fn short(value: &Value) -> Result<(), String> {
    match value.as_str().unwrap_or_default().chars().count() {
        1..=255 => Ok(()),
        _ => Err("The text must have 1 to 255 characters.".into()),
    }
}

fn prefix(value: &Value) -> Result<(), String> {
    match value.as_str().unwrap_or_default().chars().count() {
        0..=100 => Ok(()),
        _ => Err("The prefix must have at most 100 characters.".into()),
    }
}

fn group_name(value: &Value) -> Result<(), String> {
    match value.as_str() {
        Some(name) if name.starts_with("sg-") => {
            Err("A name must not begin with \"sg-\", which EC2 keeps for ids.".into())
        }
        _ => Ok(()),
    }
}

/// Prefix, time and a number: different for each call in each process.
pub fn unique_name(prefix: &str) -> String {
    static COUNTER: AtomicU32 = AtomicU32::new(1);
    let now = DateTime::from(SystemTime::now()).fmt(DateTimeFormat::DateTimeWithOffset).unwrap_or_default();
    let digits: String = now.chars().filter(char::is_ascii_digit).chain("000000000000".chars()).take(18).collect();
    format!("{prefix}{digits}{:08x}", COUNTER.fetch_add(1, Ordering::Relaxed))
}

async fn find(call: &Call<'_>, id: &str) -> Result<Found, Failure> {
    let answer = call.ec2.describe_security_groups().group_ids(id).send().await.of("DescribeSecurityGroups")?;
    let mut groups = answer.security_groups.unwrap_or_default().into_iter();
    groups.next().ok_or_else(|| Failure::gone("Security group", id))
}

/// Revokes what is not wanted, allows what is new, and corrects descriptions where only they differ.
async fn change_rules(
    call: &Call<'_>,
    id: &str,
    egress: bool,
    old: &Permissions,
    new: &Permissions,
) -> Result<(), Failure> {
    let pick = |from: &Permissions, wanted: &dyn Fn(&permission::Permission, &str) -> bool| -> Permissions {
        from.iter().filter(|(rule, text)| wanted(rule, text)).map(|(r, t)| (r.clone(), t.clone())).collect()
    };
    let revoked = pick(old, &|rule, _| !new.contains_key(rule));
    let described = pick(new, &|rule, text| old.get(rule).is_some_and(|before| before != text));
    let allowed = pick(new, &|rule, _| !old.contains_key(rule));
    if !revoked.is_empty() {
        revoke(call, id, egress, &revoked).await?;
    }
    if !described.is_empty() {
        let permissions = Some(permission::to_sdk(&described));
        if egress {
            let request = call.ec2.update_security_group_rule_descriptions_egress().group_id(id);
            let request = request.set_ip_permissions(permissions);
            request.send().await.of("UpdateSecurityGroupRuleDescriptionsEgress")?;
        } else {
            let request = call.ec2.update_security_group_rule_descriptions_ingress().group_id(id);
            let request = request.set_ip_permissions(permissions);
            request.send().await.of("UpdateSecurityGroupRuleDescriptionsIngress")?;
        }
    }
    if !allowed.is_empty() {
        allow(call, id, egress, &allowed).await?;
    }
    Ok(())
}

async fn allow(call: &Call<'_>, id: &str, egress: bool, rules: &Permissions) -> Result<(), Failure> {
    let permissions = Some(permission::to_sdk(rules));
    // Groups that the rules name may be new as well.
    let soon = call.within(std::time::Duration::from_secs(30));
    if egress {
        let request = call.ec2.authorize_security_group_egress().group_id(id).set_ip_permissions(permissions);
        let attempt = || async { request.clone().send().await.of("AuthorizeSecurityGroupEgress") };
        soon.retry(&["InvalidGroup.NotFound"], attempt).await.map(drop)
    } else {
        let request = call.ec2.authorize_security_group_ingress().group_id(id).set_ip_permissions(permissions);
        let attempt = || async { request.clone().send().await.of("AuthorizeSecurityGroupIngress") };
        soon.retry(&["InvalidGroup.NotFound"], attempt).await.map(drop)
    }
}

async fn revoke(call: &Call<'_>, id: &str, egress: bool, rules: &Permissions) -> Result<(), Failure> {
    let permissions = Some(permission::to_sdk(rules));
    let revoked = if egress {
        let request = call.ec2.revoke_security_group_egress().group_id(id).set_ip_permissions(permissions);
        request.send().await.of("RevokeSecurityGroupEgress").map(drop)
    } else {
        let request = call.ec2.revoke_security_group_ingress().group_id(id).set_ip_permissions(permissions);
        request.send().await.of("RevokeSecurityGroupIngress").map(drop)
    };
    match revoked {
        Err(failure) if !failure.has_code(&["InvalidPermission.NotFound"]) => Err(failure),
        _ => Ok(()),
    }
}

/// Revokes the rules of a group, and those of other groups that name it: two such groups could not be deleted.
async fn revoke_everything(call: &Call<'_>, id: &str) -> Result<(), Failure> {
    let group = find(call, id).await?;
    for (_, egress) in DIRECTIONS {
        let rules = permission::found(&group, egress);
        if !rules.is_empty() {
            revoke(call, id, egress, &rules).await?;
        }
    }
    for (name, egress) in [("ip-permission.group-id", false), ("egress.ip-permission.group-id", true)] {
        let filter = Filter::builder().name(name).values(id).build();
        let answer = call.ec2.describe_security_groups().filters(filter).send().await.of("DescribeSecurityGroups")?;
        for other in answer.security_groups.unwrap_or_default() {
            let naming: Permissions =
                permission::found(&other, egress).into_iter().filter(|(rule, _)| rule.names_group(id)).collect();
            if let (Some(other_id), false) = (other.group_id(), naming.is_empty() || other.group_id() == Some(id)) {
                revoke(call, other_id, egress, &naming).await?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unique_names_differ_and_keep_their_shape() {
        let (a, b) = (unique_name("web-"), unique_name("web-"));
        assert_ne!(a, b);
        assert_eq!(a.len(), "web-".len() + 26);
        assert!(a.starts_with("web-20"), "{a}");
    }
}
