//! IdFix's rules over so many people, so many times: something to put under `perf stat` or `valgrind`.
//! `cargo run --release -p forestbed-sim --example idfix_rules -- USERS TIMES`.
//!
//! Each person has a userPrincipalName, two proxy addresses, mail and alias, as in the measurement of IdFix that
//! BENCHMARKS.md quotes; one in ten repeats another's address. What a check costs is the difference between
//! TIMES 1 and TIMES 11, divided by ten.

use forestbed_sim::rules::ObjectView;
use forestbed_sim::rules::idfix::{self, IdFixSettings};

fn main() -> Result<(), std::num::ParseIntError> {
    let mut arguments = std::env::args().skip(1);
    let users = arguments.next().map_or(Ok(2_000), |users| users.parse())?;
    let times: usize = arguments.next().map_or(Ok(1), |times| times.parse())?;
    let people: Vec<ObjectView> = (0..users).map(person).collect();
    let mut rows = 0;
    for _ in 0..times {
        rows += idfix::check(&people, &IdFixSettings::default()).rows.len();
    }
    println!("{users} users, {times} times: {rows} rows");
    Ok(())
}

fn person(number: usize) -> ObjectView {
    let shared = if number % 10 == 9 { number - 1 } else { number };
    let name = format!("Jan Jansen {number}");
    let one = |text: String| vec![text];
    let addresses =
        vec![format!("SMTP:jan.jansen{shared}@contoso.com"), format!("smtp:jjansen{number}@contoso.com")];
    ObjectView::new(format!("CN={name},OU=Staff,OU=Sites,DC=contoso,DC=com"), "user")
        .with("cn", one(name.clone()))
        .with("displayName", one(name))
        .with("sAMAccountName", one(format!("jjansen{number}")))
        .with("userPrincipalName", one(format!("jan.jansen{number}@contoso.com")))
        .with("mail", one(format!("jan.jansen{shared}@contoso.com")))
        .with("mailNickname", one(format!("jan.jansen{number}")))
        .with("proxyAddresses", addresses)
}
