//! A fixed tenant: 48 cloud-only people, 24 synchronized ones, 15 groups, each different in what filters name.

use super::super::super::support::{Lab, world};
use super::super::Reader;
use forestbed_sim::clock::{ClockMode, DEFAULT_START};
use forestbed_sim::ids::Guid;
use forestbed_sim::tenant::{AddLicense, CallContext, SyncObject, Tenant};
use serde_json::{Map, Value, json};
use std::time::Duration;

const NAMES: [&str; 8] = ["Ada", "ada", "Søren", "O'Brien", "Zoë", "李", "Abe", "R&D + Söhne"];
const WORDS: [&str; 6] = ["Sales", "HR", "R&D", "it's", "SALES", "Sales and HR"];

fn object(value: Value) -> Map<String, Value> {
    let Value::Object(map) = value else { panic!("an object is meant") };
    map
}

fn context(day: u64) -> CallContext {
    CallContext { now: DEFAULT_START.plus(Duration::from_secs(day * 86_400)), app: None }
}

/// Values that only some people have.
fn sparse(i: usize, person: &mut Map<String, Value>) {
    let mut set = |every: usize, name: &str, value: Value| {
        if !i.is_multiple_of(every) {
            person.insert(name.to_owned(), value);
        }
    };
    set(5, "department", json!(WORDS[i % 6]));
    set(6, "jobTitle", json!(NAMES[(i + 3) % 8]));
    set(4, "companyName", json!(["Contoso", "Fabrikam"][i % 2]));
    set(3, "city", json!(["Utrecht", "Köln", "'s-Hertogenbosch"][i % 3]));
    set(7, "country", json!(["NL", "DE", "US"][i % 3]));
    set(2, "mobilePhone", json!(format!("+31 6 {i:04}")));
    set(3, "officeLocation", json!(format!("{}/{}", i % 4, i % 5)));
    set(4, "postalCode", json!(format!("{:04} AB", 1000 + i)));
    set(5, "employeeId", json!(format!("{}", 100 + i % 12)));
    set(4, "employeeType", json!(["Employee", "Contractor"][i % 2]));
    set(3, "preferredLanguage", json!(["nl-NL", "de-DE", "en-US"][i % 3]));
    set(3, "surname", json!(NAMES[(i + 5) % 8]));
    set(4, "givenName", json!(NAMES[(i + 1) % 8]));
}

fn cloud(tenant: &mut Tenant, i: usize) {
    let mut person = object(json!({
        "accountEnabled": i.is_multiple_of(2),
        "displayName": format!("{}{}", NAMES[i % 8], i / 8),
        "mailNickname": format!("p{i}"),
        "userPrincipalName": format!("P{i}@{}", ["contoso.com", "contoso.onmicrosoft.com"][i % 2]),
        "passwordProfile": { "password": "Sommer-2026" },
        "usageLocation": (["NL", "DE", "US"][i % 3]),
        "otherMails": (0..i % 3).map(|n| format!("Home{n}.{i}@fabrikam.com")).collect::<Vec<_>>(),
        "businessPhones": (0..i % 2).map(|_| format!("+49 {i:03}")).collect::<Vec<_>>(),
    }));
    sparse(i, &mut person);
    if i % 4 == 1 {
        person.insert("mail".to_owned(), json!(format!("Mail.{i}@contoso.com")));
    }
    if i % 5 == 2 {
        person.insert(
            "onPremisesImmutableId".to_owned(),
            json!(format!("{}BCDEFGHIJKLMNOPQRSTUQ==", ["A", "a"][i % 2])),
        );
    }
    if i % 5 == 3 {
        person.insert("employeeHireDate".to_owned(), json!(format!("2025-0{}-01T00:00:00Z", 1 + i % 9)));
    }
    if i % 6 == 1 {
        let attributes =
            json!({ "extensionAttribute1": (["Gold", "silver"][i % 4 / 2]), "extensionAttribute7": "x" });
        person.insert("onPremisesExtensionAttributes".to_owned(), attributes);
    }
    if i % 8 == 3 {
        person.insert(
            "employeeOrgData".to_owned(),
            json!({ "costCenter": format!("C{}", i % 3), "division": "D" }),
        );
    }
    if i % 9 == 4 {
        person.insert("userType".to_owned(), json!("Guest"));
    }
    // an anchor is unique: a taken one is left out
    let id = tenant.create_user(&context(i as u64 % 7), &person).or_else(|_| {
        person.remove("onPremisesImmutableId");
        tenant.create_user(&context(i as u64 % 7), &person)
    });
    let id = id.unwrap_or_else(|error| panic!("{i}: {error:?}"));
    let skus: Vec<Guid> = tenant.skus().iter().take(3).map(|subscription| subscription.sku.id).collect();
    let add: Vec<AddLicense> =
        (0..i % 3).map(|n| AddLicense { sku_id: skus[n], disabled_plans: Vec::new() }).collect();
    // the estate has some two dozen seats
    if i < 36 && !add.is_empty() {
        tenant.assign_license(&context(8), id, &add, &[]).unwrap_or_else(|error| panic!("{i}: {error:?}"));
    }
}

fn synced(i: usize) -> SyncObject {
    let mut properties = json!({
        "displayName": format!("{} Synced{}", NAMES[i % 8], i / 8),
        "userPrincipalName": format!("s{i}@contoso.com"),
        "onPremisesUserPrincipalName": format!("s{i}@contoso.local"),
        "accountEnabled": !i.is_multiple_of(3),
        "alias": format!("s{i}"),
        "onPremisesSamAccountName": format!("SAM{i}"),
        "onPremisesDistinguishedName": format!("CN=s{i},OU=People,DC=contoso,DC=local"),
        "dnsDomainName": "contoso.local",
        // every fourth address is that of the one before, and is set aside
        "proxyAddresses": [format!("SMTP:s{}@contoso.com", if i % 4 == 3 { i - 1 } else { i }), format!("smtp:alias{i}@contoso.com")],
        "extensionAttribute1": (["Gold", "Bronze"][i % 2]),
    });
    if i.is_multiple_of(3) {
        properties["department"] = json!(WORDS[i % 6]);
    }
    let anchor = format!("{:A<22}==", format!("sync{i}x"));
    let value =
        json!({ "type": "User", "operation": "Set", "source_anchor": anchor, "properties": properties });
    serde_json::from_value(value).unwrap()
}

fn group(tenant: &mut Tenant, i: usize) {
    let mut group = object(json!({
        "displayName": format!("{} group {}", WORDS[i % 6], i / 6),
        "mailEnabled": i.is_multiple_of(3),
        "mailNickname": format!("g{i}"),
        "securityEnabled": !i.is_multiple_of(3) || i.is_multiple_of(2),
        "groupTypes": if i.is_multiple_of(3) { json!(["Unified"]) } else { json!([]) },
    }));
    if !i.is_multiple_of(4) {
        group.insert("description".to_owned(), json!(format!("All of {}", NAMES[i % 8])));
    }
    if i % 5 == 1 {
        group.insert("classification".to_owned(), json!("Secret"));
    }
    tenant
        .create_group(&context(i as u64 % 5), &group)
        .unwrap_or_else(|error| panic!("group {i}: {error:?}"));
}

pub(in super::super) struct Population {
    pub(in super::super) reader: Reader,
    pub(in super::super) users: Vec<Value>,
    pub(in super::super) groups: Vec<Value>,
}

pub(super) const USER_PROPERTIES: &str = "id,accountEnabled,assignedLicenses,assignedPlans,businessPhones,city,\
    companyName,country,createdDateTime,department,displayName,employeeHireDate,employeeId,employeeOrgData,employeeType,\
    givenName,jobTitle,mail,mailNickname,mobilePhone,officeLocation,onPremisesExtensionAttributes,onPremisesImmutableId,\
    onPremisesLastSyncDateTime,onPremisesProvisioningErrors,onPremisesSamAccountName,onPremisesSyncEnabled,\
    onPremisesUserPrincipalName,otherMails,postalCode,preferredLanguage,provisionedPlans,proxyAddresses,surname,\
    usageLocation,userPrincipalName,userType";
pub(super) const GROUP_PROPERTIES: &str = "id,classification,createdDateTime,description,displayName,groupTypes,mail,\
    mailEnabled,mailNickname,membershipRule,onPremisesSyncEnabled,proxyAddresses,securityEnabled";

pub(in super::super) fn population() -> Population {
    let lab = Lab::of(world(ClockMode::Frozen, |_| {}));
    {
        let tenant = &mut lab.world.tenant_mut();
        (0..48).for_each(|i| cloud(tenant, i));
        (0..15).for_each(|i| group(tenant, i));
        let objects: Vec<SyncObject> = (0..24).map(synced).collect();
        tenant.provision(&context(9), &objects);
    }
    let reader = Reader::of(lab);
    let all = |set: &str, properties: &str| -> Vec<Value> {
        let page = reader.get(&format!("/v1.0/{set}?$top=999&$select=id")).body["value"].clone();
        let one = |object: &Value| {
            let id = object["id"].as_str().unwrap();
            reader.get(&format!("/v1.0/{set}/{id}?$select={properties}")).body
        };
        page.as_array().unwrap().iter().map(one).collect()
    };
    let (users, groups) = (all("users", USER_PROPERTIES), all("groups", GROUP_PROPERTIES));
    Population { users, groups, reader }
}
