//! The canonical dumps of an estate.

use forestbed_sim::dump::{self, Dump, DumpOptions};
use forestbed_sim::world::World;

/// The dump of a forest's directory. What was written since generation is told apart by the initial state.
pub(crate) fn directory_dump(world: &World, forest: usize, options: DumpOptions) -> Dump {
    let initial = world.initial().directories.get(forest).map(|directory| directory.highest_usn());
    let options = DumpOptions { generated_usn: options.generated_usn.or(initial), ..options };
    dump::directory(&world.directory(forest), options)
}

/// The dump of the tenant.
pub(crate) fn tenant_dump(world: &World, options: DumpOptions) -> Dump {
    dump::tenant(&world.tenant(), options)
}
