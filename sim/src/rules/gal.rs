//! What the address list shows of people and contacts: title, department, telephone numbers, address, country.

use super::census::Settled;
use super::countries::{self, Country};
use super::person::{is_person, is_user};
use super::phone::{self, Number};
use super::postal;
use super::sheet::{
    Broken, COUNTRY, COUNTRY_CODE, COUNTRY_NAME, DEPARTMENT, FAX, LOCALITY, MOBILE, OFFICE, POSTAL_CODE,
    STATE, STREET_ADDRESS, Sheet, Slot, TELEPHONE_NUMBER, TITLE, USAGE_LOCATION,
};
use super::spellings::Thing;
use super::{ATTRIBUTES, Licensed, ObjectView, Settings, Severity};

const TITLE_MAX: usize = 128;
const DEPARTMENT_MAX: usize = 64;
const OFFICE_MAX: usize = 128;
const STREET_MAX: usize = 1024;
const CITY_MAX: usize = 128;
const POSTAL_CODE_MAX: usize = 40;

/// The country that an object's `c` means, right or nearly right.
pub(super) fn country_of(view: &ObjectView) -> Option<&'static Country> {
    view.slot(COUNTRY).first().and_then(|c| countries::by_alpha2(c).or_else(|| countries::meant_by_code(c)))
}

pub(super) fn check_entry(
    sheet: &mut Sheet<'_>,
    object: u32,
    view: &ObjectView,
    settled: &Settled,
    settings: &Settings,
) {
    let person = is_person(view);
    if !person && view.class != "contact" {
        if is_user(view) {
            check_country(sheet, object, view);
            check_usage_location(sheet, object, view, settings);
        }
        return;
    }
    let country = country_of(view);
    let mut entry = Entry { sheet, object, view, settled, person };
    if person {
        entry.text(TITLE, "GA01", TITLE_MAX, true);
        entry.text(DEPARTMENT, "GA02", DEPARTMENT_MAX, true);
        entry.spelling(DEPARTMENT, "GA02", Thing::Department, "");
        entry.text(OFFICE, "GA03", OFFICE_MAX, true);
        entry.number(TELEPHONE_NUMBER, "GA04", country);
        entry.number(MOBILE, "GA05", country);
        entry.shared_mobile();
        entry.number(FAX, "GA06", country);
    }
    entry.street();
    let code = country.map_or("", |country| country.alpha2);
    entry.text(LOCALITY, "GA08", CITY_MAX, true);
    entry.spelling(LOCALITY, "GA08", Thing::City, code);
    entry.text(STATE, "GA09", CITY_MAX, country.is_some_and(|country| country.needs_state));
    entry.spelling(STATE, "GA09", Thing::State, code);
    entry.postal_code(country);
    check_country(sheet, object, view);
    if person {
        check_usage_location(sheet, object, view, settings);
    }
}

/// One person's or contact's entry.
struct Entry<'a, 's, 'o> {
    sheet: &'a mut Sheet<'o>,
    object: u32,
    view: &'s ObjectView,
    settled: &'s Settled,
    person: bool,
}

impl<'s> Entry<'_, 's, '_> {
    fn value(&self, slot: Slot) -> Option<&'s str> {
        self.view.slot(slot).first().map(String::as_str)
    }

    fn warn(&mut self, slot: Slot, rule: &'static str, reason: &str, repaired: Option<String>) {
        let value = self.value(slot);
        let mut broken = Broken::warning(rule, reason).decided(repaired.is_some());
        broken.value = value.map(str::to_owned);
        let row = self.sheet.row(self.object, slot);
        row.broken.push(broken);
        row.repaired.splice(.., repaired.or_else(|| row.repaired.first().cloned()));
    }

    /// Absent (of people, where the directory has the attribute at all) or too long.
    fn text(&mut self, slot: Slot, rule: &'static str, max: usize, needed: bool) {
        match self.value(slot) {
            None if needed && self.person && self.settled.has_seen(slot) => {
                let reason = format!("{} is absent", ATTRIBUTES[usize::from(slot)]);
                self.warn(slot, rule, &reason, None);
            }
            Some(value) if value.len() > max && value.chars().count() > max => {
                self.warn(slot, rule, &format!("longer than {max} characters"), None);
            }
            _ => {}
        }
    }

    fn spelling(&mut self, slot: Slot, rule: &'static str, thing: Thing, country: &str) {
        let Some(value) = self.value(slot) else { return };
        if let Some(instead) = self.settled.spellings.instead_of(thing, country, value) {
            let reason = format!("a spelling of its own: the directory writes {instead}");
            self.warn(slot, rule, &reason, Some(instead.to_owned()));
        }
    }

    fn number(&mut self, slot: Slot, rule: &'static str, country: Option<&Country>) {
        let Some(value) = self.value(slot) else { return };
        match phone::judge(value, country) {
            // fifteen digits and the spaces between them are never too long for the cloud
            Number::Good => {}
            Number::Other(number) => self.warn(slot, rule, "not an E.164 number", Some(number)),
            Number::Unclear => {
                let reason = "not an E.164 number, and no rule can say which one it means";
                self.warn(slot, rule, reason, None);
            }
        }
    }

    fn shared_mobile(&mut self) {
        let Some(holders) = self.settled.mobile_holders(self.view) else { return };
        let reason = format!("{holders} people have this mobile number");
        let value = self.value(MOBILE).map(str::to_owned);
        let row = self.sheet.row(self.object, MOBILE);
        let mut broken = Broken::warning("GA05", reason).decided(!row.broken.is_empty());
        broken.value = value;
        row.broken.push(broken);
    }

    fn street(&mut self) {
        let Some(value) = self.value(STREET_ADDRESS) else { return };
        if value.contains(['\r', '\n']) {
            let lines = value.split(['\r', '\n']).map(|line| line.trim().trim_end_matches(',').trim_end());
            let joined = lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join(", ");
            let repaired = (!joined.is_empty()).then_some(joined);
            self.warn(STREET_ADDRESS, "GA07", "line breaks in the street address", repaired);
        }
        self.text(STREET_ADDRESS, "GA07", STREET_MAX, false);
    }

    fn postal_code(&mut self, country: Option<&Country>) {
        let (Some(value), Some(country)) = (self.value(POSTAL_CODE), country) else { return };
        if !postal::is_good(value, country) {
            let reason = format!("not as {} writes postal codes", country.name);
            self.warn(POSTAL_CODE, "GA10", &reason, postal::repair(value, country));
        }
        self.text(POSTAL_CODE, "GA10", POSTAL_CODE_MAX, false);
    }
}

/// c, co and countryCode: three attributes for one country.
fn check_country(sheet: &mut Sheet<'_>, object: u32, view: &ObjectView) {
    let Some(c) = view.slot(COUNTRY).first() else { return };
    let country = match countries::by_alpha2(c) {
        Some(country) => country,
        None => {
            let meant = countries::meant_by_code(c).or_else(|| country_beside(view));
            let broken = Broken::error("GA12", "not an ISO 3166 alpha-2 code").of(c).decided(meant.is_some());
            let row = sheet.row(object, COUNTRY);
            row.broken.push(broken);
            let Some(meant) = meant else { return };
            row.repaired = vec![meant.alpha2.to_owned()];
            meant
        }
    };
    let name = view.slot(COUNTRY_NAME).first();
    if let Some(name) =
        name.filter(|name| name.as_str() != country.name && is_other(countries::by_name(name), country))
    {
        let reason = format!("c says {}", country.alpha2);
        let row = sheet.row(object, COUNTRY_NAME);
        row.broken.push(Broken::error("GA11", reason).of(name));
        row.repaired = vec![country.name.to_owned()];
    }
    let number = view.slot(COUNTRY_CODE).first();
    // 0 is what a new account has: nothing was said
    let said = |text: &&String| text.as_str() != "0";
    let differs = |text: &&String| text.parse() != Ok(country.numeric);
    if let Some(number) = number.filter(said).filter(differs) {
        let reason = format!("c says {}, which is {}", country.alpha2, country.numeric);
        let row = sheet.row(object, COUNTRY_CODE);
        row.broken.push(Broken::error("GA11", reason).of(number));
        row.repaired = vec![country.numeric.to_string()];
    }
}

/// A country that is known and another one. A name that no table knows may be the country's in any language.
fn is_other(named: Option<&Country>, country: &Country) -> bool {
    named.is_some_and(|named| named.alpha2 != country.alpha2)
}

/// The country that co and countryCode name, if they agree.
fn country_beside(view: &ObjectView) -> Option<&'static Country> {
    let name = view.slot(COUNTRY_NAME).first().and_then(|name| countries::by_name(name));
    let number = view.slot(COUNTRY_CODE).first().and_then(|number| number.parse().ok());
    let number = number.and_then(countries::by_number);
    match (name, number) {
        (Some(name), Some(number)) => (name.alpha2 == number.alpha2).then_some(name),
        (name, number) => name.or(number),
    }
}

/// A licence needs a usage location, which synchronization takes from msExchUsageLocation or from c.
fn check_usage_location(sheet: &mut Sheet<'_>, object: u32, view: &ObjectView, settings: &Settings) {
    let located = !view.slot(COUNTRY).is_empty() || !view.slot(USAGE_LOCATION).is_empty();
    // who licenses everybody means people
    let covered = match settings.licensed {
        Licensed::All => is_person(view),
        _ => settings.licensed.covers(view),
    };
    if located || !view.is_enabled() || !covered {
        return;
    }
    let default = settings.default_usage_location.as_deref().and_then(countries::by_alpha2);
    let country = country_beside(view).or(default);
    let row = sheet.row(object, COUNTRY);
    let reason = "a licence is planned, and neither c nor msExchUsageLocation says where it is used";
    row.broken.push(Broken::new("GA13", Severity::Error, reason).decided(country.is_some()));
    row.repaired = country.map(|country| country.alpha2.to_owned()).into_iter().collect();
}

#[cfg(test)]
mod tests;
