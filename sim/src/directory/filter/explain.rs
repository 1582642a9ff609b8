//! Why a search found nothing: which condition rejected what came nearest.

use super::CompiledFilter;
use super::compile::{Step, Truth};
use super::test::{Operand, Test};
use crate::directory::{AttrId, Directory, ObjectId};
use std::fmt::Write as _;
use std::ops::Range;

/// Candidates that are looked at for an explanation.
const LOOKED_AT: usize = 256;
/// Fewer are looked at when their number times the steps of the filter exceeds this.
const STEPS_MOST: usize = 100_000;
/// Longest text of a condition, in characters.
const LONGEST: usize = 120;

impl Directory {
    /// The condition of a filter that no object of the base's part satisfies, or else the one that rejected
    /// most of those candidates which satisfied most of the others: for an empty answer, and cheap (the first
    /// 256 candidates are looked at, fewer for a long filter). None when there is a match among these.
    pub fn rejected_by(&self, filter: &CompiledFilter, candidates: &[ObjectId]) -> Option<String> {
        let conditions = filter.conditions();
        if candidates.is_empty() {
            let Some(at) = filter.plan.empty_condition(self) else {
                return Some("base and scope".to_owned());
            };
            return conditions.get(at).map(|steps| self.condition_text(&filter.steps[steps.clone()]));
        }
        let (mut nearest, mut rejected) = (usize::MAX, vec![0usize; conditions.len()]);
        let looked_at = LOOKED_AT.min(STEPS_MOST / filter.steps.len().max(1)).max(1);
        for id in candidates.iter().take(looked_at) {
            let Some(entry) = self.entry(*id) else { continue };
            let fails = |steps: &Range<usize>| filter.run(&entry, steps.clone()) != Truth::True;
            let failed: Vec<usize> = (0..conditions.len()).filter(|at| fails(&conditions[*at])).collect();
            if failed.len() < nearest {
                nearest = failed.len();
                rejected.iter_mut().for_each(|count| *count = 0);
            }
            if failed.len() == nearest {
                failed.iter().for_each(|at| rejected[*at] += 1);
            }
        }
        if nearest == 0 {
            return None;
        }
        // of equal ones the first
        let most = rejected.iter().copied().max()?;
        let at = rejected.iter().position(|count| *count == most)?;
        Some(self.condition_text(&filter.steps[conditions[at].clone()]))
    }

    /// A condition as text: attributes by their own names, values as they are compared.
    fn condition_text(&self, steps: &[Step]) -> String {
        // a group is open until it is an operand itself
        let closed = |(text, open): (String, bool)| if open { text + ")" } else { text };
        let mut stack: Vec<(String, bool)> = Vec::new();
        for step in steps {
            match step {
                Step::Test(test) => stack.push((self.test_text(test), false)),
                Step::Open(truth) => {
                    stack.push((if *truth == Truth::True { "(&" } else { "(|" }.to_owned(), true));
                }
                Step::Not => {
                    let operand = stack.pop().map(closed).unwrap_or_default();
                    stack.push((format!("(!{operand})"), false));
                }
                Step::And { .. } | Step::Or { .. } => {
                    let operand = stack.pop().map(closed).unwrap_or_default();
                    if let Some((group, _)) = stack.last_mut().filter(|(group, _)| group.len() < LONGEST) {
                        group.push_str(&operand);
                    }
                }
            }
        }
        let text = stack.pop().map(closed).unwrap_or_default();
        match text.char_indices().nth(LONGEST) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text,
        }
    }

    fn test_text(&self, test: &Test) -> String {
        let name = |id: &AttrId| self.schema().name(*id);
        let dn = |id: ObjectId| self.entry(id).map(|entry| entry.dn()).unwrap_or_default();
        let compared = |id: &AttrId, sign: &str, operand: &Operand| {
            let mut text = format!("({}{sign}", name(id));
            let _ = match operand {
                Operand::Folded(value) | Operand::Exact(value) => write!(text, "{value})"),
                Operand::Bytes(bytes) => write!(text, "{} bytes)", bytes.len()),
                Operand::Int(number) => write!(text, "{number})"),
                Operand::Bool(flag) => write!(text, "{})", if *flag { "TRUE" } else { "FALSE" }),
                Operand::Time(time) => write!(text, "{})", time.generalized()),
                Operand::Object(id) => write!(text, "{})", dn(*id)),
                Operand::Guid(guid) => write!(text, "{guid})"),
                Operand::Sid(sid) => write!(text, "{sid})"),
            };
            text
        };
        match test {
            Test::Undefined => "(undefined: an unknown attribute, or a value of another syntax)".to_owned(),
            Test::Never => "(a value that names nothing)".to_owned(),
            Test::Always => "(objectClass=*)".to_owned(),
            Test::Class(class) => format!("(objectClass={})", self.schema().class_name(*class)),
            Test::Present(id) | Test::PresentHere(id) => format!("({}=*)", name(id)),
            Test::Equal(id, operand) => compared(id, "=", operand),
            Test::AtLeast(id, operand) => compared(id, ">=", operand),
            Test::AtMost(id, operand) => compared(id, "<=", operand),
            Test::Substrings { attribute, initial, any, last, .. } => {
                let parts: String = any.iter().map(|part| format!("{part}*")).collect();
                format!("({}={initial}*{parts}{last})", name(attribute))
            }
            Test::BitAnd(id, mask) => format!("({}:1.2.840.113556.1.4.803:={mask})", name(id)),
            Test::BitOr(id, mask) => format!("({}:1.2.840.113556.1.4.804:={mask})", name(id)),
            Test::Among(_) => "(a chain of links)".to_owned(),
            Test::Ambiguous(_) => "(aNR)".to_owned(),
            Test::WithData(_) => "(a value with data)".to_owned(),
        }
    }
}

impl CompiledFilter {
    /// The steps of the conditions that a match must all satisfy: the operands of the outermost AND, or the
    /// whole filter.
    fn conditions(&self) -> Vec<Range<usize>> {
        let whole: Vec<Range<usize>> = std::iter::once(0..self.steps.len()).collect();
        let Some(Step::Open(Truth::True)) = self.steps.first() else { return whole };
        let (mut found, mut start) = (Vec::new(), 1);
        for (at, step) in self.steps.iter().enumerate() {
            // the folds of the outermost group leave it for the end of the program
            if matches!(step, Step::And { end } if *end == self.steps.len()) {
                found.push(start..at);
                start = at + 1;
            }
        }
        if start == self.steps.len() { found } else { whole }
    }
}
