//! `scenarios`: the library.

use clap::{Args, Subcommand};
use forestbed_scenarios::Error;
use forestbed_scenarios::library::{LIBRARY, LibraryFile};
use serde_json::json;
use std::process::ExitCode;

/// Scenarios that come with forestbed.
#[derive(Debug, Args)]
pub(crate) struct Scenarios {
    #[command(subcommand)]
    command: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Their names, what they are about, and which rows of the mission they cover.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Print one: a file to start from.
    Show {
        /// Its name; `default` is the estate of `up` and `exec`.
        name: String,
    },
}

impl Scenarios {
    pub(crate) fn run(&self) -> Result<ExitCode, Error> {
        match &self.command {
            Verb::List { json } => list(*json),
            Verb::Show { name } => match LibraryFile::find(name) {
                Some(file) => super::print(file.text),
                None => {
                    let names: Vec<&str> = LIBRARY.iter().map(|file| file.name).collect();
                    Err(Error::input(format!("no scenario '{name}': there are {}", names.join(", "))))
                }
            },
        }
    }
}

fn list(as_json: bool) -> Result<ExitCode, Error> {
    let (mut text, mut rows) = (String::new(), Vec::new());
    for file in LIBRARY {
        let scenario = file.scenario()?;
        let covers: Vec<&str> = scenario.covers.iter().map(|row| row.0.as_str()).collect();
        let about = scenario.about.trim();
        text.push_str(&format!("{}\n  {about}\n", file.name));
        if !covers.is_empty() {
            text.push_str(&format!("  covers {}\n", covers.join(" ")));
        }
        rows.push(json!({ "name": file.name, "about": about, "covers": covers }));
    }
    if as_json { super::print(&format!("{:#}\n", json!(rows))) } else { super::print(&text) }
}
