//! How late readers of the tenant see what was written.

use super::scalars::{Span, parse_span};
use forestbed_sim::spec::LagSpec;
use schemars::JsonSchema;
use serde::Deserialize;

/// Replication lag of the tenant: reads follow writes so much later, in virtual time. What is left out is zero.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LagSection {
    /// Reads of one object by its id or name.
    pub object: Option<Span>,
    /// Lists, filters, searches, counts.
    pub query: Option<Span>,
    /// Delta queries.
    pub delta: Option<Span>,
    /// Up to so much is added to each lag that is on, another amount each second, drawn from the seed.
    pub jitter: Option<Span>,
}

impl LagSection {
    /// Reads the form of the command line: `object=2s,query=5s,delta=30s,jitter=1s`, or one span for all three.
    ///
    /// # Errors
    /// What is wrong and what is allowed.
    pub fn parse(text: &str) -> Result<LagSection, String> {
        if !text.contains('=') {
            let all = Some(Span(parse_span(text)?));
            return Ok(LagSection { object: all, query: all, delta: all, jitter: None });
        }
        let mut section = LagSection::default();
        for part in text.split(',') {
            let (name, span) = part.split_once('=').unwrap_or((part, ""));
            let place = match name.trim() {
                "object" => &mut section.object,
                "query" => &mut section.query,
                "delta" => &mut section.delta,
                "jitter" => &mut section.jitter,
                other => return Err(format!("'{other}' has no lag: write object, query, delta or jitter")),
            };
            *place = Some(Span(parse_span(span)?));
        }
        Ok(section)
    }

    /// What it makes of an estate's tenant.
    pub fn spec(&self) -> LagSpec {
        let span = |span: Option<Span>| span.map_or_else(Default::default, |span| span.0);
        LagSpec {
            object: span(self.object),
            query: span(self.query),
            delta: span(self.delta),
            jitter: span(self.jitter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_command_line_names_a_span_for_all_or_one_for_each() {
        let seconds = |object, query, delta, jitter| {
            let [object, query, delta, jitter] = [object, query, delta, jitter].map(Duration::from_secs);
            Some(LagSpec { object, query, delta, jitter })
        };
        for (text, expected) in [
            ("5s", seconds(5, 5, 5, 0)),
            ("delta=1m", seconds(0, 0, 60, 0)),
            ("object=1s, query=2s,delta=3s,jitter=4s", seconds(1, 2, 3, 4)),
            ("writes=1s", None),
            ("delta", None),
            ("delta=", None),
            ("delta=5", None),
            ("", None),
        ] {
            assert_eq!(LagSection::parse(text).ok().map(|section| section.spec()), expected, "{text}");
        }
    }
}
