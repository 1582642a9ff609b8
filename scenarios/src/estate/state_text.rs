//! The state of an estate as a canonical text: what a snapshot holds.
//!
//! Two equal worlds give the same bytes. Small states are written out; above 100 kB a part of the world is
//! written as a table of counts and digests, so that a snapshot stays small and a difference still names its
//! place.

use forestbed_sim::dump::{self, Digest, Dump, DumpObject, DumpOptions};
use forestbed_sim::ids::{Guid, Sid};
use forestbed_sim::world::World;
use std::fmt::Write as _;

/// The longest dump of one directory or tenant that is written out, in bytes.
const WRITTEN_OUT: usize = 100_000;
/// How many objects of a part are named with their ids.
const NAMED: usize = 1;

/// The text.
pub(crate) fn state_text(world: &World) -> String {
    let mut out = format!("format: 1\nseed: {}\n", world.seed.value());
    for forest in 0..world.domains().len() {
        let dump = canonical(world, forest);
        section(&mut out, &format!("directory {}", world.domains()[forest].spec.domain), &dump);
    }
    let dump = dump::tenant(&world.tenant(), DumpOptions::default());
    section(&mut out, "tenant", &dump);
    out
}

/// The canonical dump of a domain: without what the order of arrival decides since it was generated.
pub(crate) fn canonical(world: &World, forest: usize) -> Dump {
    let first = world.domains()[forest].controllers.start;
    let since = DumpOptions::since(&world.initial().directories[first]);
    // what is on its way between controllers belongs to the state, wherever it was written
    dump::directory(&world.converged()[forest], since)
}

fn section(out: &mut String, title: &str, dump: &Dump) {
    if let Some(text) = dump.to_yaml_within(WRITTEN_OUT) {
        head(out, title, dump, dump.digest());
        out.push_str(&text);
        return;
    }
    let (digest, parts) = dump.digests(part);
    head(out, title, dump, digest);
    out.push_str("parts:\n");
    for (name, part) in parts {
        let (count, digest) = (part.objects.len(), part.digest);
        // writing to a String cannot fail
        let _ = writeln!(out, "  {}: {count} objects, {digest}", dump::escape_text(&name));
        for object in part.objects.into_iter().take(NAMED) {
            let _ = writeln!(out, "    {}", dump::escape_text(&named(object)));
        }
    }
}

fn head(out: &mut String, title: &str, dump: &Dump, digest: Digest) {
    let _ = writeln!(out, "--- {title}\nobjects: {}\ndigest: {digest}", dump.objects().len());
}

/// The part of the world that an object belongs to: its class, and its parent or the first letter of its name.
fn part(object: &DumpObject) -> String {
    match object.dn.as_deref() {
        Some(dn) => format!("{} {}", object.class, super::names::parent(dn)),
        None => {
            let name = object.name.rsplit('/').next().unwrap_or(&object.name);
            let letter = name.chars().next().map(|c| c.to_ascii_lowercase()).unwrap_or('-');
            format!("{} {letter}", object.class)
        }
    }
}

/// An object with the ids that it was given.
fn named(object: &DumpObject) -> String {
    let mut line = object.name.clone();
    for id in ["objectGUID", "objectSid", "id", "onPremisesImmutableId"] {
        if let Some(value) = object.attributes.get(id).and_then(|values| values.first()) {
            let _ = write!(line, " {id}={}", id_text(id, value.as_bytes()));
        }
    }
    line
}

/// An id as people read it: the directory keeps two of them in binary.
fn id_text(name: &str, bytes: &[u8]) -> String {
    let binary = match name {
        "objectGUID" => bytes.try_into().ok().map(|bytes| Guid::from_bytes_le(bytes).to_string()),
        "objectSid" => Sid::from_bytes(bytes).map(|sid| sid.to_string()),
        _ => None,
    };
    binary.unwrap_or_else(|| String::from_utf8_lossy(bytes).into_owned())
}
