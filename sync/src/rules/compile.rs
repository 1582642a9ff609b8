//! From files to rules.

use super::check::check;
use super::file::{ClauseText, FlowText, RuleFile, RuleText};
use super::schema::{Attribute, Schema, Side};
use super::{Clause, Comparison, ConnectorKind, Direction, Flow, How, JoinPair, Link, Merge, Rule, RuleSet};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::expression::{Macros, parse};
use crate::value::{Kind, Name, Names, Value};

/// Longest rule file, in octets.
const MAX_FILE: usize = 4 << 20;
/// Most rules.
const MAX_RULES: usize = 2_000;

/// Compiles rule files (name and text) for a configuration, and checks them together.
///
/// # Errors
/// Of the first file that cannot be read, or all that is wrong with the rules, a line each.
pub fn compile(files: &[(&str, &str)], config: &Config) -> Result<RuleSet> {
    compile_with(Names::default(), files, config)
}

/// The same with names that a database has given numbers already.
pub(crate) fn compile_with(mut names: Names, files: &[(&str, &str)], config: &Config) -> Result<RuleSet> {
    let mut schema = Schema::built_in(&mut names)?;
    let macros = config.macros();
    let mut rules = Vec::new();
    let mut problems = Vec::new();
    let mut fingerprint = 0xcbf2_9ce4_8422_2325u64;
    let mut hash = |text: &str| {
        for octet in text.bytes().chain([0]) {
            fingerprint = (fingerprint ^ u64::from(octet)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    };
    for (name, text) in files {
        if text.len() > MAX_FILE {
            return Err(Error::rules(format!("{name}: longer than {MAX_FILE} octets")));
        }
        let file: RuleFile =
            serde_saphyr::from_str(text).map_err(|error| Error::rules(format!("{name}: {error}")))?;
        if file.format != 1 {
            return Err(Error::rules(format!("{name}: format {} is unknown", file.format)));
        }
        hash(text);
        for attribute in &file.attributes {
            let number = names.intern(&attribute.name)?;
            for side in &attribute.sides {
                schema.add(*side, number, Attribute { kind: attribute.kind, multiple: attribute.multiple });
            }
        }
        let wanted =
            |rule: &&RuleText| rule.only_with_anchor.as_deref().is_none_or(|anchor| config.anchor.is(anchor));
        for text in file.rules.iter().filter(wanted) {
            let mut compiler = Compiler {
                names: &mut names,
                schema: &schema,
                macros: &macros,
                config,
                problems: &mut problems,
            };
            rules.extend(compiler.rule(text)?);
        }
    }
    match_people(&mut rules, &mut names, config)?;
    macros.values().for_each(|text| hash(text));
    hash(&format!("{:?}", config.matching));
    hash(&config.member_limit.to_string());
    if rules.len() > MAX_RULES {
        return Err(Error::rules(format!("more than {MAX_RULES} rules")));
    }
    rules.sort_by_key(|rule: &Rule| rule.precedence);
    check(&rules, &names, &schema, &mut problems);
    if !problems.is_empty() {
        return Err(Error::rules(problems.join("\n")));
    }
    Ok(RuleSet { rules, names, schema, fingerprint })
}

/// Adds what the configuration matches people by to the rules that provision users from a forest.
fn match_people(rules: &mut [Rule], names: &mut Names, config: &Config) -> Result<()> {
    let provisions = |rule: &&mut Rule| {
        rule.direction == Direction::Inbound
            && rule.connector == ConnectorKind::ActiveDirectory
            && rule.link == Link::Provision
            && ["user", "inetOrgPerson"].contains(&rule.object.as_str())
    };
    for rule in rules.iter_mut().filter(provisions) {
        for matching in &config.matching {
            let mut group = Vec::new();
            for attribute in matching.attributes() {
                let name = names.intern(attribute)?;
                group.push(JoinPair { object: name, metaverse: name, case_sensitive: false });
            }
            rule.join.push(group);
        }
    }
    Ok(())
}

struct Compiler<'a> {
    names: &'a mut Names,
    schema: &'a Schema,
    macros: &'a Macros,
    config: &'a Config,
    problems: &'a mut Vec<String>,
}

impl Compiler<'_> {
    fn rule(&mut self, text: &RuleText) -> Result<Vec<Rule>> {
        let space = match text.connector {
            ConnectorKind::ActiveDirectory => Side::ActiveDirectory,
            ConnectorKind::Cloud => Side::Cloud,
        };
        let (reads, fills) = match text.direction {
            Direction::Inbound => (space, Side::Metaverse),
            Direction::Outbound => (Side::Metaverse, space),
        };
        let mut flows = Vec::new();
        for name in &text.direct {
            flows.push(self.direct(name, name)?);
        }
        for name in &text.trim {
            flows.extend(self.expression(text, name, &format!("Trim([{name}])"))?);
        }
        for (to, from) in &text.rename {
            flows.push(self.direct(to, from)?);
        }
        for flow in &text.flows {
            flows.extend(self.flow(text, flow, fills)?);
        }
        let mut scope = Vec::new();
        for group in &text.scope {
            let clauses: Result<Vec<Clause>> = group.iter().map(|c| self.clause(text, c, reads)).collect();
            scope.push(clauses?);
        }
        let mut join = Vec::new();
        for group in &text.join {
            let pair = |pair: &super::file::JoinText| {
                Ok(JoinPair {
                    object: self.names.intern(&pair.object)?,
                    metaverse: self.names.intern(&pair.metaverse)?,
                    case_sensitive: pair.case_sensitive,
                })
            };
            let pairs: Result<Vec<JoinPair>> = group.iter().map(pair).collect();
            join.push(pairs?);
        }
        let contributor_of = match &text.contributor_of {
            Some(name) => Some(self.names.intern(name)?),
            None => None,
        };
        let rule = Rule {
            name: text.name.clone(),
            precedence: text.precedence,
            direction: text.direction,
            connector: text.connector,
            object: text.object.clone(),
            metaverse: text.metaverse.clone(),
            link: text.link,
            scope,
            join,
            contributor_of,
            flows,
        };
        let copies = text.copies.iter().map(|copy| Rule {
            name: copy.name.clone(),
            precedence: copy.precedence,
            object: copy.object.clone(),
            ..rule.clone()
        });
        Ok(copies.chain([rule.clone()]).collect())
    }

    fn direct(&mut self, to: &str, from: &str) -> Result<Flow> {
        let how = How::Direct(self.names.intern(from)?);
        Ok(Flow { to: self.names.intern(to)?, how, once: false, merge: Merge::Update })
    }

    fn expression(&mut self, rule: &RuleText, to: &str, text: &str) -> Result<Option<Flow>> {
        let to_name = self.names.intern(to)?;
        match parse(text, self.names, self.macros) {
            Ok(expression) => {
                let how = How::Expression(expression);
                Ok(Some(Flow { to: to_name, how, once: false, merge: Merge::Update }))
            }
            Err(problem) => {
                self.problems.push(format!("rule {:?}, flow to {to}: {problem}", rule.name));
                Ok(None)
            }
        }
    }

    fn flow(&mut self, rule: &RuleText, flow: &FlowText, fills: Side) -> Result<Option<Flow>> {
        let made = match (&flow.from, &flow.constant, &flow.expression) {
            (Some(from), None, None) => Some(self.direct(&flow.to, from)?),
            (None, Some(constant), None) => {
                let to = self.names.intern(&flow.to)?;
                let value = self.value(rule, to, constant, fills);
                Some(Flow { to, how: How::Constant(value), once: false, merge: Merge::Update })
            }
            (None, None, Some(expression)) => self.expression(rule, &flow.to, expression)?,
            _ => {
                self.problems.push(format!(
                    "rule {:?}, flow to {}: one of from, constant and expression has to stand there",
                    rule.name, flow.to
                ));
                None
            }
        };
        Ok(made.map(|made| Flow { once: flow.once, merge: flow.merge, ..made }))
    }

    fn clause(&mut self, rule: &RuleText, clause: &ClauseText, reads: Side) -> Result<Clause> {
        let attribute = self.names.intern(&clause.attribute)?;
        let needs = !matches!(clause.operator, Comparison::IsNull | Comparison::IsNotNull);
        if needs != clause.value.is_some() {
            let what = if needs { "needs a value" } else { "takes no value" };
            self.problems.push(format!(
                "rule {:?}, clause on {}: {:?} {what}",
                rule.name, clause.attribute, clause.operator
            ));
        }
        let text = clause.value.as_deref().unwrap_or_default();
        let several = matches!(clause.operator, Comparison::IsIn | Comparison::IsNotIn);
        let parts: Vec<&str> = if several { text.split(';').collect() } else { vec![text] };
        let values = parts
            .into_iter()
            .filter(|_| needs)
            .map(|part| self.value(rule, attribute, part, reads))
            .collect();
        Ok(Clause { attribute, comparison: clause.operator, values })
    }

    /// A constant of the kind that its attribute has.
    fn value(&mut self, rule: &RuleText, attribute: Name, text: &str, side: Side) -> Value {
        if text == "%Group.MemberLimit%" {
            return Value::Integer(i64::try_from(self.config.member_limit).unwrap_or(i64::MAX));
        }
        let value = match self.schema.get(side, attribute).map(|known| known.kind) {
            Some(Kind::Integer) => integer(text).map(Value::Integer),
            Some(Kind::Boolean) => text.to_ascii_lowercase().parse().ok().map(Value::Boolean),
            Some(Kind::Octets | Kind::Reference) => None,
            Some(Kind::Text) | None => Some(Value::text(text)),
        };
        value.unwrap_or_else(|| {
            let name = self.names.spelling(attribute);
            self.problems.push(format!("rule {:?}: {text:?} is no value of {name}", rule.name));
            Value::text(text)
        })
    }
}

fn integer(text: &str) -> Option<i64> {
    match text.strip_prefix("0x") {
        Some(digits) => i64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}
