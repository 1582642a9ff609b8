//! The filters.

use super::ast::{F, Lit, any, cmp, not, text};

const ORDER: [&str; 6] = ["eq", "ne", "gt", "ge", "lt", "le"];

/// Comparisons of one text property with some texts, `in`, and what it begins with.
fn of_text(out: &mut Vec<F>, path: &str, values: &[&str]) {
    for (at, value) in values.iter().enumerate() {
        out.push(cmp(path, "eq", text(value)));
        out.push(cmp(path, "ne", text(value)));
        out.push(cmp(path, ORDER[2 + at % 4], text(value)));
    }
    out.push(F::In(path.to_owned(), values.iter().map(|value| text(value)).collect()));
}

fn begins(out: &mut Vec<F>, path: &str, starts: &[&str]) {
    out.extend(starts.iter().map(|start| F::Starts(path.to_owned(), (*start).to_owned())));
}

fn null(out: &mut Vec<F>, path: &str) {
    out.push(cmp(path, "eq", Lit::Null));
    out.push(cmp(path, "ne", Lit::Null));
}

/// Properties by the columns that the table gives them.
fn texts(out: &mut Vec<F>) {
    for (path, values) in [
        ("displayName", ["Ada0", "o'brien1", "SØREN2", "李3"]),
        ("department", ["Sales", "hr", "R&D", "IT'S"]),
        ("jobTitle", ["ada", "O'Brien", "zoë", "r&d + söhne"]),
        ("city", ["utrecht", "Köln", "'s-Hertogenbosch", "Nowhere"]),
        ("country", ["NL", "de", "US", "FR"]),
        ("companyName", ["Contoso", "fabrikam", "Nobody", "CONTOSO"]),
        ("employeeId", ["101", "103", "107", "999"]),
        ("givenName", ["ada", "Søren", "Abe", "ZOË"]),
        ("surname", ["ada", "o'brien", "李", "abe"]),
        ("mail", ["mail.5@contoso.com", "MAIL.9@CONTOSO.COM", "s3@contoso.com", "nobody@contoso.com"]),
        ("mailNickname", ["p3", "P17", "s5", "nobody"]),
        ("mobilePhone", ["+31 6 0003", "+31 6 0017", "+31 6 0041", "0"]),
        ("officeLocation", ["1/2", "3/3", "0/1", "2"]),
        ("postalCode", ["1003 AB", "1010 ab", "1047 AB", "1"]),
        ("preferredLanguage", ["nl-NL", "DE-de", "en-US", "fr-FR"]),
        ("usageLocation", ["NL", "de", "US", "FR"]),
    ] {
        of_text(out, path, &values);
        begins(out, path, &[values[0].get(..1).unwrap_or("x"), values[1]]);
        null(out, path);
    }
    for (path, values) in [
        ("userPrincipalName", ["p2@contoso.com", "P3@contoso.onmicrosoft.com", "s4@contoso.com"]),
        ("onPremisesUserPrincipalName", ["s2@contoso.local", "S3@contoso.local", "x"]),
    ] {
        of_text(out, path, &values);
        begins(out, path, &["s1", "P4"]);
    }
    of_text(out, "onPremisesImmutableId", &["ABCDEFGHIJKLMNOPQRSTUQ==", "aBCDEFGHIJKLMNOPQRSTUQ==", "abc"]);
    of_text(out, "onPremisesSamAccountName", &["SAM2", "sam17"]);
    of_text(out, "employeeType", &["employee", "Contractor"]);
    for path in ["onPremisesExtensionAttributes/extensionAttribute1", "employeeOrgData/costCenter"] {
        of_text(out, path, &["gold", "Bronze", "C1"]);
    }
    null(out, "onPremisesExtensionAttributes/extensionAttribute7");
    for end in ["@contoso.com", "ONMICROSOFT.com", "1@contoso.com"] {
        out.push(F::Ends("userPrincipalName".to_owned(), end.to_owned()));
        out.push(F::Ends("mail".to_owned(), end.to_owned()));
    }
}

fn others(out: &mut Vec<F>) {
    for path in ["accountEnabled", "onPremisesSyncEnabled"] {
        for (op, value) in [("eq", true), ("eq", false), ("ne", true), ("ne", false)] {
            out.push(cmp(path, op, Lit::Bool(value)));
        }
    }
    out.push(cmp("userType", "eq", text("Guest")));
    out.push(cmp("userType", "ne", text("member")));
    out.push(F::In("userType".to_owned(), vec![text("Guest"), text("Nobody")]));
    for day in ["2026-01-05T08:00:00Z", "2026-01-07T08:00:00Z", "2026-01-09T12:00:00Z"] {
        for op in ORDER {
            out.push(cmp("createdDateTime", op, Lit::Time(day.to_owned())));
        }
    }
    for op in ORDER {
        out.push(cmp("employeeHireDate", op, Lit::Time("2025-05-01T00:00:00Z".to_owned())));
    }
    for op in ["eq", "ge", "le", "gt"] {
        out.push(cmp("onPremisesLastSyncDateTime", op, Lit::Time("2026-01-14T08:00:00Z".to_owned())));
    }
}

const E3: &str = "6fd2c87f-b296-42f0-b197-1e91e994b900";
const EMS: &str = "efccb6f7-5641-4e0e-bd10-b4976e1bf68e";

fn lambdas(out: &mut Vec<F>) {
    for value in [
        "smtp:alias3@contoso.com",
        "SMTP:s4@contoso.com",
        "smtp:nobody@contoso.com",
        "SMTP:mail.13@CONTOSO.com",
    ] {
        out.push(any("proxyAddresses", cmp("", "eq", text(value))));
        out.push(not(any("proxyAddresses", cmp("", "eq", text(value)))));
        out.push(any("proxyAddresses", F::Starts(String::new(), value[..9].to_owned())));
    }
    out.push(any(
        "proxyAddresses",
        F::Or(vec![
            cmp("", "eq", text("smtp:alias1@contoso.com")),
            F::Starts(String::new(), "SMTP:s2".to_owned()),
        ]),
    ));
    for value in ["home0.1@fabrikam.com", "HOME1.8@fabrikam.com", "home9"] {
        out.push(any("otherMails", cmp("", "eq", text(value))));
        out.push(any("otherMails", F::Starts(String::new(), value[..5].to_owned())));
        out.push(any("otherMails", cmp("", "ge", text(value))));
    }
    out.push(any(
        "otherMails",
        F::In(String::new(), vec![text("home0.1@fabrikam.com"), text("home0.2@fabrikam.com")]),
    ));
    out.push(any("businessPhones", F::Starts(String::new(), "+49 0".to_owned())));
    out.push(any("businessPhones", cmp("", "eq", text("+49 003"))));
    for sku in [E3, EMS, "00000000-0000-0000-0000-000000000000"] {
        out.push(any("assignedLicenses", cmp("skuId", "eq", Lit::Guid(sku.to_owned()))));
        out.push(not(any("assignedLicenses", cmp("skuId", "eq", Lit::Guid(sku.to_owned())))));
    }
    let service = |name: &str| cmp("service", "eq", text(name));
    let status = |name: &str| cmp("capabilityStatus", "eq", text(name));
    for name in ["exchange", "SCO", "nothing"] {
        out.push(any("assignedPlans", service(name)));
        out.push(any("assignedPlans", F::And(vec![service(name), status("Enabled")])));
        out.push(any("assignedPlans", F::And(vec![service(name), status("Deleted")])));
        out.push(any("provisionedPlans", service(name)));
    }
    out.push(any(
        "assignedPlans",
        cmp("servicePlanId", "eq", Lit::Guid("efb87545-963c-4e0d-99df-69c6916d9eb0".to_owned())),
    ));
    let errors =
        |member: &str, value: &str| any("onPremisesProvisioningErrors", cmp(member, "eq", text(value)));
    out.push(errors("category", "PropertyConflict"));
    out.push(not(errors("category", "PropertyConflict")));
    out.push(errors("propertyCausingError", "ProxyAddresses"));
    out.push(errors("propertyCausingError", "UserPrincipalName"));
    for op in ORDER {
        out.push(F::Count("assignedLicenses".to_owned(), op, 1));
        out.push(F::Count("proxyAddresses".to_owned(), op, 2));
    }
    out.push(F::Count("assignedLicenses".to_owned(), "ne", 0));
    out.push(F::Count("otherMails".to_owned(), "eq", 0));
    out.push(F::Some("otherMails".to_owned()));
    out.push(F::Some("assignedLicenses".to_owned()));
}

/// Filters of users, all of them supported in an advanced query.
pub(super) fn users() -> Vec<F> {
    let mut out = Vec::new();
    texts(&mut out);
    others(&mut out);
    lambdas(&mut out);
    out.retain(|filter| super::matrix::is_supported("users", filter));
    out
}

/// Filters of groups.
pub(super) fn groups() -> Vec<F> {
    let mut out = Vec::new();
    for (path, values) in [
        ("displayName", ["Sales group 0", "it's group 1", "HR"]),
        ("description", ["All of Søren", "all of o'brien", "x"]),
        ("mailNickname", ["g3", "G11", "x"]),
        ("classification", ["secret", "Public", "x"]),
    ] {
        of_text(&mut out, path, &values);
        begins(&mut out, path, &["S", "all of o"]);
    }
    for path in ["mailEnabled", "securityEnabled"] {
        for value in [true, false] {
            out.push(cmp(path, "eq", Lit::Bool(value)));
            out.push(cmp(path, "ne", Lit::Bool(value)));
        }
    }
    for value in ["Unified", "DynamicMembership"] {
        out.push(any("groupTypes", cmp("", "eq", text(value))));
        out.push(not(any("groupTypes", cmp("", "eq", text(value)))));
    }
    out.push(cmp("createdDateTime", "ge", Lit::Time("2026-01-07T08:00:00Z".to_owned())));
    out.retain(|filter| super::matrix::is_supported("groups", filter));
    out
}

/// One meaning in several spellings.
pub(super) fn styles() -> Vec<(&'static str, F)> {
    let ada = || cmp("displayName", "eq", text("Ada0"));
    let sales = || cmp("department", "eq", text("Sales"));
    let enabled = || cmp("accountEnabled", "eq", Lit::Bool(true));
    vec![
        ("displayName eq 'Ada0'", ada()),
        ("displayname EQ 'Ada0'", ada()),
        ("  displayName   eq   'Ada0'  ", ada()),
        ("(displayName eq 'Ada0')", ada()),
        ("((displayName eq ('Ada0')))", ada()),
        ("'Ada0' eq displayName", ada()),
        ("$it/displayName eq 'Ada0'", ada()),
        ("microsoft.graph.user/displayName eq 'Ada0'", ada()),
        ("displayName in ('Ada0')", ada()),
        ("startsWith(displayName,'ada0') and displayName le 'ada0'", ada()),
        ("STARTSWITH(displayName,'o''b')", F::Starts("displayName".to_owned(), "O'B".to_owned())),
        (
            "startswith( displayName , 'o''brien' ) eq true",
            F::Starts("displayName".to_owned(), "O'Brien".to_owned()),
        ),
        (
            "startswith(displayName,'ada') eq false",
            not(F::Starts("displayName".to_owned(), "ada".to_owned())),
        ),
        ("displayName eq 'o''brien0'", cmp("displayName", "eq", text("O'Brien0"))),
        ("city eq '''s-hertogenbosch'", cmp("city", "eq", text("'s-Hertogenbosch"))),
        ("displayName eq ''", cmp("displayName", "eq", text(""))),
        ("accountEnabled", enabled()),
        ("accountEnabled eq TRUE", enabled()),
        ("not accountEnabled", not(enabled())),
        ("not(accountEnabled eq true)", not(enabled())),
        ("not not(accountEnabled eq true)", enabled()),
        // or binds looser than and (OData 4.0 part 2, 5.1.1.9)
        (
            "displayName eq 'Ada0' or department eq 'Sales' and accountEnabled eq true",
            F::Or(vec![ada(), F::And(vec![sales(), enabled()])]),
        ),
        (
            "department eq 'Sales' and accountEnabled eq true or displayName eq 'Ada0'",
            F::Or(vec![F::And(vec![sales(), enabled()]), ada()]),
        ),
        (
            "(displayName eq 'Ada0' or department eq 'Sales') and accountEnabled eq true",
            F::And(vec![F::Or(vec![ada(), sales()]), enabled()]),
        ),
        ("not(department eq 'Sales') and accountEnabled eq true", F::And(vec![not(sales()), enabled()])),
    ]
    .into_iter()
    .chain(styles_of_others())
    .collect()
}

fn styles_of_others() -> Vec<(&'static str, F)> {
    let enabled = || cmp("accountEnabled", "eq", Lit::Bool(true));
    vec![
        (
            "proxyAddresses/any(p:p eq 'smtp:alias3@contoso.com')",
            any("proxyAddresses", cmp("", "eq", text("smtp:alias3@contoso.com"))),
        ),
        (
            "ProxyAddresses/Any(longName: longName eq 'smtp:alias3@contoso.com')",
            any("proxyAddresses", cmp("", "eq", text("smtp:alias3@contoso.com"))),
        ),
        (
            "proxyAddresses/any(p:startsWith(p,'smtp:alias1'))",
            any("proxyAddresses", F::Starts(String::new(), "smtp:alias1".to_owned())),
        ),
        (
            "assignedLicenses/any(s:s/skuId eq 6FD2C87F-b296-42f0-b197-1e91e994b900)",
            any("assignedLicenses", cmp("skuId", "eq", Lit::Guid(E3.to_owned()))),
        ),
        (
            "assignedLicenses/any(s:s/skuId eq guid'6fd2c87f-b296-42f0-b197-1e91e994b900')",
            any("assignedLicenses", cmp("skuId", "eq", Lit::Guid(E3.to_owned()))),
        ),
        ("assignedLicenses/$count ne 0", F::Count("assignedLicenses".to_owned(), "ne", 0)),
        ("0 lt assignedLicenses/$count", F::Count("assignedLicenses".to_owned(), "gt", 0)),
        (
            "createdDateTime ge 2026-01-07",
            cmp("createdDateTime", "ge", Lit::Time("2026-01-07T00:00:00Z".to_owned())),
        ),
        (
            "createdDateTime ge 2026-01-07T10:00:00+02:00",
            cmp("createdDateTime", "ge", Lit::Time("2026-01-07T08:00:00Z".to_owned())),
        ),
        (
            "createdDateTime ge 2026-01-07T08:00:00.000Z",
            cmp("createdDateTime", "ge", Lit::Time("2026-01-07T08:00:00Z".to_owned())),
        ),
        (
            "2026-01-07T08:00:00Z le createdDateTime",
            cmp("createdDateTime", "ge", Lit::Time("2026-01-07T08:00:00Z".to_owned())),
        ),
        ("isof('microsoft.graph.user')", F::Or(vec![enabled(), not(enabled())])),
        ("true", F::Or(vec![enabled(), not(enabled())])),
        ("mail eq null", cmp("mail", "eq", Lit::Null)),
        ("null ne mail", cmp("mail", "ne", Lit::Null)),
    ]
}
