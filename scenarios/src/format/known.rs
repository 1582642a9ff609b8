//! Names that a scenario file may use and that the world defines.

use forestbed_sim::defects::catalogue;

/// An id of the defect catalogue as the catalogue spells it.
pub(super) fn defect(id: &str) -> Result<&'static str, String> {
    if let Some(kind) = catalogue().get(id) {
        return Ok(kind.id);
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
