//! The provider's own configuration.

use crate::cloud::cloud;
use crate::engine::{Engine, configure, id, text};
use formwork_value::Value;

fn tags(value: &Value, name: &str) -> Vec<(String, String)> {
    let map = value.get(name).and_then(Value::as_mapping);
    let pairs = map.into_iter().flatten();
    pairs.map(|(key, value)| (key.to_string(), value.as_str().unwrap_or_default().to_owned())).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn default_and_ignored_tags() {
    let engine = Engine::with(
        r#""default_tags": [{"tags": {"team": "net", "env": "test"}}],
           "ignore_tags": [{"keys": ["seen"], "key_prefixes": ["cost:"]}],"#,
    )
    .await;
    let kind = "aws_vpc";
    let config = |tags: &str| format!(r#"{{"cidr_block": "10.0.0.0/16"{tags}}}"#);
    let vpc = engine.create(kind, &config(r#", "tags": {"env": "prod", "Name": "a"}"#)).await;
    assert_eq!(tags(&vpc, "tags"), pairs(&[("Name", "a"), ("env", "prod")]));
    assert_eq!(tags(&vpc, "tags_all"), pairs(&[("Name", "a"), ("env", "prod"), ("team", "net")]));
    // A default that is repeated is the object's own as well; one that is dropped falls back to the default.
    let vpc = engine.update(kind, &vpc, &config(r#", "tags": {"team": "net"}"#)).await;
    assert_eq!(tags(&vpc, "tags"), pairs(&[("team", "net")]));
    assert_eq!(tags(&vpc, "tags_all"), pairs(&[("env", "test"), ("team", "net")]));
    let vpc = engine.update(kind, &vpc, &config("")).await;
    assert!(vpc.get("tags").is_some_and(Value::is_null));
    // Tags of others that are to be ignored.
    let other = Engine::new().await;
    let marked = other.read(kind, &vpc).await;
    let marked = other
        .update(kind, &marked, &config(r#", "tags": {"seen": "1", "cost:x": "2", "team": "net", "env": "test"}"#))
        .await;
    assert_eq!(tags(&marked, "tags").len(), 4);
    let seen = engine.read(kind, &vpc).await;
    assert_eq!(tags(&seen, "tags_all"), pairs(&[("env", "test"), ("team", "net")]));
    assert_eq!(seen, vpc);
    // A tag that was added by somebody else and is not ignored is drift.
    other.update(kind, &marked, &config(r#", "tags": {"new": "1", "team": "net", "env": "test"}"#)).await;
    assert_eq!(tags(&engine.read(kind, &vpc).await, "tags"), pairs(&[("new", "1")]));
    engine.delete(kind, &vpc).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn assumed_roles_are_used() {
    let engine = Engine::with(
        r#""assume_role": [{"role_arn": "arn:aws:iam::222222222222:role/deploy", "session_name": "s",
           "duration": "30m"}],"#,
    )
    .await;
    let identity = engine.data("aws_caller_identity", "{}").await.unwrap();
    assert_eq!(text(&identity, "arn"), "arn:aws:sts::222222222222:assumed-role/deploy/s");
    let vpc = engine.create("aws_vpc", r#"{"cidr_block": "10.0.0.0/16"}"#).await;
    assert_eq!(text(&vpc, "owner_id"), "222222222222");
    assert_eq!(text(&vpc, "arn"), format!("arn:aws:ec2:eu-central-1:222222222222:vpc/{}", id(&vpc)));
    engine.delete("aws_vpc", &vpc).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn shared_files_give_region_and_keys() {
    let folder = tempfile::tempdir().unwrap();
    let (config, credentials) = (folder.path().join("config"), folder.path().join("credentials"));
    std::fs::write(&config, "[profile work]\nregion = eu-west-1\n").unwrap();
    std::fs::write(&credentials, "[work]\naws_access_key_id = AKIAFILE\naws_secret_access_key = secret\n").unwrap();
    let engine = Engine::configured(&format!(
        r#"{{"profile": "work", "shared_config_files": ["{}"], "shared_credentials_files": ["{}"],
            "skip_metadata_api_check": "true", "endpoints": [{{"ec2": "{url}", "sts": "{url}"}}]}}"#,
        config.display(),
        credentials.display(),
        url = cloud().url
    ))
    .await
    .unwrap();
    assert_eq!(text(&engine.data("aws_region", "{}").await.unwrap(), "name"), "eu-west-1");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_configurations_are_refused() {
    let url = &cloud().url;
    let keys = r#""access_key": "AKIAX", "secret_key": "VERYSECRET""#;
    let cases = [
        (r#"{"region": "Frankfurt", KEYS}"#, "does not look like an AWS region", ".region"),
        (r#"{"region": "eu-central-1", "access_key": "a"}"#, "secret_key", ".access_key"),
        (r#"{"region": "eu-central-1", KEYS, "endpoints": [{"ec2": "localhost:1"}]}"#, "URL", ".endpoints.ec2"),
        (r#"{"region": "eu-central-1", KEYS, "max_retries": -1}"#, "retries", ".max_retries"),
        (
            r#"{"region": "eu-central-1", KEYS, "forbidden_account_ids": ["123456789012"], ENDPOINTS}"#,
            "forbidden",
            ".forbidden_account_ids",
        ),
        (
            r#"{"region": "eu-central-1", KEYS, "allowed_account_ids": ["1"], ENDPOINTS}"#,
            "not among the allowed",
            ".allowed_account_ids",
        ),
        (
            r#"{"region": "eu-central-1", KEYS, "default_tags": [{"tags": {"aws:x": "y"}}]}"#,
            "aws:",
            ".default_tags[0].tags",
        ),
    ];
    for (config, expected, attribute) in cases {
        let endpoints = format!(r#""endpoints": [{{"ec2": "{url}", "sts": "{url}"}}]"#);
        let config = config.replace("KEYS", keys).replace("ENDPOINTS", &endpoints);
        let found = configure(&config).await.err().unwrap_or_else(|| panic!("{config} is accepted"));
        let texts: Vec<String> = found.iter().map(|d| format!("{} {}", d.summary, d.detail)).collect();
        assert!(texts.iter().any(|text| text.contains(expected)), "{config}: {texts:?}");
        assert!(texts.iter().all(|text| !text.contains("VERYSECRET")), "{texts:?}");
        let at = |d: &formwork_diag::Diagnostic| d.attribute.as_ref().map(ToString::to_string);
        assert!(found.iter().any(|d| at(d).as_deref() == Some(attribute)), "{config}: {found:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_where_nobody_answers_is_told_at_once() {
    let started = std::time::Instant::now();
    let config = r#"{"region": "eu-central-1", "access_key": "AKIAX", "secret_key": "VERYSECRET",
        "endpoints": [{"sts": "http://127.0.0.1:9"}]}"#;
    let found = configure(config).await.err().expect("nobody answers");
    let text = found.iter().map(|d| d.detail.clone()).collect::<String>();
    assert!(text.contains("GetCallerIdentity") && text.contains("refused"), "{text}");
    assert!(!text.contains("VERYSECRET"), "{text}");
    assert!(started.elapsed().as_secs() < 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_account_and_validation_no_request_is_made() {
    let config = r#"{"region": "xx-nowhere", "access_key": "AKIAX", "secret_key": "s", "skip_region_validation": true,
        "skip_credentials_validation": true, "skip_requesting_account_id": true,
        "endpoints": [{"sts": "http://127.0.0.1:9"}]}"#;
    assert!(configure(config).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unconfigured_provider_plans_new_objects_only() {
    let engine = Engine::unconfigured();
    let config = engine.config("aws_vpc", r#"{"cidr_block": "10.0.0.0/16", "tags": {"a": "b"}}"#);
    let plan = engine.plan("aws_vpc", &engine.null("aws_vpc"), &config).await;
    assert!(plan.planned.get("tags_all").is_some_and(|tags| !tags.is_known()));
    assert!(engine.data("aws_region", "{}").await.unwrap_err().contains("not known yet"));
}
