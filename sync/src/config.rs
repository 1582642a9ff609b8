//! What the one who runs the engine decides.

use crate::error::{Error, Result};
use crate::rules::ConnectorKind;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Forests in the order of their creation (ties of precedence go to the earlier one), and the cloud.
    pub connectors: Vec<Connector>,
    /// What identifies an object in the cloud.
    #[serde(default)]
    pub anchor: Anchor,
    /// The attribute that becomes the sign-in name in place of `userPrincipalName` (alternate ID).
    #[serde(default)]
    pub alternate_id: Option<String>,
    /// By what a user of one forest is known to be one of another, or a contact there, beside the SIDs of the
    /// default rules (an account and its linked mailbox): the first that finds somebody joins. GALSync needs
    /// `mail`, or the order of the forests decides what a person is (directory-sync.md, section 4).
    #[serde(default)]
    pub matching: Vec<Matching>,
    /// Import and synchronization only: nothing is exported.
    #[serde(default)]
    pub staging: bool,
    /// Most pending deletions of one export; `None` switches the check off.
    #[serde(default = "default_threshold")]
    pub delete_threshold: Option<u32>,
    /// Most members of a synchronized group: 250,000 at the second endpoint, 50,000 at the first.
    #[serde(default = "default_members")]
    pub member_limit: u64,
    /// Objects between two commits; a crash repeats at most so much work.
    #[serde(default = "default_batch")]
    pub batch: usize,
}

/// A directory.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Connector {
    /// Unique.
    pub name: String,
    /// What is behind it.
    pub kind: ConnectorKind,
    /// The forest's names (`%Forest.FQDN%`, `%Forest.Netbios%`).
    #[serde(default)]
    pub forest: Domain,
    /// Its domains; an object outside them is out of scope. None: everything is in scope.
    #[serde(default)]
    pub domains: Vec<Domain>,
    /// Distinguished names of containers that are in scope with all below; none: everything is.
    #[serde(default)]
    pub include: Vec<String>,
    /// Containers that are out of scope with all below, but for included ones deeper down.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Distinguished name of the one group whose direct members are in scope (a pilot).
    #[serde(default)]
    pub group: Option<String>,
}

/// Names of a domain.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Domain {
    /// DNS name.
    pub fqdn: String,
    /// NetBIOS name.
    #[serde(default)]
    pub netbios: Option<String>,
}

/// By what people of several forests are known to be one (directory-sync.md, section 4).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum Matching {
    /// The same `mail`.
    Mail,
    /// The same `sAMAccountName` and the same `mailNickname`.
    AccountAndAlias,
    /// The same value of an attribute that the metaverse has under the same name.
    Attribute(String),
}

impl From<String> for Matching {
    fn from(name: String) -> Self {
        match name.to_ascii_lowercase().as_str() {
            "mail" => Self::Mail,
            "samaccountname+mailnickname" => Self::AccountAndAlias,
            _ => Self::Attribute(name),
        }
    }
}

impl Matching {
    /// The attributes that have to be equal, all of them.
    pub(crate) fn attributes(&self) -> Vec<&str> {
        match self {
            Self::Mail => vec!["mail"],
            Self::AccountAndAlias => vec!["sAMAccountName", "mailNickname"],
            Self::Attribute(name) => vec![name],
        }
    }
}

/// The source of `sourceAnchor` for users; other objects always use `objectGUID`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(from = "String")]
pub enum Anchor {
    /// `objectGUID`.
    ObjectGuid,
    /// `mS-DS-ConsistencyGuid`, written back from `objectGUID` where it is empty.
    #[default]
    ConsistencyGuid,
    /// An attribute of one's own.
    Attribute(String),
}

impl From<String> for Anchor {
    fn from(name: String) -> Self {
        match name.to_ascii_lowercase().as_str() {
            "objectguid" => Self::ObjectGuid,
            "ms-ds-consistencyguid" => Self::ConsistencyGuid,
            _ => Self::Attribute(name),
        }
    }
}

impl Anchor {
    /// Whether it is the one of this name.
    pub(crate) fn is(&self, name: &str) -> bool {
        *self == Self::from(name.to_owned())
    }
}

fn default_threshold() -> Option<u32> {
    Some(500)
}

fn default_members() -> u64 {
    250_000
}

fn default_batch() -> usize {
    2_000
}

impl Config {
    /// A configuration of these connectors, with the defaults.
    pub fn new(connectors: Vec<Connector>) -> Self {
        Self {
            connectors,
            anchor: Anchor::default(),
            alternate_id: None,
            matching: Vec::new(),
            staging: false,
            delete_threshold: default_threshold(),
            member_limit: default_members(),
            batch: default_batch(),
        }
    }

    /// Reads a configuration file (YAML).
    ///
    /// # Errors
    /// With line and column, or what contradicts itself.
    pub fn parse(text: &str) -> Result<Self> {
        let config: Self = serde_saphyr::from_str(text).map_err(Error::config)?;
        config.check()?;
        Ok(config)
    }

    /// Whether it makes sense.
    ///
    /// # Errors
    /// The first thing that does not.
    pub fn check(&self) -> Result<()> {
        let clouds = self.connectors.iter().filter(|c| c.kind == ConnectorKind::Cloud).count();
        if clouds != 1 {
            return Err(Error::config(format!(
                "one cloud is needed, not {clouds}: an engine serves one tenant"
            )));
        }
        if self.connectors.len() < 2 || self.connectors.len() > 200 {
            return Err(Error::config("between 1 and 199 forests are needed"));
        }
        if self.batch == 0 {
            return Err(Error::config("batch is at least 1"));
        }
        let mut names: Vec<&str> = self.connectors.iter().map(|c| c.name.as_str()).collect();
        names.sort_unstable();
        if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Error::config(format!("two connectors are called {:?}", pair[0])));
        }
        let named = [
            self.alternate_id.as_deref(),
            match &self.anchor {
                Anchor::Attribute(name) => Some(name.as_str()),
                _ => None,
            },
        ];
        let matched = self.matching.iter().flat_map(Matching::attributes);
        for name in named.into_iter().flatten().chain(matched) {
            if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
                return Err(Error::config(format!("{name:?} is no name of an attribute")));
            }
        }
        Ok(())
    }

    /// The expressions that rules name with `$`.
    pub(crate) fn macros(&self) -> BTreeMap<String, String> {
        let octets = match &self.anchor {
            Anchor::ObjectGuid => "[objectGUID]".to_owned(),
            Anchor::ConsistencyGuid => {
                "IIF(IsPresent([mS-DS-ConsistencyGuid]), [mS-DS-ConsistencyGuid], [objectGUID])".to_owned()
            }
            Anchor::Attribute(_) => "NULL".to_owned(),
        };
        let anchor = match &self.anchor {
            Anchor::Attribute(name) => {
                format!("IIF(IsString([{name}]), Trim([{name}]), ConvertToBase64([{name}]))")
            }
            _ => format!("ConvertToBase64({octets})"),
        };
        let (sign_in, original) = match &self.alternate_id {
            Some(name) => (format!("[{name}]"), "[userPrincipalName]".to_owned()),
            None => ("[userPrincipalName]".to_owned(), "NULL".to_owned()),
        };
        [
            ("anchor", anchor),
            ("anchorBinary", octets),
            ("signInName", sign_in),
            ("originalSignInName", original),
        ]
        .into_iter()
        .map(|(name, text)| (name.to_owned(), text))
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_configuration_is_told_before_anything_runs() {
        let good = "connectors: [{name: contoso, kind: active-directory}, {name: cloud, kind: cloud}]\n";
        let check = |more: &str, wrong: &str| {
            let error = Config::parse(&format!("{good}{more}")).expect_err(more).to_string();
            assert!(error.contains(wrong), "{error}");
        };
        assert!(Config::parse(good).is_ok());
        check("batch: 0", "batch");
        check("anchor: 'a b'", "no name of an attribute");
        check("stagin: true", "stagin");
        let two = Config::parse("connectors: [{name: a, kind: cloud}, {name: b, kind: cloud}]");
        assert!(two.expect_err("two clouds").to_string().contains("one cloud"));
    }
}
