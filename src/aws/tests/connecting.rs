//! From an account's table to a connection.

use super::account;
use crate::aws::call::failure;
use crate::aws::{AwsErrorKind, Credentials, Gateway, Overrides, QuotaPolicy};
use crate::state::desired::{Account, Identity};

async fn dummy(account: &Account, overrides: &Overrides) -> Gateway {
    let policy = QuotaPolicy::interactive();
    Gateway::connect(account, overrides, Credentials::Dummy, policy)
        .await
        .expect("nothing is asked for the sandbox")
}

#[tokio::test]
async fn the_sandbox_needs_nothing() {
    let table = Account {
        id: Some("210987654321".to_owned()),
        identity: Identity::Role {
            role_arn: "arn:aws:iam::1:role/x".to_owned(),
            external_id: None,
            session_name: None,
        },
        ..Account::default()
    };
    let gateway = dummy(&table, &Overrides::default()).await;
    assert_eq!(gateway.region(), "us-east-1");
    let id = gateway.account_id_by_sts().await;
    assert_eq!(id.expect("known"), "210987654321");
    assert_eq!(gateway.calls(), 0);
}

#[tokio::test]
async fn the_command_line_replaces_the_table() {
    let overrides = Overrides {
        region: Some("cn-north-1".to_owned()),
        profile: None,
        endpoint_url: Some("http://127.0.0.1:9/".to_owned()),
    };
    let gateway = dummy(&account("http://127.0.0.1:8"), &overrides).await;
    assert_eq!(gateway.region(), "cn-north-1");
    assert_eq!(gateway.endpoint_url(), Some("http://127.0.0.1:9"));
    assert_eq!(gateway.stage_url("abc", "prod"), "http://127.0.0.1:9/_aws/execute-api/abc/prod");
    let table = Account { region: Some("cn-north-1".to_owned()), ..Account::default() };
    assert_eq!(
        dummy(&table, &Overrides::default()).await.stage_url("abc", "prod"),
        "https://abc.execute-api.cn-north-1.amazonaws.com.cn/prod"
    );
}

#[tokio::test]
async fn an_endpoint_must_be_one() {
    for url in ["localhost:4566", "ftp://x", "http://", "http://a b", ""] {
        let overrides = Overrides { endpoint_url: Some(url.to_owned()), ..Overrides::default() };
        let failed = Gateway::connect(
            &Account::default(),
            &overrides,
            Credentials::Dummy,
            QuotaPolicy::interactive(),
        )
        .await
        .expect_err("no endpoint");
        assert!(matches!(failed.kind, AwsErrorKind::Unsendable { .. }), "{url:?}: {failed}");
        assert!(failed.to_string().contains("is not an endpoint URL"), "{failed}");
    }
}

#[test]
fn the_hint_about_certificates_depends_on_what_is_set() {
    let tls = "TLS handshake failed: invalid peer certificate: UnknownIssuer";
    let with_bundle = failure::tls_hint(tls, true).expect("a hint");
    assert!(with_bundle.contains("AWS_CA_BUNDLE is not read here"));
    assert!(with_bundle.contains("SSL_CERT_FILE"));
    let without = failure::tls_hint(tls, false).expect("a hint");
    assert!(!without.contains("AWS_CA_BUNDLE"));
    assert_eq!(failure::tls_hint("Connection refused", true), None);
}
