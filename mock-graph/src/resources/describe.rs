//! What Graph says about itself without a token: the service document, and its schema as CSDL.

use super::call::{ApiCall, ApiReply};
use super::json::Object;
use super::route::templates;
use crate::odata::{Described, Member, SERVICE, schema};
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::LazyLock;

/// The sets and singletons that some template begins with.
fn served() -> impl Iterator<Item = &'static Member> {
    let service = schema().entities.iter().find(|known| known.name == SERVICE);
    let roots: BTreeSet<&str> = templates().filter_map(|(template, _)| template.split('/').nth(1)).collect();
    service.into_iter().flat_map(|service| &service.members).filter(move |member| roots.contains(member.name))
}

/// `GET /v1.0/`: the entity sets and singletons.
pub(crate) fn service_document(call: &ApiCall<'_>) -> ApiReply {
    let mut body = Vec::new();
    let mut json = Object::new(&mut body);
    json.text("@odata.context", &format!("{}/{}/$metadata", call.base, call.version.as_str()));
    json.array("value", served(), |out, member| {
        let mut json = Object::new(out);
        json.text("name", member.name);
        json.text("kind", if member.collection { "EntitySet" } else { "Singleton" });
        json.text("url", member.name);
        json.end();
    });
    json.end();
    ApiReply::json(200, body, 0)
}

/// `GET /v1.0/$metadata`: the types of the tables, and the sets that are served.
pub(crate) fn metadata() -> ApiReply {
    static DOCUMENT: LazyLock<String> = LazyLock::new(document);
    let headers = vec![(CONTENT_TYPE, HeaderValue::from_static("application/xml"))];
    ApiReply { status: 200, headers, body: DOCUMENT.as_bytes().to_vec(), ..ApiReply::default() }
}

fn document() -> String {
    let schema = schema();
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <edmx:Edmx Version=\"4.0\" xmlns:edmx=\"http://docs.oasis-open.org/odata/ns/edmx\"><edmx:DataServices>\
         <Schema Namespace=\"microsoft.graph\" Alias=\"graph\" xmlns=\"http://docs.oasis-open.org/odata/ns/edm\">",
    );
    for (name, members, flags) in &schema.enums {
        let flags = if *flags { " IsFlags=\"true\"" } else { "" };
        let _ = write!(out, "<EnumType Name=\"{name}\"{flags}>");
        for (value, member) in members.iter().enumerate() {
            let _ = write!(out, "<Member Name=\"{member}\" Value=\"{value}\"/>");
        }
        out.push_str("</EnumType>");
    }
    // what every entity type derives from at last
    out.push_str(
        "<EntityType Name=\"entity\" Abstract=\"true\"><Key><PropertyRef Name=\"id\"/></Key>\
         <Property Name=\"id\" Type=\"Edm.String\" Nullable=\"false\"/></EntityType>",
    );
    let containers = |ty: &&Described| ty.name != SERVICE;
    for ty in schema.entities.iter().filter(containers) {
        describe(&mut out, "EntityType", ty, ty.base.unwrap_or("entity"));
    }
    for ty in schema.complex.iter().chain(open_types()) {
        describe(&mut out, "ComplexType", ty, ty.base.unwrap_or(""));
    }
    out.push_str("<EntityContainer Name=\"GraphService\">");
    for member in served() {
        let (element, attribute) =
            if member.collection { ("EntitySet", "EntityType") } else { ("Singleton", "Type") };
        let _ = write!(
            out,
            "<{element} Name=\"{}\" {attribute}=\"microsoft.graph.{}\"/>",
            member.name, member.ty
        );
    }
    out.push_str("</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>\n");
    out
}

/// Complex types of which the tables have no member: open ones.
fn open_types() -> impl Iterator<Item = &'static Described> {
    static OPEN: LazyLock<Vec<Described>> = LazyLock::new(|| {
        let schema = crate::odata::schema();
        let known = |name: &str| {
            primitive(name)
                || schema.entities.iter().chain(&schema.complex).any(|ty| ty.name == name)
                || schema.enums.iter().any(|(own, ..)| *own == name)
        };
        let all = schema.entities.iter().chain(&schema.complex).flat_map(|ty| &ty.members);
        let names: BTreeSet<&'static str> =
            all.filter(|member| !member.navigation && !known(member.ty)).map(|member| member.ty).collect();
        names.into_iter().map(|name| Described { name, base: None, members: Vec::new() }).collect()
    });
    OPEN.iter()
}

fn describe(out: &mut String, element: &str, ty: &Described, base: &str) {
    let schema = schema();
    let all = || schema.entities.iter().chain(&schema.complex);
    let inherited = |name: &str| {
        let own = all().find(|known| known.name == base);
        own.map_or(base == "entity" && name == "id", |base| {
            base.members.iter().any(|member| member.name == name)
        })
    };
    let _ = write!(out, "<{element} Name=\"{}\"", ty.name);
    if !base.is_empty() {
        let _ = write!(out, " BaseType=\"graph.{base}\"");
    }
    if ty.members.is_empty() {
        out.push_str(" OpenType=\"true\"");
    }
    out.push('>');
    for member in ty.members.iter().filter(|member| !inherited(member.name)) {
        let related = schema.entities.iter().any(|known| known.name == member.ty);
        // a relation to a type that is not served here is left out, with the type
        if member.navigation && !related {
            continue;
        }
        let name =
            if primitive(member.ty) { format!("Edm.{}", member.ty) } else { format!("graph.{}", member.ty) };
        let full = if member.collection { format!("Collection({name})") } else { name };
        let element = if member.navigation { "NavigationProperty" } else { "Property" };
        let nullable = if member.nullable || member.navigation { "" } else { " Nullable=\"false\"" };
        let _ = write!(out, "<{element} Name=\"{}\" Type=\"{full}\"{nullable}/>", member.name);
    }
    let _ = write!(out, "</{element}>");
}

/// Whether a type is one of OData's own.
pub(crate) fn primitive(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
}
