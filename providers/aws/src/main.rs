//! The plugin binary.

use formwork_provider_aws::Aws;
use std::process::ExitCode;
use std::sync::Arc;

#[tokio::main]
async fn main() -> ExitCode {
    formwork_protocol::serve(Arc::new(Aws::new())).await
}
