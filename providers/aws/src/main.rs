//! The plugin binary.

fn main() {
    let _ = formwork_provider_aws::Aws::new();
}
