//! Between the octets that a server holds and the texts that the rules see.

use super::octets::Octets;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use forestbed_sim::rules::ObjectView;

/// The texts that the rules see of these values, one a value.
pub(super) fn texts(attribute: &str, values: &[Octets]) -> Vec<String> {
    let mut view = ObjectView::default();
    view.set_octets(attribute, values.iter().map(|value| value.0.clone()).collect());
    view.all(attribute).to_vec()
}

/// The octets that stand for these texts: those of a value that is there where the text is its own, else the
/// text's. What the rules see summarised (photos, certificates, GUIDs) comes anew only as `base64:...`.
pub(super) fn octets(attribute: &str, wanted: &[String], present: &[Octets]) -> Result<Vec<Octets>, String> {
    let shown = texts(attribute, present);
    let mut taken = vec![false; present.len()];
    let mut values = Vec::with_capacity(wanted.len());
    for text in wanted {
        let at = shown.iter().enumerate().position(|(at, known)| !taken[at] && known == text);
        if let Some(at) = at {
            taken[at] = true;
            values.push(present[at].clone());
            continue;
        }
        let plain = Octets::from(text.as_str());
        if texts(attribute, std::slice::from_ref(&plain)) == [text.as_str()] {
            values.push(plain);
            continue;
        }
        let encoded =
            text.strip_prefix("base64:").ok_or_else(|| format!("'{text}' is no value of {attribute}"))?;
        values.push(Octets(BASE64.decode(encoded).map_err(|error| format!("{attribute}: base64: {error}"))?));
    }
    Ok(values)
}
