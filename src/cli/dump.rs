//! `dump`: canonical texts.

use super::estate::EstateArgs;
use super::score::Running;
use clap::{Args, ValueEnum};
use forestbed_scenarios::Error;
use forestbed_sim::clock::ClockMode;
use forestbed_sim::dump::{self, DumpOptions};
use forestbed_sim::world::World;
use std::process::ExitCode;

/// Of a fresh estate with the options below, or of the running one that --control-url names (or
/// FORESTBED_CONTROL_URL, inside `exec`).
#[derive(Debug, Args)]
pub(crate) struct Dump {
    /// Which side.
    what: What,
    /// In which form.
    #[arg(long, value_enum, default_value_t = Format::Yaml)]
    format: Format,
    /// With what the order of arrival decides too: USNs, run-time stamps, change numbers.
    #[arg(long)]
    stamps: bool,
    /// Which domain, counted over all forests (each forest's root, then its children), from 1 on.
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    forest: u16,
    #[command(flatten)]
    running: Running,
    #[command(flatten)]
    estate: EstateArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum What {
    /// The directory of a forest.
    Directory,
    /// The tenant.
    Tenant,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For readers.
    Yaml,
    /// For programs: an object a line.
    Jsonl,
    /// For LDAP tools; directories only.
    Ldif,
}

impl Dump {
    pub(crate) fn run(&self) -> Result<ExitCode, Error> {
        if let Some(running) = self.running.estate() {
            let what = match self.what {
                What::Directory => "directory",
                What::Tenant => "tenant",
            };
            let format = self.format.to_possible_value().map(|v| v.get_name().to_owned()).unwrap_or_default();
            let (stamps, forest) = (self.stamps, self.forest);
            let path = format!("/api/dump/{what}?format={format}&stamps={stamps}&forest={forest}");
            return super::print(&running?.get(&path)?);
        }
        let world = World::generate(self.estate.spec(ClockMode::Frozen)?, self.estate.threads())?;
        self.estate.tell_imports(&world)?;
        let options = if self.stamps { DumpOptions::with_stamps() } else { DumpOptions::default() };
        let dump = match self.what {
            What::Tenant => dump::tenant(&world.tenant(), options),
            What::Directory => {
                let index = usize::from(self.forest) - 1;
                if index >= world.domains().len() {
                    let count = world.domains().len();
                    return Err(Error::input(format!(
                        "there is no forest {}: the estate has {count}",
                        self.forest
                    )));
                }
                let initial = &world.initial().directories[world.domains()[index].controllers.start];
                let options = if self.stamps { options } else { DumpOptions::since(initial) };
                dump::directory(initial, options)
            }
        };
        match self.format {
            Format::Yaml => super::print(&dump.to_yaml()),
            Format::Jsonl => super::print(&dump.to_jsonl()),
            Format::Ldif => match dump.to_ldif() {
                Some(ldif) => super::print(&ldif),
                None => Err(Error::input("a tenant has no LDIF form: use --format yaml or jsonl")),
            },
        }
    }
}
