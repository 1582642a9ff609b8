//! Subscriptions to changes, and which changes each of them is told of.
//!
//! Nothing is sent from here: the mock of Graph turns what [`Tenant::notices`] gives into notifications.

use super::change::{Change, ChangeKind};
use super::property::ObjectKind;
use super::{CallContext, Tenant, TenantError};
use crate::clock::SimTime;
use crate::ids::Guid;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most subscriptions of one tenant.
const SUBSCRIPTIONS_MAX: usize = 1000;

/// What a subscription watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watched {
    /// All objects of a kind: users or groups.
    All(ObjectKind),
    /// One object.
    One(ObjectKind, Guid),
    /// The members of one group.
    Members(Guid),
}

/// Whether an object was changed or deleted; a creation is told as a change (microsoft-graph.md 2.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoticeKind {
    /// Created, changed or restored.
    Updated,
    /// Deleted, for 30 days or for good.
    Deleted,
}

impl NoticeKind {
    /// As `changeType` names it.
    pub fn name(self) -> &'static str {
        match self {
            NoticeKind::Updated => "updated",
            NoticeKind::Deleted => "deleted",
        }
    }
}

/// A subscription to changes of directory objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeSubscription {
    /// Its id.
    pub id: Guid,
    /// The application that made it.
    pub app_id: Guid,
    /// The user or service principal that made it.
    pub creator_id: Guid,
    /// `changeType` as it was sent: `updated,deleted`.
    pub change_type: String,
    /// `resource` as it was sent.
    pub resource: String,
    /// What the resource means.
    pub watched: Watched,
    /// Where notifications go.
    pub notification_url: String,
    /// Where lifecycle notifications go.
    pub lifecycle_url: Option<String>,
    /// What each notification repeats.
    pub client_state: Option<String>,
    /// When it ends.
    pub expires: SimTime,
    /// The last change before it: those after it are told.
    pub since: u64,
}

impl ChangeSubscription {
    fn wants(&self, kind: NoticeKind) -> bool {
        self.change_type.split(',').any(|name| name.trim().eq_ignore_ascii_case(kind.name()))
    }

    fn watches(&self, change: &Change) -> bool {
        match self.watched {
            Watched::All(kind) => change.kind == kind,
            Watched::One(kind, id) => change.kind == kind && change.object == id,
            Watched::Members(group) => {
                let members =
                    matches!(change.what, ChangeKind::MemberAdded(_) | ChangeKind::MemberRemoved(_));
                members && change.object == group
            }
        }
    }
}

/// One change that a subscription is told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What happened.
    pub kind: NoticeKind,
    /// The object.
    pub object: Guid,
    /// What it is.
    pub object_kind: ObjectKind,
    /// When.
    pub at: SimTime,
    /// The number of the change.
    pub sequence: u64,
    /// Of a group whose members changed: the member, and whether it left.
    pub member: Option<(Guid, bool)>,
}

fn notice(change: &Change) -> Notice {
    let (kind, member) = match change.what {
        ChangeKind::Deleted | ChangeKind::Purged => (NoticeKind::Deleted, None),
        ChangeKind::MemberAdded(id) => (NoticeKind::Updated, Some((id, false))),
        ChangeKind::MemberRemoved(id) => (NoticeKind::Updated, Some((id, true))),
        _ => (NoticeKind::Updated, None),
    };
    Notice {
        kind,
        object: change.object,
        object_kind: change.kind,
        at: change.at,
        sequence: change.sequence,
        member,
    }
}

/// The subscriptions of a tenant by id.
pub(crate) type ChangeSubscriptions = Arc<BTreeMap<Guid, ChangeSubscription>>;

impl Tenant {
    /// The subscriptions to changes, in the order of their ids.
    pub fn change_subscriptions(&self) -> impl Iterator<Item = &ChangeSubscription> {
        self.change_subscriptions.values()
    }

    /// The subscription with an id.
    pub fn find_change_subscription(&self, id: Guid) -> Option<&ChangeSubscription> {
        self.change_subscriptions.get(&id)
    }

    /// The caller's subscription with an id.
    ///
    /// # Errors
    /// 404 when the caller has none.
    pub fn own_change_subscription(
        &self,
        ctx: &CallContext,
        id: Guid,
    ) -> Result<&ChangeSubscription, TenantError> {
        let own = self.change_subscriptions.get(&id).filter(|own| Some(own.app_id) == ctx.app);
        own.ok_or_else(|| TenantError::of("subscription-absent", &[]))
    }

    /// Whether there is room for one more.
    ///
    /// # Errors
    /// 403 when there is not.
    pub fn check_subscription_quota(&self) -> Result<(), TenantError> {
        if self.change_subscriptions.len() < SUBSCRIPTIONS_MAX {
            return Ok(());
        }
        Err(TenantError::of("subscription-quota", &[("max", &SUBSCRIPTIONS_MAX.to_string())]))
    }

    /// Puts a subscription in place: it is told of changes from now on.
    ///
    /// # Errors
    /// 403 when there are too many.
    pub fn add_change_subscription(
        &mut self,
        mut subscription: ChangeSubscription,
    ) -> Result<(), TenantError> {
        self.check_subscription_quota()?;
        subscription.since = self.last_change();
        Arc::make_mut(&mut self.change_subscriptions).insert(subscription.id, subscription);
        Ok(())
    }

    /// Changes a subscription of the caller.
    ///
    /// # Errors
    /// 404 when the caller has none with this id.
    pub fn edit_change_subscription(
        &mut self,
        ctx: &CallContext,
        id: Guid,
        change: impl FnOnce(&mut ChangeSubscription),
    ) -> Result<(), TenantError> {
        self.own_change_subscription(ctx, id)?;
        if let Some(own) = Arc::make_mut(&mut self.change_subscriptions).get_mut(&id) {
            change(own);
        }
        Ok(())
    }

    /// Takes a subscription of the caller away.
    ///
    /// # Errors
    /// 404 when the caller has none with this id.
    pub fn remove_change_subscription(&mut self, ctx: &CallContext, id: Guid) -> Result<(), TenantError> {
        self.own_change_subscription(ctx, id)?;
        Arc::make_mut(&mut self.change_subscriptions).remove(&id);
        Ok(())
    }

    /// What a subscription is told of the changes after a number, in order.
    pub fn notices(&self, subscription: &ChangeSubscription, after: u64) -> Vec<Notice> {
        let after = after.max(subscription.since);
        let told = self.changes_since(after).filter(|change| subscription.watches(change)).map(notice);
        told.filter(|notice| subscription.wants(notice.kind)).collect()
    }

    /// Takes away the subscriptions that have ended.
    pub(crate) fn end_change_subscriptions(&mut self, now: SimTime) {
        if self.change_subscriptions.values().any(|own| own.expires <= now) {
            Arc::make_mut(&mut self.change_subscriptions).retain(|_, own| own.expires > now);
        }
    }
}
