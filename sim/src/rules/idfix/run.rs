//! A run over a directory, object by object.

use super::super::{Finding, IdFixMode, ObjectView};
use super::chain::{Chain, Failure, Step, Subject, chains, judge};
use super::finding::findings_of;
use super::row::{Action, ErrorType, IdFixRow, RowKind};
use super::settings::IdFixSettings;
use super::skip::{self, Verdict};
use super::store::Store;
use super::text::mentions_smtp;
use crate::directory::dn::Dn;
use crate::ids::Guid;
use std::borrow::Cow;

/// What IdFix would report of a directory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IdFixReport {
    /// The rows in the order in which IdFix made them; [`super::sort_rows`] gives its grid's order.
    pub rows: Vec<IdFixRow>,
    /// Indexes of the objects that it left out: no row, and in no comparison.
    pub skipped: Vec<usize>,
    /// Places in [`IdFixReport::rows`] of duplicates whose first holder IdFix fails to show: it looks for the
    /// value as it was before its own repair, finds nobody, and swallows the exception.
    pub suppressed: Vec<usize>,
    /// Lines of its log, in its words: objects at which its filter ended in an exception.
    pub status: Vec<String>,
}

/// A run: objects in, one after the other; at the end the report.
///
/// Memory grows with the distinct values that are compared (about 40 bytes each), with the names of the
/// objects, and with the rows.
#[derive(Debug)]
pub struct IdFix {
    settings: IdFixSettings,
    store: Store,
    /// Every object that was looked at, by its index.
    names: Vec<Option<Box<Named>>>,
    report: IdFixReport,
}

/// What a first holder's row says of an object that has gone by.
#[derive(Debug)]
struct Named {
    dn: String,
    common_name: String,
    guid: Option<Guid>,
}

impl IdFix {
    /// A run that has seen nothing.
    pub fn new(settings: &IdFixSettings) -> IdFix {
        IdFix {
            settings: *settings,
            store: Store::default(),
            names: Vec::new(),
            report: IdFixReport::default(),
        }
    }

    /// Looks at the next object.
    pub fn add(&mut self, view: &ObjectView) {
        let number = self.names.len();
        self.names.push(None);
        if !is_asked_for(view, self.settings.mode) {
            return;
        }
        let cn = common_name(view);
        match skip::judge(view, &cn, self.settings.mode) {
            Verdict::Skipped => return self.report.skipped.push(number),
            Verdict::Failed(message) => {
                self.report.status.push(format!("Exception: Result Filter: {}  {message}", view.dn));
            }
            Verdict::Checked => {}
        }
        self.names[number] = Some(Box::new(Named {
            dn: view.dn.clone(),
            common_name: cn.clone().into_owned(),
            guid: view.guid,
        }));
        let subject = Subject { view, cn, number: number as u32 };
        for chain in chains(&self.settings) {
            let values = view.all(chain.attribute);
            let looked_at = if chain.each_value { values } else { &values[..values.len().min(1)] };
            looked_at.iter().for_each(|value| self.run(chain, &subject, Some(value)));
            if values.is_empty() && !chain.each_value {
                self.run(chain, &subject, None);
            }
        }
    }

    /// Takes out what was found since the last call, as findings; `view` is the object that was added last,
    /// and this is called after each one. For directories whose rows are too many to keep.
    pub fn take_findings(&mut self, view: &ObjectView) -> Vec<Finding> {
        self.report.suppressed.clear();
        findings_of(&std::mem::take(&mut self.report.rows), view)
    }

    /// What was found.
    pub fn finish(self) -> IdFixReport {
        self.report
    }

    /// Each rule sees what the one before it made of the value; the last one that fails decides.
    fn run(&mut self, chain: &Chain, subject: &Subject<'_>, original: Option<&str>) {
        let mut working = original.map(Cow::Borrowed);
        let mut errors = Vec::new();
        let mut last = None;
        let tail = original.map_or(&[][..], chain.tail);
        for step in chain.steps.iter().chain(tail) {
            let Some(failure) = self.judge(step, chain, subject, working.as_deref()) else { continue };
            errors.extend(failure.errors);
            working = failure.update.clone().map(Cow::Owned);
            last = Some((failure.action, failure.update));
        }
        if let Some((proposed_action, update)) = last {
            self.push(IdFixRow {
                object: subject.number as usize,
                guid: subject.view.guid,
                dn: subject.view.dn.clone(),
                common_name: subject.cn.to_string(),
                object_class: subject.view.class.clone(),
                attribute: chain.shown,
                errors,
                value: original.map(str::to_owned),
                update,
                proposed_action,
                kind: RowKind::Finding,
            });
        }
    }

    fn judge(
        &mut self,
        step: &Step,
        chain: &Chain,
        subject: &Subject<'_>,
        value: Option<&str>,
    ) -> Option<Failure> {
        let compared = match step {
            Step::Unique => true,
            Step::UniqueAccount => subject.view.first("userPrincipalName").is_none(),
            _ => return judge(step, subject, value),
        };
        let value = value.filter(|_| compared)?;
        self.store.enter(chain.attribute, value, subject.number)?;
        let mut failure = Failure::new(ErrorType::Duplicate, Some(value.to_owned()));
        failure.action = duplicate_action(chain.attribute, value, subject.view);
        Some(failure)
    }

    /// Adds a row, before it the first holder's where IdFix shows that one.
    fn push(&mut self, row: IdFixRow) {
        if row.proposed_action == Action::Edit && row.errors.contains(&ErrorType::Duplicate) {
            let value = row.value.as_deref().unwrap_or("");
            let first = self.store.first(row.ldap_display_name(), value).map(|first| first as usize);
            match first.and_then(|first| Some((first, self.names[first].as_deref()?))) {
                Some((object, first)) => self.report.rows.push(IdFixRow {
                    object,
                    guid: first.guid,
                    dn: first.dn.clone(),
                    common_name: first.common_name.clone(),
                    errors: vec![ErrorType::Duplicate],
                    kind: RowKind::AddedOriginal,
                    ..row.clone()
                }),
                None => self.report.suppressed.push(self.report.rows.len()),
            }
        }
        self.report.rows.push(row);
    }
}

/// What IdFix's default filter asks a server for.
fn is_asked_for(view: &ObjectView, mode: IdFixMode) -> bool {
    let classes = ["user", "inetOrgPerson", "contact", "group"];
    classes.iter().any(|class| view.class.eq_ignore_ascii_case(class))
        && (mode == IdFixMode::MultiTenant || view.first("mail").is_some())
}

/// Its cn, which every object of a directory has; an export without the attribute still has the name.
fn common_name(view: &ObjectView) -> Cow<'_, str> {
    match view.first("cn") {
        Some(cn) => Cow::Borrowed(cn),
        None => Dn::parse(&view.dn)
            .ok()
            .and_then(|dn| dn.rdns.into_iter().next())
            .map(|rdn| rdn.value)
            .map_or(Cow::Borrowed(""), Cow::Owned),
    }
}

/// Anything but Edit only where the value is the attribute's first, untouched by earlier rules.
fn duplicate_action(attribute: &str, value: &str, view: &ObjectView) -> Action {
    if view.first(attribute) != Some(value) {
        return Action::Edit;
    }
    let has = |attribute| view.first(attribute).is_some();
    let complete_if = |known| if known { Action::Complete } else { Action::Edit };
    match attribute {
        "proxyAddresses" if !mentions_smtp(value) => Action::Edit,
        "proxyAddresses" if !has("mailNickname") => Action::Remove,
        "proxyAddresses" => complete_if(value.get(..5).is_some_and(|s| s.eq_ignore_ascii_case("smtp:"))),
        "userPrincipalName" | "mail" | "sAMAccountName" => complete_if(has("mailNickname")),
        "mailNickname" => complete_if(has("homeMDB")),
        _ => Action::Edit,
    }
}
