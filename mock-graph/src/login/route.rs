//! Which path is which endpoint of the token service.

use percent_encoding::percent_decode_str;
use std::borrow::Cow;

/// The two generations of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    /// `resource`, numbers as strings.
    V1,
    /// `scope`.
    V2,
}

/// An endpoint of the token service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Endpoint<'a> {
    /// `openid-configuration`.
    Configuration { tenant: Cow<'a, str>, version: Version },
    /// The key set.
    Keys { tenant: Cow<'a, str>, version: Version },
    /// Instance discovery.
    Instance,
    /// The token endpoint.
    Token { tenant: Cow<'a, str>, version: Version },
    /// `/common/userrealm/{user}`.
    UserRealm { user: Cow<'a, str> },
    /// `/GetUserRealm.srf`.
    SignInRealm,
    /// `/common/GetCredentialType`.
    CredentialType,
    /// The sign-in page.
    Authorize { tenant: Cow<'a, str>, version: Version },
    /// Codes for a device.
    DeviceCode { tenant: Cow<'a, str>, version: Version },
    /// The page where a device's user types them.
    DevicePage,
    /// Signing out.
    Logout,
    /// `/oidc/userinfo`.
    UserInfo,
    /// Something of the token service that is not served: `kerberos`, `saml2`...
    Unknown(&'a str),
}

/// The endpoint that a path names; none when the path is not the token service's at all.
pub(crate) fn route(path: &str) -> Option<Endpoint<'_>> {
    let mut parts = path.trim_start_matches('/').splitn(2, '/');
    let (first, rest) = (parts.next()?, parts.next().unwrap_or("").trim_end_matches('/'));
    if rest.is_empty() {
        return match () {
            () if first.eq_ignore_ascii_case("GetUserRealm.srf") => Some(Endpoint::SignInRealm),
            () if first.eq_ignore_ascii_case("devicelogin") => Some(Endpoint::DevicePage),
            () => None,
        };
    }
    let text = |part| percent_decode_str(part).decode_utf8_lossy();
    let tenant = text(first);
    let lower = rest.to_ascii_lowercase();
    if first.eq_ignore_ascii_case("oidc") && lower == "userinfo" {
        return Some(Endpoint::UserInfo);
    }
    Some(match lower.as_str() {
        "v2.0/.well-known/openid-configuration" => Endpoint::Configuration { tenant, version: Version::V2 },
        ".well-known/openid-configuration" => Endpoint::Configuration { tenant, version: Version::V1 },
        "discovery/v2.0/keys" => Endpoint::Keys { tenant, version: Version::V2 },
        "discovery/keys" => Endpoint::Keys { tenant, version: Version::V1 },
        "discovery/instance" => Endpoint::Instance,
        "oauth2/v2.0/token" => Endpoint::Token { tenant, version: Version::V2 },
        "oauth2/token" => Endpoint::Token { tenant, version: Version::V1 },
        "oauth2/v2.0/authorize" => Endpoint::Authorize { tenant, version: Version::V2 },
        "oauth2/authorize" => Endpoint::Authorize { tenant, version: Version::V1 },
        "oauth2/v2.0/devicecode" => Endpoint::DeviceCode { tenant, version: Version::V2 },
        "oauth2/devicecode" => Endpoint::DeviceCode { tenant, version: Version::V1 },
        "oauth2/deviceauth" => Endpoint::DevicePage,
        "oauth2/v2.0/logout" | "oauth2/logout" => Endpoint::Logout,
        "getcredentialtype" => Endpoint::CredentialType,
        other => match other.split('/').next()? {
            "userrealm" => Endpoint::UserRealm { user: text(rest.get(10..).unwrap_or("")) },
            "oauth2" | "discovery" | ".well-known" | "adminconsent" | "saml2" | "wsfed"
            | "federationmetadata" | "kerberos" => Endpoint::Unknown(path),
            "v2.0" if other.starts_with("v2.0/.well-known") => Endpoint::Unknown(path),
            _ => return None,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_an_endpoint_in_any_case() {
        let check = |path, expected: Option<Endpoint<'_>>| assert_eq!(route(path), expected, "{path}");
        let tenant = || Cow::Borrowed("contoso.com");
        check(
            "/contoso.com/OAuth2/v2.0/Token",
            Some(Endpoint::Token { tenant: tenant(), version: Version::V2 }),
        );
        check("/contoso.com/discovery/keys", Some(Endpoint::Keys { tenant: tenant(), version: Version::V1 }));
        check("/common/userrealm/a%40b.c", Some(Endpoint::UserRealm { user: Cow::Borrowed("a@b.c") }));
        check("/common/kerberos", Some(Endpoint::Unknown("/common/kerberos")));
        check("/common/GetCredentialType", Some(Endpoint::CredentialType));
        check("/oidc/userinfo", Some(Endpoint::UserInfo));
        check("/GetUserRealm.srf", Some(Endpoint::SignInRealm));
        for path in ["/", "", "/users", "/v3.0/users", "/common/"] {
            check(path, None);
        }
    }
}
