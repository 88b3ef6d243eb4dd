//! Which providers there are.

use crate::{archive, cloudinit, external, http, local, null, random, time, tls};
use formwork_model::{ApplyProvider, ProviderAddress};
use std::sync::Arc;

/// A provider that is part of the program.
#[derive(Clone, Copy)]
pub struct Bundled {
    pub name: &'static str,
    /// The published version whose schema and behaviour it has.
    pub version: &'static str,
    pub make: fn() -> Arc<dyn ApplyProvider>,
}

/// All of them, by name.
pub fn bundled() -> &'static [Bundled] {
    const ALL: &[Bundled] = &[
        Bundled { name: "archive", version: "2.8.0", make: || Arc::new(archive::provider()) },
        Bundled { name: "cloudinit", version: "2.3.7", make: || Arc::new(cloudinit::provider()) },
        Bundled { name: "external", version: "2.4.0", make: || Arc::new(external::provider()) },
        Bundled { name: "http", version: "3.6.0", make: || Arc::new(http::provider()) },
        Bundled { name: "local", version: "2.9.0", make: || Arc::new(local::provider()) },
        Bundled { name: "null", version: "3.3.1", make: || Arc::new(null::provider()) },
        Bundled { name: "random", version: "3.9.0", make: || Arc::new(random::provider()) },
        Bundled { name: "time", version: "0.14.0", make: || Arc::new(time::provider()) },
        Bundled { name: "tls", version: "4.2.1", make: || Arc::new(tls::provider()) },
    ];
    ALL
}

/// The one that stands for a published provider, if there is any.
pub fn find(provider: &ProviderAddress) -> Option<&'static Bundled> {
    let is_published = &*provider.host == "registry.terraform.io" && &*provider.namespace == "hashicorp";
    bundled().iter().find(|bundled| is_published && *bundled.name == *provider.name)
}
