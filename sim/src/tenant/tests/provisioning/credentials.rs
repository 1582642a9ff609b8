//! Password hashes from on-premises: directory-sync.md 2.6.2, 3.1.

use super::*;

/// directory-sync.md 3.1.3: of `P@ssw0rd!`.
const HASH: &str =
    "v1;PPH1_MD4,b477124de54c2030378f,1000,4b4098ff6bde6cdd85040320b368911351e4f3add84f04b0579e0f72a87d0b24;";
const PASSWORD: &str = "P@ssw0rd!";
const NEVER: Option<&str> = Some("DisablePasswordExpiration");
const CLOUD_POLICY: &str = "cloudPasswordPolicyForPasswordSyncedUsersEnabled";
const FORCE_CHANGE: &str = "userForcePasswordChangeOnLogonEnabled";

fn credential(anchor: &str, data: &str) -> SyncCredential {
    SyncCredential {
        source_anchor: Some(anchor.to_owned()),
        data: data.to_owned(),
        ..SyncCredential::default()
    }
}

fn hash_of(password: &str) -> String {
    SyncedHash::of(password, b"0123456789", 1000).unwrap().to_string()
}

fn send(tenant: &mut Tenant, item: SyncCredential) -> SyncCredentialResult {
    tenant.provision_credentials(&ctx(), &[item]).unwrap().remove(0)
}

fn ada() -> (Tenant, Guid) {
    let mut tenant = tenant();
    let id = id_of(&set(&mut tenant, "ada", json!({ "userPrincipalName": "ada@contoso.com" })));
    (tenant, id)
}

fn attempt(tenant: &Tenant, id: Guid, password: &str) -> Result<(), SignInRefusal> {
    tenant.check_sign_in(tenant.object(id).unwrap(), password, DEFAULT_START)
}

fn policies(tenant: &Tenant, id: Guid) -> Option<String> {
    text(tenant, id, Property::PasswordPolicies)
}

#[test]
fn a_synchronized_password_signs_in() {
    let (mut tenant, id) = ada();
    assert_eq!(attempt(&tenant, id, PASSWORD), Err(SignInRefusal::WrongPassword));
    assert_eq!(send(&mut tenant, credential("ada", HASH)).result, 0);
    assert_eq!(attempt(&tenant, id, PASSWORD), Ok(()));
    assert_eq!(attempt(&tenant, id, "p@ssw0rd!"), Err(SignInRefusal::WrongPassword));
    // by cloud anchor as well
    let by_cloud_anchor = SyncCredential {
        cloud_anchor: Some(format!("User_{id}")),
        change_date: Some("2026-01-04T10:00:00Z".to_owned()),
        ..credential("", &hash_of("Sommer-2026"))
    };
    assert_eq!(send(&mut tenant, by_cloud_anchor).result, 0);
    assert_eq!(attempt(&tenant, id, "Sommer-2026"), Ok(()));
    let user = tenant.object(id).unwrap();
    let changed = tenant.property(user, Property::LastPasswordChangeDateTime).to_json();
    assert_eq!(changed, "2026-01-04T10:00:00Z");
    // a disabled account stays out, once that arrived
    set(&mut tenant, "ada", json!({ "accountEnabled": false }));
    assert_eq!(attempt(&tenant, id, "Sommer-2026"), Err(SignInRefusal::Disabled));
}

#[test]
fn the_last_password_counts_wherever_it_was_set() {
    // directory-sync.md 3.1.7
    let (mut tenant, id) = ada();
    send(&mut tenant, credential("ada", HASH));
    let session = tenant.object(id).unwrap().session();
    // the same again ends no session
    send(&mut tenant, credential("ada", HASH));
    assert_eq!(tenant.object(id).unwrap().session(), session);
    let slot = tenant.store.slot(id).unwrap();
    tenant.store.edit(slot, |user| user.take_password(&json!({ "password": "Reset-2026" }), DEFAULT_START));
    assert_eq!(attempt(&tenant, id, PASSWORD), Err(SignInRefusal::WrongPassword));
    assert_eq!(attempt(&tenant, id, "Reset-2026"), Ok(()));
    send(&mut tenant, credential("ada", HASH));
    assert_eq!(attempt(&tenant, id, PASSWORD), Ok(()));
    assert!(tenant.object(id).unwrap().session() > session);
}

#[test]
fn the_policy_of_the_cloud_is_stamped_off_unless_the_feature_says_otherwise() {
    // directory-sync.md 3.1.4
    let (mut tenant, id) = ada();
    assert_eq!(policies(&tenant, id), None);
    send(&mut tenant, credential("ada", HASH));
    assert_eq!(policies(&tenant, id).as_deref(), NEVER);
    // stamped again with each hash, beside what else is there
    let slot = tenant.store.slot(id).unwrap();
    let strong = Some(Stored::text("DisableStrongPassword"));
    tenant.store.edit(slot, |user| user.set(Property::PasswordPolicies, strong));
    send(&mut tenant, credential("ada", HASH));
    assert_eq!(policies(&tenant, id).as_deref(), Some("DisablePasswordExpiration, DisableStrongPassword"));
    // with the feature: taken off with the next password, not before; new users get none
    tenant.set_sync_feature(&ctx(), CLOUD_POLICY, true).unwrap();
    send(&mut tenant, credential("ada", HASH));
    assert_eq!(policies(&tenant, id).as_deref(), Some("DisablePasswordExpiration, DisableStrongPassword"));
    send(&mut tenant, credential("ada", &hash_of("Next-2026")));
    assert_eq!(policies(&tenant, id).as_deref(), Some("DisableStrongPassword"));
    let bob = id_of(&set(&mut tenant, "bob", json!({ "userPrincipalName": "bob@contoso.com" })));
    send(&mut tenant, credential("bob", HASH));
    assert_eq!(policies(&tenant, bob), None);
}

#[test]
fn an_expired_password_signs_in_as_long_as_the_cloud_has_no_say() {
    // directory-sync.md 3.1.6
    for (feature, expected) in [(false, Ok(())), (true, Err(SignInRefusal::PasswordExpired))] {
        let mut tenant = switched(&[("password_validity", "1d")]);
        tenant.set_sync_feature(&ctx(), CLOUD_POLICY, feature).unwrap();
        let id = id_of(&set(&mut tenant, "ada", json!({ "userPrincipalName": "ada@contoso.com" })));
        send(&mut tenant, credential("ada", HASH));
        let later = DEFAULT_START.plus(Duration::from_secs(2 * 86_400));
        assert_eq!(tenant.check_sign_in(tenant.object(id).unwrap(), PASSWORD, later), expected);
    }
}

#[test]
fn a_password_has_to_be_changed_by_new_users_and_by_others_where_the_feature_says_so() {
    // directory-sync.md 3.1.5
    let forced = |anchor: &str, data: &str| SyncCredential { force_change: true, ..credential(anchor, data) };
    let (mut tenant, id) = ada();
    send(&mut tenant, forced("ada", HASH));
    assert_eq!(attempt(&tenant, id, PASSWORD), Err(SignInRefusal::PasswordExpired));
    send(&mut tenant, credential("ada", &hash_of("Own-2026")));
    assert_eq!(attempt(&tenant, id, "Own-2026"), Ok(()));
    send(&mut tenant, forced("ada", &hash_of("Reset-2026")));
    assert_eq!(attempt(&tenant, id, "Reset-2026"), Ok(()));
    tenant.set_sync_feature(&ctx(), FORCE_CHANGE, true).unwrap();
    send(&mut tenant, forced("ada", &hash_of("Reset-2027")));
    assert_eq!(attempt(&tenant, id, "Reset-2027"), Err(SignInRefusal::PasswordExpired));
}

#[test]
fn users_who_are_not_there_yet_are_refused_one_by_one() {
    // directory-sync.md 2.6.5
    let (mut tenant, id) = ada();
    let items = [credential("nobody", HASH), credential("ada", "v1;MD4,00,1,00;"), credential("ada", HASH)];
    let results = tenant.provision_credentials(&ctx(), &items).unwrap();
    assert_eq!(results.iter().map(|result| result.result).collect::<Vec<_>>(), [1, 1, 0]);
    assert_eq!(
        results[0].error_description.as_deref(),
        Some("Unable to update this object because the user ID is not found.")
    );
    assert_eq!(attempt(&tenant, id, PASSWORD), Ok(()));
    set(&mut tenant, "nobody", json!({ "userPrincipalName": "n@contoso.com" }));
    assert_eq!(send(&mut tenant, credential("nobody", HASH)).result, 0);
    remove(&mut tenant, SyncType::User, "nobody");
    assert_eq!(send(&mut tenant, credential("nobody", HASH)).result, 1);
}

#[test]
fn cloud_only_users_are_refused_with_the_whole_call() {
    // directory-sync.md 2.4
    let (mut tenant, id) = ada();
    let cloud = cloud_user(&mut tenant, "cloud@contoso.com", json!({}));
    let other = SyncCredential { cloud_anchor: Some(format!("User_{cloud}")), ..credential("", HASH) };
    let fault = tenant.provision_credentials(&ctx(), &[credential("ada", HASH), other]).unwrap_err();
    let text =
        "Unable to process this update because one or more cloud-only users' credential update is included";
    assert!(fault.text.starts_with(text), "{}", fault.text);
    assert_eq!(attempt(&tenant, id, PASSWORD), Err(SignInRefusal::WrongPassword));
}

#[test]
fn a_take_over_brings_the_password_with_it() {
    // directory-sync.md 2.1.3
    let mut tenant = tenant();
    let id = cloud_user(&mut tenant, "ada@contoso.com", json!({}));
    assert_eq!(attempt(&tenant, id, "Sommer-2026"), Ok(()));
    set(&mut tenant, "ada", json!({ "userPrincipalName": "ada@contoso.com" }));
    assert_eq!(attempt(&tenant, id, "Sommer-2026"), Ok(()));
    send(&mut tenant, credential("ada", HASH));
    assert_eq!(attempt(&tenant, id, "Sommer-2026"), Err(SignInRefusal::WrongPassword));
    assert_eq!(attempt(&tenant, id, PASSWORD), Ok(()));
}
