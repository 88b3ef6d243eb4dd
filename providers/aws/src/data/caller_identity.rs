//! Data source `aws_caller_identity`.

use crate::kit::call::Call;
use crate::kit::failure::{Answer, Failure};
use crate::kit::object::Object;
use crate::kit::resource::DataSource;
use crate::kit::spec::Spec;
use async_trait::async_trait;

pub struct CallerIdentity;

#[async_trait]
impl DataSource for CallerIdentity {
    fn spec(&self) -> Spec {
        Spec::new("aws_caller_identity", "caller identity").computed_texts(&["account_id", "arn", "user_id"])
    }

    async fn read(&self, call: &Call<'_>, object: &mut Object) -> Result<(), Failure> {
        let identity = call.sts.get_caller_identity().send().await.of("GetCallerIdentity")?;
        object.set_all([
            ("account_id", identity.account()),
            ("arn", identity.arn()),
            ("id", identity.account()),
            ("user_id", identity.user_id()),
        ]);
        Ok(())
    }
}
