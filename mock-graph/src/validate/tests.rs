//! The checker against answers that are right and answers that are wrong in one place.

use super::{Answer, faults};

const JSON: &str = "application/json;odata.metadata=minimal";

fn check(path: &str, status: u16, body: &str, expected: &[&str]) {
    let found = faults(&Answer { path, status, content_type: JSON, body: body.as_bytes() });
    assert_eq!(found, expected, "{path} {body}");
}

fn context(rest: &str) -> String {
    format!("{{\"@odata.context\":\"https://graph.microsoft.com/v1.0/$metadata#{rest}}}")
}

#[test]
fn right_answers_pass() {
    for (path, body) in [
        (
            "/v1.0/users",
            context("users\",\"value\":[{\"id\":\"1\",\"mail\":null,\"businessPhones\":[\"1\"]}]"),
        ),
        ("/v1.0/users", context("users(id)\",\"@odata.count\":3,\"@odata.nextLink\":\"x\",\"value\":[]")),
        ("/v1.0/users/1", context("users/$entity\",\"id\":\"1\",\"accountEnabled\":true")),
        (
            "/v1.0/users/1",
            context(
                "users(id,manager())/$entity\",\"id\":\"1\",\"manager\":{\"@odata.type\":\"#microsoft.graph.user\",\"id\":\"2\"}",
            ),
        ),
        (
            "/v1.0/groups/1/members",
            context(
                "directoryObjects\",\"value\":[{\"@odata.type\":\"#microsoft.graph.group\",\"id\":\"1\",\"mailEnabled\":false}]",
            ),
        ),
        (
            "/v1.0/groups/delta",
            context(
                "groups\",\"@odata.deltaLink\":\"x\",\"value\":[{\"id\":\"1\",\"members@delta\":[{\"@odata.type\":\"#microsoft.graph.user\",\"id\":\"2\"}]},{\"id\":\"3\",\"@removed\":{\"reason\":\"deleted\"}}]",
            ),
        ),
        ("/v1.0/users/1/displayName", context("users('1')/displayName\",\"value\":\"Ada\"")),
        ("/v1.0/users/1/revokeSignInSessions", "{\"value\":true}".to_owned()),
        (
            "/v1.0/users/1",
            context("users/$entity\",\"id\":\"1\",\"extension_0123456789abcdef0123456789abcdef_x\":1"),
        ),
    ] {
        check(path, 200, &body, &[]);
    }
    check(
        "/v1.0/users/1",
        404,
        r#"{"error":{"code":"a","message":"b","innerError":{"date":"x","request-id":"y","client-request-id":"z"}}}"#,
        &[],
    );
}

#[test]
fn wrong_answers_are_told_with_the_place() {
    for (body, expected) in [
        (context("users/$entity\",\"id\":\"1\",\"nosuch\":1"), "user has no property nosuch"),
        (context("users/$entity\",\"accountEnabled\":\"true\""), "accountEnabled: \"true\" is no Boolean"),
        (context("users/$entity\",\"id\":null"), "id: null is no String"),
        (context("users/$entity\",\"businessPhones\":\"1\""), "businessPhones: no collection"),
        (
            context("users/$entity\",\"createdDateTime\":\"yesterday\""),
            "createdDateTime: \"yesterday\" is no DateTimeOffset",
        ),
        (
            context("users/$entity\",\"assignedLicenses\":[{\"skuId\":\"x\"}]"),
            "assignedLicenses/0/skuId: \"x\" is no Guid",
        ),
        (
            context("users/$entity\",\"assignedLicenses\":[{\"sku\":1}]"),
            "assignedLicenses/0: assignedLicense has no member sku",
        ),
        (context("users\",\"value\":{}"), "the context names a collection, and `value` is none"),
        (
            context("users\",\"value\":[{\"@odata.context\":\"x\"}]"),
            "value/0: unknown annotation @odata.context",
        ),
        (context("users/$entity\",\"@odata.etag\":\"x\""), "unknown annotation @odata.etag"),
        (
            context("directoryObjects\",\"value\":[{\"mail\":null}]"),
            "value/0: a directory object that does not say its type",
        ),
        (
            context("contacts/$entity\",\"phones\":[{\"type\":\"pager2\"}]"),
            "phones/0/type: \"pager2\" is no phoneType",
        ),
        ("{\"id\":\"1\"}".to_owned(), "no @odata.context"),
        ("nothing".to_owned(), "the body is not JSON"),
    ] {
        check("/v1.0/users/1", 200, &body, &[expected]);
    }
    check("/v1.0/users/1", 400, "{\"message\":1}", &["an error without `error`"]);
    check(
        "/v1.0/$batch",
        200,
        &format!(
            "{{\"responses\":[{{\"id\":\"1\",\"status\":200,\"headers\":{{\"Content-Type\":\"application/json\"}},\"body\":{}}}]}}",
            context("users/$entity\",\"nosuch\":1")
        ),
        &["responses/0/user has no property nosuch"],
    );
}
