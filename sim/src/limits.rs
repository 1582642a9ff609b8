//! Limits by name, with units and the real system's defaults. A scenario may set them small.

use std::time::Duration;

/// Every limit of an estate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// LDAP: most entries of one page or one unpaged search (`MaxPageSize`).
    pub max_page_size: usize,
    /// LDAP: most values of one attribute in one answer (`MaxValRange`).
    pub max_val_range: usize,
    /// LDAP: most candidates that paged searches of one connection hold (`MaxResultSetSize`).
    pub max_result_set_size: usize,
    /// LDAP: most entries that a sort or a list view holds (`MaxTempTableSize`).
    pub max_temp_table_size: usize,
    /// LDAP: longest search (`MaxQueryDuration`), in virtual time.
    pub max_query_duration: Duration,
    /// LDAP: largest request, in bytes (`MaxReceiveBuffer`).
    pub max_receive_buffer_bytes: usize,
    /// LDAP: most connections at once (`MaxConnections`).
    pub max_connections: usize,
    /// LDAP: how long a connection may idle, in wall time (`MaxConnIdleTime`).
    pub max_conn_idle_time: Duration,
    /// LDAP: how long a connection may take for its first request, in wall time (`InitRecvTimeout`).
    pub init_recv_timeout: Duration,
    /// LDAP: deepest nesting of a filter. Active Directory has no documented figure; this keeps the stack safe.
    pub max_filter_depth: usize,
    /// LDAP: most searches of one connection that wait for their next page.
    pub max_paged_searches_per_connection: usize,
    /// LDAP: most octets of entries in one answer of a DirSync search, whatever the client asks for.
    pub max_dir_sync_bytes: usize,
    /// HTTP: largest request body, in bytes (Graph answers 413 above 4 MB).
    pub max_body_bytes: usize,
    /// Provisioning service: largest request body, in bytes. Its documents have no figure; one group of the 250,000
    /// members that its second version takes is about 8 MB.
    pub max_provisioning_body_bytes: usize,
    /// HTTP: largest request head, in bytes (431 above).
    pub max_head_bytes: usize,
    /// HTTP: how long a client may take for its request head, in wall time.
    pub head_timeout: Duration,
    /// HTTP: how long a client may take for a request's body, in wall time (408 above).
    pub body_timeout: Duration,
    /// Graph: page size when the request names none.
    pub default_page_size: usize,
    /// Graph: largest `$top` of users and groups.
    pub max_top: usize,
    /// Graph: most members that one page of a delta query tells; longer lists go on on the next page.
    pub delta_links_per_page: usize,
    /// Graph: how long a page token is taken, in virtual time ("minutes": microsoft-graph.md 2.6).
    pub page_token_lifetime: Duration,
    /// Most entries that the journal keeps; its totals go on counting.
    pub journal_entries_max: usize,
    /// Graph: writes of one application in one tenant...
    pub graph_writes: u32,
    /// ...in this window.
    pub graph_write_window: Duration,
    /// Graph: resource units of one application in one tenant in ten seconds; none means by tenant size
    /// (3,500 below 50 users, 5,000 up to 500, 8,000 above).
    pub graph_resource_units: Option<u32>,
    /// Graph: resource units of one application in all tenants in twenty seconds.
    pub graph_app_units: u32,
    /// Graph: writes of one application in all tenants in five minutes.
    pub graph_app_writes: u32,
    /// Graph: writes of all applications in one tenant in five minutes.
    pub graph_tenant_writes: u32,
    /// Graph: requests of one application in one second.
    pub graph_requests_per_second: u32,
    /// Provisioning service: writes of one tenant...
    pub provisioning_writes: u32,
    /// ...in this window.
    pub provisioning_write_window: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            max_page_size: 1000,
            max_val_range: 1500,
            max_result_set_size: 262_144,
            max_temp_table_size: 10_000,
            max_query_duration: Duration::from_secs(120),
            max_receive_buffer_bytes: 10_485_760,
            max_connections: 5000,
            max_conn_idle_time: Duration::from_secs(900),
            init_recv_timeout: Duration::from_secs(120),
            max_filter_depth: 512,
            max_paged_searches_per_connection: 64,
            max_dir_sync_bytes: 1024 * 1024,
            max_body_bytes: 4 * 1024 * 1024,
            max_provisioning_body_bytes: 32 * 1024 * 1024,
            max_head_bytes: 64 * 1024,
            head_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(30),
            default_page_size: 100,
            max_top: 999,
            delta_links_per_page: 1000,
            page_token_lifetime: Duration::from_secs(600),
            journal_entries_max: 200_000,
            graph_writes: 3000,
            graph_write_window: Duration::from_secs(150),
            graph_resource_units: None,
            graph_app_units: 150_000,
            graph_app_writes: 70_000,
            graph_tenant_writes: 18_000,
            graph_requests_per_second: 2000,
            provisioning_writes: 7000,
            provisioning_write_window: Duration::from_secs(300),
        }
    }
}
