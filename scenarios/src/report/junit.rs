//! JUnit XML: a test case a step, and one an expectation. What a second play did is told in properties and in the
//! suite's output: it fails nobody's build.

use crate::runner::{RunReport, StepReport, StepStatus};
use std::fmt::Write as _;

/// The report of some runs as one JUnit file.
pub fn junit(reports: &[RunReport]) -> String {
    let mut out =
        String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"forestbed\">\n");
    for report in reports {
        let mut cases = String::new();
        let (mut count, mut failures, mut errors) = (0, 0, 0);
        for step in &report.steps {
            count += 1 + step.checks.len();
            failures += step.checks.iter().filter(|check| !check.passed).count();
            failures += usize::from(failed_itself(step));
            errors += usize::from(step.status == StepStatus::Broken);
            write_step(&mut cases, report, step);
        }
        // writing to a String cannot fail
        let broken = |step: &&StepReport| step.status == StepStatus::Broken;
        if let Some(step) = report.against.iter().flat_map(|against| &against.steps).find(broken) {
            count += 1;
            errors += 1;
            let step = StepReport { title: format!("{} (second play)", step.title), ..step.clone() };
            write_step(&mut cases, report, &StepReport { checks: Vec::new(), ..step });
        }
        let _ = writeln!(
            out,
            "  <testsuite name=\"{}\" tests=\"{count}\" failures=\"{failures}\" errors=\"{errors}\">",
            escape_xml(&report.scenario)
        );
        write_properties(&mut out, report);
        out.push_str(&cases);
        if let Some(against) = &report.against {
            let text = escape_xml(&against.comparison.to_string());
            let _ = writeln!(out, "    <system-out>{text}</system-out>");
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

/// One property a number of both plays: `first | second`.
fn write_properties(out: &mut String, report: &RunReport) {
    let Some(against) = &report.against else { return };
    let comparison = &against.comparison;
    out.push_str("    <properties>\n");
    let mut property = |name: &str, values: [&str; 2]| {
        let value = escape_xml(&values.join(" | "));
        let _ = writeln!(out, "      <property name=\"{}\" value=\"{value}\"/>", escape_xml(name));
    };
    property("tools", comparison.tools.each_ref().map(String::as_str));
    for line in &comparison.lines {
        property(&line.what, line.values.each_ref().map(|value| value.as_deref().unwrap_or("-")));
    }
    out.push_str("    </properties>\n");
}

/// Whether a step failed for another reason than its expectations.
fn failed_itself(step: &StepReport) -> bool {
    step.status == StepStatus::Failed && step.checks.iter().all(|check| check.passed)
}

fn write_step(out: &mut String, report: &RunReport, step: &StepReport) {
    let class = escape_xml(&report.scenario);
    let name = escape_xml(&format!("{} {}", step.number, step.title));
    let text = escape_xml(&format!("{}\n{}", step.note, step.output));
    let body = match step.status {
        StepStatus::Broken => format!("<error message=\"{}\">{text}</error>", escape_xml(&step.note)),
        StepStatus::Failed if failed_itself(step) => {
            format!("<failure message=\"{}\">{text}</failure>", escape_xml(&step.note))
        }
        _ => String::new(),
    };
    let _ = writeln!(out, "    <testcase classname=\"{class}\" name=\"{name}\">{body}</testcase>");
    for check in &step.checks {
        let name = escape_xml(&format!("{} {} {}", step.number, check.what, check.expected));
        let body = if check.passed {
            String::new()
        } else {
            format!("<failure message=\"it is {}\"/>", escape_xml(&check.actual))
        };
        let _ = writeln!(out, "    <testcase classname=\"{class}\" name=\"{name}\">{body}</testcase>");
    }
}

/// Text as XML 1.0 can carry it: what it cannot is written as an escape.
fn escape_xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            c if forestbed_sim::dump::is_unsafe(c) || matches!(c, '\u{fffe}' | '\u{ffff}') => {
                out.extend(c.escape_unicode());
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xml_carries_no_control_character_and_no_markup() {
        assert_eq!(escape_xml("<a b=\"&\u{1b}\">\n"), "&lt;a b=&quot;&amp;\\u{1b}&quot;&gt;&#10;");
    }
}
