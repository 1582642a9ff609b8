//! The LDAP policy of the forest: `lDAPAdminLimits` of CN=Default Query Policy (MS-ADTS 3.1.1.3.4.6).

use super::{Directory, Entry, UpdateContext};
use crate::clock::SimTime;
use crate::limits::Limits;
use std::time::Duration;

/// Limits by which a domain controller answers, as its query policy sets them.
///
/// The estate's [`Limits`] seed the policy; a client that may write it changes them. Values beyond the caps that
/// Windows Server 2008 and later put on some of them count as the cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueryPolicy {
    /// Most entries of one page or one unpaged search.
    pub max_page_size: usize,
    /// Most values of one attribute in one answer.
    pub max_val_range: usize,
    /// Most candidates that paged searches of one connection hold.
    pub max_result_set_size: usize,
    /// Most entries that a sort or a list view holds.
    pub max_temp_table_size: usize,
    /// Longest search, in virtual time.
    pub max_query_duration: Duration,
    /// Largest request, in bytes.
    pub max_receive_buffer_bytes: usize,
    /// Most connections at once.
    pub max_connections: usize,
    /// How long a connection may idle, in wall time.
    pub max_conn_idle_time: Duration,
    /// How long a connection may take for its first request, in wall time.
    pub init_recv_timeout: Duration,
    /// Most change notifications that one connection waits for.
    pub max_notification_per_conn: usize,
    /// Most searches that one server works on at a time.
    pub max_active_queries: usize,
}

/// Names, defaults where no limit of the estate seeds them, and caps (active-directory.md 7).
const POLICIES: [(&str, Option<u64>); 11] = [
    ("MaxPageSize", Some(20_000)),
    ("MaxValRange", Some(5_000)),
    ("MaxResultSetSize", None),
    ("MaxTempTableSize", Some(100_000)),
    ("MaxQueryDuration", Some(1_200)),
    ("MaxReceiveBuffer", Some(20_971_520)),
    ("MaxConnections", None),
    ("MaxConnIdleTime", None),
    ("InitRecvTimeout", None),
    ("MaxNotificationPerConn", None),
    ("MaxActiveQueries", None),
];
const MAX_NOTIFICATION_PER_CONN: u64 = 5;
const MAX_ACTIVE_QUERIES: u64 = 20;

fn seeds(limits: &Limits) -> [u64; 11] {
    [
        limits.max_page_size as u64,
        limits.max_val_range as u64,
        limits.max_result_set_size as u64,
        limits.max_temp_table_size as u64,
        limits.max_query_duration.as_secs(),
        limits.max_receive_buffer_bytes as u64,
        limits.max_connections as u64,
        limits.max_conn_idle_time.as_secs(),
        limits.init_recv_timeout.as_secs(),
        MAX_NOTIFICATION_PER_CONN,
        MAX_ACTIVE_QUERIES,
    ]
}

impl QueryPolicy {
    fn from_numbers(numbers: [u64; 11]) -> QueryPolicy {
        let [page, range, result, table, duration, receive, connections, idle, init, notifications, active] =
            numbers;
        let size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        QueryPolicy {
            max_page_size: size(page),
            max_val_range: size(range),
            max_result_set_size: size(result),
            max_temp_table_size: size(table),
            max_query_duration: Duration::from_secs(duration),
            max_receive_buffer_bytes: size(receive),
            max_connections: size(connections),
            max_conn_idle_time: Duration::from_secs(idle),
            init_recv_timeout: Duration::from_secs(init),
            max_notification_per_conn: size(notifications),
            max_active_queries: size(active),
        }
    }
}

impl Directory {
    /// CN=Default Query Policy; none when somebody has deleted it.
    fn query_policy_object(&self) -> Option<Entry<'_>> {
        self.entry(self.info.query_policy).filter(|entry| !entry.is_deleted())
    }

    /// What changes with the policy: readers that keep it compare this.
    pub fn query_policy_usn(&self) -> u64 {
        self.query_policy_object().map_or(0, |entry| entry.usn_changed())
    }

    /// The policy in force. A limit that it does not name, or not with a number, is the estate's.
    pub fn query_policy(&self, limits: &Limits) -> QueryPolicy {
        let mut numbers = seeds(limits);
        let values =
            self.query_policy_object().map(|entry| entry.texts("lDAPAdminLimits")).unwrap_or_default();
        for value in &values {
            let Some((name, number)) = value.split_once('=') else { continue };
            let place = POLICIES.iter().position(|(known, _)| known.eq_ignore_ascii_case(name.trim()));
            let (Some(place), Ok(number)) = (place, number.trim().parse::<u64>()) else { continue };
            numbers[place] = POLICIES[place].1.map_or(number, |cap| number.min(cap));
        }
        let policy = QueryPolicy::from_numbers(numbers);
        // the estate may say it in fractions of a second
        let said =
            |number: u64, seed: Duration, own: Duration| if number == seed.as_secs() { seed } else { own };
        QueryPolicy {
            max_query_duration: said(numbers[4], limits.max_query_duration, policy.max_query_duration),
            max_conn_idle_time: said(numbers[7], limits.max_conn_idle_time, policy.max_conn_idle_time),
            ..policy
        }
    }

    /// Writes the estate's limits into the policy, where they differ from what it says.
    pub fn seed_query_policy(&mut self, limits: &Limits, now: SimTime) {
        let Some(entry) = self.query_policy_object() else { return };
        let Some(attribute) = self.schema.attribute_id("lDAPAdminLimits") else { return };
        let id = entry.id();
        let held = entry.texts(attribute);
        let wanted: Vec<String> = held
            .iter()
            .map(|value| {
                let name = value.split('=').next().unwrap_or_default();
                let place = POLICIES.iter().position(|(known, _)| known.eq_ignore_ascii_case(name));
                place.map_or_else(|| value.clone(), |place| format!("{name}={}", seeds(limits)[place]))
            })
            .collect();
        if wanted != held {
            let values = wanted.into_iter().map(String::into_bytes).collect();
            self.load_values(&UpdateContext::lenient(now), id, attribute, values);
        }
    }
}
