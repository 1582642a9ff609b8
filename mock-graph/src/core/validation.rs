//! The handshake before a subscription: its address is asked to repeat a token.

use super::TenantCore;
use super::outbox::{OutgoingPost, PostOutcome};
use bytes::Bytes;
use forestbed_sim::journal::Entry;
use forestbed_sim::tenant::ChangeSubscription;
use http::Response;

/// What a resource wants to be asked before its answer counts.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    /// The subscription that will be made.
    pub(crate) subscription: ChangeSubscription,
    /// Where to ask, the token in its query.
    pub(crate) url: String,
    /// What must come back.
    pub(crate) token: String,
}

/// The same with the answers if it fails.
#[derive(Debug, Clone)]
pub(crate) struct Asked<T> {
    /// What is to be asked.
    pub(crate) ask: Ask,
    /// The answer for each failure; the last of them also stands where nobody can be asked.
    pub(crate) refusals: Vec<(Failure, T)>,
}

/// Why an address does not get its subscription; each has an answer of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// No answer in ten seconds.
    TimedOut,
    /// No connection, or another status than 200.
    NotOk,
    /// Another text than the token, or no plain text.
    WrongToken,
}

impl Failure {
    /// Every failure, with its row of graph-texts.tsv.
    pub(crate) const ALL: [(Failure, &'static str); 3] = [
        (Failure::TimedOut, "webhook-timed-out"),
        (Failure::NotOk, "webhook-not-ok"),
        (Failure::WrongToken, "webhook-wrong-token"),
    ];
}

/// A request whose answer depends on what an address says: the shell sends the post, then asks for the answer
/// ([`TenantCore::validated`]).
#[derive(Debug, Clone)]
pub struct Validation {
    pub(super) asked: Asked<Response<Bytes>>,
    pub(super) success: Response<Bytes>,
    pub(super) entry: Entry,
    /// The world's generation when the request came: the subscription belongs there.
    pub(super) generation: u64,
}

impl Validation {
    /// The POST that asks. Its body is empty; whoever listens there has ten seconds.
    pub fn post(&self) -> OutgoingPost {
        let url = self.asked.ask.url.clone();
        OutgoingPost { id: 0, url, content_type: "text/plain; charset=utf-8", body: Bytes::new() }
    }

    fn judge(&self, outcome: &PostOutcome) -> Result<(), Failure> {
        let PostOutcome::Answered { status, content_type, body } = outcome else {
            let timed_out = *outcome == PostOutcome::TimedOut;
            return Err(if timed_out { Failure::TimedOut } else { Failure::NotOk });
        };
        if *status != 200 {
            return Err(Failure::NotOk);
        }
        let plain = content_type.trim_start().to_ascii_lowercase().starts_with("text/plain");
        let same = body.trim_ascii() == self.asked.ask.token.as_bytes();
        if plain && same { Ok(()) } else { Err(Failure::WrongToken) }
    }
}

impl TenantCore {
    /// The answer to a request that waited for an address to be asked. It makes the subscription, or does not.
    pub fn validated(&self, validation: Validation, outcome: &PostOutcome) -> Response<Bytes> {
        let verdict = validation.judge(outcome);
        let Validation { asked: Asked { ask, refusals }, success, mut entry, generation } = validation;
        let refusal = |failure| refusals.iter().find(|(own, _)| *own == failure).map(|(_, r)| r.clone());
        let response = match verdict {
            Ok(()) if self.subscribe(ask.subscription, generation) => success,
            Ok(()) => refusal(Failure::NotOk).unwrap_or(success),
            Err(failure) => {
                entry.unknown = Some(format!("webhook not validated: {failure:?}"));
                refusal(failure).unwrap_or(success)
            }
        };
        entry.status = response.status().as_u16();
        self.world.journal.record(entry);
        response
    }

    /// Whether the subscription was made: not when others took the last place meanwhile, nor when the world that
    /// it was asked for is no more.
    fn subscribe(&self, subscription: ChangeSubscription, generation: u64) -> bool {
        // a reset counts before it takes this lock: what is the same under it stays so until it is let go, or
        // is swept away with the tenant
        let mut tenant = self.world.tenant_mut();
        self.world.generation() == generation && tenant.add_change_subscription(subscription).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use forestbed_sim::clock::DEFAULT_START;
    use forestbed_sim::ids::Guid;
    use forestbed_sim::journal::Side;
    use forestbed_sim::tenant::{ObjectKind, Watched};

    fn validation() -> Validation {
        let subscription = ChangeSubscription {
            id: Guid::NIL,
            app_id: Guid::NIL,
            creator_id: Guid::NIL,
            change_type: "updated".to_owned(),
            resource: "users".to_owned(),
            watched: Watched::All(ObjectKind::User),
            notification_url: "http://localhost/".to_owned(),
            lifecycle_url: None,
            client_state: None,
            expires: DEFAULT_START,
            since: 0,
        };
        let ask = Ask { subscription, url: String::new(), token: "a token".to_owned() };
        Validation {
            asked: Asked { ask, refusals: Vec::new() },
            success: Response::new(Bytes::new()),
            entry: Entry::new(DEFAULT_START, Side::Graph, "", ""),
            generation: 0,
        }
    }

    #[test]
    fn only_the_decoded_token_as_plain_text_with_200_is_an_answer() {
        // microsoft-graph.md 2.7: must answer 200 text/plain with the decoded token within 10 s
        let answered = |status, content_type: &str, body: &'static str| PostOutcome::Answered {
            status,
            content_type: content_type.to_owned(),
            body: Bytes::from_static(body.as_bytes()),
        };
        for (outcome, expected) in [
            (answered(200, "text/plain", "a token"), Ok(())),
            (answered(200, "text/plain; charset=utf-8", "a token\n"), Ok(())),
            (answered(200, "text/plain", "a%20token"), Err(Failure::WrongToken)),
            (answered(200, "application/json", "a token"), Err(Failure::WrongToken)),
            (answered(202, "text/plain", "a token"), Err(Failure::NotOk)),
            (answered(404, "text/plain", "a token"), Err(Failure::NotOk)),
            (PostOutcome::Unreachable, Err(Failure::NotOk)),
            (PostOutcome::TimedOut, Err(Failure::TimedOut)),
        ] {
            assert_eq!(validation().judge(&outcome), expected, "{outcome:?}");
        }
    }
}
