//! What a decision leaves behind in the tenant: counted passwords, entries of the sign-in log.

use super::super::{LoginCall, Noted};
use super::claims::ADDRESS;
use super::scope::Resource;
use forestbed_sim::ids::Guid;
use forestbed_sim::tenant::{CloudObject, SignInEvent, SignInKind};

/// How a client signs in, as the sign-in log names it.
const BROWSER: &str = "Browser";
const NATIVE: &str = "Mobile Apps and Desktop clients";
/// The poll of a device whose user has not decided yet is no sign-in.
const PENDING: u32 = 70_016;

/// What is known of a sign-in so far.
#[derive(Debug)]
pub(crate) struct Log {
    kind: SignInKind,
    user: Option<Guid>,
    name: String,
    app_id: Option<Guid>,
    resource: Option<(String, Guid)>,
    browser: bool,
    noted: Vec<Noted>,
}

impl Log {
    /// A sign-in of this kind; `browser` says that it happens on a page.
    pub(crate) fn new(kind: SignInKind, browser: bool) -> Log {
        let name = String::new();
        Log { kind, user: None, name, app_id: None, resource: None, browser, noted: Vec::new() }
    }

    pub(crate) fn app(&mut self, app_id: Guid) {
        self.app_id = Some(app_id);
    }

    pub(crate) fn name(&mut self, name: &str) {
        self.name = name.chars().take(256).collect();
    }

    pub(crate) fn user(&mut self, user: &CloudObject) {
        self.user = Some(user.id());
        self.name(user.user_principal_name().unwrap_or(""));
    }

    pub(crate) fn resource(&mut self, resource: &Resource) {
        self.resource = Some((resource.name.clone(), resource.app_id));
    }

    pub(crate) fn note(&mut self, noted: Noted) {
        self.noted.push(noted);
    }

    /// All that is left behind; `outcome` is the number after AADSTS and its text.
    pub(crate) fn finish(mut self, call: &LoginCall<'_>, outcome: Option<(u32, String)>) -> Vec<Noted> {
        let (error_code, failure_reason) = outcome.unwrap_or_default();
        let Some(app_id) = self.app_id.filter(|_| error_code != PENDING) else { return self.noted };
        let (resource, resource_id) = self.resource.unwrap_or_default();
        self.noted.push(Noted::SignIn(Box::new(SignInEvent {
            at: call.now,
            kind: self.kind,
            user: self.user,
            user_principal_name: self.name,
            app_id,
            resource,
            resource_id,
            client_app: if self.browser { BROWSER } else { NATIVE },
            ip_address: ADDRESS.to_owned(),
            error_code,
            failure_reason,
            correlation_id: call.given_correlation_id(),
        })));
        self.noted
    }
}
