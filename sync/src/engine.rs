//! The engine: a database, rules and a configuration.

use crate::config::Config;
use crate::error::{Error, Result};
use crate::expression::{Environment, Failure, Parameter};
use crate::mistakes::{self, Mistake, Mistakes};
use crate::rules::{ConnectorKind, Direction, Flow, How, Rule, RuleSet, compile_with};
use crate::space::{CsObject, folded};
use crate::state::{State, Storage, Sweep};
use crate::step::Rest;
use crate::value::{Attributes, CsKey, Flowed, Name, Names, Value};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// The engine. Every step may be repeated after an error or a crash: what was done is not done again.
pub struct Engine {
    pub(crate) state: State,
    pub(crate) rules: RuleSet,
    pub(crate) config: Config,
    mistakes: Mistakes,
    /// Attributes of the metaverse by which objects join.
    pub(crate) indexed: BTreeSet<Name>,
    /// Rules by direction and kind of connector, and by class.
    by_class: BTreeMap<(bool, ConnectorKind), BTreeMap<String, OfClass>>,
    /// Folded names of the pilot groups, by connector.
    pub(crate) group: Vec<Option<Vec<u8>>>,
    /// Classes that the rules know, by connector.
    pub(crate) classes: Vec<Vec<String>>,
    pub(crate) known: Known,
    /// What an export that was told to wait has left, and of which connector; gone with the next import or
    /// synchronization.
    pub(crate) rest: Option<(u8, Rest)>,
}

/// The rules of a class.
#[derive(Debug, Default)]
pub(crate) struct OfClass {
    /// By precedence.
    pub(crate) rules: Vec<usize>,
    /// What the outbound ones fill, by type of the metaverse, in order.
    filled: BTreeMap<String, Vec<Name>>,
}

/// Attributes that the engine itself looks at.
pub(crate) struct Known {
    pub(crate) source_anchor: Name,
    pub(crate) cloud_filtered: Name,
    pub(crate) consistency_guid: Name,
    pub(crate) member: Name,
    pub(crate) proxy_addresses: Name,
    pub(crate) user_principal_name: Name,
    pub(crate) display_name: Name,
}

impl Engine {
    /// Opens an engine on a database. Rule files are names with texts; the default rules are
    /// [`crate::rules::DEFAULT_RULES`]. Changed rules or filters are noticed: the next synchronization is full.
    ///
    /// # Errors
    /// When the configuration or a rule is wrong (nothing was run), or the database cannot be read.
    pub fn open(storage: Box<dyn Storage>, config: Config, rules: &[(&str, &str)]) -> Result<Self> {
        Self::open_mistaken(storage, config, rules, Mistakes::default())
    }

    /// The same, but the engine makes mistakes: for tests of those who judge engines.
    ///
    /// # Errors
    /// As [`Engine::open`].
    pub fn open_mistaken(
        storage: Box<dyn Storage>,
        config: Config,
        rules: &[(&str, &str)],
        mistakes: Mistakes,
    ) -> Result<Self> {
        let more = mistakes::rules(&mistakes);
        let more = more.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        let files: Vec<(&str, &str)> = rules.iter().copied().chain(more).collect();
        Self::open_with(storage, config, mistakes, |names, config| compile_with(names, &files, config))
    }

    /// The same with rules that come from elsewhere than from texts.
    pub(crate) fn open_with(
        storage: Box<dyn Storage>,
        config: Config,
        mistakes: Mistakes,
        compile: impl FnOnce(Names, &Config) -> Result<RuleSet>,
    ) -> Result<Self> {
        config.check()?;
        let mut state = State::open(storage)?;
        let mut names = Names::default();
        for name in state.meta("names")?.unwrap_or_default().split(|octet| *octet == 0) {
            if !name.is_empty() {
                names.intern(std::str::from_utf8(name).map_err(Error::corrupt)?)?;
            }
        }
        let mut rules = compile(names, &config)?;
        if mistakes != Mistakes::default() {
            mistakes::spoil(&mut rules, &mistakes);
            state.deaf = mistakes.make(Mistake::ReferencesNotResent);
        }
        let known = Known {
            source_anchor: rules.names.intern("sourceAnchor")?,
            cloud_filtered: rules.names.intern("cloudFiltered")?,
            consistency_guid: rules.names.intern("mS-DS-ConsistencyGuid")?,
            member: rules.names.intern("member")?,
            proxy_addresses: rules.names.intern("proxyAddresses")?,
            user_principal_name: rules.names.intern("userPrincipalName")?,
            display_name: rules.names.intern("displayName")?,
        };
        let spelt: Vec<u8> =
            rules.names.iter().flat_map(|(_, name)| [name.as_bytes(), &[0]].concat()).collect();
        state.set_meta("names", spelt);
        connectors_are_the_same(&mut state, &config)?;
        let fingerprint = [rules.fingerprint.to_be_bytes().to_vec(), filters(&config)].concat();
        if state.meta("rules")?.as_ref() != Some(&fingerprint) {
            state.set_meta("rules", fingerprint);
            state.set_sweep(Sweep::Wanted);
        }
        state.commit("open")?;
        let join = |rule: &&Rule| rule.direction == Direction::Inbound;
        let indexed = rules.rules.iter().filter(join).flat_map(|rule| rule.join.iter().flatten());
        let mut indexed: BTreeSet<Name> = indexed.map(|pair| pair.metaverse).collect();
        let about_duplicates =
            [Mistake::DropsFirstDuplicate, Mistake::DropsSecondDuplicate, Mistake::StripsDuplicates];
        if about_duplicates.into_iter().any(|mistake| mistakes.make(mistake)) {
            indexed.extend([known.proxy_addresses, known.user_principal_name]);
        }
        let by_class = by_class(&rules);
        let group = config.connectors.iter().map(|c| c.group.as_deref().map(folded)).collect();
        let classes = config
            .connectors
            .iter()
            .map(|connector| rules.classes(connector.kind).into_iter().map(str::to_owned).collect());
        let classes = classes.collect();
        Ok(Self { state, rules, config, mistakes, indexed, by_class, group, classes, known, rest: None })
    }

    /// Whether the engine was opened to make this mistake.
    pub(crate) fn makes(&self, mistake: Mistake) -> bool {
        self.mistakes.make(mistake)
    }

    /// The rules as compiled.
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// The last journal position that was written.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn position(&self) -> Result<String> {
        Ok(String::from_utf8_lossy(&self.state.meta("position")?.unwrap_or_default()).into_owned())
    }

    pub(crate) fn connector(&self, name: &str) -> Result<u8> {
        let at = self.config.connectors.iter().position(|connector| connector.name == name);
        at.and_then(|at| u8::try_from(at).ok())
            .ok_or_else(|| Error::config(format!("there is no connector {name:?}")))
    }

    pub(crate) fn kind(&self, connector: u8) -> ConnectorKind {
        self.config.connectors[usize::from(connector)].kind
    }

    /// Rules for a class, by precedence.
    pub(crate) fn rules_for(&self, direction: Direction, connector: u8, class: &str) -> &[usize] {
        self.of_class(direction, connector, class).map_or(&[], |of| &of.rules)
    }

    /// What the outbound rules of a class fill for this type of metaverse object.
    pub(crate) fn filled(&self, connector: u8, class: &str, kind: &str) -> &[Name] {
        let of = self.of_class(Direction::Outbound, connector, class);
        of.and_then(|of| of.filled.get(kind)).map_or(&[], Vec::as_slice)
    }

    fn of_class(&self, direction: Direction, connector: u8, class: &str) -> Option<&OfClass> {
        self.by_class.get(&(direction == Direction::Inbound, self.kind(connector)))?.get(class)
    }

    /// Runs one flow of a rule: inbound over an object of a connector space, outbound over the attributes of
    /// the metaverse towards that object.
    pub(crate) fn run<'a>(
        &self,
        flow: &Flow,
        attributes: &'a Attributes,
        key: CsKey,
        object: &'a CsObject,
    ) -> std::result::Result<Flowed<'a>, Failure> {
        match &flow.how {
            How::Constant(value) => Ok(Flowed::one(value.clone())),
            How::Direct(name) => Ok(match attributes.get(*name) {
                [] => Flowed::Null,
                values => Flowed::Values(Cow::Borrowed(values)),
            }),
            How::Expression(expression) => {
                let environment = Environment {
                    attributes,
                    imported: &object.imported,
                    dn: &object.dn,
                    parameter: &|parameter| self.parameter(parameter, key.connector, &object.dn),
                    object: &|dn| self.state.find_dn(key.connector, dn).ok().flatten(),
                    name: &|key| self.state.name_of(key).ok().flatten(),
                };
                environment.evaluate(expression)
            }
        }
    }

    fn parameter(&self, parameter: Parameter, connector: u8, dn: &str) -> Option<Value> {
        let connector = &self.config.connectors[usize::from(connector)];
        let domain = || {
            let parts = crate::expression::components(dn).map(str::trim);
            let parts = parts.filter_map(|part| part.split_once('='));
            let parts = parts.filter(|(kind, _)| kind.eq_ignore_ascii_case("dc"));
            parts.map(|(_, value)| value).collect::<Vec<_>>().join(".")
        };
        let text = match parameter {
            Parameter::Connector => connector.name.clone(),
            Parameter::Domain => domain(),
            Parameter::DomainNetbios => {
                let own = domain();
                let of = |d: &&crate::config::Domain| d.fqdn.eq_ignore_ascii_case(&own);
                let listed = connector.domains.iter().chain([&connector.forest]).find(of);
                listed.and_then(|domain| domain.netbios.clone())?
            }
            Parameter::Forest => connector.forest.fqdn.clone(),
            Parameter::ForestNetbios => connector.forest.netbios.clone()?,
            Parameter::MemberLimit => {
                return Some(Value::Integer(i64::try_from(self.config.member_limit).unwrap_or(i64::MAX)));
            }
        };
        (!text.is_empty()).then(|| Value::Text(text.into()))
    }
}

fn by_class(rules: &RuleSet) -> BTreeMap<(bool, ConnectorKind), BTreeMap<String, OfClass>> {
    let mut all: BTreeMap<_, BTreeMap<String, OfClass>> = BTreeMap::new();
    let kinds: BTreeSet<&String> = rules.rules.iter().filter_map(|rule| rule.metaverse.as_ref()).collect();
    for (at, rule) in rules.rules.iter().enumerate() {
        let inbound = rule.direction == Direction::Inbound;
        let of = all.entry((inbound, rule.connector)).or_default().entry(rule.object.clone()).or_default();
        of.rules.push(at);
        for kind in kinds.iter().filter(|kind| rule.metaverse.as_ref().is_none_or(|own| own == **kind)) {
            let filled = of.filled.entry((*kind).clone()).or_default();
            filled.extend(rule.flows.iter().map(|flow| flow.to));
            filled.sort_unstable();
            filled.dedup();
        }
    }
    all
}

/// The numbers of connectors are part of every row: none may be taken away or change its place.
fn connectors_are_the_same(state: &mut State, config: &Config) -> Result<()> {
    let names: Vec<&str> = config.connectors.iter().map(|connector| connector.name.as_str()).collect();
    if let Some(stored) = state.meta("connectors")? {
        let stored = String::from_utf8_lossy(&stored).into_owned();
        let stored: Vec<&str> = stored.split('\0').collect();
        if !names.starts_with(&stored) {
            return Err(Error::config(format!(
                "the database was made for the connectors {stored:?}: they stay, in this order, and new ones come after them"
            )));
        }
    }
    state.set_meta("connectors", names.join("\0").into_bytes());
    Ok(())
}

/// What of the configuration a full synchronization has to follow.
fn filters(config: &Config) -> Vec<u8> {
    let groups = config.connectors.iter().map(|c| c.group.as_deref().unwrap_or_default());
    groups.collect::<Vec<_>>().join("\0").into_bytes()
}
