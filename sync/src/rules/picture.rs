//! A picture of the rules: from forests through the metaverse to the cloud, and what comes back.

use super::{ConnectorKind, Direction, How, Link, Rule, RuleSet};
use crate::value::Name;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

const MARGIN: usize = 14;
const COLUMN: usize = 262;
const CARD: usize = 50;
const GAP: usize = 8;
/// Of rules that join objects of whatever type they find.
const ANY: &str = "any type";

/// A way that objects take, with its heading.
struct Band {
    direction: Direction,
    connector: ConnectorKind,
    heading: &'static str,
}

const THERE: [Band; 2] = [
    Band {
        direction: Direction::Inbound,
        connector: ConnectorKind::ActiveDirectory,
        heading: "Inbound rules: import, then synchronization, lowest number first",
    },
    Band {
        direction: Direction::Outbound,
        connector: ConnectorKind::Cloud,
        heading: "Outbound rules: synchronization, then export",
    },
];
const BACK: [Band; 2] = [
    Band {
        direction: Direction::Inbound,
        connector: ConnectorKind::Cloud,
        heading: "The way back: what the cloud says of itself",
    },
    Band {
        direction: Direction::Outbound,
        connector: ConnectorKind::ActiveDirectory,
        heading: "The way back: what is written to the forests",
    },
];

/// Rules that do the same for several classes.
struct Card<'a> {
    rule: &'a Rule,
    precedences: Vec<u16>,
    classes: Vec<&'a str>,
}

/// An SVG picture of rules: every rule by way, type and precedence, with the sizes of its scope, its joins and its
/// flows. The same rules give the same bytes.
pub fn picture(rules: &RuleSet) -> String {
    let mut types: Vec<&str> = Vec::new();
    for rule in rules.rules() {
        let kind = column_of(rule);
        if kind != ANY && !types.contains(&kind) {
            types.push(kind);
        }
    }
    types.push(ANY);
    let mut drawing = Drawing { body: String::new(), y: MARGIN, types };
    drawing.place("Forests", &space(rules, ConnectorKind::ActiveDirectory), "place");
    drawing.band(rules, &THERE[0]);
    drawing.metaverse(rules);
    drawing.band(rules, &THERE[1]);
    drawing.place("Tenant", &space(rules, ConnectorKind::Cloud), "place");
    for band in &BACK {
        drawing.band(rules, band);
    }
    drawing.finish()
}

fn column_of(rule: &Rule) -> &str {
    rule.metaverse.as_deref().unwrap_or(ANY)
}

fn space(rules: &RuleSet, kind: ConnectorKind) -> String {
    let classes: Vec<&str> = rules.classes(kind).into_iter().collect();
    let whose = match kind {
        ConnectorKind::ActiveDirectory => "one connector space each",
        ConnectorKind::Cloud => "its connector space",
    };
    format!("{whose}: {}", classes.join(", "))
}

/// The rules of a way and a type, those of several classes together.
fn cards<'a>(rules: &'a RuleSet, band: &Band, kind: &str) -> Vec<Card<'a>> {
    let mut cards: Vec<Card<'a>> = Vec::new();
    let on_the_way = |rule: &&Rule| rule.direction == band.direction && rule.connector == band.connector;
    for rule in rules.rules().iter().filter(on_the_way).filter(|rule| column_of(rule) == kind) {
        match cards.iter_mut().find(|card| same_but_for_class(card.rule, rule)) {
            Some(card) => {
                card.precedences.push(rule.precedence);
                card.classes.push(&rule.object);
            }
            None => {
                cards.push(Card { rule, precedences: vec![rule.precedence], classes: vec![&rule.object] })
            }
        }
    }
    cards
}

fn same_but_for_class(one: &Rule, other: &Rule) -> bool {
    one.object != other.object
        && one.link == other.link
        && one.contributor_of == other.contributor_of
        && (&one.scope, &one.join, &one.flows) == (&other.scope, &other.join, &other.flows)
}

/// What stands in the small print of a card.
fn sizes(rule: &Rule) -> String {
    let link = match rule.link {
        Link::Provision => "provisions",
        Link::Join => "joins",
        Link::StickyJoin => "joins for good",
    };
    let clauses: usize = rule.scope.iter().map(Vec::len).sum();
    let scope = if clauses == 0 { "all".to_owned() } else { many(clauses, "clause") };
    let link = if rule.links() { link } else { "flows only" };
    let joins = rule.join.len();
    let joins = if joins == 0 { String::new() } else { format!(" \u{b7} {}", many(joins, "join")) };
    format!("{link} \u{b7} scope: {scope}{joins} \u{b7} {}", many(rule.flows.len(), "flow"))
}

fn many(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

struct Drawing<'a> {
    body: String,
    /// Where the next thing is drawn.
    y: usize,
    types: Vec<&'a str>,
}

impl Drawing<'_> {
    fn width(&self) -> usize {
        MARGIN * 2 + self.types.len() * (COLUMN + GAP) - GAP
    }

    fn text(&mut self, x: usize, y: usize, class: &str, text: &str) {
        let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        // writing to a string cannot fail
        let _ = writeln!(self.body, "<text x=\"{x}\" y=\"{y}\" class=\"{class}\">{text}</text>");
    }

    fn frame(&mut self, x: usize, width: usize, height: usize, class: &str) {
        let y = self.y;
        let _ = writeln!(
            self.body,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"6\" class=\"{class}\"/>"
        );
    }

    fn place(&mut self, name: &str, what: &str, class: &str) {
        self.frame(MARGIN, self.width() - 2 * MARGIN, 46, class);
        self.text(MARGIN + 12, self.y + 19, "name", name);
        self.text(MARGIN + 12, self.y + 36, "small", what);
        self.y += 46 + GAP;
    }

    fn band(&mut self, rules: &RuleSet, band: &Band) {
        let columns: Vec<Vec<Card<'_>>> = self.types.iter().map(|kind| cards(rules, band, kind)).collect();
        let Some(most) = columns.iter().map(Vec::len).max().filter(|most| *most > 0) else { return };
        self.text(MARGIN, self.y + 18, "heading", &format!("\u{25bc} {}", band.heading));
        self.y += 28;
        let top = self.y;
        for (number, column) in columns.iter().enumerate() {
            let x = MARGIN + number * (COLUMN + GAP);
            for (row, card) in column.iter().enumerate() {
                self.y = top + row * (CARD + GAP);
                self.card(x, card);
            }
        }
        self.y = top + most * (CARD + GAP) + GAP;
    }

    fn card(&mut self, x: usize, card: &Card<'_>) {
        let class = if card.rule.links() { "linking" } else { "rule" };
        self.frame(x, COLUMN, CARD, class);
        // the heading has said which way
        let name = card.rule.name.split_once(" - ").map_or(card.rule.name.as_str(), |(_, name)| name);
        let precedences: Vec<String> = card.precedences.iter().map(u16::to_string).collect();
        self.text(x + 8, self.y + 16, "name", &format!("{} {name}", precedences.join(", ")));
        self.text(x + 8, self.y + 30, "small", &card.classes.join(", "));
        self.text(x + 8, self.y + 43, "small", &sizes(card.rule));
    }

    fn metaverse(&mut self, rules: &RuleSet) {
        let mut filled: BTreeMap<&str, BTreeSet<Name>> = BTreeMap::new();
        let mut calculated: BTreeMap<&str, BTreeSet<Name>> = BTreeMap::new();
        for rule in rules.rules().iter().filter(|rule| rule.direction == Direction::Inbound) {
            for flow in &rule.flows {
                filled.entry(column_of(rule)).or_default().insert(flow.to);
                if matches!(flow.how, How::Expression(_)) {
                    calculated.entry(column_of(rule)).or_default().insert(flow.to);
                }
            }
        }
        self.text(MARGIN, self.y + 18, "heading", "\u{25bc} The metaverse: who is who, and which value won");
        self.y += 28;
        for (number, kind) in self.types.clone().into_iter().enumerate().filter(|(_, kind)| *kind != ANY) {
            let x = MARGIN + number * (COLUMN + GAP);
            let count = |of: &BTreeMap<&str, BTreeSet<Name>>| of.get(kind).map_or(0, BTreeSet::len);
            self.frame(x, COLUMN, 46, "metaverse");
            self.text(x + 12, self.y + 19, "name", kind);
            let words = format!("{}, {} calculated", many(count(&filled), "attribute"), count(&calculated));
            self.text(x + 12, self.y + 36, "small", &words);
        }
        self.y += 46 + GAP;
    }

    fn finish(self) -> String {
        let (width, height) = (self.width(), self.y + MARGIN);
        let style = "text{font-family:system-ui,sans-serif;fill:#1b1f24}.heading{font-size:14px;font-weight:600}\
                     .name{font-size:13px;font-weight:600}.small{font-size:11px;fill:#444c56}\
                     rect{stroke:#8c959f;fill:#f6f8fa}.place{fill:#ddf4ff}.metaverse{fill:#fff8c5}\
                     .linking{fill:#dafbe1}.paper{fill:#fff;stroke:none}";
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\">\n<style>{style}</style>\n\
             <rect width=\"{width}\" height=\"{height}\" class=\"paper\"/>\n{}</svg>\n",
            self.body
        )
    }
}
