//! `generate`: grow an estate, count it, write it.

use super::estate::EstateArgs;
use clap::Args;
use forestbed_scenarios::Error;
use forestbed_sim::clock::ClockMode;
use forestbed_sim::directory::{Directory, Filter, Scope, SearchOptions};
use forestbed_sim::dump::{self, DumpOptions};
use forestbed_sim::population::Shape;
use forestbed_sim::spec::PopulationSpec;
use forestbed_sim::tenant::ObjectKind;
use forestbed_sim::world::World;
use serde_json::{Map, Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The kinds of objects, and filters that tools commonly use.
const FILTERS: [(&str, &str); 10] = [
    ("people and accounts", "(&(objectCategory=person)(objectClass=user))"),
    (
        "... enabled",
        "(&(objectCategory=person)(objectClass=user)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))",
    ),
    ("... with mail", "(&(objectCategory=person)(objectClass=user)(mail=*))"),
    ("contacts", "(objectClass=contact)"),
    ("groups", "(objectClass=group)"),
    ("... security", "(&(objectClass=group)(groupType:1.2.840.113556.1.4.803:=2147483648))"),
    ("computers", "(objectClass=computer)"),
    ("organizational units", "(objectClass=organizationalUnit)"),
    ("what a sync engine reads", "(|(objectCategory=person)(objectCategory=group))"),
    ("everything", "(objectClass=*)"),
];

/// Without --out it only counts, by kind and by common filters.
#[derive(Debug, Args)]
pub(crate) struct Generate {
    #[command(flatten)]
    estate: EstateArgs,
    /// A folder to write to: an LDIF and a JSON lines file a forest, the tenant, and the truth about defects.
    #[arg(long, value_name = "FOLDER", help_heading = "Options")]
    out: Option<PathBuf>,
    /// Print the counts as JSON.
    #[arg(long, help_heading = "Options")]
    json: bool,
}

impl Generate {
    pub(crate) fn run(&self) -> Result<ExitCode, Error> {
        let spec = self.estate.spec(ClockMode::Frozen)?;
        let world = World::generate(spec, self.estate.threads())?;
        self.estate.tell_imports(&world)?;
        if let Some(folder) = &self.out {
            write(&world, folder)?;
        }
        let counts = counts(&world, self.json);
        if self.json {
            return super::print(&format!("{counts:#}\n"));
        }
        super::print(&table(&world, &counts))
    }
}

/// Counts of each domain and of the tenant; with the measured shape of each population, which takes a while.
fn counts(world: &World, shape: bool) -> Value {
    let forest = |index: usize| {
        let cell = &world.domains()[index];
        let directory = world.directory(index);
        let filters: Map<String, Value> = FILTERS
            .iter()
            .map(|(_, filter)| ((*filter).to_owned(), count(&directory, filter).into()))
            .collect();
        json!({
            "domain": cell.spec.domain,
            "population": population(&cell.spec.population),
            "shape": shape.then(|| Shape::of(&directory, world.clock.now())),
            "filters": filters,
            "defects": cell.ledger.rows.len(),
            "decoys": cell.ledger.decoys.len(),
        })
    };
    let tenant = world.tenant();
    json!({
        "format": 1,
        "seed": world.seed.value(),
        "forests": (0..world.domains().len()).map(forest).collect::<Vec<_>>(),
        "tenant": {
            "users": tenant.count(ObjectKind::User),
            "groups": tenant.count(ObjectKind::Group),
            "subscriptions": tenant.skus().len(),
        },
    })
}

fn population(spec: &PopulationSpec) -> Value {
    json!({
        "profile": spec.profile.name(),
        "users": spec.users,
        "groups": spec.groups,
        "contacts": spec.contacts,
        "rooms": spec.rooms,
        "shared": spec.shared,
        "computers": spec.computers,
        "services": spec.services,
        "admins": spec.admins,
    })
}

fn count(directory: &Directory, filter: &str) -> usize {
    let Ok(filter) = Filter::parse(filter) else { return 0 };
    let compiled = directory.compile(&filter);
    let found =
        directory.candidates(directory.info().domain, Scope::Subtree, &compiled, SearchOptions::default());
    found.filter(|id| directory.matches(*id, &compiled)).count()
}

fn table(world: &World, counts: &Value) -> String {
    let mut text = format!("seed {}\n", world.seed.value());
    for forest in counts["forests"].as_array().into_iter().flatten() {
        let profile = forest["population"]["profile"].as_str().unwrap_or_default();
        let domain = forest["domain"].as_str().unwrap_or_default();
        text.push_str(&format!("\nforest {domain} (population {profile})\n"));
        for (name, filter) in FILTERS {
            text.push_str(&format!("  {name:<26} {:>9}  {filter}\n", forest["filters"][filter].to_string()));
        }
        text.push_str(&format!("  {:<26} {:>9}\n", "defects on record", forest["defects"].to_string()));
        text.push_str(&format!("  {:<26} {:>9}\n", "decoys", forest["decoys"].to_string()));
    }
    let tenant = world.tenant();
    text.push_str(&format!("\ntenant {}\n", world.spec.tenant.initial_domain));
    text.push_str(&format!("  {:<26} {:>9}\n", "users", counts["tenant"]["users"].to_string()));
    text.push_str(&format!("  {:<26} {:>9}\n", "groups", counts["tenant"]["groups"].to_string()));
    for sku in tenant.skus() {
        text.push_str(&format!("  {:<26} {:>9}  seats\n", sku.sku.part_number, sku.seats));
    }
    text
}

fn write(world: &World, folder: &Path) -> Result<(), Error> {
    let save = |name: String, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|e| Error::harness(format!("cannot write {}: {e}", path.display())))
    };
    fs::create_dir_all(folder)
        .map_err(|e| Error::harness(format!("cannot make {}: {e}", folder.display())))?;
    let mut truth = Vec::new();
    for cell in world.domains() {
        let initial = &world.initial().directories[cell.controllers.start];
        let dump = dump::directory(initial, DumpOptions::since(initial));
        save(format!("{}.ldif", cell.spec.domain), &dump.to_ldif().unwrap_or_default())?;
        save(format!("{}.jsonl", cell.spec.domain), &dump.to_jsonl())?;
        truth.push(json!({ "domain": cell.spec.domain, "ledger": *cell.ledger }));
    }
    save("tenant.jsonl".to_owned(), &dump::tenant(&world.tenant(), DumpOptions::default()).to_jsonl())?;
    save("truth.json".to_owned(), &format!("{:#}\n", json!({ "format": 1, "forests": truth })))
}
