//! Progress on standard error, when that is a terminal.

use crate::format::Scenario;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::Duration;

/// How often the bar is drawn anew.
const TICK: Duration = Duration::from_millis(120);

/// The progress of a run; silent where standard error is no terminal.
pub(super) struct Progress(ProgressBar);

impl Progress {
    pub(super) fn new(scenario: &Scenario, shown: bool) -> Progress {
        if !shown {
            return Progress(ProgressBar::hidden());
        }
        let bar =
            ProgressBar::with_draw_target(Some(scenario.steps.len() as u64), ProgressDrawTarget::stderr());
        let template = "{prefix} {bar:24} {pos}/{len} {msg} {elapsed}";
        bar.set_style(
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        bar.set_prefix(scenario.name.0.clone());
        bar.enable_steady_tick(TICK);
        Progress(bar)
    }

    pub(super) fn begin(&self, title: &str) {
        self.0.set_message(title.to_owned());
    }

    pub(super) fn end(&self) {
        self.0.inc(1);
    }

    pub(super) fn finish(self) {
        self.0.finish_and_clear();
    }
}
