//! The points on which documents contradict each other, or which a tenant may set: tenant-switches.tsv.

use crate::Error;
use crate::spec::TenantSpec;
use std::collections::BTreeMap;
use std::time::Duration;

const TABLE: &str = include_str!("../../data/tenant-switches.tsv");

/// What becomes of a value that another object holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DuplicateAttribute {
    /// It is set aside, the object exists without it.
    Resiliency,
    /// The later object does not appear.
    FirstWins,
}

/// What becomes of a user principal name with invalid characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvalidUpn {
    /// mailNickname@initial domain.
    Recalculate,
    /// The export fails.
    Reject,
    /// Each invalid character becomes an underscore.
    Underscore,
}

/// Which addresses a soft match compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SoftMatchOn {
    /// The incoming primary address with every address of the cloud object.
    PrimaryAgainstAll,
    /// The primary addresses of both.
    Primary,
    /// Every address of both.
    All,
}

/// What a delta query with a token that no longer holds is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeltaResync {
    /// `resyncRequired`.
    ResyncRequired,
    /// `syncStateNotFound`.
    SyncStateNotFound,
    /// `Directory_ResyncRequired`.
    DirectoryResyncRequired,
}

/// Every switch with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Switches {
    /// A duplicate user principal name or proxy address.
    pub duplicate_attribute: DuplicateAttribute,
    /// A quarantined name reads `prefix+1234@initial`, otherwise `prefix1234@initial`.
    pub quarantine_upn_plus: bool,
    /// A user principal name with invalid characters.
    pub invalid_upn: InvalidUpn,
    /// Soft match by address.
    pub soft_match_on: SoftMatchOn,
    /// Soft match by user principal name.
    pub soft_match_upn: bool,
    /// No soft match at all.
    pub block_soft_match: bool,
    /// No take-over of a cloud object by its immutable ID.
    pub block_hard_match_takeover: bool,
    /// The name of a licensed managed user follows on-premises.
    pub update_upn_of_licensed: bool,
    /// A name may go from one federated domain to another; otherwise that fails, as before 2019.
    pub federated_domain_change: bool,
    /// The mobile number of a synchronized user may be changed in the cloud, and stays then.
    pub cloud_mobile_number: bool,
    /// How long it takes until objects are the cloud's after synchronization was switched off.
    pub sync_off_delay: Duration,
    /// The initial-domain address is made from mailNickname, otherwise from the user principal name.
    pub moera_from_nickname: bool,
    /// Most members of a synchronized group.
    pub group_member_limit: usize,
    /// Accidental-delete prevention; none is off. The engine honours it, the tenant keeps it.
    pub delete_threshold: Option<u32>,
    /// Over the threshold nothing is exported, otherwise only deletes are held back.
    pub delete_threshold_stops_export: bool,
    /// How often quarantined values are tried again.
    pub conflict_sweep: Duration,
    /// Objects that may be synchronized once a domain is verified.
    pub object_quota: usize,
    /// A group-based licence takes the tenant's country when a user has no usage location, otherwise it
    /// fails.
    pub group_license_inherits_country: bool,
    /// Group members for whom no seat was left are tried again by themselves when seats are freed; otherwise they wait
    /// for reprocessing.
    pub freed_seats_retry: bool,
    /// How long a change of a licensed group or of its members waits before its licences are processed.
    pub license_processing_delay: Duration,
    /// Users of a licensed group that are processed in a second.
    pub license_processing_rate: usize,
    /// How long the services take until a plan that was assigned is provisioned.
    pub license_provisioning_lag: Duration,
    /// The code of the answer 410 to a delta query.
    pub delta_resync: DeltaResync,
    /// DNS has the records that prove the ownership of a new domain.
    pub domain_records_found: bool,
    /// The engine's anchor is mS-DS-ConsistencyGuid, otherwise objectGUID.
    pub anchor_is_consistency_guid: bool,
    /// Graph looks at the signature, audience, tenant, lifetime and permissions of tokens; otherwise any token
    /// will do.
    pub strict_tokens: bool,
    /// Users need a second factor, which a password alone does not give.
    pub require_mfa: bool,
    /// How long a password is good; none is for ever.
    pub password_validity: Option<Duration>,
    /// How often the key that signs tokens changes.
    pub signing_key_rotation: Duration,
}

/// Reads values and remembers the first that cannot be.
struct Reader {
    values: BTreeMap<&'static str, String>,
    wrong: Option<Error>,
}

impl Reader {
    fn text(&self, name: &str) -> &str {
        self.values.get(name).map_or("", String::as_str)
    }

    fn choose<T: Copy>(&mut self, name: &str, choices: &[(&str, T)]) -> Option<T> {
        let value = self.text(name).to_owned();
        let found = choices.iter().find(|(text, _)| *text == value).map(|(_, choice)| *choice);
        let allowed = || choices.iter().map(|(text, _)| *text).collect::<Vec<_>>().join(", ");
        if found.is_none() && self.wrong.is_none() {
            self.wrong = Some(refuse(name, &value, &allowed()));
        }
        found
    }

    fn number(&mut self, name: &str) -> Option<u32> {
        let value = self.text(name).to_owned();
        let found = value.parse().ok();
        if found.is_none() && self.wrong.is_none() {
            self.wrong = Some(refuse(name, &value, "a whole number"));
        }
        found
    }

    fn span(&mut self, name: &str) -> Option<Duration> {
        let value = self.text(name).to_owned();
        let found = seconds(&value).filter(|span| !span.is_zero());
        if found.is_none() && self.wrong.is_none() {
            self.wrong = Some(refuse(name, &value, "a number with s, m, h or d, above zero"));
        }
        found
    }
}

fn refuse(name: &str, value: &str, allowed: &str) -> Error {
    Error::invalid_spec(format!("the tenant switch '{name}' cannot be '{value}'"))
        .with_help(format!("allowed: {allowed}"))
}

fn seconds(text: &str) -> Option<Duration> {
    let split = text.find(|letter: char| !letter.is_ascii_digit())?;
    let number: u64 = text[..split].parse().ok()?;
    let unit = match &text[split..] {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return None,
    };
    Some(Duration::from_secs(number.checked_mul(unit)?))
}

impl Switches {
    /// The values of the specification's profile, with its own on top.
    ///
    /// # Errors
    /// An unknown profile or switch, or a value that the switch does not have.
    pub fn of(spec: &TenantSpec) -> Result<Switches, Error> {
        let column = match spec.profile.as_str() {
            "today" => 2,
            "documents" => 3,
            other => {
                return Err(Error::invalid_spec(format!("no tenant profile is called '{other}'"))
                    .with_help("use today or documents"));
            }
        };
        let mut values: BTreeMap<&'static str, String> = TABLE
            .lines()
            .skip(1)
            .filter_map(|line| {
                let cells: Vec<&'static str> = line.split('\t').collect();
                Some((*cells.first()?, (*cells.get(column)?).to_owned()))
            })
            .collect();
        for (name, value) in &spec.switches {
            let known: Vec<&str> = values.keys().copied().collect();
            let Some(place) = values.get_mut(name.as_str()) else {
                return Err(Error::invalid_spec(format!("no tenant switch is called '{name}'"))
                    .with_help(format!("use one of {}", known.join(", "))));
            };
            place.clone_from(value);
        }
        let mut reader = Reader { values, wrong: None };
        let switches = Switches::read(&mut reader);
        match (switches, reader.wrong) {
            (Some(switches), None) => Ok(switches),
            (_, Some(wrong)) => Err(wrong),
            (None, None) => Err(Error::invalid_spec("a tenant switch has no value")),
        }
    }

    fn read(reader: &mut Reader) -> Option<Switches> {
        let on = [("on", true), ("off", false)];
        let duplicates =
            [("resiliency", DuplicateAttribute::Resiliency), ("first-wins", DuplicateAttribute::FirstWins)];
        let invalid = [
            ("recalculate", InvalidUpn::Recalculate),
            ("reject", InvalidUpn::Reject),
            ("underscore", InvalidUpn::Underscore),
        ];
        let soft = [
            ("primary-against-all", SoftMatchOn::PrimaryAgainstAll),
            ("primary", SoftMatchOn::Primary),
            ("all", SoftMatchOn::All),
        ];
        let resyncs = [
            ("resync-required", DeltaResync::ResyncRequired),
            ("sync-state-not-found", DeltaResync::SyncStateNotFound),
            ("directory-resync-required", DeltaResync::DirectoryResyncRequired),
        ];
        let anchors = [("ms-ds-consistencyguid", true), ("objectguid", false)];
        let threshold = match reader.text("delete_threshold") {
            "off" => None,
            _ => Some(reader.number("delete_threshold")?),
        };
        let validity = match reader.text("password_validity") {
            "never" => None,
            _ => Some(reader.span("password_validity")?),
        };
        Some(Switches {
            duplicate_attribute: reader.choose("duplicate_attribute", &duplicates)?,
            quarantine_upn_plus: reader
                .choose("quarantine_upn_form", &[("plus-digits", true), ("digits", false)])?,
            invalid_upn: reader.choose("invalid_upn", &invalid)?,
            soft_match_on: reader.choose("soft_match_on", &soft)?,
            soft_match_upn: reader.choose("soft_match_upn", &on)?,
            block_soft_match: reader.choose("block_soft_match", &on)?,
            block_hard_match_takeover: reader.choose("block_hard_match_takeover", &on)?,
            update_upn_of_licensed: reader.choose("update_upn_of_licensed", &on)?,
            federated_domain_change: reader
                .choose("federated_domain_change", &[("allowed", true), ("error", false)])?,
            cloud_mobile_number: reader
                .choose("mobile_of_synchronized", &[("override", true), ("read-only", false)])?,
            sync_off_delay: reader.span("sync_off_delay")?,
            moera_from_nickname: reader.choose("moera_from", &[("mail-nickname", true), ("upn", false)])?,
            group_member_limit: reader.number("group_member_limit")? as usize,
            delete_threshold: threshold,
            delete_threshold_stops_export: reader
                .choose("delete_threshold_effect", &[("stop-export", true), ("suppress-deletes", false)])?,
            conflict_sweep: reader.span("conflict_sweep")?,
            object_quota: reader.number("object_quota")? as usize,
            group_license_inherits_country: reader
                .choose("unknown_usage_location_by_group", &[("tenant-country", true), ("error", false)])?,
            freed_seats_retry: reader.choose("freed_seats", &[("retry", true), ("reprocess", false)])?,
            license_processing_delay: reader.span("license_processing_delay")?,
            license_processing_rate: reader.number("license_processing_rate")?.max(1) as usize,
            license_provisioning_lag: reader.span("license_provisioning_lag")?,
            delta_resync: reader.choose("delta_resync", &resyncs)?,
            domain_records_found: reader
                .choose("domain_verification", &[("records-found", true), ("records-missing", false)])?,
            anchor_is_consistency_guid: reader.choose("default_anchor", &anchors)?,
            strict_tokens: reader.choose("token_checks", &[("strict", true), ("relaxed", false)])?,
            require_mfa: reader.choose("require_mfa", &on)?,
            password_validity: validity,
            signing_key_rotation: reader.span("signing_key_rotation")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(profile: &str, switches: &[(&str, &str)]) -> TenantSpec {
        let switches = switches.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        TenantSpec { profile: profile.to_owned(), switches, ..TenantSpec::default() }
    }

    #[test]
    fn the_profiles_have_the_values_of_the_table() {
        let today = Switches::of(&spec("today", &[])).unwrap();
        assert_eq!(today.duplicate_attribute, DuplicateAttribute::Resiliency);
        assert_eq!((today.group_member_limit, today.conflict_sweep), (250_000, Duration::from_secs(3600)));
        let documents = Switches::of(&spec("documents", &[])).unwrap();
        assert_eq!(documents.duplicate_attribute, DuplicateAttribute::FirstWins);
        assert!(!documents.update_upn_of_licensed);
        assert_eq!(documents.delete_threshold, Some(500));
    }

    #[test]
    fn a_single_switch_goes_over_the_profile_and_a_wrong_one_is_refused() {
        let own =
            Switches::of(&spec("today", &[("delete_threshold", "off"), ("conflict_sweep", "5m")])).unwrap();
        assert_eq!((own.delete_threshold, own.conflict_sweep), (None, Duration::from_secs(300)));
        for (profile, switch, part) in [
            ("today", ("duplicate_attribute", "last-wins"), "resiliency, first-wins"),
            ("today", ("duplicates", "on"), "duplicate_attribute"),
            ("today", ("conflict_sweep", "1"), "a number with s, m, h or d"),
            ("today", ("conflict_sweep", "0s"), "a number with s, m, h or d"),
            ("today", ("object_quota", "many"), "a whole number"),
            ("tomorrow", ("object_quota", "1"), "today or documents"),
        ] {
            let error = Switches::of(&spec(profile, &[switch])).unwrap_err();
            assert!(error.to_string().contains(part), "{error}");
        }
    }
}
