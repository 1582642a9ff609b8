//! The canonical dumps of an estate.

use forestbed_sim::dump::{Dump, DumpOptions};
use forestbed_sim::world::World;

/// The dump of a forest's directory.
pub(crate) fn directory_dump(_world: &World, _forest: usize, _options: DumpOptions) -> Dump {
    Dump::new("directory", Vec::new())
}

/// The dump of the tenant.
pub(crate) fn tenant_dump(_world: &World, _options: DumpOptions) -> Dump {
    Dump::new("tenant", Vec::new())
}
