//! `defects`: the catalogue of defects, explained.

use clap::{Args, Subcommand};
use forestbed_scenarios::Error;
use forestbed_sim::defects::{self, Kind, Role, catalogue};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::process::ExitCode;

/// Lists and explains what can be wrong with a directory.
#[derive(Debug, Args)]
pub(crate) struct Defects {
    #[command(subcommand)]
    what: Option<What>,
    /// Print it as JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Every row of the catalogue, a line each (the default).
    List,
    /// One row: what it is, how it is made, what repairs it, what synchronization makes of it.
    Explain {
        /// Such as PA26.
        id: String,
    },
    /// The defect profiles: what each injects, with its weight.
    Profiles,
}

impl Defects {
    pub(crate) fn run(&self) -> Result<ExitCode, Error> {
        let text = match &self.what {
            None | Some(What::List) if self.json => {
                pretty(&catalogue().rows().iter().map(as_json).collect::<Vec<_>>().into())
            }
            None | Some(What::List) => list(),
            Some(What::Explain { id }) => {
                let kind = catalogue().get(id).ok_or_else(|| {
                    let help = "`forestbed defects list` shows them all";
                    Error::input(format!("no defect '{id}' in the catalogue: {help}"))
                })?;
                if self.json { pretty(&as_json(kind)) } else { explain(kind) }
            }
            Some(What::Profiles) if self.json => pretty(&profiles_json()),
            Some(What::Profiles) => profiles(),
        };
        super::print(&text)
    }
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

fn is_made(kind: &Kind) -> bool {
    defects::how_made(kind.id).is_some() || defects::decoy_kinds().any(|id| id == kind.id)
}

/// A value of the greatest length that is still right is among the decoys.
fn is_limit(kind: &Kind) -> bool {
    kind.role != Role::Decoy
        && kind.role != Role::DecoyCarrier
        && defects::decoy_kinds().any(|id| id == kind.id)
}

fn list() -> String {
    let mut out = format!(
        "{:<6}{:<14}{:<16}{:<8}{:<10}{:<41}{}\n",
        "ID", "ROLE", "DETECTABLE", "REPAIR", "INJECTED", "ATTRIBUTES", "WHAT"
    );
    for kind in catalogue().rows() {
        let made = if is_made(kind) { "yes" } else { "no" };
        let attributes = kind.attributes.join(",");
        let _ = writeln!(
            out,
            "{:<6}{:<14}{:<16}{:<8}{made:<10}{attributes:<41}{}",
            kind.id,
            kind.role.name(),
            kind.detectable.name(),
            kind.repair.name(),
            kind.description
        );
    }
    out
}

fn made(kind: &Kind) -> String {
    let Some(how) = defects::how_made(kind.id) else {
        let decoy = defects::decoy_kinds().any(|id| id == kind.id);
        return match defects::why_not_made(kind.id) {
            Some(why) => format!("not injected: {why}"),
            None if decoy => "put in as a decoy".to_owned(),
            None => "not injected".to_owned(),
        };
    };
    let mut text = format!("from {}", how.from);
    if let Some(other) = how.and {
        let _ = write!(text, " and {other}");
    }
    if let Some(account) = how.in_cloud {
        let _ = write!(text, ", who stays as they are; the tenant gets {account}");
    }
    if how.across_domains {
        text.push_str(" of another domain or forest");
    }
    if how.lenient {
        text.push_str("; by the generator's own door, for a domain controller refuses it");
    }
    text
}

fn explain(kind: &Kind) -> String {
    let mut out = format!("{}  {}\n", kind.id, kind.description);
    let mut decoys: Vec<&str> = catalogue().decoys_of(kind).map(|decoy| decoy.id).collect();
    if is_limit(kind) {
        decoys.insert(0, "a value of exactly the greatest length");
    }
    let idfix = match kind.idfix_suggestion {
        "-" | "" => kind.idfix_error.to_owned(),
        suggestion => format!("{}; suggests: {suggestion}", kind.idfix_error),
    };
    let judged = match kind.role {
        Role::Decoy => "innocent: whoever touches or reports it as an error loses".to_owned(),
        _ => format!("detectable {}, repair {}", kind.detectable.name(), kind.repair.name()),
    };
    for (label, text) in [
        ("role", kind.role.name().to_owned()),
        ("attributes", kind.attributes.join(", ")),
        ("objects", kind.object_class.to_owned()),
        ("example", kind.example.to_owned()),
        ("made", made(kind)),
        ("in Active Directory", kind.exists_in_real_ad.to_owned()),
        ("right repair", kind.correct_fix.to_owned()),
        ("judged", judged),
        ("synchronization", kind.entra_effect.to_owned()),
        ("IdFix 2.6", idfix),
        ("look-alikes", decoys.join(", ")),
        ("source", kind.source.to_owned()),
    ] {
        if !text.is_empty() {
            let _ = writeln!(out, "  {label:<21}{text}");
        }
    }
    out
}

fn as_json(kind: &Kind) -> Value {
    let how = defects::how_made(kind.id);
    let decoys: Vec<&str> = catalogue().decoys_of(kind).map(|decoy| decoy.id).collect();
    json!({
        "id": kind.id,
        "role": kind.role.name(),
        "detectable": kind.detectable.name(),
        "repair": kind.repair.name(),
        "attributes": kind.attributes,
        "object_class": kind.object_class,
        "description": kind.description,
        "example": kind.example,
        "injected": is_made(kind),
        "made_from": how.map(|how| how.from),
        "made_with": how.and_then(|how| how.and),
        "across_domains": how.is_some_and(|how| how.across_domains),
        "in_cloud": how.and_then(|how| how.in_cloud),
        "why_not_injected": defects::why_not_made(kind.id),
        "exists_in_real_ad": kind.exists_in_real_ad,
        "lenient": how.is_some_and(|how| how.lenient),
        "correct_fix": kind.correct_fix,
        "entra_effect": kind.entra_effect,
        "idfix": { "error": kind.idfix_error, "suggestion": kind.idfix_suggestion },
        "decoys": decoys,
        "decoy_at_limit": is_limit(kind),
        "source": kind.source,
    })
}

fn profiles() -> String {
    let mut out = String::new();
    for name in defects::profiles() {
        let rows = defects::profile(name).unwrap_or_default();
        let _ = writeln!(out, "{name} ({} kinds)", rows.len());
        for (id, weight) in rows {
            let what = catalogue().get(id).map_or("", |kind| kind.description);
            let _ = writeln!(out, "  {weight:>4}  {id:<6}{what}");
        }
    }
    out
}

fn profiles_json() -> Value {
    let of = |name: &&str| {
        let weights = defects::profile(name).unwrap_or_default().into_iter();
        let rows: Vec<Value> =
            weights.map(|(id, weight)| json!({ "defect": id, "weight": weight })).collect();
        json!({ "profile": name, "defects": rows })
    };
    defects::profiles().iter().map(of).collect::<Vec<_>>().into()
}
