//! What the sign-in log keeps of a token that was given or refused.

use super::ring::Timed;
use crate::clock::SimTime;
use crate::ids::Guid;

/// Which of the sign-in logs an event belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInKind {
    /// A user at a sign-in page, or with a password.
    InteractiveUser,
    /// A client on behalf of a user, with a refresh token.
    NonInteractiveUser,
    /// An application with its own credentials.
    ServicePrincipal,
}

impl SignInKind {
    /// As `signInEventTypes` names it.
    pub fn name(self) -> &'static str {
        match self {
            SignInKind::InteractiveUser => "interactiveUser",
            SignInKind::NonInteractiveUser => "nonInteractiveUser",
            SignInKind::ServicePrincipal => "servicePrincipal",
        }
    }
}

/// A sign-in: what the token service knows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInEvent {
    /// When.
    pub at: SimTime,
    /// Which log.
    pub kind: SignInKind,
    /// The user; none for an application, or when nobody has the name.
    pub user: Option<Guid>,
    /// The name as it was given, or the user's own.
    pub user_principal_name: String,
    /// The client.
    pub app_id: Guid,
    /// What it asked a token for, by name: `Microsoft Graph`.
    pub resource: String,
    /// The resource's application id.
    pub resource_id: Guid,
    /// `Browser`, `Mobile Apps and Desktop clients`...
    pub client_app: &'static str,
    /// Where from.
    pub ip_address: String,
    /// The number after AADSTS; 0 is success.
    pub error_code: u32,
    /// The text of the error; empty on success.
    pub failure_reason: String,
    /// What the client called the exchange; none when it did not.
    pub correlation_id: Option<Guid>,
}

/// One entry of the sign-in log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInEntry {
    /// Its id.
    pub id: Guid,
    /// What ties entries of one exchange together.
    pub correlation_id: Guid,
    /// The sign-in.
    pub event: SignInEvent,
}

impl Timed for SignInEntry {
    fn at(&self) -> SimTime {
        self.event.at
    }
}
