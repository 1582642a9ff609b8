//! The import of the tenant: `ReadBackAzureADSyncObjects2`, page by page.

use super::client::Service;
use super::{soap, values};
use crate::sync::bridge::Bridge;
use crate::sync::kinds::Kinds;
use forestbed_mock_graph::binary_xml::Element;
use forestbed_sync::{Entry, Fault, ImportRequest, News, Part, Source, Told, cloud_dn};
use serde_json::Value;
use std::collections::BTreeMap;

const OPERATION: &str = "ReadBackAzureADSyncObjects2";

/// The tenant as the engine reads it.
pub(in crate::sync) struct CloudSource<'a> {
    bridge: Bridge,
    service: &'a mut Service,
    kinds: Kinds,
    cookie: Option<String>,
    full: bool,
    /// What a mistaken engine takes for mail from on-premises, by distinguished name.
    mails: BTreeMap<String, String>,
}

impl<'a> CloudSource<'a> {
    pub(in crate::sync) fn new(bridge: Bridge, service: &'a mut Service) -> CloudSource<'a> {
        CloudSource {
            bridge,
            service,
            kinds: Kinds::of('c'),
            cookie: None,
            full: true,
            mails: BTreeMap::new(),
        }
    }

    /// The same with the mail that the service calculated in the place of what was sent: users as Graph tells them.
    pub(in crate::sync) fn with_mail_of(mut self, users: &[Value]) -> CloudSource<'a> {
        let of = |user: &Value| {
            let anchor = user["onPremisesImmutableId"].as_str()?;
            Some((cloud_dn(anchor), user["mail"].as_str()?.to_owned()))
        };
        self.mails = users.iter().filter_map(of).collect();
        self
    }

    fn mistake(&self, mut entry: Entry) -> Entry {
        if let (Some(mail), News::Whole(list)) = (self.mails.get(&entry.dn), &mut entry.news) {
            list.retain(|(name, _)| name != "mail");
            list.push(("mail".to_owned(), vec![Told::Text(mail.clone())]));
        }
        entry
    }
}

impl Source for CloudSource<'_> {
    fn begin(&mut self, request: &ImportRequest) -> Result<(), Fault> {
        self.full = request.cookie.is_none();
        self.cookie = match request.cookie.clone().map(String::from_utf8) {
            None => None,
            Some(Ok(cookie)) => Some(cookie),
            Some(Err(_)) => return Err(Fault::CookieRefused("the cookie is none of a tenant".to_owned())),
        };
        Ok(())
    }

    fn next(&mut self) -> Result<Part, Fault> {
        let parameters = || {
            vec![
                soap::parameter("includeLicenseInformation", Some("true")),
                soap::parameter("inputCookie", self.cookie.as_deref()),
                soap::parameter("isFullSync", Some(if self.full { "true" } else { "false" })),
            ]
        };
        let called = self.bridge.wait(self.service.call(OPERATION, parameters));
        let page = called.map_err(|fault| match fault {
            Fault::Refused(text) if text.contains("inputCookie") => Fault::CookieRefused(text),
            other => other,
        })?;
        let cookie = soap::text_of(&page, "OutputCookie");
        let cookie = cookie.ok_or_else(|| Fault::Interrupted(format!("{OPERATION}: no OutputCookie")))?;
        let objects = page.child("ResultObjects").into_iter().flat_map(Element::elements);
        let entries: Vec<Entry> =
            objects.filter_map(|object| entry(object, &self.kinds)).map(|e| self.mistake(e)).collect();
        if soap::text_of(&page, "More").is_some_and(|more| more == "true") {
            if self.cookie.as_ref() == Some(&cookie) {
                return Err(Fault::Interrupted(format!("{OPERATION}: more, from the same place on")));
            }
            self.cookie = Some(cookie);
            return Ok(Part::More(entries));
        }
        Ok(Part::End { entries, cookie: cookie.into_bytes() })
    }
}

/// An object as the engine wants to be told of it; none without anchors.
fn entry(object: &Element, kinds: &Kinds) -> Option<Entry> {
    let list = values::told(object, kinds);
    let text = |name: &str| {
        let (_, values) = list.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        match values.first() {
            Some(Told::Text(text)) if !text.is_empty() => Some(text.clone()),
            _ => None,
        }
    };
    let anchor = text("CloudAnchor")?.into_bytes();
    let dn = cloud_dn(&text("SourceAnchor")?);
    let class = soap::text_of(object, "SyncObjectType").unwrap_or_default().to_ascii_lowercase();
    let deleted = soap::text_of(object, "SyncOperation").is_some_and(|operation| operation == "Delete");
    let news = if deleted { News::Deleted } else { News::Whole(list) };
    Some(Entry { anchor, dn, class, news })
}
