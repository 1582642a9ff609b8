//! Who the user is: a name and a password.

use super::super::error::StsError;
use super::super::{LoginCall, Named, Noted};
use super::log::Log;
use forestbed_sim::ids::Guid;
use forestbed_sim::tenant::{CloudObject, ObjectKind, SignInRefusal};

/// The user with this name and password, when it gets in. `second` says that the user gave a second factor.
pub(crate) fn check<'a>(
    call: &LoginCall<'a>,
    named: Named,
    (name, password): (&str, &str),
    second: bool,
    log: &mut Log,
) -> Result<&'a CloudObject, StsError> {
    let tenant = call.tenant;
    log.name(name);
    let domain = name.rsplit_once('@').map_or("", |(_, domain)| domain);
    let ours = tenant.domains().iter().any(|known| known.name.eq_ignore_ascii_case(domain));
    if named == Named::Any && !ours {
        return Err(StsError::new(50_128));
    }
    // a name is a user principal name: an object id signs nobody in
    let user = tenant.user(name).filter(|_| name.contains('@'));
    let user = user.ok_or_else(|| nobody(call, name))?;
    log.user(user);
    let outcome = tenant.check_sign_in(user, password, call.now);
    log.note(Noted::Password { user: user.id(), password: password.to_owned(), outcome });
    outcome.map_err(|refusal| StsError::new(code(refusal)))?;
    if tenant.switches().require_mfa && !second {
        return Err(StsError::new(50_076).with("resource", super::GRAPH_APP_ID));
    }
    Ok(user)
}

/// The number of a refusal (microsoft-graph.md 1.5).
fn code(refusal: SignInRefusal) -> u32 {
    match refusal {
        SignInRefusal::Locked => 50_053,
        SignInRefusal::Disabled => 50_057,
        SignInRefusal::WrongPassword => 50_126,
        SignInRefusal::PasswordExpired => 50_055,
    }
}

fn nobody(call: &LoginCall<'_>, name: &str) -> StsError {
    StsError::new(50_034).with("user", name).with("tenant", call.tenant.id().to_string())
}

/// The user of a session that began before: still there, enabled, and the session not revoked.
pub(crate) fn of_session<'a>(
    call: &LoginCall<'a>,
    user: Option<Guid>,
    session: u32,
    issued: &str,
    log: &mut Log,
) -> Result<&'a CloudObject, StsError> {
    let found = user.and_then(|user| call.tenant.object(user));
    let found = found.filter(|user| user.kind() == ObjectKind::User);
    let user = found.ok_or_else(|| nobody(call, &user.unwrap_or_default().to_string()))?;
    log.user(user);
    if user.boolean(forestbed_sim::tenant::Property::AccountEnabled) == Some(false) {
        return Err(StsError::new(50_057));
    }
    if user.session() != session {
        let revoked = StsError::new(50_173).with("issued", issued);
        return Err(revoked.with("valid", call.now.rfc3339()));
    }
    Ok(user)
}
