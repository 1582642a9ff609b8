//! Names that a scenario file may use and that the world defines.

use forestbed_sim::defects::{catalogue, injectable};

/// An id of the defect catalogue as the catalogue spells it.
pub(super) fn defect(id: &str) -> Result<&'static str, String> {
    if let Some(kind) = catalogue().get(id) {
        if injectable().any(|id| id.eq_ignore_ascii_case(kind.id)) {
            return Ok(kind.id);
        }
        let possible: Vec<&str> = injectable().collect();
        return Err(format!("defect {id} cannot be injected yet: possible are {}", possible.join(", ")));
    }
    let near: Vec<&str> = catalogue()
        .rows()
        .iter()
        .map(|kind| kind.id)
        .filter(|known| known.get(..2).is_some_and(|prefix| id.starts_with(prefix)))
        .collect();
    let help = if near.is_empty() {
        "ids look like PA26 or UP15".to_owned()
    } else {
        format!("near it are {}", near.join(", "))
    };
    Err(format!("'{id}' is no id of the defect catalogue: {help}"))
}

/// Whether there is a defect profile of this name.
pub(super) fn profile(name: &str) -> Result<(), String> {
    let names = forestbed_sim::defects::profiles();
    if names.contains(&name) {
        return Ok(());
    }
    Err(format!("no defect profile '{name}': there are {}", names.join(", ")))
}

/// Whether there is a product with this part number or skuId.
pub(super) fn product(name: &str) -> Result<(), String> {
    forestbed_sim::tenant::Catalogue::get().find(name).map(|_| ()).map_err(|error| error.to_string())
}
