//! Objects of the bucket: get, put on conditions, delete, list.

use super::settings::{Encryption, S3Settings};
use super::table::Table;
use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ObjectCannedAcl, ServerSideEncryption};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use formwork_model::StoreError;
use md5::{Digest, Md5};
use std::fmt;

/// A bucket with its settings.
pub(super) struct Bucket {
    pub client: aws_sdk_s3::Client,
    pub settings: S3Settings,
    pub table: Option<Table>,
}

pub(super) struct Object {
    pub bytes: Vec<u8>,
    pub etag: Option<String>,
}

/// What must hold for a put to happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    None,
    /// There is no such object.
    Absent,
    /// The object has this tag.
    Tag(String),
}

/// Why a put did not (or may not have) happened.
#[derive(Debug)]
pub(super) enum PutError {
    /// The condition does not hold.
    Refused,
    /// Somebody writes the same object at the same time.
    Busy(String),
    /// Nobody knows: no answer, or one that says nothing about what happened.
    Unclear(String),
    /// The service does not know conditions.
    NoConditions,
    Failed(String),
}

impl fmt::Display for PutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PutError::Refused => f.write_str("another run was there first"),
            PutError::NoConditions => f.write_str("this S3 service does not know conditional puts"),
            PutError::Busy(message) | PutError::Unclear(message) | PutError::Failed(message) => f.write_str(message),
        }
    }
}

fn status<E>(error: &SdkError<E>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}

fn code<E: ProvideErrorMetadata>(error: &SdkError<E>) -> &str {
    error.as_service_error().and_then(|e| e.code()).unwrap_or_default()
}

impl Bucket {
    /// An error that tells what was tried.
    fn failed<E>(&self, action: &str, key: &str, error: &SdkError<E>) -> String
    where
        E: std::error::Error + ProvideErrorMetadata + 'static,
    {
        if code(error) == "NoSuchBucket" {
            return format!(
                "The S3 bucket {:?} does not exist. Create it, or correct \"bucket\".",
                self.settings.bucket
            );
        }
        format!("s3://{}/{key} cannot be {action}: {}", self.settings.bucket, DisplayErrorContext(error))
    }

    /// Algorithm, key and checksum of a customer's key.
    fn customer_key(&self) -> Option<(String, String)> {
        let Encryption::Customer(key) = &self.settings.encryption else { return None };
        let bytes = STANDARD.decode(key).unwrap_or_default();
        Some((key.clone(), STANDARD.encode(Md5::digest(bytes))))
    }

    pub async fn get(&self, key: &str) -> Result<Option<Object>, StoreError> {
        let mut request = self.client.get_object().bucket(&self.settings.bucket).key(key);
        if let Some((customer, checksum)) = self.customer_key() {
            request =
                request.sse_customer_algorithm("AES256").sse_customer_key(customer).sse_customer_key_md5(checksum);
        }
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) if status(&error) == Some(404) && code(&error) != "NoSuchBucket" => return Ok(None),
            Err(error) => return Err(StoreError::new(self.failed("read", key, &error))),
        };
        let etag = answer.e_tag().map(str::to_owned);
        let body =
            answer.body.collect().await.map_err(|error| {
                StoreError::new(format!("s3://{}/{key} cannot be read: {error}", self.settings.bucket))
            })?;
        Ok(Some(Object { bytes: body.to_vec(), etag }))
    }

    /// Puts an object and returns its tag.
    pub async fn put(&self, key: &str, bytes: Vec<u8>, condition: &Condition) -> Result<Option<String>, PutError> {
        let mut request = self.client.put_object().bucket(&self.settings.bucket).key(key);
        request = request.content_type("application/json").body(ByteStream::from(bytes));
        request = match condition {
            Condition::None => request,
            Condition::Absent => request.if_none_match("*"),
            Condition::Tag(tag) => request.if_match(tag),
        };
        if !self.settings.skip_s3_checksum {
            request = request.checksum_algorithm(ChecksumAlgorithm::Sha256);
        }
        if let Some(acl) = &self.settings.acl {
            request = request.acl(ObjectCannedAcl::from(acl.as_str()));
        }
        request = match &self.settings.encryption {
            Encryption::Bucket | Encryption::Customer(_) => request,
            Encryption::Aes256 => request.server_side_encryption(ServerSideEncryption::Aes256),
            Encryption::Kms(id) => request.server_side_encryption(ServerSideEncryption::AwsKms).ssekms_key_id(id),
        };
        if let Some((customer, checksum)) = self.customer_key() {
            request =
                request.sse_customer_algorithm("AES256").sse_customer_key(customer).sse_customer_key_md5(checksum);
        }
        match request.send().await {
            Ok(answer) => Ok(answer.e_tag().map(str::to_owned)),
            Err(error) => Err(self.put_error(key, condition, &error)),
        }
    }

    fn put_error<E>(&self, key: &str, condition: &Condition, error: &SdkError<E>) -> PutError
    where
        E: std::error::Error + ProvideErrorMetadata + 'static,
    {
        let message = self.failed("written", key, error);
        match (status(error), condition) {
            (Some(412), _) => PutError::Refused,
            // The object whose tag is asked for is gone.
            (Some(404), Condition::Tag(_)) if code(error) != "NoSuchBucket" => PutError::Refused,
            (Some(409), _) => PutError::Busy(message),
            (Some(501), Condition::Absent | Condition::Tag(_)) => PutError::NoConditions,
            (None | Some(408 | 500..), _) if !matches!(error, SdkError::ConstructionFailure(_)) => {
                PutError::Unclear(message)
            }
            _ => PutError::Failed(message),
        }
    }

    pub async fn delete(&self, key: &str) -> Result<(), StoreError> {
        let request = self.client.delete_object().bucket(&self.settings.bucket).key(key);
        request.send().await.map(drop).map_err(|error| StoreError::new(self.failed("removed", key, &error)))
    }

    /// The keys below a prefix; `None` if listing is not allowed.
    pub async fn list(&self, prefix: &str) -> Result<Option<Vec<String>>, StoreError> {
        let request = self.client.list_objects_v2().bucket(&self.settings.bucket).prefix(prefix).max_keys(1000);
        let mut pages = request.into_paginator().send();
        let mut keys = Vec::new();
        while let Some(page) = pages.next().await {
            match page {
                Ok(page) => keys.extend(page.contents().iter().filter_map(|object| object.key().map(str::to_owned))),
                Err(error) if code(&error) == "AccessDenied" => return Ok(None),
                Err(error) => return Err(StoreError::new(self.failed("listed", prefix, &error))),
            }
        }
        Ok(Some(keys))
    }
}
