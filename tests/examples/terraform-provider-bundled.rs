//! The bundled providers as plugins: which one is said by the name of the program, `terraform-provider-NAME`.

use formwork_essentials::bundled;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let program = std::env::args().next().unwrap_or_default();
    match bundled().iter().find(|bundled| program.ends_with(&format!("terraform-provider-{}", bundled.name))) {
        Some(bundled) => formwork_protocol::serve((bundled.make)()).await,
        None => ExitCode::FAILURE,
    }
}
