//! What the system fills in when an object is made (active-directory.md 3; golden/02).

use crate::directory::store::varint;
use crate::directory::{AttrId, ClassId, Schema, attr, class};
use crate::ids::Guid;

/// `accountExpires` of an account that never expires.
const NEVER: i64 = i64::MAX;
/// ACCOUNTDISABLE + PASSWD_NOTREQD + NORMAL_ACCOUNT: what a user added over LDAP gets.
const NEW_USER: i64 = 546;
/// PASSWD_NOTREQD + WORKSTATION_TRUST_ACCOUNT (assumed for computers added over LDAP).
const NEW_COMPUTER: i64 = 4128;
/// A global security group.
const NEW_GROUP: i64 = -2_147_483_646;

pub(in crate::directory) type PackedAttributes = Vec<(AttrId, Vec<Vec<u8>>)>;

pub(in crate::directory) fn int(number: i64) -> Vec<u8> {
    varint::packed_signed(number).as_ref().to_vec()
}

/// The packed values of an object that is being made.
pub(in crate::directory) trait Attributes {
    /// The first value of an attribute.
    fn first(&self, attribute: AttrId) -> Option<&[u8]>;

    /// Gives a value to an attribute that has none.
    fn put(&mut self, attribute: AttrId, packed: &[u8]);
}

impl Attributes for PackedAttributes {
    fn first(&self, attribute: AttrId) -> Option<&[u8]> {
        let mut own = self.iter().filter(|(id, _)| *id == attribute);
        own.find_map(|(_, values)| values.first()).map(Vec::as_slice)
    }

    fn put(&mut self, attribute: AttrId, packed: &[u8]) {
        self.push((attribute, vec![packed.to_vec()]));
    }
}

fn first_int(cells: &impl Attributes, id: AttrId) -> Option<i64> {
    cells.first(id).map(|mut packed| varint::take_signed(&mut packed))
}

/// Numbers that are zero from the start.
pub(super) const ZEROS_OF_A_USER: [AttrId; 8] = [
    attr::BAD_PASSWORD_TIME,
    attr::BAD_PWD_COUNT,
    attr::CODE_PAGE,
    attr::COUNTRY_CODE,
    attr::LAST_LOGOFF,
    attr::LAST_LOGON,
    attr::LOGON_COUNT,
    attr::PWD_LAST_SET,
];

/// Adds what is missing.
pub(in crate::directory) fn complete(
    schema: &Schema,
    class_id: ClassId,
    guid: Guid,
    cells: &mut impl Attributes,
) {
    let is = |wanted: ClassId| schema.class(class_id).chain.contains(&wanted);
    let int = varint::packed_signed;
    if is(class::USER) {
        let computer = is(class::COMPUTER);
        put(cells, attr::USER_ACCOUNT_CONTROL, int(if computer { NEW_COMPUTER } else { NEW_USER }));
        let control = first_int(cells, attr::USER_ACCOUNT_CONTROL).unwrap_or(NEW_USER);
        put(cells, attr::SAM_ACCOUNT_TYPE, int(account_type_of_user(control)));
        put(cells, attr::PRIMARY_GROUP_ID, int(primary_group(control, computer)));
        put(cells, attr::ACCOUNT_EXPIRES, int(NEVER));
        ZEROS_OF_A_USER.into_iter().for_each(|id| put(cells, id, int(0)));
        if computer {
            put(cells, attr::IS_CRITICAL_SYSTEM_OBJECT, [0]);
        }
    }
    if is(class::GROUP) {
        put(cells, attr::GROUP_TYPE, int(NEW_GROUP));
        let group_type = first_int(cells, attr::GROUP_TYPE).unwrap_or(NEW_GROUP);
        put(cells, attr::SAM_ACCOUNT_TYPE, int(account_type_of_group(group_type)));
    }
    let principal = schema.is_kind_of(class_id, class::SECURITY_PRINCIPAL);
    let named = !principal || is(class::FOREIGN_SECURITY_PRINCIPAL);
    if !named && cells.first(attr::SAM_ACCOUNT_NAME).is_none() {
        cells.put(attr::SAM_ACCOUNT_NAME, generated_account_name(guid).as_bytes());
    }
}

fn put(cells: &mut impl Attributes, id: AttrId, packed: impl AsRef<[u8]>) {
    if cells.first(id).is_none() {
        cells.put(id, packed.as_ref());
    }
}

/// `sAMAccountType` of a user or computer (active-directory.md 3).
pub(super) fn account_type_of_user(control: i64) -> i64 {
    const TRUST: i64 = 0x1000 | 0x2000;
    match control {
        control if control & TRUST != 0 => 805_306_369,
        control if control & 0x800 != 0 => 805_306_370,
        _ => 805_306_368,
    }
}

/// `sAMAccountType` of a group: the scope decides, and whether it is a security group.
pub(super) fn account_type_of_group(group_type: i64) -> i64 {
    let security = group_type & 0x8000_0000 != 0;
    match (group_type & 0x4 != 0, security) {
        (false, true) => 268_435_456,
        (false, false) => 268_435_457,
        (true, true) => 536_870_912,
        (true, false) => 536_870_913,
    }
}

/// `primaryGroupID`: Domain Users, Domain Computers or Domain Controllers.
pub(super) fn primary_group(control: i64, computer: bool) -> i64 {
    match control {
        control if control & 0x2000 != 0 => 516,
        control if control & 0x1000 != 0 || computer => 515,
        _ => 513,
    }
}

/// The form of a generated account name: `$F3F9565B-D952C2464F37633A` (golden/07), from the object's GUID.
fn generated_account_name(guid: Guid) -> String {
    let hex: String = guid.to_bytes().iter().map(|byte| format!("{byte:02X}")).collect();
    format!("${}-{}", &hex[..8], &hex[16..])
}
