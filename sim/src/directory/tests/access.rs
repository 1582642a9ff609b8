//! Who may do what: a plain user, an account operator, a sync account, an administrator (active-directory.md 8).

use crate::clock::DEFAULT_START;
use crate::directory::testing::{attributes, seeded, system};
use crate::directory::{Actor, Directory, Modification, ModifyOp, ObjectId, UpdateContext, attr, class};

const DC: &str = "DC=contoso,DC=local";
const ALICE: &str = "CN=Alice Müller,OU=Staff,DC=contoso,DC=local";
const BOB: &str = "CN=Bob Stone,OU=Sales,OU=Staff,DC=contoso,DC=local";
const ADMIN: &str = "CN=Administrator,CN=Users,DC=contoso,DC=local";

struct Cast {
    directory: Directory,
    bob: ObjectId,
    operator: ObjectId,
    sync: ObjectId,
    admin: ObjectId,
}

fn cast() -> Cast {
    let mut directory = seeded();
    let mut make = |name: &str| {
        let lines = attributes(&["objectClass: user", &format!("sAMAccountName: {name}")]);
        directory.add(&system(), &format!("CN={name},OU=Staff,{DC}"), &lines).unwrap()
    };
    let (operator, sync) = (make("olga"), make("MSOL_0123"));
    let step = Modification {
        op: ModifyOp::Add,
        attribute: "member".to_owned(),
        values: vec![format!("CN=olga,OU=Staff,{DC}").into_bytes()],
    };
    directory.modify(&system(), &format!("CN=Account Operators,CN=Builtin,{DC}"), &[step]).unwrap();
    let id = |dn: &str| directory.resolve(dn).unwrap();
    let (bob, admin) = (id(BOB), id(ADMIN));
    Cast { directory, bob, operator, sync, admin }
}

fn write(cast: &mut Cast, who: ObjectId, dn: &str, attribute: &str, value: &[u8]) -> u32 {
    let step =
        Modification { op: ModifyOp::Replace, attribute: attribute.to_owned(), values: vec![value.to_vec()] };
    let context = UpdateContext::account(DEFAULT_START, who, true);
    cast.directory.modify(&context, dn, &[step]).map_or_else(|error| error.code.number(), |_| 0)
}

#[test]
fn each_writes_what_its_role_covers() {
    let mut cast = cast();
    let Cast { bob, operator, sync, admin, .. } = cast;
    let password: Vec<u8> = "\"N3w-Secret\"".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (who, dn, attribute, expected) in [
        (bob, BOB, "telephoneNumber", 0),
        (bob, BOB, "displayName", 50),
        (bob, ALICE, "telephoneNumber", 50),
        (operator, ALICE, "displayName", 0),
        (operator, ADMIN, "displayName", 50),
        (operator, "CN=Domain Admins,CN=Users,DC=contoso,DC=local", "description", 50),
        (operator, "OU=Staff,DC=contoso,DC=local", "description", 50),
        (sync, ALICE, "proxyAddresses", 0),
        (sync, ALICE, "mS-DS-ConsistencyGuid", 0),
        (sync, ALICE, "title", 50),
        (admin, ALICE, "title", 0),
    ] {
        assert_eq!(write(&mut cast, who, dn, attribute, b"x"), expected, "{dn} {attribute}");
        let target = cast.directory.resolve(dn).unwrap();
        let id = cast.directory.schema().attribute_id(attribute).unwrap();
        assert_eq!(cast.directory.may_write(Actor::Account(who), target, id), expected == 0);
    }
    for (who, dn, expected) in [
        (bob, ALICE, 50),
        (bob, BOB, 50),
        (sync, ALICE, 50),
        (operator, ALICE, 0),
        (operator, ADMIN, 50),
        (admin, ALICE, 0),
    ] {
        assert_eq!(write(&mut cast, who, dn, "unicodePwd", &password), expected, "password of {dn}");
    }
}

#[test]
fn objects_are_made_moved_and_deleted_by_those_who_may() {
    for (pick, expected) in [("bob", 50), ("sync", 50), ("operator", 0), ("admin", 0)] {
        let mut cast = cast();
        let who = match pick {
            "bob" => cast.bob,
            "sync" => cast.sync,
            "operator" => cast.operator,
            _ => cast.admin,
        };
        let context = UpdateContext::account(DEFAULT_START, who, true);
        let directory = &mut cast.directory;
        let new = attributes(&["objectClass: user", "sAMAccountName: new"]);
        let code = |result: Result<(), crate::directory::DirectoryError>| {
            result.map_or_else(|error| error.code.number(), |()| 0)
        };
        assert_eq!(code(directory.add(&context, &format!("CN=New,OU=Staff,{DC}"), &new).map(drop)), expected);
        let moved = directory.modify_dn(&context, ALICE, "CN=Moved", true, Some(&format!("OU=Bulk,{DC}")));
        assert_eq!(code(moved.map(drop)), expected, "{pick} moves");
        assert_eq!(code(directory.delete(&context, BOB)), expected, "{pick} deletes");
        let unit = attributes(&["objectClass: organizationalUnit"]);
        let made = directory.add(&context, &format!("OU=New,{DC}"), &unit).map(drop);
        assert_eq!(code(made), if pick == "admin" { 0 } else { 50 }, "{pick} makes a unit");
        let staff = directory.resolve(&format!("OU=Staff,{DC}")).unwrap();
        assert_eq!(directory.may_create(Actor::Account(who), staff, class::USER), expected == 0);
    }
}

#[test]
fn a_plain_user_joins_ten_computers_and_looks_after_them() {
    let mut cast = cast();
    let context = UpdateContext::account(DEFAULT_START, cast.bob, true);
    let dn = format!("CN=PC1,CN=Computers,{DC}");
    let lines = attributes(&[
        "objectClass: computer",
        "sAMAccountName: PC1$",
        "userAccountControl: 4096",
        "dNSHostName: pc1.contoso.local",
    ]);
    let id = cast.directory.add(&context, &dn, &lines).unwrap();
    let bob = cast.bob;
    let creator = cast.directory.entry(id).unwrap().text("mS-DS-CreatorSID").map(String::from);
    assert_eq!(creator, cast.directory.entry(bob).unwrap().sid().map(|sid| sid.to_string()));
    assert_eq!(write(&mut cast, bob, &dn, "servicePrincipalName", b"HOST/pc1"), 0);
    assert_eq!(write(&mut cast, bob, &dn, "managedBy", b"x"), 50);
    assert!(cast.directory.may_write(Actor::Account(bob), id, attr::DNS_HOST_NAME));
    // anything beside what a join names takes a right of its own
    let extra = attributes(&["objectClass: computer", "sAMAccountName: PC2$", "location: x"]);
    let refused = cast.directory.add(&context, &format!("CN=PC2,CN=Computers,{DC}"), &extra).unwrap_err();
    assert_eq!(refused.code.number(), 50);
    let user = attributes(&["objectClass: user", "sAMAccountName: x"]);
    let refused = cast.directory.add(&context, &format!("CN=X,OU=Staff,{DC}"), &user).unwrap_err();
    assert!(refused.text.starts_with("00000005: SecErr: "), "{}", refused.text);
}

#[test]
fn no_account_is_ever_lenient() {
    // what the wire makes: mock-ldap asks for the context of an account, and the generator alone is lenient
    let cast = cast();
    assert!(!UpdateContext::account(DEFAULT_START, cast.admin, true).lenient);
    assert!(UpdateContext::lenient(DEFAULT_START).lenient);
}
