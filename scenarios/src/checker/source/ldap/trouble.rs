//! What went wrong with a server, and what to do about it.

use crate::error::Error;
use crate::report::escape_terminal;
use ldap3::{LdapError, LdapResult};

/// It could not be reached, or is not trusted.
pub(super) fn cannot_connect(server: &str, error: &LdapError) -> Error {
    let text = escape_terminal(&error.to_string());
    let message = format!("cannot connect to {}: {text}", escape_terminal(server));
    let lower = text.to_lowercase();
    let help = if lower.contains("certificate") || lower.contains("unknownissuer") {
        "name the certificate authority with --ca-file, and the server as its certificate does"
    } else if lower.contains("refused") {
        "nothing listens there: is the port right? 389 is plain LDAP, 636 is LDAP over TLS"
    } else {
        "is the URL right? ldaps:// speaks TLS from the start, ldap:// with --starttls begins it later"
    };
    Error::tool(message).with_help(help)
}

/// It answered with an error, or not at all.
pub(super) fn refused(server: &str, operation: &str, what: &str, error: &LdapError) -> Error {
    match error {
        LdapError::LdapResult { result } => refused_with(server, operation, what, result, 0),
        other => lost(server, operation, what, other, 0),
    }
}

/// It answered with this result, after so many entries.
pub(super) fn refused_with(
    server: &str,
    operation: &str,
    what: &str,
    result: &LdapResult,
    read: u64,
) -> Error {
    let text = match result.text.trim_end_matches(['\0', '\n', '\r']) {
        "" => String::new(),
        text => format!(": {}", escape_terminal(text)),
    };
    let far = if read > 0 { format!(" after {read} entries") } else { String::new() };
    let code = name_of(result.rc);
    let message = format!(
        "{}: {operation} of '{}' ended with {code} ({}){far}{text}",
        escape_terminal(server),
        escape_terminal(what),
        result.rc
    );
    let error = Error::tool(message);
    match help_for(result.rc) {
        Some(help) => error.with_help(help),
        None => error,
    }
}

/// The connection ended, or nothing came in time.
pub(super) fn lost(server: &str, operation: &str, what: &str, error: &LdapError, read: u64) -> Error {
    let why = match error {
        LdapError::Timeout { .. } => "no answer in time".to_owned(),
        LdapError::EndOfStream | LdapError::ResultRecv { .. } | LdapError::OpSend { .. } => {
            "the server closed the connection".to_owned()
        }
        other => escape_terminal(&other.to_string()),
    };
    let message = format!(
        "{}: {operation} of '{}' was cut short after {read} entries: {why}",
        escape_terminal(server),
        escape_terminal(what)
    );
    Error::tool(message)
        .with_help("nothing was checked: duplicates show only in a whole directory; run it again")
        .lost()
}

fn help_for(code: u32) -> Option<&'static str> {
    Some(match code {
        1 | 50 => {
            "bind as somebody who may read the directory: --bind-dn with --password-file or --password-env"
        }
        3 | 4 | 11 => {
            "a limit of the server: bind as somebody who has none (slapd: 'limits'; a domain controller: pages), or \
             narrow the search with --base-dn"
        }
        8 | 13 => "the server wants a protected connection: use an ldaps:// URL or --starttls",
        10 => "the name lies on another server: name that one, or another --base-dn",
        12 => "the server does not know a control that is needed here",
        32 => "there is nothing of that name: check --base-dn",
        34 => "that is no distinguished name: check --bind-dn and --base-dn",
        49 => "the bind name or the password is wrong, or the account is locked",
        51 | 52 => "the server is busy or is shutting down: try again later",
        _ => return None,
    })
}

/// The result's name in RFC 4511.
pub(crate) fn name_of(code: u32) -> &'static str {
    match code {
        1 => "operationsError",
        2 => "protocolError",
        3 => "timeLimitExceeded",
        4 => "sizeLimitExceeded",
        7 => "authMethodNotSupported",
        8 => "strongerAuthRequired",
        10 => "referral",
        11 => "adminLimitExceeded",
        12 => "unavailableCriticalExtension",
        13 => "confidentialityRequired",
        32 => "noSuchObject",
        34 => "invalidDNSyntax",
        48 => "inappropriateAuthentication",
        49 => "invalidCredentials",
        50 => "insufficientAccessRights",
        51 => "busy",
        52 => "unavailable",
        53 => "unwillingToPerform",
        80 => "other",
        _ => "an error",
    }
}
