//! What is wrong with a set of rules, told before anything runs.

use super::schema::{Schema, Side};
use super::{ConnectorKind, Direction, How, Merge, Rule};
use crate::value::{Kind, Name, Names};
use std::collections::BTreeMap;

struct Checker<'a> {
    names: &'a Names,
    schema: &'a Schema,
    problems: &'a mut Vec<String>,
}

/// Adds a line for each problem.
pub(super) fn check(rules: &[Rule], names: &Names, schema: &Schema, problems: &mut Vec<String>) {
    let mut by_precedence: BTreeMap<u16, &str> = BTreeMap::new();
    let mut by_name: BTreeMap<&str, u16> = BTreeMap::new();
    for rule in rules {
        if let Some(other) = by_precedence.insert(rule.precedence, &rule.name) {
            problems.push(format!(
                "rules {other:?} and {:?} both have precedence {}",
                rule.name, rule.precedence
            ));
        }
        if by_name.insert(&rule.name, rule.precedence).is_some() {
            problems.push(format!("two rules are called {:?}", rule.name));
        }
        Checker { names, schema, problems }.rule(rule);
    }
    several_joins(rules, problems);
}

/// Two rules that may join the same object, both without any scope, are in scope together for every object.
/// Where scopes tell objects apart, only a run can show that they overlap; it reports the object.
fn several_joins(rules: &[Rule], problems: &mut Vec<String>) {
    let joins = |rule: &&Rule| rule.direction == Direction::Inbound && !rule.join.is_empty();
    let mut seen: BTreeMap<(ConnectorKind, &str), &Rule> = BTreeMap::new();
    for rule in rules.iter().filter(joins) {
        let key = (rule.connector, rule.object.as_str());
        if let Some(other) = seen.insert(key, rule)
            && (rule.scope == other.scope || rule.scope.is_empty() || other.scope.is_empty())
        {
            problems.push(format!(
                "rules {:?} and {:?} would both join the same {} objects: only one rule with join criteria may be in scope",
                other.name, rule.name, rule.object
            ));
        }
    }
}

impl Checker<'_> {
    fn rule(&mut self, rule: &Rule) {
        let space = match rule.connector {
            ConnectorKind::ActiveDirectory => Side::ActiveDirectory,
            ConnectorKind::Cloud => Side::Cloud,
        };
        let (reads, fills) = match rule.direction {
            Direction::Inbound => (space, Side::Metaverse),
            Direction::Outbound => (Side::Metaverse, space),
        };
        let whole = format!("rule {:?}", rule.name);
        for clause in rule.scope.iter().flatten() {
            self.known(&whole, reads, clause.attribute);
        }
        for pair in rule.join.iter().flatten() {
            let object = self.known(&whole, space, pair.object);
            let metaverse = self.known(&whole, Side::Metaverse, pair.metaverse);
            if let (Some(object), Some(metaverse)) = (object, metaverse)
                && object != metaverse
            {
                let names = (self.names.spelling(pair.object), self.names.spelling(pair.metaverse));
                self.problems.push(format!(
                    "{whole}: {} is {object:?} and {} is {metaverse:?}: they can never be equal",
                    names.0, names.1
                ));
            }
        }
        if rule.metaverse.is_none() && rule.link == super::Link::Provision {
            self.problems.push(format!("{whole}: a rule that provisions has to name a metaverse type"));
        }
        if let Some(name) = rule.contributor_of {
            self.known(&whole, Side::Metaverse, name);
        }
        let mut filled: BTreeMap<Name, usize> = BTreeMap::new();
        for flow in &rule.flows {
            *filled.entry(flow.to).or_default() += 1;
            let place = format!("{whole}, flow to {}", self.names.spelling(flow.to));
            let target = self.known(&place, fills, flow.to);
            let kind = match &flow.how {
                How::Constant(value) => Some(value.kind()),
                How::Direct(name) => self.known(&place, reads, *name),
                How::Expression(expression) => {
                    let mut read = Vec::new();
                    expression.attributes(&mut |name| read.push(name));
                    for name in read {
                        self.known(&place, reads, name);
                    }
                    let schema = self.schema;
                    expression.kind(&|name| schema.get(reads, name).map(|known| known.kind))
                }
            };
            if let (Some(target), Some(kind)) = (target, kind)
                && target != kind
            {
                self.problems.push(format!("{place}: the flow gives {kind:?}, the attribute is {target:?}"));
            }
            let multiple = self.schema.get(fills, flow.to).is_some_and(|known| known.multiple);
            if flow.merge != Merge::Update && !multiple {
                self.problems.push(format!("{place}: an attribute of one value cannot be merged"));
            }
        }
        for (name, _) in filled.into_iter().filter(|(_, times)| *times > 1) {
            let name = self.names.spelling(name);
            self.problems.push(format!("{whole}: more than one flow fills {name}"));
        }
    }

    fn known(&mut self, place: &str, side: Side, name: Name) -> Option<Kind> {
        let known = self.schema.get(side, name).map(|known| known.kind);
        if known.is_none() {
            let name = self.names.spelling(name);
            self.problems.push(format!("{place}: {side:?} has no attribute {name}"));
        }
        known
    }
}
