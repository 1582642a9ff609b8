//! Wrong checkers and fixers on small dirty estates: each loses exactly what it did wrong, and nothing else.

use forestbed::defects::LedgerRow;
use forestbed::directory::UpdateContext;
use forestbed::ids::Guid;
use forestbed::spec::{DefectMix, EstateSpec, ForestSpec, PopulationProfile, PopulationSpec};
use forestbed::tool::{Finding as Reported, ToolReport};
use forestbed::tools::{FixerOptions, ReferenceChecker, ReferenceFixer};
use forestbed::world::World;
use forestbed::{BoxFuture, Role, Tool, ToolEnv, ToolError, ToolOutcome};
use forestbed_sim::rules::{Finding, ObjectView};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Repaired, wrong, missed, worse, collateral, decoys touched.
type Repairs = [u64; 6];

/// A fixer that does this about each finding, and this to the directories when it is done.
struct Fixer {
    what: &'static str,
    defects: &'static [(&'static str, u32)],
    review: fn(&Finding, &ObjectView) -> Option<Vec<String>>,
    then: fn(&World),
    /// From the rows of the ledger.
    expected: fn(&World) -> Repairs,
}

fn rows(world: &World) -> u64 {
    world.domains().iter().map(|domain| domain.ledger.rows.len() as u64).sum()
}

fn nothing(_: &World) {}

fn right(finding: &Finding, _: &ObjectView) -> Option<Vec<String>> {
    finding.suggestion.clone()
}

fn write(world: &World, guid: Guid, attribute: &str, values: &[String]) {
    let context = UpdateContext::system(world.clock.now());
    let mut directory = world.directory_mut(0);
    let id = directory.by_guid(guid).expect("an object");
    let attribute = directory.schema().attribute_id(attribute).expect("an attribute");
    let values = values.iter().map(|value| value.as_bytes().to_vec()).collect();
    directory.load_values(&context, id, attribute, values);
}

fn delete(world: &World, guid: forestbed::ids::Guid) {
    let context = UpdateContext::system(world.clock.now());
    let mut directory = world.directory_mut(0);
    let dn = directory.by_guid(guid).and_then(|id| directory.entry(id)).expect("an object").dn();
    directory.delete(&context, &dn).expect("a leaf");
}

const FIXERS: &[Fixer] = &[
    Fixer {
        what: "the reference fixer",
        defects: &[("UP15", 5), ("PA26", 4), ("GA04", 3), ("UP07", 2)],
        review: right,
        then: nothing,
        expected: |world| [rows(world), 0, 0, 0, 0, 0],
    },
    Fixer {
        what: "empties what it should mend",
        defects: &[("MN01", 3), ("UP03", 4), ("SN01", 2), ("GA10", 3), ("GA04", 3), ("DN07", 2)],
        review: |finding, _| finding.suggestion.as_ref().map(|_| Vec::new()),
        then: nothing,
        expected: |world| [0, rows(world), 0, 0, 0, 0],
    },
    Fixer {
        what: "does nothing and says nothing",
        defects: &[("MN01", 3), ("GA12", 2), ("ML03", 4)],
        review: |_, _| None,
        then: nothing,
        expected: |world| [0, 0, rows(world), 0, 0, 0],
    },
    Fixer {
        what: "takes an address from its owner and leaves it to the other holder",
        defects: &[("PA26", 6)],
        review: |finding, object| {
            let (Some(owner), Some(value)) = (&finding.owner, &finding.value) else { return None };
            let mut values = object.all(&finding.attribute).to_vec();
            if *owner == finding.dn {
                values.retain(|held| !held.eq_ignore_ascii_case(value));
            }
            Some(values)
        },
        then: nothing,
        // the owner lost what was rightly its own; who has no owner is left to a person, and said so
        expected: |world| {
            let ledger = &world.domains()[0].ledger;
            let owned = ledger.rows.iter().filter(|row| row.owner.is_some()).count() as u64;
            [rows(world) - owned, 0, 0, owned, 0, 0]
        },
    },
    Fixer {
        what: "guesses what a person has to decide",
        defects: &[("UP07", 4), ("UP15", 3)],
        review: |finding, _| match (&finding.suggestion, &finding.guid) {
            (None, Some(guid)) if finding.attribute == "userPrincipalName" => {
                Some(vec![format!("guess.{guid}@contoso.com")])
            }
            (suggestion, _) => suggestion.clone(),
        },
        then: nothing,
        expected: |_| [3, 4, 0, 0, 0, 0],
    },
    Fixer {
        what: "takes apostrophes for errors",
        defects: &[("UP15", 5)],
        review: right,
        then: |world| {
            let ledger = world.domains()[0].ledger.clone();
            for decoy in &ledger.decoys {
                let plain: Vec<String> = decoy.value.iter().map(|value| value.replace('\'', "")).collect();
                if plain != decoy.value {
                    write(world, decoy.object, &decoy.attribute, &plain);
                }
            }
        },
        // of the first six decoys two hold one: o'jansen@ and X500:...cn=d'jansen
        expected: |_| [5, 0, 0, 0, 0, 2],
    },
    Fixer {
        what: "deletes a holder of each duplicate",
        defects: &[("PA26", 3), ("UP15", 2)],
        review: |finding, _| finding.suggestion.clone().filter(|_| finding.rule == "UP15"),
        then: |world| {
            let ledger = world.domains()[0].ledger.clone();
            for row in ledger.rows.iter().filter(|row| row.defect == "PA26") {
                delete(world, row.objects[0]);
            }
        },
        // each deleted object is damage of its own beside its row
        expected: |_| [2, 0, 0, 3, 3, 0],
    },
    Fixer {
        what: "writes down its name on everything that it repairs",
        defects: &[("UP15", 5), ("MN01", 2)],
        review: right,
        then: |world| {
            let ledger = world.domains()[0].ledger.clone();
            for row in &ledger.rows {
                write(world, row.objects[0], "description", &["mended by my-fix".to_owned()]);
            }
        },
        expected: |_| [7, 0, 0, 0, 7, 0],
    },
];

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_fixer_loses_what_it_did_wrong_and_nothing_else() {
    for fixer in FIXERS {
        let lab = super::start(super::estate(7, 90, fixer.defects)).await;
        let options = FixerOptions { review: fixer.review, ..FixerOptions::default() };
        let silent = fixer.what.contains("says nothing");
        let tool = Altered {
            inner: Box::new(ReferenceFixer::with_options(options)),
            report: if silent { |_, _| Vec::new() } else { |_, findings| findings },
            then: fixer.then,
            world: lab.world().clone(),
        };
        // a broken tool may well say that it failed: it is judged all the same
        let _ = lab.run(Role::Fixer, &tool).await;
        let repairs = lab.score().repairs.expect("a fixer ran");
        let counts = [
            repairs.repaired,
            repairs.wrong.count,
            repairs.missed.count,
            repairs.worse.count,
            repairs.collateral.count,
            repairs.decoys_touched.count,
        ];
        assert_eq!(counts, (fixer.expected)(lab.world()), "{}: {repairs:#?}", fixer.what);
        assert_eq!(counts[..4].iter().sum::<u64>(), repairs.injected, "{}", fixer.what);
        lab.shutdown().await;
    }
}

/// A tool whose report is altered, and which does something more behind the servers' back.
struct Altered {
    inner: Box<dyn Tool>,
    report: fn(&World, Vec<Reported>) -> Vec<Reported>,
    then: fn(&World),
    world: Arc<World>,
}

impl Tool for Altered {
    fn name(&self) -> &str {
        "altered"
    }

    fn run<'a>(&'a self, env: &'a ToolEnv) -> BoxFuture<'a, Result<ToolOutcome, ToolError>> {
        Box::pin(async move {
            let outcome = self.inner.run(env).await;
            if let Some(report) = ToolReport::read(&env.report_file)? {
                ToolReport::new((self.report)(&self.world, report.findings)).write(&env.report_file)?;
            }
            (self.then)(&self.world);
            outcome
        })
    }
}

/// Of the rows that a machine can decide found and all, false alarms, decoys reported, and of the rows that need
/// settings found and all.
type Detection = [u64; 6];

/// A checker that reports this of what the reference checker finds.
struct Checker {
    what: &'static str,
    estate: fn() -> EstateSpec,
    report: fn(&World, Vec<Reported>) -> Vec<Reported>,
    expected: fn(&World) -> Detection,
}

fn one_forest() -> EstateSpec {
    super::estate(7, 90, &[("PA26", 5), ("UP15", 4), ("MN01", 3)])
}

fn two_forests() -> EstateSpec {
    // two companies that share no name by chance
    let merged = PopulationProfile::all().find(|profile| profile.name() == "merged-companies");
    let merged = merged.expect("a profile");
    let forest = |domain: &str, suffix: &str, defects: &[(&str, u32)]| ForestSpec {
        domain: domain.to_owned(),
        upn_suffixes: vec![suffix.to_owned()],
        population: PopulationSpec::of(merged, 80),
        defects: DefectMix::Exact(defects.iter().map(|(id, count)| ((*id).to_owned(), *count)).collect()),
        ..ForestSpec::default()
    };
    let mut spec = super::estate(7, 80, &[]);
    spec.forests = vec![
        forest("contoso.local", "contoso.com", &[("XD06", 4), ("PA26", 3)]),
        forest("fabrikam.local", "fabrikam.com", &[("UP15", 2)]),
    ];
    spec.tenant.verified_domains.push("fabrikam.com".to_owned());
    spec
}

fn crowded() -> EstateSpec {
    let mut spec =
        super::estate(7, 90, &[("DN04", 12), ("GN01", 12), ("SN01", 12), ("PA02", 12), ("UP03", 12)]);
    spec.forests[0].overlap = 60;
    spec
}

fn ledger_rows(world: &World) -> Vec<LedgerRow> {
    world.domains().iter().flat_map(|domain| domain.ledger.rows.clone()).collect()
}

/// The domain that a name lies in.
fn home(dn: &str) -> String {
    let lower = dn.to_ascii_lowercase();
    lower.find(",dc=").map_or_else(String::new, |at| lower[at..].to_owned())
}

/// Only what is said of the attribute of each object that comes first by name.
fn first_attribute(_: &World, findings: Vec<Reported>) -> Vec<Reported> {
    let mut first: BTreeMap<String, String> = BTreeMap::new();
    for finding in &findings {
        let held = first.entry(finding.dn.clone()).or_insert_with(|| finding.attribute.clone());
        if finding.attribute < *held {
            held.clone_from(&finding.attribute);
        }
    }
    findings.into_iter().filter(|finding| first[&finding.dn] == finding.attribute).collect()
}

const CHECKERS: &[Checker] = &[
    Checker {
        what: "the reference checker",
        estate: one_forest,
        report: |_, findings| findings,
        expected: |_| [12, 12, 0, 0, 0, 0],
    },
    Checker {
        what: "names one holder of each duplicate: enough to find the row",
        estate: one_forest,
        report: |_, findings| {
            let first = |finding: &Reported| finding.others.iter().all(|other| finding.dn < *other);
            findings.into_iter().filter(first).collect()
        },
        expected: |_| [12, 12, 0, 0, 0, 0],
    },
    Checker {
        what: "sees no duplicate at all",
        estate: one_forest,
        report: |_, findings| findings.into_iter().filter(|finding| finding.others.is_empty()).collect(),
        expected: |_| [7, 12, 0, 0, 0, 0],
    },
    Checker {
        what: "names the right object and the wrong attribute",
        estate: || super::estate(7, 90, &[("UP15", 4)]),
        report: |_, findings| {
            let moved = |finding: Reported| Reported { attribute: "title".to_owned(), ..finding };
            findings.into_iter().map(moved).collect()
        },
        expected: |_| [0, 4, 4, 0, 0, 0],
    },
    Checker {
        what: "takes each decoy for an error",
        estate: one_forest,
        report: |world, mut findings| {
            for decoy in &world.domains()[0].ledger.decoys {
                findings.push(Reported {
                    object: decoy.object.to_string(),
                    attribute: decoy.attribute.clone(),
                    rule: "mine".to_owned(),
                    severity: "error".to_owned(),
                    ..Reported::default()
                });
            }
            findings
        },
        expected: |_| [12, 12, 6, 6, 0, 0],
    },
    Checker {
        what: "the reference checker on two forests",
        estate: two_forests,
        report: |_, findings| findings,
        expected: |_| [5, 5, 0, 0, 4, 4],
    },
    Checker {
        what: "looks at each forest by itself",
        estate: two_forests,
        report: |_, findings| {
            let inside = |finding: &Reported| {
                finding.others.is_empty()
                    || finding.others.iter().any(|other| home(other) == home(&finding.dn))
            };
            findings.into_iter().filter(inside).collect()
        },
        expected: |_| [5, 5, 0, 0, 0, 4],
    },
    Checker {
        what: "stops at the first defect of an object",
        estate: crowded,
        report: first_attribute,
        expected: |world| {
            let rows = ledger_rows(world);
            let mut first: BTreeMap<Guid, &str> = BTreeMap::new();
            for row in &rows {
                let held = first.entry(row.objects[0]).or_insert(&row.attribute);
                *held = (*held).min(&row.attribute);
            }
            let found = rows.iter().filter(|row| first[&row.objects[0]] == row.attribute).count() as u64;
            let objects: BTreeSet<Guid> = rows.iter().map(|row| row.objects[0]).collect();
            assert!(objects.len() < rows.len() && found < rows.len() as u64, "objects with several defects");
            [found, rows.len() as u64, 0, 0, 0, 0]
        },
    },
];

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_checker_loses_what_it_did_not_say_and_what_it_made_up() {
    for checker in CHECKERS {
        let lab = super::start((checker.estate)()).await;
        let tool = Altered {
            inner: Box::new(ReferenceChecker),
            report: checker.report,
            then: nothing,
            world: lab.world().clone(),
        };
        lab.run(Role::Checker, &tool).await.expect("the checker runs");
        let score = lab.score().detection.expect("a checker ran");
        let counts = [
            score.found,
            score.decidable,
            score.false_alarms.count,
            score.decoys_reported.count,
            score.with_settings.0,
            score.with_settings.1,
        ];
        assert_eq!(counts, (checker.expected)(lab.world()), "{}: {score:#?}", checker.what);
        lab.shutdown().await;
    }
}
