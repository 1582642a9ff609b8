//! Names that a scenario file may use and that the world defines.

/// Checks an id of the defect catalogue.
pub(super) fn defect(id: &str) -> Result<(), String> {
    let bytes = id.as_bytes();
    let shaped = bytes.len() == 4
        && bytes[..2].iter().all(u8::is_ascii_uppercase)
        && bytes[2..].iter().all(u8::is_ascii_digit);
    if shaped {
        return Ok(());
    }
    Err(format!("'{id}' is no id of the defect catalogue: write two capitals and two digits, such as PA26"))
}
