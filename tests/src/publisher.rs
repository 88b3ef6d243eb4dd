//! Whoever publishes packages: with a key of their own, in a registry on a server.

use crate::{HttpsServer, Reply};
use pgp::composed::{
    ArmorOptions, DetachedSignature, KeyType, SecretKeyParamsBuilder, SignedPublicKey, SignedSecretKey,
};
use pgp::crypto::hash::HashAlgorithm;
use pgp::ser::Serialize;
use pgp::types::{KeyDetails, Password};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::io::Write;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A publisher, by the key.
pub struct Publisher {
    key: SignedSecretKey,
}

impl Default for Publisher {
    fn default() -> Publisher {
        Publisher::new()
    }
}

impl Publisher {
    #[track_caller]
    pub fn new() -> Publisher {
        let params = SecretKeyParamsBuilder::default()
            .key_type(KeyType::Ed25519Legacy)
            .can_sign(true)
            .can_certify(true)
            .primary_user_id("Somebody <somebody@example.test>".to_owned())
            .build();
        let key = params.expect("parameters of a key").generate(rand::thread_rng());
        Publisher { key: key.expect("a key") }
    }

    /// As users see it.
    pub fn id(&self) -> String {
        self.key.primary_key.legacy_key_id().as_ref().iter().map(|byte| format!("{byte:02X}")).collect()
    }

    /// The public key, with armor.
    #[track_caller]
    pub fn public(&self) -> String {
        SignedPublicKey::from(self.key.clone()).to_armored_string(ArmorOptions::default()).expect("a public key")
    }

    #[track_caller]
    pub fn sign(&self, document: &[u8]) -> Vec<u8> {
        let signature = DetachedSignature::sign_binary_data(
            rand::thread_rng(),
            &self.key.primary_key,
            &Password::empty(),
            HashAlgorithm::Sha256,
            document,
        );
        signature.expect("a signature").to_bytes().expect("its bytes")
    }

    /// Publishes a version of a provider for platforms: the services of the host, the version, and the package with what
    /// proves it. The same archive is that of all platforms.
    #[track_caller]
    pub fn publish(&self, server: &HttpsServer, provider: &str, version: &str, platforms: &[&str], archive: &[u8]) {
        server.answer("/.well-known/terraform.json", services());
        let versions = format!("/v1/providers/{provider}/versions");
        let mut document = match server.reply(&versions) {
            Some(reply) => serde_json::from_slice(&reply.body).expect("the document of versions"),
            None => json!({ "versions": [] }),
        };
        document["versions"].as_array_mut().unwrap().push(json!({ "version": version, "protocols": ["5.0"] }));
        server.answer(&versions, Reply::json(&document));
        let kind = provider.split('/').next_back().unwrap_or_default();
        let base = format!("terraform-provider-{kind}_{version}");
        let file = |platform: &str| format!("{base}_{platform}.zip");
        let sum = sha256(archive);
        let sums: String = platforms.iter().map(|platform| format!("{sum}  {}\n", file(platform))).collect();
        let files = format!("/files/{provider}");
        server.answer(&format!("{files}/{base}_SHA256SUMS"), Reply::bytes(sums.as_bytes()));
        server.answer(&format!("{files}/{base}_SHA256SUMS.sig"), Reply::bytes(self.sign(sums.as_bytes())));
        for platform in platforms {
            let name = file(platform);
            server.answer(&format!("{files}/{name}"), Reply::bytes(archive));
            let (os, arch) = platform.split_once('_').expect("a platform");
            let document = json!({
                "protocols": ["5.0"], "os": os, "arch": arch, "filename": name, "shasum": sum,
                "download_url": format!("{files}/{name}"),
                "shasums_url": format!("{files}/{base}_SHA256SUMS"),
                "shasums_signature_url": format!("{files}/{base}_SHA256SUMS.sig"),
                "signing_keys": { "gpg_public_keys": [{ "key_id": self.id(), "ascii_armor": self.public() }] },
            });
            server.answer(&package_path(provider, version, platform), Reply::json(&document));
        }
    }
}

/// What the test server offers.
pub fn services() -> Reply {
    Reply::json(&json!({ "providers.v1": "/v1/providers/", "modules.v1": "/v1/modules/" }))
}

/// Path of the document about a package.
pub fn package_path(provider: &str, version: &str, platform: &str) -> String {
    format!("/v1/providers/{provider}/{version}/download/{}", platform.replacen('_', "/", 1))
}

/// Changes a document that is served.
#[track_caller]
pub fn edit(server: &HttpsServer, path: &str, change: impl FnOnce(&mut Value)) {
    let reply = server.reply(path).expect("a document");
    let mut document = serde_json::from_slice(&reply.body).expect("a document in JSON");
    change(&mut document);
    server.answer(path, Reply::json(&document));
}

pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An archive of files, which can be executed.
#[track_caller]
pub fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in files {
        archive.start_file(*name, SimpleFileOptions::default().unix_permissions(0o755)).expect("an entry");
        archive.write_all(content).expect("its content");
    }
    archive.finish().expect("an archive").into_inner()
}
