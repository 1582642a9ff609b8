//! The defects that can be injected, one function each: from clean objects to a draft of a ledger row.
//!
//! A maker answers `None` when the object does not suit it. It works out the accepted results from the
//! catalogue's `correct_fix` alone; what the rules would suggest is not asked.

mod account;
pub(super) mod certificates;
mod cloud;
mod entry;
mod groups;
mod links;
mod mail;
mod names;
pub(super) mod octets;
mod proxy;
mod recipients;
mod shared;
mod target;
mod upn;

use super::bench::{Bench, Draft, Subject};
use crate::population::Draw;

/// Which objects suit, before the maker looks closer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pool {
    /// People.
    Person,
    /// People with a mailbox.
    Mailbox,
    Contact,
    /// Groups with mail.
    MailGroup,
    /// People with a mailbox, contacts, groups with mail.
    Recipient,
    /// Rooms and equipment.
    Room,
    SharedMailbox,
    /// Security groups, with mail or without.
    SecurityGroup,
    /// Groups of every kind, with mail or without.
    AnyGroup,
    /// Service accounts.
    Service,
}

impl Pool {
    pub(super) fn in_words(self) -> &'static str {
        match self {
            Pool::Person => "a person",
            Pool::Mailbox => "a person with a mailbox",
            Pool::Contact => "a contact",
            Pool::MailGroup => "a group with mail",
            Pool::Recipient => "a person with a mailbox, a contact or a group with mail",
            Pool::Room => "a room or a piece of equipment",
            Pool::SharedMailbox => "a shared mailbox",
            Pool::SecurityGroup => "a security group",
            Pool::AnyGroup => "a group",
            Pool::Service => "a service account",
        }
    }
}

/// Makes one defect.
#[derive(Clone, Copy)]
pub(super) enum Maker {
    /// Of one object.
    One(fn(&Bench<'_>, &Subject, &mut Draw) -> Option<Draft>),
    /// Of two; the second one comes from a pool of its own.
    Two(Pool, fn(&Bench<'_>, [&Subject; 2], &mut Draw) -> Option<Draft>),
    /// Of two in different domains, of one forest or of two; made once all have grown. The second one comes
    /// from a pool of its own; links cannot lead from one to the other.
    AcrossForests(Pool, fn(&Bench<'_>, [&Subject; 2], &mut Draw) -> Option<Draft>),
    /// Of one object that stays as it is: what is wrong lies in the cloud. Made last, so that nothing in the
    /// directory depends on it.
    InCloud(fn(&Bench<'_>, &Subject, &mut Draw) -> Option<Draft>),
}

/// One kind of defect.
pub(super) struct Unit {
    /// Id of the catalogue.
    pub(super) id: &'static str,
    pub(super) pool: Pool,
    pub(super) maker: Maker,
    /// A domain controller would refuse it.
    pub(super) lenient: bool,
}

const fn one(
    id: &'static str,
    pool: Pool,
    make: fn(&Bench<'_>, &Subject, &mut Draw) -> Option<Draft>,
) -> Unit {
    Unit { id, pool, maker: Maker::One(make), lenient: false }
}

const fn refused(
    id: &'static str,
    pool: Pool,
    make: fn(&Bench<'_>, &Subject, &mut Draw) -> Option<Draft>,
) -> Unit {
    Unit { id, pool, maker: Maker::One(make), lenient: true }
}

const fn two(
    id: &'static str,
    first: Pool,
    second: Pool,
    make: fn(&Bench<'_>, [&Subject; 2], &mut Draw) -> Option<Draft>,
) -> Unit {
    Unit { id, pool: first, maker: Maker::Two(second, make), lenient: false }
}

const fn across(
    id: &'static str,
    first: Pool,
    second: Pool,
    make: fn(&Bench<'_>, [&Subject; 2], &mut Draw) -> Option<Draft>,
) -> Unit {
    Unit { id, pool: first, maker: Maker::AcrossForests(second, make), lenient: false }
}

const fn in_cloud(
    id: &'static str,
    pool: Pool,
    make: fn(&Bench<'_>, &Subject, &mut Draw) -> Option<Draft>,
) -> Unit {
    Unit { id, pool, maker: Maker::InCloud(make), lenient: false }
}

/// Everything that can be injected.
pub(super) static UNITS: &[Unit] = &[
    one("DN01", Pool::Recipient, names::absent),
    one("DN02", Pool::Recipient, names::blank),
    one("DN03", Pool::Recipient, names::padded),
    refused("DN04", Pool::Recipient, names::too_long),
    one("DN07", Pool::Recipient, names::invisible),
    one("DN08", Pool::Mailbox, names::questionable),
    refused("GN01", Pool::Recipient, names::long_given),
    one("GN03", Pool::Person, names::no_given),
    one("GN04", Pool::Person, names::swapped),
    refused("SN01", Pool::Recipient, names::long_family),
    one("SN02", Pool::Person, names::no_family),
    one("SN03", Pool::Person, names::padded_name),
    two("ML01", Pool::Mailbox, Pool::Recipient, shared::mail),
    two("ML02", Pool::Mailbox, Pool::Recipient, shared::mail_but_for_space),
    one("ML03", Pool::Recipient, mail::whitespace),
    one("ML04", Pool::Recipient, mail::no_address),
    one("ML06", Pool::Mailbox, mail::private_domain),
    refused("ML07", Pool::Mailbox, mail::too_long),
    one("ML08", Pool::Mailbox, mail::not_primary),
    one("ML09", Pool::Contact, mail::absent),
    one("MN01", Pool::Recipient, account::alias_leading_period),
    one("MN02", Pool::Recipient, account::alias_trailing_period),
    one("MN03", Pool::Recipient, account::alias_double_period),
    one("MN04", Pool::Recipient, account::alias_characters),
    one("MN05", Pool::Mailbox, account::alias_address),
    one("MN07", Pool::Recipient, account::alias_ampersand),
    refused("MN08", Pool::Mailbox, account::alias_too_long),
    two("MN09", Pool::Mailbox, Pool::Recipient, shared::alias),
    one("MN10", Pool::Contact, account::alias_absent),
    one("MN11", Pool::Recipient, account::alias_look_alike),
    one("PA01", Pool::Recipient, proxy::too_long),
    one("PA02", Pool::Recipient, proxy::whitespace),
    one("PA03", Pool::Recipient, proxy::characters),
    one("PA04", Pool::Recipient, proxy::colon),
    one("PA05", Pool::Recipient, proxy::doubled_prefix),
    one("PA06", Pool::Recipient, proxy::unicode_space),
    one("PA07", Pool::Recipient, proxy::invisible),
    one("PA08", Pool::Recipient, proxy::look_alike),
    one("PA09", Pool::Recipient, proxy::diacritic),
    one("PA10", Pool::Contact, proxy::unicode_domain),
    one("PA11", Pool::Mailbox, proxy::private_domain),
    one("PA12", Pool::Mailbox, proxy::single_label),
    one("PA13", Pool::Recipient, proxy::malformed_domain),
    one("PA14", Pool::Recipient, proxy::trailing_period),
    one("PA15", Pool::Recipient, proxy::periods),
    one("PA16", Pool::Recipient, proxy::several_ats),
    one("PA17", Pool::Recipient, proxy::no_at),
    one("PA18", Pool::Recipient, proxy::empty),
    one("PA19", Pool::Mailbox, proxy::no_prefix),
    one("PA20", Pool::Recipient, proxy::x500_characters),
    one("PA21", Pool::Mailbox, proxy::private_sip),
    one("PA22", Pool::Mailbox, proxy::legacy),
    one("PA23", Pool::Mailbox, proxy::reserved),
    one("PA24", Pool::Mailbox, proxy::two_primaries),
    one("PA25", Pool::Recipient, proxy::no_primary),
    two("PA26", Pool::Mailbox, Pool::Recipient, shared::proxy),
    two("PA27", Pool::Mailbox, Pool::Recipient, shared::x500),
    refused("PA28", Pool::Recipient, proxy::repeated),
    one("PA29", Pool::Mailbox, proxy::too_many),
    one("PA30", Pool::Mailbox, proxy::no_smtp),
    one("PA31", Pool::Mailbox, proxy::unverified),
    one("PA32", Pool::MailGroup, proxy::group_x500_only),
    one("GR10", Pool::MailGroup, proxy::group_without),
    refused("SA01", Pool::Person, account::name_too_long),
    refused("SA02", Pool::Person, account::long_inet_org_person),
    refused("SA03", Pool::Person, account::name_characters),
    one("SA04", Pool::Person, account::name_address),
    refused("SA07", Pool::Person, account::name_trailing_period),
    across("SA08", Pool::Person, Pool::Person, account::name_of_another_domain),
    refused("SA09", Pool::Person, account::name_absent),
    one("TA01", Pool::Contact, target::too_long),
    one("TA02", Pool::Contact, target::characters),
    one("TA03", Pool::Contact, target::whitespace),
    one("TA04", Pool::Contact, target::no_prefix),
    one("TA05", Pool::Contact, target::private_domain),
    two("TA06", Pool::Contact, Pool::Contact, shared::target),
    one("TA07", Pool::Contact, target::absent),
    one("TA08", Pool::Contact, target::not_mail),
    one("TA09", Pool::Mailbox, target::stale),
    one("UP01", Pool::Person, upn::too_long),
    one("UP02", Pool::Person, upn::long_domain),
    one("UP03", Pool::Person, upn::space),
    one("UP04", Pool::Person, upn::characters),
    one("UP05", Pool::Person, upn::odd_characters),
    one("UP06", Pool::Person, upn::diacritic),
    one("UP07", Pool::Person, upn::other_script),
    one("UP08", Pool::Person, upn::invisible),
    one("UP09", Pool::Person, upn::no_at),
    one("UP10", Pool::Person, upn::at_first),
    one("UP11", Pool::Person, upn::several_ats),
    one("UP12", Pool::Person, upn::no_domain),
    one("UP13", Pool::Person, upn::trailing_period),
    one("UP14", Pool::Person, upn::periods),
    one("UP15", Pool::Person, upn::private_domain),
    one("UP16", Pool::Person, upn::single_label),
    one("UP17", Pool::Person, upn::malformed_domain),
    Unit { id: "UP18", pool: Pool::Mailbox, maker: Maker::Two(Pool::Person, shared::upn), lenient: true },
    one("UP19", Pool::Mailbox, upn::not_primary),
    one("UP20", Pool::Person, upn::unverified),
    one("UP21", Pool::Person, upn::absent),
    one("UP22", Pool::Person, upn::misspelt_domain),
    two("XD01", Pool::Mailbox, Pool::Mailbox, shared::mail_and_proxy),
    two("XD02", Pool::Mailbox, Pool::Person, shared::mail_and_upn),
    two("XD03", Pool::Mailbox, Pool::Person, shared::proxy_and_upn),
    two("XD04", Pool::Mailbox, Pool::MailGroup, shared::of_group),
    two("XD05", Pool::Contact, Pool::Mailbox, shared::leftover),
    across("XD06", Pool::Mailbox, Pool::Mailbox, shared::of_other_forest),
    two("XD08", Pool::Mailbox, Pool::Mailbox, octets::anchor),
    one("GA01", Pool::Mailbox, entry::title),
    one("GA02", Pool::Mailbox, entry::department),
    one("GA03", Pool::Mailbox, entry::office),
    one("GA04", Pool::Mailbox, entry::telephone),
    one("GA05", Pool::Mailbox, entry::mobile),
    one("GA06", Pool::Mailbox, entry::fax),
    one("GA07", Pool::Mailbox, entry::street),
    one("GA08", Pool::Mailbox, entry::city),
    one("GA09", Pool::Mailbox, entry::state),
    one("GA10", Pool::Mailbox, entry::postal_code),
    one("GA11", Pool::Mailbox, entry::country_names),
    one("GA12", Pool::Mailbox, entry::country_code),
    one("GA13", Pool::Mailbox, entry::no_location),
    one("GA14", Pool::Mailbox, links::manager),
    one("OB01", Pool::Mailbox, certificates::user_certificates),
    one("OB02", Pool::Mailbox, certificates::smime_certificates),
    refused("OB03", Pool::Mailbox, octets::large_photo),
    one("OB04", Pool::Mailbox, octets::no_jpeg),
    one("OB05", Pool::Mailbox, recipients::long_extension),
    two("GR01", Pool::AnyGroup, Pool::AnyGroup, links::circle),
    one("GR02", Pool::AnyGroup, links::too_many),
    two("GR03", Pool::AnyGroup, Pool::Service, links::outside),
    one("GR04", Pool::AnyGroup, links::foreign),
    two("GR05", Pool::Mailbox, Pool::SecurityGroup, links::primary_group),
    one("GR06", Pool::MailGroup, groups::not_universal),
    one("GR07", Pool::MailGroup, groups::unreachable),
    one("GR08", Pool::AnyGroup, groups::empty),
    one("GR11", Pool::AnyGroup, links::owner),
    one("CO01", Pool::Contact, recipients::contact_without),
    two("CO03", Pool::Contact, Pool::Mailbox, shared::of_contact),
    two("AC01", Pool::Person, Pool::SecurityGroup, links::licensed_leaver),
    one("AC02", Pool::Mailbox, recipients::stale),
    one("AC03", Pool::Mailbox, recipients::linked),
    one("AC04", Pool::Room, recipients::room_that_logs_on),
    one("AC05", Pool::Mailbox, recipients::hidden),
    one("AC06", Pool::Mailbox, recipients::hidden_without_alias),
    one("AC07", Pool::Mailbox, recipients::must_change_password),
    one("SK03", Pool::Mailbox, recipients::conflict),
    in_cloud("XD07", Pool::Mailbox, cloud::taken_address),
    in_cloud("UP24", Pool::Person, cloud::taken_by_administrator),
];
