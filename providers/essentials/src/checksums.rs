//! Checksums in the forms in which attributes have them.

use crate::encoding::hex;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

/// All checksums of a content.
pub(crate) struct Checksums {
    pub md5: String,
    pub sha1: String,
    pub sha256: String,
    pub sha512: String,
    pub base64sha256: String,
    pub base64sha512: String,
}

impl Checksums {
    pub fn of(content: &[u8]) -> Checksums {
        let (sha256, sha512) = (Sha256::digest(content), Sha512::digest(content));
        Checksums {
            md5: hex(&Md5::digest(content)),
            sha1: sha1(content),
            sha256: hex(&sha256),
            sha512: hex(&sha512),
            base64sha256: STANDARD.encode(sha256),
            base64sha512: STANDARD.encode(sha512),
        }
    }
}

/// Sets the attributes of a file's state that are checksums of its content, the id among them.
macro_rules! show_checksums {
    ($state:expr, $content:expr) => {{
        let sums = $crate::checksums::Checksums::of($content);
        $state.id = Some(sums.sha1.clone());
        $state.content_md5 = Some(sums.md5);
        $state.content_sha1 = Some(sums.sha1);
        $state.content_sha256 = Some(sums.sha256);
        $state.content_sha512 = Some(sums.sha512);
        $state.content_base64sha256 = Some(sums.base64sha256);
        $state.content_base64sha512 = Some(sums.base64sha512);
    }};
}
pub(crate) use show_checksums;

pub(crate) fn sha1(content: &[u8]) -> String {
    hex(&Sha1::digest(content))
}
