use super::{Client, NAME};
use forestbed_sim::tenant::{CallContext, SyncObject, SyncOperation, SyncType};
use forestbed_witness::record;
use serde_json::{Value, json};

/// ITU T.81 B.2: SOI, an APP0 segment, SOF0 with 48 rows of 64, EOI.
const JPEG: [u8; 24] =
    [0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xff, 0xc0, 0, 11, 8, 0, 48, 0, 64, 1, 1, 0x11, 0, 0xff, 0xd9];

fn first_user(client: &Client) -> String {
    client.get("/v1.0/users?$top=1")["value"][0]["id"].as_str().unwrap().to_owned()
}

#[test]
fn an_invitation_makes_a_guest_named_after_the_address() {
    let client = Client::new();
    let body = json!({
        "invitedUserEmailAddress": "ada@fabrikam.com", "inviteRedirectUrl": "https://myapps.microsoft.com",
        "invitedUserDisplayName": "Ada",
    });
    let made = client.expect(201, "POST", "/v1.0/invitations", body.clone()).body;
    assert_eq!(made["status"], "PendingAcceptance");
    let id = made["invitedUser"]["id"].as_str().unwrap();
    let select = "$select=userPrincipalName,userType,mail,externalUserState,creationType";
    let guest = client.get(&format!("/v1.0/users/{id}?{select}"));
    // microsoft-graph.md 2.4: mail with @ as _, then #EXT#@initial
    assert_eq!(guest["userPrincipalName"], "ada_fabrikam.com#EXT#@contoso.onmicrosoft.com");
    assert_eq!((&guest["userType"], &guest["mail"]), (&json!("Guest"), &json!("ada@fabrikam.com")));
    assert_eq!(guest["externalUserState"], "PendingAcceptance");
    let again = client.expect(201, "POST", "/v1.0/invitations", body.clone()).body;
    assert_eq!(again["invitedUser"]["id"], id);
    for (name, value) in [
        ("invitedUserEmailAddress", json!(null)),
        ("invitedUserEmailAddress", json!("no address")),
        ("invitedUserEmailAddress", json!("ada@contoso.com")),
        ("inviteRedirectUrl", json!(null)),
        ("inviteRedirectUrl", json!("nowhere")),
    ] {
        let mut bad = body.clone();
        bad[name] = value;
        client.refused(400, "POST", "/v1.0/invitations", bad);
    }
    record("GRAPH-INVITATIONS", client.exchanges(), NAME);
}

#[test]
fn a_photo_is_kept_as_it_came() {
    let client = Client::new();
    let user = first_user(&client);
    let group = client.get("/v1.0/groups?$top=1")["value"][0]["id"].as_str().unwrap().to_owned();
    for path in [format!("/v1.0/users/{user}/photo"), format!("/v1.0/groups/{group}/photo")] {
        assert_eq!(client.refused(404, "GET", &path, Value::Null), "ImageNotFound");
        let value = format!("{path}/$value");
        assert_eq!(client.refused(404, "GET", &value, Value::Null), "ImageNotFound");
        assert_eq!(client.raw("PUT", &value, "image/jpeg", &JPEG[..]).status, 200);
        let told = client.get(&path);
        let size = (&told["width"], &told["height"], &told["id"]);
        assert_eq!(size, (&json!(64), &json!(48), &json!("64x48")));
        assert_eq!(told["@odata.mediaContentType"], "image/jpeg");
        let photo = client.raw("GET", &value, "", "");
        assert_eq!((photo.status, photo.header("content-type")), (200, "image/jpeg"));
        assert_eq!(client.get(&format!("{path}s"))["value"].as_array().unwrap().len(), 1);
        assert_eq!(client.raw("GET", &format!("{path}s/64x48/$value"), "", "").status, 200);
        client.refused(404, "GET", &format!("{path}s/648x648/$value"), Value::Null);
        assert_eq!(client.raw("PUT", &value, "image/jpeg", &b"GIF89a"[..]).status, 400);
        assert_eq!(client.raw("PUT", &value, "text/plain", &JPEG[..]).status, 415);
        client.expect(204, "DELETE", &value, Value::Null);
        client.refused(404, "DELETE", &value, Value::Null);
    }
    client.refused(404, "GET", &format!("/v1.0/users/{}/photo", client.lab.tenant), Value::Null);
    record("GRAPH-PHOTOS", client.exchanges(), NAME);
}

#[test]
fn actions_of_a_user_answer_as_documented() {
    let client = Client::new();
    let user = first_user(&client);
    let answer = client.expect(200, "POST", &format!("/v1.0/users/{user}/revokeSignInSessions"), Value::Null);
    assert_eq!(answer.body["value"], true);
    client.expect(204, "POST", &format!("/v1.0/users/{user}/retryServiceProvisioning"), Value::Null);
    let passwords = json!({ "currentPassword": "a", "newPassword": "b" });
    // an application alone cannot change a password
    client.refused(403, "POST", &format!("/v1.0/users/{user}/changePassword"), passwords);
    record("GRAPH-USER-ACTIONS", client.exchanges(), NAME);
}

#[test]
fn an_object_that_the_cloud_manages_is_written_in_the_cloud_only() {
    let client = Client::new();
    let ctx = CallContext { now: client.lab.world.clock.now(), app: None };
    let sent = |name: &str| {
        let properties = json!({ "userPrincipalName": "ada@contoso.com", "displayName": name });
        let Value::Object(properties) = properties else { unreachable!("an object is written here") };
        SyncObject {
            object_type: SyncType::User,
            operation: SyncOperation::Set,
            source_anchor: "anchor".to_owned(),
            properties: properties.into_iter().collect(),
        }
    };
    let provision = |name: &str| drop(client.lab.world.tenant_mut().provision(&ctx, &[sent(name)]));
    provision("Ada");
    let path = "/v1.0/users/ada@contoso.com";
    client.refused(400, "PATCH", path, json!({ "displayName": "Cloud" }));
    let behavior = format!("{path}/onPremisesSyncBehavior");
    assert_eq!(client.get(&behavior)["isCloudManaged"], false);
    client.expect(204, "PATCH", &behavior, json!({ "isCloudManaged": true }));
    assert_eq!(client.get(&behavior)["isCloudManaged"], true);
    client.expect(204, "PATCH", path, json!({ "displayName": "Cloud" }));
    provision("Premises");
    assert_eq!(client.get(path)["displayName"], "Cloud");
    client.expect(204, "PATCH", &behavior, json!({ "isCloudManaged": false }));
    provision("Premises again");
    assert_eq!(client.get(path)["displayName"], "Premises again");
    client.refused(
        400,
        "PATCH",
        &format!("/v1.0/users/{}/onPremisesSyncBehavior", first_user(&client)),
        json!({ "isCloudManaged": true }),
    );
    record("GRAPH-SYNC-BEHAVIOR", client.exchanges(), NAME);
}
