//! The query policy, kept while it does not change.

use forestbed_sim::directory::{Directory, QueryPolicy};
use forestbed_sim::world::World;

/// The policy of a connection's domain controller.
#[derive(Debug, Default)]
pub(super) struct PolicyInForce {
    /// Generation of the world and change of the policy.
    of: Option<(u64, u64, QueryPolicy)>,
}

impl PolicyInForce {
    /// The policy as it is now.
    pub(super) fn of(&mut self, directory: &Directory, world: &World, generation: u64) -> QueryPolicy {
        let usn = directory.query_policy_usn();
        match self.of {
            Some((of, at, policy)) if of == generation && at == usn => policy,
            _ => {
                let policy = directory.query_policy(&world.limits);
                self.of = Some((generation, usn, policy));
                policy
            }
        }
    }
}
