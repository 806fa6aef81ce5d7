//! Progress on the terminal; silent when the output goes elsewhere.

use std::ops::ControlFlow;

use consort_learn::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A line that moves while work goes on.
pub(crate) struct Line {
    bar: ProgressBar,
    held_out: Option<f64>,
}

impl Line {
    /// A line headed `title`, drawn on standard error if that is a terminal.
    pub(crate) fn new(title: &str) -> Line {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(5));
        let style = ProgressStyle::with_template("{prefix} {wide_bar} {pos}/{len} {msg} {eta}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_prefix(title.to_owned());
        Line {
            bar,
            held_out: None,
        }
    }

    /// Shows `progress`; never stops the work.
    pub(crate) fn show(&mut self, progress: Progress) -> ControlFlow<()> {
        self.bar.set_length(progress.total);
        self.bar.set_position(progress.done);
        if progress.held_out {
            self.held_out = progress.measure;
        }
        let measure = progress
            .measure
            .map_or(String::new(), |measure| format!("{measure:.3}"));
        let held_out = self
            .held_out
            .map_or(String::new(), |held_out| format!(" ({held_out:.4})"));
        self.bar.set_message(measure + &held_out);
        ControlFlow::Continue(())
    }

    /// Takes the line away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
