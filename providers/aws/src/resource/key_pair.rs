//! `aws_key_pair`.

use crate::kit::call::{Call, Progress};
use crate::kit::checks;
use crate::kit::failure::{Answer, Failure};
use crate::kit::field::text;
use crate::kit::object::{Attributes, Object};
use crate::kit::planner::Plan;
use crate::kit::resource::Resource;
use crate::kit::spec::{Rule, Spec};
use crate::kit::tags;
use crate::resource::security_group::unique_name;
use async_trait::async_trait;
use aws_sdk_ec2::primitives::Blob;
use aws_sdk_ec2::types::{KeyPairInfo as Found, ResourceType};
use formwork_value::Value;

pub struct KeyPair;

#[async_trait]
impl Resource for KeyPair {
    fn spec(&self) -> Spec {
        Spec::new("aws_key_pair", "key pair")
            .version(1)
            .computed_texts(&["arn", "fingerprint", "key_pair_id", "key_type"])
            .attribute("key_name", text().optional().computed().forces_new().check(name))
            .attribute("key_name_prefix", text().optional().computed().forces_new())
            .attribute("public_key", text().required().forces_new().check(checks::not_empty).same(same_key))
            .tagged()
            .rule(Rule::AtMostOne(&["key_name", "key_name_prefix"]))
    }

    fn plan(&self, plan: &mut Plan<'_>) {
        if !plan.is_create() {
            return;
        }
        match plan.planned.string("key_name") {
            // The name is the id.
            Some(name) if plan.configures("key_name") => plan.planned.set("id", name),
            _ => {}
        }
        if !plan.configures("key_name_prefix") {
            plan.planned.set("key_name_prefix", if plan.configures("key_name") { "" } else { "terraform-" });
        }
    }

    async fn create(&self, call: &Call<'_>, object: &mut Object) -> Result<(), Failure> {
        let prefix = object.text("key_name_prefix").unwrap_or_default();
        let name = object.string("key_name").unwrap_or_else(|| unique_name(prefix));
        // The id is planned, but there is nothing before the request succeeds.
        object.set("id", None::<String>);
        let request = call
            .ec2
            .import_key_pair()
            .key_name(&name)
            .public_key_material(Blob::new(object.text("public_key").unwrap_or_default()))
            .set_tag_specifications(tags::specification(object, ResourceType::KeyPair));
        request.send().await.of("ImportKeyPair")?;
        object.set("id", &name);
        object.set("key_name", name);
        Ok(())
    }

    async fn read(&self, call: &Call<'_>, object: &mut Object) -> Result<(), Failure> {
        let id = object.id().to_owned();
        let pair = find(call, &id).await?;
        object.set("arn", call.arn(None, &format!("key-pair/{id}")));
        object.set_all([
            ("fingerprint", pair.key_fingerprint()),
            ("key_name", pair.key_name()),
            ("key_pair_id", pair.key_pair_id()),
            ("key_type", pair.key_type().map(|kind| kind.as_str())),
        ]);
        if !object.has("key_name_prefix") {
            object.set("key_name_prefix", "");
        }
        // EC2 replaces the comment of a key by the name of the pair, so a known key stays as it was.
        if !object.has("public_key") {
            object.set("public_key", pair.public_key().unwrap_or_default().trim());
        }
        tags::record(call, object, pair.tags());
        Ok(())
    }

    async fn delete(&self, call: &Call<'_>, object: &Object) -> Result<(), Failure> {
        let id = object.id();
        call.ec2.delete_key_pair().key_name(id).send().await.of("DeleteKeyPair")?;
        call.until("the key pair to be gone", || async {
            match find(call, id).await {
                Err(failure) if failure.gone => Ok(Progress::Done(())),
                Err(failure) => Err(failure),
                Ok(_) => Ok(Progress::Pending("still there".into())),
            }
        })
        .await
    }

    fn tag_target(&self, object: &Object) -> String {
        object.string("key_pair_id").unwrap_or_default()
    }
}

fn name(value: &Value) -> Result<(), String> {
    match value.as_str().unwrap_or_default().chars().count() {
        1..=255 => Ok(()),
        _ => Err("The name must have 1 to 255 characters.".into()),
    }
}

/// White space around keys does not matter.
fn same_key(a: &Value, b: &Value) -> bool {
    a.as_str().map(str::trim) == b.as_str().map(str::trim)
}

async fn find(call: &Call<'_>, name: &str) -> Result<Found, Failure> {
    let request = call.ec2.describe_key_pairs().key_names(name).include_public_key(true);
    let answer = request.send().await.of("DescribeKeyPairs")?;
    answer.key_pairs.unwrap_or_default().into_iter().next().ok_or_else(|| Failure::gone("Key pair", name))
}
