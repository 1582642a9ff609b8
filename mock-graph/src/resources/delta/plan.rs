//! What a client asked to follow: from the query of its first request, later from its token.

use super::super::call::{ApiCall, ApiVersion};
use super::super::error::ApiError;
use super::super::projection::{Projection, Shape};
use super::filter::Only;
use super::token::Purpose;
use crate::odata::{Entity, decode};
use forestbed_sim::tenant::{ObjectKind, Property, PropertySet};

/// Where a request wants to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Start {
    /// With everything there is.
    Fresh,
    /// With what happens from now on: `$deltatoken=latest`.
    Latest,
    /// Where a token says.
    Token(Purpose, String),
}

/// The options and preferences of one request.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) start: Start,
    pub(super) select: Option<Vec<String>>,
    pub(super) filter: Option<String>,
    /// Objects of a page, from `Prefer: odata.maxpagesize` or `$top`.
    pub(super) page_size: Option<usize>,
    /// Only what changed: `Prefer: return=minimal`.
    pub(super) minimal: bool,
    /// What `Preference-Applied` says.
    pub(super) applied: Vec<String>,
}

/// What is followed, and what of it is shown. It travels in the tokens.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Plan {
    /// The names that `$select` had, each once, as Graph spells them; none for the default.
    pub(super) select: Option<Vec<String>>,
    pub(super) only: Only,
    /// Objects of a page; none for the default.
    pub(super) size: Option<usize>,
}

/// Which changes are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Tracked {
    pub(super) properties: PropertySet,
    pub(super) members: bool,
    pub(super) manager: bool,
}

impl Asked {
    pub(super) fn read(call: &ApiCall<'_>) -> Result<Asked, ApiError> {
        let mut asked = Asked {
            start: Start::Fresh,
            select: None,
            filter: None,
            page_size: None,
            minimal: false,
            applied: Vec::new(),
        };
        let mut seen: Vec<String> = Vec::new();
        for pair in call.query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decode(name).to_ascii_lowercase();
            let key = name.strip_prefix('$').unwrap_or(&name).to_owned();
            if seen.contains(&key) {
                return Err(ApiError::of("option-twice", &[("option", &format!("${key}"))]));
            }
            asked.option(&key, &decode(value))?;
            seen.push(key);
        }
        asked.preferences(call);
        Ok(asked)
    }

    fn option(&mut self, key: &str, value: &str) -> Result<(), ApiError> {
        match key {
            "select" => {
                let names = value.split(',').map(str::trim).filter(|name| !name.is_empty());
                self.select = Some(names.map(str::to_owned).collect());
            }
            "filter" => self.filter = Some(value.to_owned()),
            // seen on real tenants, though the documents do not name it: decision 0022
            "top" => {
                let top = value.trim().parse().ok().filter(|top| (1..=999).contains(top));
                self.page_size = Some(top.ok_or_else(|| ApiError::of("top-invalid", &[("top", value)]))?);
            }
            "deltatoken" if value.is_empty() => {}
            "deltatoken" if value.eq_ignore_ascii_case("latest") => self.start = Start::Latest,
            "deltatoken" => self.start = Start::Token(Purpose::Delta, value.to_owned()),
            "skiptoken" => self.start = Start::Token(Purpose::Page, value.to_owned()),
            "expand" | "orderby" | "search" | "skip" | "count" => {
                let option = format!("${key}");
                let error = ApiError::of("delta-option", &[("option", &option)]);
                return Err(error.with_unknown(format!("{option} of delta")));
            }
            _ => {}
        }
        Ok(())
    }

    fn preferences(&mut self, call: &ApiCall<'_>) {
        let all = call.headers.get_all("prefer");
        let all = all.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
        for preference in all.map(str::trim) {
            let (name, value) = preference.split_once('=').unwrap_or((preference, ""));
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "return" if value.eq_ignore_ascii_case("minimal") => {
                    self.minimal = true;
                    self.applied.push("return=minimal".to_owned());
                }
                "odata.maxpagesize" | "maxpagesize" => {
                    // a preference that cannot be followed is none
                    if let Some(size) = value.parse().ok().filter(|size| (1..=999).contains(size)) {
                        self.page_size = Some(size);
                        self.applied.push(format!("odata.maxpagesize={size}"));
                    }
                }
                _ => {}
            }
        }
    }
}

impl Plan {
    pub(super) fn new(entity: Entity, asked: &Asked) -> Result<Plan, ApiError> {
        let select = match &asked.select {
            Some(names) if !names.iter().any(|name| name == "*") => Some(spelled(entity, names)?),
            _ => None,
        };
        let only = asked.filter.as_deref().map(|text| Only::read(entity, text)).transpose()?;
        Ok(Plan { select, only: only.unwrap_or_default(), size: asked.page_size })
    }

    /// The kinds of objects that are followed.
    pub(super) fn kinds(&self, entity: Entity) -> Vec<ObjectKind> {
        let all = entity.concrete().iter().filter_map(|concrete| concrete.kind());
        all.filter(|kind| {
            self.only.types.is_empty() || self.only.types.contains(&Entity::of(*kind).type_name())
        })
        .collect()
    }

    /// What changes are told: of the selected properties, or of those that come by default.
    pub(super) fn tracked(&self, entity: Entity, version: ApiVersion) -> Result<Tracked, ApiError> {
        let mut tracked = Tracked::default();
        for kind in self.kinds(entity) {
            for info in self.columns(entity, Entity::of(kind), version)?.infos() {
                if let Some(property) = info.id.filter(|property| *property != Property::Id) {
                    tracked.properties.insert(property);
                }
            }
        }
        let named = |wanted: &str| match &self.select {
            Some(names) => names.iter().any(|name| name == wanted),
            None => true,
        };
        tracked.members = named("members");
        // without $select users come with their managers: decision 0022
        let users = matches!(entity, Entity::User | Entity::DirectoryObject);
        tracked.manager = named("manager") && (self.select.is_some() || users);
        Ok(tracked)
    }

    /// The properties of one type that are shown.
    pub(super) fn columns(
        &self,
        entity: Entity,
        of: Entity,
        version: ApiVersion,
    ) -> Result<Projection, ApiError> {
        let Some(names) = &self.select else {
            return Projection::new(of, version, None, Shape::List);
        };
        let mut names: Vec<String> = names.clone();
        if !names.iter().any(|name| name == "id") {
            names.push("id".to_owned());
        }
        let all = Projection::new(entity, version, Some(&names), Shape::List)?;
        Ok(if entity == of { all } else { all.narrowed(of) })
    }

    /// The query that would begin anew with the same wishes, and one option more.
    pub(super) fn query(&self, last: &str) -> String {
        let select = self.select.as_ref().map(|names| format!("$select={}", names.join(",")));
        select.into_iter().chain(self.only.query()).chain([last.to_owned()]).collect::<Vec<_>>().join("&")
    }
}

/// The names of a `$select`, each once, as Graph spells them.
fn spelled(entity: Entity, names: &[String]) -> Result<Vec<String>, ApiError> {
    // what no list can select is refused as there
    Projection::new(entity, ApiVersion::V1, Some(names), Shape::List)?;
    let mut out: Vec<String> = Vec::new();
    for name in names {
        let head = name.split('/').next().unwrap_or(name);
        let known = entity.navigation(head).or_else(|| entity.property(head).map(|info| info.name));
        if let Some(known) = known.filter(|known| out.iter().all(|own| own != known)) {
            out.push(known.to_owned());
        }
    }
    Ok(out)
}
