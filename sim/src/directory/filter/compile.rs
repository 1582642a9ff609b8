//! Filters bound to a schema: a flat program, so that depth costs no stack.

use super::Filter;
use super::plan::{Plan, Planner};
use super::test::Test;
use crate::directory::{Directory, Entry, ObjectId, Port};

/// Three-valued truth (RFC 4511 4.5.1.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Truth {
    False,
    Undefined,
    True,
}

impl From<bool> for Truth {
    fn from(value: bool) -> Truth {
        if value { Truth::True } else { Truth::False }
    }
}

/// One step of the program. `And` and `Or` stand behind each operand: they fold it into the accumulator below
/// it and leave the group when nothing can change it any more.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Test(Test),
    Open(Truth),
    And { end: usize },
    Or { end: usize },
    Not,
}

/// A filter bound to one directory's schema: attribute ids instead of names, values in stored form.
///
/// References in it (a group's name, the members of a chain) are those of the moment it was compiled.
#[derive(Debug, Clone)]
pub struct CompiledFilter {
    pub(super) steps: Vec<Step>,
    pub(super) plan: Plan,
}

/// What the compiler still has to do.
enum Todo<'a> {
    Visit(&'a Filter),
    Fold { and: bool, group: usize },
    Close { and: bool, group: usize },
    Negate,
}

impl Directory {
    /// Binds a filter to the schema. Unknown attributes and values of the wrong syntax are undefined.
    pub fn compile(&self, filter: &Filter) -> CompiledFilter {
        self.compile_as(filter, true)
    }

    /// The same for a reader who sees confidential attributes, or does not: to whom they are hidden, what a
    /// filter asks about them is undefined.
    pub fn compile_as(&self, filter: &Filter, confidential: bool) -> CompiledFilter {
        self.compile_on(Port::Catalog, filter, confidential)
    }

    /// The same for what a port shows: values of back links that it leaves out are not there for its filters
    /// either.
    pub fn compile_on(&self, port: Port, filter: &Filter, confidential: bool) -> CompiledFilter {
        let compiled = |filter: &Filter| Test::compile(self, filter, confidential).seen_through(self, port);
        let alone = !matches!(filter, Filter::And(_) | Filter::Or(_) | Filter::Not(_));
        if alone {
            let test = compiled(filter);
            return CompiledFilter { plan: Plan::of_test(self, &test), steps: vec![Step::Test(test)] };
        }
        let (mut steps, mut ends, mut plans) = (Vec::new(), Vec::new(), Planner::default());
        let mut todo = vec![Todo::Visit(filter)];
        while let Some(next) = todo.pop() {
            match next {
                Todo::Visit(Filter::Not(inner)) => todo.extend([Todo::Negate, Todo::Visit(inner)]),
                Todo::Visit(group @ (Filter::And(list) | Filter::Or(list))) => {
                    let and = matches!(group, Filter::And(_));
                    steps.push(Step::Open(Truth::from(and)));
                    plans.open();
                    let group = ends.len();
                    ends.push(0);
                    todo.push(Todo::Close { and, group });
                    for child in list.iter().rev() {
                        todo.extend([Todo::Fold { and, group }, Todo::Visit(child)]);
                    }
                }
                Todo::Visit(item) => {
                    let test = compiled(item);
                    plans.push(Plan::of_test(self, &test));
                    steps.push(Step::Test(test));
                }
                Todo::Fold { and: true, group } => steps.push(Step::And { end: group }),
                Todo::Fold { and: false, group } => steps.push(Step::Or { end: group }),
                Todo::Close { and, group } => {
                    ends[group] = steps.len();
                    plans.close(and);
                }
                Todo::Negate => {
                    steps.push(Step::Not);
                    plans.negate();
                }
            }
        }
        for step in &mut steps {
            if let Step::And { end } | Step::Or { end } = step {
                *end = ends[*end];
            }
        }
        CompiledFilter { plan: plans.finish(), steps }
    }

    /// Whether an object satisfies a filter; false for one that does not exist.
    pub fn matches(&self, id: ObjectId, filter: &CompiledFilter) -> bool {
        let Some(entry) = self.entry(id) else { return false };
        if let [Step::Test(test)] = &filter.steps[..] {
            return test.evaluate(&entry) == Truth::True;
        }
        filter.run(&entry, 0..filter.steps.len()) == Truth::True
    }
}

impl CompiledFilter {
    /// What some of the steps come to, which are a condition of their own.
    pub(super) fn run(&self, entry: &Entry<'_>, steps: std::ops::Range<usize>) -> Truth {
        let (mut stack, mut at) = (Stack::default(), steps.start);
        while let Some(step) = self.steps[..steps.end].get(at) {
            at += 1;
            match step {
                Step::Test(test) => stack.push(test.evaluate(entry)),
                Step::Open(truth) => stack.push(*truth),
                Step::Not => {
                    if let Some(top) = stack.top() {
                        *top = match *top {
                            Truth::True => Truth::False,
                            Truth::False => Truth::True,
                            Truth::Undefined => Truth::Undefined,
                        };
                    }
                }
                Step::And { end } => at = fold(&mut stack, |a, b| a.min_with(b), Truth::False, *end, at),
                Step::Or { end } => at = fold(&mut stack, |a, b| a.max_with(b), Truth::True, *end, at),
            }
        }
        stack.pop().unwrap_or(Truth::Undefined)
    }
}

/// Truths of groups that are still open. A filter seldom nests deep: only one that does allocates.
#[derive(Default)]
struct Stack {
    shallow: [Option<Truth>; Stack::SHALLOW],
    depth: usize,
    deep: Vec<Truth>,
}

impl Stack {
    const SHALLOW: usize = 16;

    #[inline]
    fn push(&mut self, truth: Truth) {
        match self.shallow.get_mut(self.depth) {
            Some(place) => *place = Some(truth),
            None => self.deep.push(truth),
        }
        self.depth += 1;
    }

    #[inline]
    fn pop(&mut self) -> Option<Truth> {
        self.depth = self.depth.checked_sub(1)?;
        match self.shallow.get(self.depth) {
            Some(place) => *place,
            None => self.deep.pop(),
        }
    }

    #[inline]
    fn top(&mut self) -> Option<&mut Truth> {
        match self.shallow.get_mut(self.depth.checked_sub(1)?) {
            Some(place) => place.as_mut(),
            None => self.deep.last_mut(),
        }
    }
}

impl Truth {
    fn min_with(self, other: Truth) -> Truth {
        if (self as u8) < other as u8 { self } else { other }
    }

    fn max_with(self, other: Truth) -> Truth {
        if (self as u8) > other as u8 { self } else { other }
    }
}

/// Folds the operand on top into the accumulator below it; the next step.
fn fold(
    stack: &mut Stack,
    combine: impl Fn(Truth, Truth) -> Truth,
    settled: Truth,
    end: usize,
    next: usize,
) -> usize {
    let operand = stack.pop().unwrap_or(Truth::Undefined);
    let Some(accumulator) = stack.top() else { return next };
    *accumulator = combine(*accumulator, operand);
    if *accumulator == settled { end } else { next }
}
