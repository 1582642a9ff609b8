//! The host names of the real cloud that programs have built in: proxy-hosts.tsv.

use std::sync::LazyLock;

static HOSTS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let rows = include_str!("../data/proxy-hosts.tsv").lines().filter(|line| !line.starts_with('#'));
    rows.skip(1).filter_map(|line| line.split('\t').next()).collect()
});

/// The hosts that the proxy answers for from the tenant, in lower case, and that the lab's certificates name.
pub fn microsoft_hosts() -> &'static [&'static str] {
    &HOSTS
}

/// Whether a host, with a port or without, is one of [`microsoft_hosts`].
pub(crate) fn is_microsoft(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    HOSTS.iter().any(|known| known.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_a_source_and_a_confidence() {
        for line in include_str!("../data/proxy-hosts.tsv").lines().skip(2) {
            let cells: Vec<&str> = line.split('\t').collect();
            assert_eq!(cells.len(), 4, "{line}");
            assert!(["observed", "documented", "assumed"].contains(&cells[3]), "{line}");
            assert!(
                microsoft_hosts().contains(&cells[0])
                    && is_microsoft(&format!("{}:443", cells[0].to_uppercase()))
            );
        }
        assert!(!is_microsoft("graph.microsoft.com.evil.test") && !is_microsoft("evil.test:443"));
    }
}
