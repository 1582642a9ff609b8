//! An object's attributes on their way into the directory.

use super::organisation::Organisation;
use crate::clock::SimTime;
use crate::directory::{AttrId, Directory, ObjectId, Sheet, SheetObject, UpdateContext, attr};
use crate::spec::ForestSpec;
use std::fmt;

/// Attributes under construction.
pub(super) struct Card {
    exchange: bool,
    sheet: Sheet,
}

impl Card {
    pub(super) fn new(world: &Surroundings<'_>) -> Card {
        Card { exchange: world.forest.schema.exchange, sheet: Sheet::default() }
    }

    /// One value.
    pub(super) fn set(&mut self, attribute: AttrId, value: impl AsRef<[u8]>) -> &mut Card {
        self.sheet.push(attribute, value.as_ref());
        self
    }

    /// One value that is put together here.
    pub(super) fn write(&mut self, attribute: AttrId, value: fmt::Arguments<'_>) -> &mut Card {
        self.sheet.write(attribute, value);
        self
    }

    /// Several values; none leaves the attribute out.
    pub(super) fn set_all(&mut self, attribute: AttrId, values: Vec<String>) -> &mut Card {
        values.iter().for_each(|value| self.sheet.push(attribute, value.as_bytes()));
        self
    }

    /// One value of an attribute that comes with Exchange's schema: left out without it.
    pub(super) fn exchange(&mut self, attribute: AttrId, value: impl AsRef<[u8]>) -> &mut Card {
        if self.exchange { self.set(attribute, value) } else { self }
    }

    /// A point in time as pwdLastSet carries it.
    pub(super) fn time(&mut self, attribute: AttrId, time: SimTime) -> &mut Card {
        self.write(attribute, format_args!("{}", time.filetime()))
    }

    pub(super) fn into_object(self, parent: ObjectId, rdn: String, class: &'static str) -> SheetObject {
        SheetObject { parent, rdn, class, sheet: self.sheet, guid: None, rid: None }
    }
}

/// What every builder needs to know.
pub(super) struct Surroundings<'a> {
    pub(super) forest: &'a ForestSpec,
    /// The domain of people's mail and UPN.
    pub(super) domain: &'a str,
    /// Name of the organization.
    pub(super) company: &'a str,
    pub(super) organisation: &'a Organisation,
    pub(super) now: SimTime,
    /// extensionAttribute1, 2 and 10, where the schema has them.
    pub(super) extensions: Vec<AttrId>,
}

impl<'a> Surroundings<'a> {
    pub(super) fn new(
        directory: &Directory,
        forest: &'a ForestSpec,
        organisation: &'a Organisation,
        company: &'a str,
        now: SimTime,
    ) -> Surroundings<'a> {
        let ids = ["extensionAttribute1", "extensionAttribute2", "extensionAttribute10"];
        let extensions = match forest.schema.exchange {
            true => ids.iter().filter_map(|name| directory.schema().attribute_id(name)).collect(),
            false => Vec::new(),
        };
        let company = organisation.habits.company.unwrap_or(company);
        Surroundings { forest, domain: forest.mail_domain(), company, organisation, now, extensions }
    }

    /// `jan.jansen@contoso.com`.
    pub(super) fn address(&self, local: &str) -> String {
        format!("{local}@{}", self.domain)
    }
}

/// Loads an object that was made at `created`.
pub(super) fn load(directory: &mut Directory, object: SheetObject, created: SimTime) -> ObjectId {
    directory.load_sheet(&UpdateContext::lenient(created), object)
}

/// Recipient types of Exchange: msExchRecipientTypeDetails and msExchRecipientDisplayType.
#[derive(Debug, Clone, Copy)]
pub(super) enum Recipient {
    UserMailbox,
    Shared,
    Room,
    Equipment,
    Contact,
    DistributionGroup,
    SecurityGroup,
}

impl Recipient {
    pub(super) fn write(self, card: &mut Card) {
        let (details, display) = match self {
            Recipient::UserMailbox => ("1", "1073741824"),
            Recipient::Shared => ("4", "0"),
            Recipient::Room => ("16", "7"),
            Recipient::Equipment => ("32", "8"),
            Recipient::Contact => ("64", "6"),
            Recipient::DistributionGroup => ("256", "1"),
            Recipient::SecurityGroup => ("1024", "1073741833"),
        };
        card.exchange(attr::MS_EXCH_RECIPIENT_TYPE_DETAILS, details)
            .exchange(attr::MS_EXCH_RECIPIENT_DISPLAY_TYPE, display);
    }
}
