//! What the tenant sends of itself: notifications of changes, one attempt after the other, by virtual time.
//!
//! Nothing is sent from here. A post is handed to the shell as a value; the shell says how it went
//! ([`TenantCore::delivered`]), with no lock held meanwhile.

use super::TenantCore;
use bytes::Bytes;
use forestbed_sim::clock::SimTime;
use forestbed_sim::ids::Guid;
use forestbed_sim::tenant::{ChangeSubscription, Notice, Tenant};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Most posts that wait; beyond, the oldest is given up.
const WAITING_MAX: usize = 10_000;
/// Most posts that are on their way at once.
const FLYING_MAX: usize = 16;
/// Most changes that one notification tells.
const NOTICES_MAX: usize = 100;
/// How long a notification that is not taken is tried again (microsoft-graph.md 2.7: about 4 hours).
const TRIED_FOR: Duration = Duration::from_secs(4 * 3600);
/// Waits between attempts; the last one repeats.
const WAITS: [Duration; 5] = [
    Duration::from_secs(10),
    Duration::from_secs(30),
    Duration::from_secs(60),
    Duration::from_secs(300),
    Duration::from_secs(900),
];
/// How long before its end a subscription with a lifecycle address is told to be renewed.
const WARNED_BEFORE: Duration = Duration::from_secs(15 * 60);

/// A POST that a shell is to send. It goes to loopback, or to a host that the world allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingPost {
    /// Its number, for [`TenantCore::delivered`].
    pub id: u64,
    /// Where: `http` or `https`, checked when the subscription was made.
    pub url: String,
    /// The media type of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: Bytes,
}

/// How a POST went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PostOutcome {
    /// It was answered.
    Answered {
        /// The status.
        status: u16,
        /// The answer's media type; empty when it has none.
        content_type: String,
        /// The beginning of the answer's body.
        body: Bytes,
    },
    /// Nobody listens there, or the connection broke.
    Unreachable,
    /// No answer came in time.
    TimedOut,
}

impl PostOutcome {
    fn is_taken(&self) -> bool {
        matches!(self, PostOutcome::Answered { status: 200..=299, .. })
    }
}

#[derive(Debug)]
struct Delivery {
    post: OutgoingPost,
    subscription: Guid,
    attempts: usize,
    first: SimTime,
    due: SimTime,
    lifecycle: bool,
}

/// What is known of a subscription with a lifecycle address.
#[derive(Debug)]
struct Known {
    subscription: ChangeSubscription,
    warned: Option<SimTime>,
}

#[derive(Debug, Default)]
struct State {
    generation: u64,
    /// The last change that notifications were made of; none before the first look.
    told: Option<u64>,
    posts: u64,
    waiting: VecDeque<Delivery>,
    flying: BTreeMap<u64, Delivery>,
    known: BTreeMap<Guid, Known>,
    /// Subscriptions that the bound cost a notification, and that have not been told so yet.
    lost: BTreeSet<Guid>,
}

/// The posts of one tenant.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    state: Mutex<State>,
}

impl Outbox {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TenantCore {
    /// What is to be sent now. Whoever asks has to send it and to say how that went; a shell asks after each
    /// request, after each outcome, and now and then, because time passes and others change the tenant too.
    pub fn due_posts(&self) -> Vec<OutgoingPost> {
        let generation = self.world.generation();
        let now = self.world.clock.now();
        let tenant = self.world.tenant();
        let mut state = self.outbox.lock();
        if state.generation != generation {
            // a reset or restore: what was on its way belongs to a past that is no more
            let told = Some(tenant.last_change());
            *state = State { generation, posts: state.posts, told, ..State::default() };
        }
        state.make(&tenant, now);
        drop(tenant);
        state.due(now)
    }

    /// Whether anybody may be owed a post: while nobody has subscribed, there is nothing to look for.
    pub(crate) fn has_subscribers(&self) -> bool {
        let subscribed = self.world.tenant().change_subscriptions().next().is_some();
        subscribed || self.outbox.lock().is_owing()
    }

    /// Says how a post went. One that was not taken is tried again for four hours of virtual time.
    pub fn delivered(&self, post: u64, outcome: &PostOutcome) {
        let now = self.world.clock.now();
        let mut state = self.outbox.lock();
        let Some(mut delivery) = state.flying.remove(&post) else { return };
        if outcome.is_taken() {
            return;
        }
        let wait = WAITS[delivery.attempts.min(WAITS.len() - 1)];
        delivery.attempts += 1;
        delivery.due = now.plus(wait);
        if delivery.due > delivery.first.plus(TRIED_FOR) {
            state.missed(&delivery, now);
        } else {
            state.waiting.push_back(delivery);
        }
    }
}

impl State {
    fn is_owing(&self) -> bool {
        !self.waiting.is_empty() || !self.flying.is_empty() || !self.known.is_empty()
    }

    /// Makes notifications of what has happened since the last look.
    fn make(&mut self, tenant: &Tenant, now: SimTime) {
        let last = tenant.last_change();
        let after = self.told.replace(last).unwrap_or(0);
        let posts = self.posts;
        if after < last {
            for subscription in tenant.change_subscriptions().filter(|own| own.expires > now) {
                let notices = tenant.notices(subscription, after);
                for notices in notices.chunks(NOTICES_MAX) {
                    let told = notices.iter().map(|notice| notification(tenant, subscription, notice));
                    let body = json!({ "value": told.collect::<Vec<_>>() });
                    self.post(subscription.id, &subscription.notification_url, &body, now, false);
                    self.shed();
                }
            }
        }
        self.live(tenant, now);
        if self.posts != posts {
            self.shed();
        }
        self.tell_lost(tenant.id(), now);
    }

    /// Lifecycle notifications: a subscription that ends soon, one that has ended.
    fn live(&mut self, tenant: &Tenant, now: SimTime) {
        for subscription in tenant.change_subscriptions().filter(|own| own.lifecycle_url.is_some()) {
            let known = self
                .known
                .entry(subscription.id)
                .or_insert_with(|| Known { subscription: subscription.clone(), warned: None });
            if known.subscription != *subscription {
                known.subscription = subscription.clone();
            }
            let soon = now.plus(WARNED_BEFORE) >= subscription.expires && now < subscription.expires;
            if soon && known.warned != Some(subscription.expires) {
                known.warned = Some(subscription.expires);
                self.tell_life(tenant.id(), subscription, "reauthorizationRequired", now);
            }
        }
        let gone = |id: &Guid| tenant.find_change_subscription(*id).is_none();
        let gone: Vec<Guid> = self.known.keys().copied().filter(gone).collect();
        for id in gone {
            // one that its owner deleted has not ended by itself
            let ended = self.known.remove(&id).filter(|known| known.subscription.expires <= now);
            if let Some(known) = ended {
                self.tell_life(tenant.id(), &known.subscription, "subscriptionRemoved", now);
            }
        }
    }

    fn tell_life(&mut self, tenant: Guid, subscription: &ChangeSubscription, event: &str, now: SimTime) {
        let Some(url) = &subscription.lifecycle_url else { return };
        let body = json!({ "value": [{
            "subscriptionId": subscription.id.to_string(),
            "subscriptionExpirationDateTime": subscription.expires.rfc3339(),
            "tenantId": tenant.to_string(),
            "clientState": subscription.client_state,
            "lifecycleEvent": event,
        }] });
        self.post(subscription.id, url, &body, now, true);
    }

    /// A notification that is given up: its subscriber is told that it missed something.
    fn missed(&mut self, delivery: &Delivery, now: SimTime) {
        tracing::debug!(url = delivery.post.url, "a notification was given up");
        if delivery.lifecycle {
            return;
        }
        let known = self.known.get(&delivery.subscription).map(|known| known.subscription.clone());
        let tenant = serde_json::from_slice::<Value>(&delivery.post.body).ok();
        let tenant = tenant.and_then(|body| body["value"][0]["tenantId"].as_str().and_then(Guid::parse));
        if let (Some(subscription), Some(tenant)) = (known, tenant) {
            self.tell_life(tenant, &subscription, "missed", now);
        }
    }

    fn post(&mut self, subscription: Guid, url: &str, body: &Value, now: SimTime, lifecycle: bool) {
        self.posts += 1;
        let body = Bytes::from(body.to_string());
        let post =
            OutgoingPost { id: self.posts, url: url.to_owned(), content_type: "application/json", body };
        let delivery = Delivery { post, subscription, attempts: 0, first: now, due: now, lifecycle };
        self.waiting.push_back(delivery);
    }

    /// Gives up the oldest posts beyond the bound, and remembers whose notifications they were.
    fn shed(&mut self) {
        while self.waiting.len() > WAITING_MAX {
            let oldest = self.waiting.pop_front().filter(|oldest| !oldest.lifecycle);
            self.lost.extend(oldest.map(|oldest| oldest.subscription));
        }
    }

    /// Tells each subscription once that it missed something. These posts give up no others, so that telling of
    /// a loss never causes one; there are at most as many as subscriptions above the bound.
    fn tell_lost(&mut self, tenant: Guid, now: SimTime) {
        for id in std::mem::take(&mut self.lost) {
            if let Some(subscription) = self.known.get(&id).map(|known| known.subscription.clone()) {
                self.tell_life(tenant, &subscription, "missed", now);
            }
        }
    }

    /// Takes out what is due, as far as there is room on the way.
    fn due(&mut self, now: SimTime) -> Vec<OutgoingPost> {
        let mut out = Vec::new();
        let mut later = VecDeque::new();
        while let Some(delivery) = self.waiting.pop_front() {
            if delivery.due > now || self.flying.len() >= FLYING_MAX {
                later.push_back(delivery);
                if self.flying.len() >= FLYING_MAX {
                    break;
                }
                continue;
            }
            out.push(delivery.post.clone());
            self.flying.insert(delivery.post.id, delivery);
        }
        later.append(&mut self.waiting);
        self.waiting = later;
        out
    }
}

/// One element of a notification (microsoft-graph.md 2.7).
fn notification(tenant: &Tenant, subscription: &ChangeSubscription, notice: &Notice) -> Value {
    let (set, kind) = match notice.object_kind {
        forestbed_sim::tenant::ObjectKind::Group => ("Groups", "#Microsoft.Graph.Group"),
        _ => ("Users", "#Microsoft.Graph.User"),
    };
    let path = format!("{set}/{}", notice.object);
    let mut data = json!({
        "@odata.type": kind,
        "@odata.id": path,
        "id": notice.object.to_string(),
        "organizationId": tenant.id().to_string(),
        "eventTime": notice.at.rfc3339(),
        "sequenceNumber": notice.sequence,
    });
    if let Some((member, removed)) = notice.member {
        let mut told = json!({ "id": member.to_string() });
        if removed {
            told["@removed"] = json!("deleted");
        }
        data["members@delta"] = json!([told]);
    }
    json!({
        "subscriptionId": subscription.id.to_string(),
        "subscriptionExpirationDateTime": subscription.expires.rfc3339(),
        "clientState": subscription.client_state,
        "changeType": notice.kind.name(),
        "resource": path,
        "resourceData": data,
        "tenantId": tenant.id().to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use forestbed_sim::clock::DEFAULT_START;
    use forestbed_sim::seed::Seed;
    use forestbed_sim::spec::TenantSpec;
    use forestbed_sim::tenant::{CallContext, ObjectKind, Watched};

    #[test]
    fn beyond_the_bound_the_oldest_are_given_up_and_each_subscriber_is_told_once() {
        let mut tenant = Tenant::new(&TenantSpec::default(), 10, Seed::new(1), DEFAULT_START).unwrap();
        let subscription = ChangeSubscription {
            id: Guid::from_bytes([1; 16]),
            app_id: Guid::NIL,
            creator_id: Guid::NIL,
            change_type: "updated".to_owned(),
            resource: "users".to_owned(),
            watched: Watched::All(ObjectKind::User),
            notification_url: "http://localhost/".to_owned(),
            lifecycle_url: Some("http://localhost/life".to_owned()),
            client_state: None,
            expires: DEFAULT_START.plus(Duration::from_secs(86_400)),
            since: 0,
        };
        tenant.add_change_subscription(subscription.clone()).unwrap();
        let mut state = State::default();
        state.make(&tenant, DEFAULT_START);
        for _ in 0..WAITING_MAX {
            state.post(subscription.id, &subscription.notification_url, &json!({}), DEFAULT_START, false);
        }
        let user = tenant.iter(ObjectKind::User).next().unwrap().id();
        let ctx = CallContext { now: DEFAULT_START, app: None };
        for round in 1..=3 {
            let Value::Object(body) = json!({ "jobTitle": format!("Clerk {round}") }) else { panic!() };
            tenant.update(&ctx, user, &body).unwrap();
            state.make(&tenant, DEFAULT_START);
            // one more than the bound: what tells of the loss
            assert_eq!(state.waiting.len(), WAITING_MAX + 1);
            let told: Vec<_> = state.waiting.iter().filter(|one| one.lifecycle).collect();
            assert_eq!(told.len(), round);
            for one in told {
                let body: Value = serde_json::from_slice(&one.post.body).unwrap();
                assert_eq!(body["value"][0]["lifecycleEvent"], "missed");
            }
        }
        // nothing new, nothing lost
        let posts = state.posts;
        state.make(&tenant, DEFAULT_START);
        assert_eq!((state.posts, state.waiting.len()), (posts, WAITING_MAX + 1));
    }
}
