//! Extending the schema over LDAP (MS-ADTS 3.1.1.2; `schemaUpdateNow`).

use crate::clock::DEFAULT_START;
use crate::directory::testing::{attributes, search, seeded, system};
use crate::directory::{AggregateText, Directory, Modification, ModifyOp, Scope, UpdateContext};
use std::time::Duration;

const ALICE: &str = "CN=Alice Müller,OU=Staff,DC=contoso,DC=local";
const BOB: &str = "CN=Bob Stone,OU=Sales,OU=Staff,DC=contoso,DC=local";
const DC: &str = "DC=contoso,DC=local";
const SCHEMA: &str = "CN=Schema,CN=Configuration,DC=contoso,DC=local";

fn code<T>(result: Result<T, crate::directory::DirectoryError>) -> u32 {
    result.map_or_else(|error| error.code.number(), |_| 0)
}

fn modify(directory: &mut Directory, dn: &str, op: ModifyOp, attribute: &str, value: &str) -> u32 {
    let values = vec![value.as_bytes().to_vec()];
    code(directory.modify(&system(), dn, &[Modification { op, attribute: attribute.to_owned(), values }]))
}

fn update_now(directory: &mut Directory) -> u32 {
    let values = vec![b"1".to_vec()];
    let step = Modification { op: ModifyOp::Add, attribute: "schemaUpdateNow".to_owned(), values };
    code(directory.operate(&system(), &[step]))
}

/// An attribute and a class of contoso's own, as a set-up program makes them.
fn extended() -> Directory {
    let mut directory = seeded();
    let mut add = |cn: &str, lines: &[&str]| {
        directory.add(&system(), &format!("CN={cn},{SCHEMA}"), &attributes(lines)).unwrap();
    };
    add(
        "Contoso-Badge-Number",
        &[
            "objectClass: attributeSchema",
            "attributeID: 1.3.6.1.4.1.99999.1.1",
            "attributeSyntax: 2.5.5.12",
            "oMSyntax: 64",
            "isSingleValued: TRUE",
            "searchFlags: 1",
            "rangeUpper: 8",
        ],
    );
    add(
        "Contoso-Mentor",
        &[
            "objectClass: attributeSchema",
            "lDAPDisplayName: contosoMentor",
            "attributeID: 1.3.6.1.4.1.99999.1.2",
            "attributeSyntax: 2.5.5.1",
            "oMSyntax: 127",
            "isSingleValued: FALSE",
            "linkID: 1.2.840.113556.1.2.50",
        ],
    );
    add(
        "Contoso-Mentor-BL",
        &[
            "objectClass: attributeSchema",
            "lDAPDisplayName: contosoMentorBL",
            "attributeID: 1.3.6.1.4.1.99999.1.3",
            "attributeSyntax: 2.5.5.1",
            "oMSyntax: 127",
            "isSingleValued: FALSE",
            "linkID: contosoMentor",
        ],
    );
    directory
}

#[test]
fn an_attribute_is_usable_once_the_schema_is_read_again() {
    let mut directory = extended();
    let user = format!("CN=User,{SCHEMA}");
    assert_eq!(modify(&mut directory, ALICE, ModifyOp::Replace, "contosoBadgeNumber", "4711"), 16);
    // a name is known to other schema objects after the update only
    assert_eq!(modify(&mut directory, &user, ModifyOp::Add, "mayContain", "contosoBadgeNumber"), 53);
    assert_eq!(update_now(&mut directory), 0);
    assert_eq!(modify(&mut directory, ALICE, ModifyOp::Replace, "contosoBadgeNumber", "4711"), 65);
    assert_eq!(modify(&mut directory, &user, ModifyOp::Add, "mayContain", "contosoBadgeNumber"), 0);
    assert_eq!(modify(&mut directory, &user, ModifyOp::Add, "mayContain", "contosoMentor"), 0);
    assert_eq!(update_now(&mut directory), 0);
    assert_eq!(modify(&mut directory, ALICE, ModifyOp::Replace, "contosoBadgeNumber", "4711"), 0);
    assert_eq!(modify(&mut directory, ALICE, ModifyOp::Replace, "contosoBadgeNumber", "123456789"), 19);
    assert_eq!(modify(&mut directory, ALICE, ModifyOp::Add, "1.3.6.1.4.1.99999.1.1", "4712"), 19);
    assert_eq!(search(&directory, DC, Scope::Subtree, "(contosoBadgeNumber=4711)"), [ALICE]);
    // links of the extension are mirrored
    assert_eq!(modify(&mut directory, ALICE, ModifyOp::Add, "contosoMentor", BOB), 0);
    let bob = directory.entry(directory.resolve(BOB).unwrap()).unwrap();
    assert_eq!(bob.texts("contosoMentorBL"), [ALICE]);
    let types = directory.schema().aggregate(AggregateText::AttributeTypes);
    let badge = "( 1.3.6.1.4.1.99999.1.1 NAME 'contosoBadgeNumber' SYNTAX '1.3.6.1.4.1.1466.115.121.1.15' SINGLE-VALUE )";
    assert!(types.iter().any(|line| line == badge));
    let classes = directory.schema().aggregate(AggregateText::ObjectClasses);
    let user = classes.iter().find(|line| line.contains(" NAME 'user' ")).unwrap();
    assert!(user.contains("contosoBadgeNumber"));
    // another forest does not know it
    assert!(seeded().schema().attribute_id("contosoBadgeNumber").is_none());
}

#[test]
fn five_minutes_do_what_nobody_asked_for() {
    let mut directory = extended();
    let at = |seconds| DEFAULT_START.plus(Duration::from_secs(seconds));
    directory.run_due(at(299));
    assert!(directory.schema().attribute_id("contosoBadgeNumber").is_none());
    directory.run_due(at(300));
    assert!(directory.schema().attribute_id("contosoBadgeNumber").is_some());
}

#[test]
fn a_class_of_its_own_has_objects() {
    let mut directory = extended();
    assert_eq!(update_now(&mut directory), 0);
    let lines = attributes(&[
        "objectClass: classSchema",
        "governsID: 1.3.6.1.4.1.99999.2.1",
        "objectClassCategory: 1",
        "subClassOf: top",
        "mustContain: contosoBadgeNumber",
        "mayContain: description",
        "possSuperiors: organizationalUnit",
        "rDNAttID: cn",
        "defaultObjectCategory: CN=Contoso-Door,CN=Schema,CN=Configuration,DC=contoso,DC=local",
    ]);
    directory.add(&system(), &format!("CN=Contoso-Door,{SCHEMA}"), &lines).unwrap();
    let door = |directory: &mut Directory, lines: &[&str]| {
        code(directory.add(&system(), &format!("CN=East,OU=Staff,{DC}"), &attributes(lines)))
    };
    assert_eq!(door(&mut directory, &["objectClass: contosoDoor"]), 16);
    assert_eq!(update_now(&mut directory), 0);
    assert_eq!(door(&mut directory, &["objectClass: contosoDoor"]), 65);
    assert_eq!(door(&mut directory, &["objectClass: contosoDoor", "contosoBadgeNumber: 1"]), 0);
    let found =
        search(&directory, DC, Scope::Subtree, "(&(objectCategory=contosoDoor)(objectClass=contosoDoor))");
    assert_eq!(found, [format!("CN=East,OU=Staff,{DC}")]);
    let east = directory.entry(directory.resolve(&found[0]).unwrap()).unwrap();
    assert_eq!(east.texts("objectClass"), ["top", "contosoDoor"]);
    assert_eq!(east.texts("objectCategory"), [format!("CN=Contoso-Door,{SCHEMA}")]);
}

#[test]
fn an_attribute_of_the_tables_comes_into_the_index_and_leaves_it() {
    let mut directory = seeded();
    let title = format!("CN=Title,{SCHEMA}");
    let before = search(&directory, DC, Scope::Subtree, "(title=Manager)");
    for flags in ["1", "0"] {
        assert_eq!(modify(&mut directory, &title, ModifyOp::Replace, "searchFlags", flags), 0);
        assert_eq!(update_now(&mut directory), 0);
        let id = directory.schema().attribute_id("title").unwrap();
        assert_eq!(directory.schema().attribute(id).is_indexed(), flags == "1");
        assert_eq!(search(&directory, DC, Scope::Subtree, "(title=Manager)"), before);
    }
}

#[test]
fn a_defunct_attribute_is_not_found() {
    let mut directory = extended();
    assert_eq!(update_now(&mut directory), 0);
    let dn = format!("CN=Contoso-Badge-Number,{SCHEMA}");
    assert_eq!(modify(&mut directory, &dn, ModifyOp::Replace, "isDefunct", "TRUE"), 0);
    assert_eq!(update_now(&mut directory), 0);
    assert!(directory.schema().attribute_id("contosoBadgeNumber").is_none());
    assert!(directory.schema().attribute_id("contosoMentor").is_some());
    assert_eq!(code(directory.delete(&system(), &dn)), 53);
}

#[test]
fn only_schema_admins_change_the_schema() {
    let mut directory = seeded();
    let lines = attributes(&["objectClass: user", "sAMAccountName: dana"]);
    let dana = directory.add(&system(), &format!("CN=Dana,OU=Staff,{DC}"), &lines).unwrap();
    let admins = format!("CN=Domain Admins,CN=Users,{DC}");
    assert_eq!(
        modify(&mut directory, &admins, ModifyOp::Add, "member", &format!("CN=Dana,OU=Staff,{DC}")),
        0
    );
    let new = attributes(&[
        "objectClass: attributeSchema",
        "attributeID: 1.3.6.1.4.1.99999.1.9",
        "attributeSyntax: 2.5.5.9",
        "oMSyntax: 2",
        "isSingleValued: TRUE",
    ]);
    let add = |directory: &mut Directory| {
        let context = UpdateContext::account(DEFAULT_START, dana, true);
        code(directory.add(&context, &format!("CN=Contoso-Floor,{SCHEMA}"), &new))
    };
    assert_eq!(add(&mut directory), 50);
    let schema_admins = format!("CN=Schema Admins,CN=Users,{DC}");
    assert_eq!(
        modify(&mut directory, &schema_admins, ModifyOp::Add, "member", &format!("CN=Dana,OU=Staff,{DC}")),
        0
    );
    assert_eq!(add(&mut directory), 0);
}
