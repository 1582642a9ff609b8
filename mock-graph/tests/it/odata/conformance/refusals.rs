//! What is refused, with the line of the reference that says so.

use super::encoded;
use super::population::population;

const UNSUPPORTED: &str = "Request_UnsupportedQuery";

/// A refusal of `$filter` on users: text, whether the query is advanced, code, and the message where the reference
/// has seen it.
type Refusal = (&'static str, bool, &'static str, Option<&'static str>);

/// microsoft-graph.md section 3, table of situations.
const SEEN: &[Refusal] = &[
    // "endsWith without header" [GD], [GI docs#13735]
    ("endsWith(mail,'@contoso.com')", false, UNSUPPORTED, Some("Unsupported Query.")),
    ("endswith(userPrincipalName,'a')", false, UNSUPPORTED, Some("Unsupported Query.")),
    // "ne without header" [GI docs-contrib#9043]
    ("displayName ne 'x'", false, UNSUPPORTED, Some("Filter operator 'NotEqualsMatch' is not supported.")),
    ("department ne null", false, UNSUPPORTED, None),
    (
        "accountEnabled ne true",
        false,
        UNSUPPORTED,
        Some("Filter operator 'NotEqualsMatch' is not supported."),
    ),
    ("userType ne 'Guest'", false, UNSUPPORTED, Some("Filter operator 'NotEqualsMatch' is not supported.")),
    // "eq on a property that is advanced-only" [GI docs-contrib#9135]
    (
        "onPremisesSamAccountName eq 'x'",
        false,
        UNSUPPORTED,
        Some(
            "Unsupported or invalid query filter clause specified for property 'onPremisesSamAccountName' of resource 'User'.",
        ),
    ),
    (
        "companyName eq 'x'",
        false,
        UNSUPPORTED,
        Some(
            "Unsupported or invalid query filter clause specified for property 'companyName' of resource 'User'.",
        ),
    ),
    (
        "officeLocation eq 'x'",
        false,
        UNSUPPORTED,
        Some(
            "Unsupported or invalid query filter clause specified for property 'officeLocation' of resource 'User'.",
        ),
    ),
    (
        "mobilePhone eq 'x'",
        false,
        UNSUPPORTED,
        Some(
            "Unsupported or invalid query filter clause specified for property 'mobilePhone' of resource 'User'.",
        ),
    ),
    (
        "postalCode eq 'x'",
        false,
        UNSUPPORTED,
        Some(
            "Unsupported or invalid query filter clause specified for property 'postalCode' of resource 'User'.",
        ),
    ),
    (
        "businessPhones/any(p:p eq 'x')",
        false,
        UNSUPPORTED,
        Some(
            "Unsupported or invalid query filter clause specified for property 'businessPhones' of resource 'User'.",
        ),
    ),
    (
        "onPremisesExtensionAttributes/extensionAttribute1 eq 'x'",
        false,
        UNSUPPORTED,
        Some(
            "Unsupported or invalid query filter clause specified for property 'onPremisesExtensionAttributes' of resource 'User'.",
        ),
    ),
    // "not indexed" [GD]
    ("aboutMe eq 'x'", true, UNSUPPORTED, Some("The request uses a filter property that is not indexed")),
    (
        "onPremisesDistinguishedName eq 'x'",
        true,
        UNSUPPORTED,
        Some("The request uses a filter property that is not indexed"),
    ),
    ("ageGroup ge 'x'", true, UNSUPPORTED, None),
    // section 3, "Comparing two collections' subproperties in one any(...)" [GI docs#13942]
    (
        "assignedPlans/any(p:p/service eq 'exchange' and p/capabilityStatus eq 'Enabled')",
        false,
        UNSUPPORTED,
        Some("Complex query on property assignedPlans is not supported."),
    ),
];

/// Refusals whose text is assumed: only their code counts.
const CODES: &[Refusal] = &[
    // section 3, summary: `all` unsupported, `contains` not supported on directory objects, `not` always advanced
    ("proxyAddresses/all(p:p eq 'x')", true, UNSUPPORTED, None),
    ("contains(displayName,'x')", true, UNSUPPORTED, None),
    ("contains(displayName,'x')", false, UNSUPPORTED, None),
    ("not(displayName eq 'x')", false, UNSUPPORTED, None),
    ("not startsWith(displayName,'x')", false, UNSUPPORTED, None),
    ("endsWith(displayName,'x')", true, UNSUPPORTED, None),
    ("endsWith(department,'x')", true, UNSUPPORTED, None),
    ("assignedLicenses/$count ne 0", false, UNSUPPORTED, None),
    ("assignedLicenses/any()", false, UNSUPPORTED, None),
    ("tolower(displayName) eq 'x'", true, UNSUPPORTED, None),
    ("length(displayName) gt 3", true, UNSUPPORTED, None),
    ("indexof(displayName,'x') eq 1", true, UNSUPPORTED, None),
    ("concat(givenName,surname) eq 'x'", true, UNSUPPORTED, None),
    ("year(createdDateTime) eq 2026", true, UNSUPPORTED, None),
    ("displayName eq givenName", true, UNSUPPORTED, None),
    ("displayName has 'x'", true, UNSUPPORTED, None),
    ("manager/id eq 'x'", true, UNSUPPORTED, None),
    ("memberOf/any(g:g/id eq 'x')", true, UNSUPPORTED, None),
    (
        "assignedLicenses/any(l:l/disabledPlans/any(p:p eq 00000000-0000-0000-0000-000000000001))",
        true,
        UNSUPPORTED,
        None,
    ),
    // section 3: `in` takes at most 15 values
    (
        "department in ('1','2','3','4','5','6','7','8','9','10','11','12','13','14','15','16')",
        true,
        UNSUPPORTED,
        None,
    ),
    ("passwordPolicies eq 'None'", true, UNSUPPORTED, None),
    ("onPremisesImmutableId eq null", true, UNSUPPORTED, None),
    ("displayName gt null", true, UNSUPPORTED, None),
    // section 3, "malformed": 400 BadRequest "Invalid filter clause: ..."
    ("displayName", true, "BadRequest", None),
    ("displayName eq", true, "BadRequest", None),
    ("eq 'x'", true, "BadRequest", None),
    ("displayName eq 'x", true, "BadRequest", None),
    ("displayName eq x'", true, "BadRequest", None),
    ("displayName eq \"x\"", true, "BadRequest", None),
    ("displayName = 'x'", true, "BadRequest", None),
    ("displayName eq 'x' and", true, "BadRequest", None),
    ("(displayName eq 'x'", true, "BadRequest", None),
    ("displayName eq 'x')", true, "BadRequest", None),
    ("displayName eq 'x' displayName eq 'y'", true, "BadRequest", None),
    ("startsWith(displayName)", true, UNSUPPORTED, None),
    ("startsWith(displayName,'x'", true, "BadRequest", None),
    ("nosuchfunction(displayName)", true, "BadRequest", None),
    ("displayName in ()", true, "BadRequest", None),
    ("displayName in 'x'", true, "BadRequest", None),
    ("proxyAddresses/any(p)", true, "BadRequest", None),
    ("proxyAddresses/any(p:)", true, "BadRequest", None),
    ("proxyAddresses/some(p:p eq 'x')", true, "BadRequest", None),
    ("displayName/any(p:p eq 'x')", true, "BadRequest", None),
    ("", true, "BadRequest", None),
    // section 3: "Booleans unquoted: `accountEnabled eq 'true'` => 400 Invalid filter clause" [GI docs#3044]
    ("accountEnabled eq 'true'", true, "BadRequest", None),
    ("accountEnabled eq 1", true, "BadRequest", None),
    ("displayName eq true", true, "BadRequest", None),
    ("displayName eq 5", true, "BadRequest", None),
    ("createdDateTime eq 'x'", true, "BadRequest", None),
    ("createdDateTime ge 2026-13-01", true, "BadRequest", None),
    // section 3: "GUIDs in filters unquoted for Edm.Guid (skuId)"
    ("assignedLicenses/any(x:x/skuId eq '6fd2c87f-b296-42f0-b197-1e91e994b900')", true, "BadRequest", None),
    ("proxyAddresses eq 'x'", true, "BadRequest", None),
    ("startsWith(accountEnabled,'x')", true, "BadRequest", None),
    ("startsWith(proxyAddresses,'x')", true, "BadRequest", None),
    // section 3: "unknown property in $select/$filter"
    ("nosuch eq 'x'", true, "BadRequest", None),
    ("displayName/nosuch eq 'x'", true, "BadRequest", None),
    ("assignedLicenses/any(x:x/nosuch eq 'x')", true, "BadRequest", None),
    ("microsoft.graph.nosuch/displayName eq 'x'", true, "BadRequest", None),
    ("groupTypes/any(x:x eq 'Unified')", true, "BadRequest", None),
    ("1 add 1 eq 2", true, UNSUPPORTED, None),
    ("1 eq 1", true, UNSUPPORTED, None),
    ("assignedLicenses/$count add 1 gt 2", true, UNSUPPORTED, None),
    ("displayName add 'x' eq 'y'", true, UNSUPPORTED, None),
];

#[test]
fn filters_are_refused_as_the_reference_says() {
    let population = population();
    for (filter, advanced, code, message) in SEEN.iter().chain(CODES) {
        let target = format!("/v1.0/users?$filter={}", encoded(filter));
        let answer = match advanced {
            true => population.reader.eventual(&format!("{target}&$count=true")),
            false => population.reader.get(&target),
        };
        assert_eq!(
            (answer.status, answer.body["error"]["code"].as_str()),
            (400, Some(*code)),
            "{filter}: {}",
            answer.body
        );
        if let Some(message) = message {
            assert_eq!(answer.body["error"]["message"], *message, "{filter}");
        }
    }
    // the header alone does not make a query advanced, nor does the option (section 3: both)
    for (target, eventual) in [
        ("/v1.0/users?$filter=department ne 'x'", true),
        ("/v1.0/users?$count=true&$filter=department ne 'x'", false),
    ] {
        let answer =
            if eventual { population.reader.eventual(target) } else { population.reader.get(target) };
        assert_eq!(answer.status, 400, "{target}");
    }
}
