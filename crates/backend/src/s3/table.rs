//! A table of DynamoDB: locks of older versions of the ecosystem, and checksums of states (fact sheet `backends.md` 4.1).

use crate::web::{WebClient, WebRequest};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use formwork_model::StoreError;
use serde_json::{Value as Json, json};
use std::time::SystemTime;

/// The table, and how to reach it.
pub(super) struct Table {
    pub name: String,
    pub endpoint: String,
    pub region: String,
    pub credentials: SharedCredentialsProvider,
    pub client: WebClient,
}

/// Why an item was not put.
pub(super) enum PutItemError {
    /// There is one.
    Present,
    Failed(StoreError),
}

impl Table {
    async fn call(&self, operation: &str, body: &Json) -> Result<(u16, Json), StoreError> {
        let failed = |reason: String| StoreError::new(format!("The DynamoDB table {:?}: {reason}", self.name));
        let body = body.to_string().into_bytes();
        let mut request = WebRequest::new("POST", &self.endpoint)
            .header("Content-Type", "application/x-amz-json-1.0")
            .header("X-Amz-Target", format!("DynamoDB_20120810.{operation}"));
        let credentials = self.credentials.provide_credentials().await;
        let identity = credentials.map_err(|error| failed(format!("there are no credentials: {error}")))?.into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("dynamodb")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| failed(error.to_string()))?
            .into();
        let signed = {
            let headers = request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            SignableRequest::new("POST", self.endpoint.as_str(), headers, SignableBody::Bytes(&body))
                .and_then(|signable| sign(signable, &parameters))
                .map_err(|error| failed(error.to_string()))?
        };
        for header in signed.into_parts().0.into_parts().0 {
            request = request.header(header.name(), header.value());
        }
        let answer = self.client.send(&request.body(body)).await.map_err(|error| failed(error.message))?;
        let content = serde_json::from_slice(&answer.body).unwrap_or(Json::Null);
        Ok((answer.status, content))
    }

    fn refused(&self, operation: &str, status: u16, content: &Json) -> StoreError {
        let kind = kind(content);
        let message =
            ["message", "Message"].into_iter().find_map(|name| content.get(name)?.as_str()).unwrap_or_default();
        StoreError::new(format!("The DynamoDB table {:?} refuses {operation} ({status} {kind}): {message}", self.name))
    }

    /// An attribute of an item.
    pub async fn get(&self, id: &str, attribute: &str) -> Result<Option<String>, StoreError> {
        let body = json!({
            "TableName": self.name,
            "Key": { "LockID": { "S": id } },
            "ProjectionExpression": format!("LockID, {attribute}"),
            "ConsistentRead": true,
        });
        let (status, content) = self.call("GetItem", &body).await?;
        if status != 200 {
            return Err(self.refused("GetItem", status, &content));
        }
        let text = content.get("Item").and_then(|item| item.get(attribute)?.get("S")?.as_str());
        Ok(text.map(str::to_owned))
    }

    pub async fn put(&self, id: &str, attribute: &str, value: &str) -> Result<(), StoreError> {
        match self.put_item(id, attribute, value, false).await {
            Ok(()) => Ok(()),
            Err(PutItemError::Failed(error)) => Err(error),
            Err(PutItemError::Present) => Ok(()),
        }
    }

    /// Puts an item unless there is one.
    pub async fn add(&self, id: &str, attribute: &str, value: &str) -> Result<(), PutItemError> {
        self.put_item(id, attribute, value, true).await
    }

    async fn put_item(&self, id: &str, attribute: &str, value: &str, new: bool) -> Result<(), PutItemError> {
        let mut body = json!({
            "TableName": self.name,
            "Item": { "LockID": { "S": id }, attribute: { "S": value } },
        });
        if new && let Some(body) = body.as_object_mut() {
            body.insert("ConditionExpression".to_owned(), json!("attribute_not_exists(LockID)"));
        }
        let (status, content) = self.call("PutItem", &body).await.map_err(PutItemError::Failed)?;
        match status {
            200 => Ok(()),
            _ if kind(&content) == "ConditionalCheckFailedException" => Err(PutItemError::Present),
            _ => Err(PutItemError::Failed(self.refused("PutItem", status, &content))),
        }
    }

    pub async fn delete(&self, id: &str) -> Result<(), StoreError> {
        let body = json!({ "TableName": self.name, "Key": { "LockID": { "S": id } } });
        match self.call("DeleteItem", &body).await? {
            (200, _) => Ok(()),
            (status, content) => Err(self.refused("DeleteItem", status, &content)),
        }
    }
}

/// The name of an error, without its namespace.
fn kind(content: &Json) -> &str {
    let kind = content.get("__type").and_then(Json::as_str).unwrap_or_default();
    kind.rsplit('#').next().unwrap_or_default()
}
