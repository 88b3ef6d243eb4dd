//! Artifacts in an OCI registry, as its tools push them.

use crate::publisher::sha256;
use crate::{HttpsServer, Reply};
use serde_json::{Value, json};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// A repository on a server.
pub struct OciRegistry<'s> {
    pub server: &'s HttpsServer,
    pub name: &'static str,
}

impl OciRegistry<'_> {
    /// The address without a scheme.
    pub fn address(&self) -> String {
        format!("{}/{}", self.server.host(), self.name)
    }

    pub fn path(&self, rest: &str) -> String {
        format!("/v2/{}/{rest}", self.name)
    }

    /// The tags, on pages of one.
    pub fn tags(&self, tags: &[&str]) {
        for (at, tag) in tags.iter().enumerate() {
            let path = match at {
                0 => self.path("tags/list"),
                _ => self.path(&format!("tags/list?last={}", tags[at - 1])),
            };
            let reply = Reply::json(&json!({ "name": self.name, "tags": [tag] }));
            let next = self.path(&format!("tags/list?last={tag}"));
            let is_last = at + 1 == tags.len();
            let reply = if is_last { reply } else { reply.with("Link", &format!("<{next}>; rel=\"next\"")) };
            self.server.answer(&path, reply);
        }
    }

    /// Puts a blob there, and returns its digest.
    pub fn blob(&self, content: &[u8]) -> String {
        let digest = format!("sha256:{}", sha256(content));
        self.server.answer(&self.path(&format!("blobs/{digest}")), Reply::bytes(content));
        digest
    }

    fn document(&self, kind: &str, document: &Value, tag: Option<&str>) -> String {
        let text = document.to_string();
        let digest = format!("sha256:{}", sha256(text.as_bytes()));
        for reference in [Some(digest.as_str()), tag].into_iter().flatten() {
            let reply = Reply::bytes(text.clone()).with("Content-Type", kind);
            self.server.answer(&self.path(&format!("manifests/{reference}")), reply);
        }
        digest
    }

    /// An artifact of one archive.
    pub fn artifact(&self, kind: &str, archive: &[u8], tag: Option<&str>) -> String {
        let layer = json!({ "mediaType": "archive/zip", "digest": self.blob(archive), "size": archive.len() });
        let readme = json!({ "mediaType": "text/plain", "digest": self.blob(b"hello"), "size": 5 });
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": kind,
            "config": { "mediaType": "application/vnd.oci.empty.v1+json", "digest": self.blob(b"{}"), "size": 2 },
            "layers": [readme, layer],
        });
        self.document(MANIFEST, &manifest, tag)
    }

    /// A module under a tag; returns its digest.
    pub fn module(&self, tag: &str, archive: &[u8]) -> String {
        self.artifact("application/vnd.opentofu.modulepkg", archive, Some(tag))
    }

    /// A version of a provider, with a package for each platform (`linux_amd64`).
    pub fn provider(&self, tag: &str, platforms: &[&str], archive: &[u8]) {
        const TARGET: &str = "application/vnd.opentofu.provider-target";
        let digest = self.artifact(TARGET, archive, None);
        let manifests: Vec<Value> = platforms
            .iter()
            .map(|platform| {
                let (os, architecture) = platform.split_once('_').expect("a platform");
                let platform = json!({ "os": os, "architecture": architecture });
                json!({ "mediaType": MANIFEST, "artifactType": TARGET, "digest": digest, "platform": platform })
            })
            .collect();
        let kind = "application/vnd.opentofu.provider";
        let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "artifactType": kind, "manifests": manifests });
        self.document(INDEX, &index, Some(tag));
    }

    /// From now on the registry wants a token, which its server of tokens gives to who shows a name and a password.
    pub fn wants_token(&self, authorization: &str) {
        let realm = self.server.url("/token");
        let challenge =
            format!("Bearer realm=\"{realm}\",service=\"registry\",scope=\"repository:{}:pull\"", self.name);
        let refusal = Reply::status(401).with("WWW-Authenticate", &challenge);
        self.server.guard("/v2/", "Bearer short-lived", refusal);
        self.server.answer("/token", Reply::json(&json!({ "token": "short-lived" })));
        self.server.guard("/token", authorization, Reply::status(401));
    }
}
