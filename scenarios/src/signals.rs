//! The signals that ask a process to end, heard from the moment that [`EndSignals::listen`] returns.

use crate::Error;
use rustix::process::{Pid, Signal as Number, kill_process_group};
use std::fmt;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Hears interrupt (Ctrl-C), terminate and hang-up. While it lives, none of them ends the process by itself, so
/// that the run's folder is removed and no tool is left behind.
#[derive(Debug)]
pub struct EndSignals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndSignal {
    /// Ctrl-C.
    Interrupt,
    /// `kill` without a number, and what supervisors send.
    Terminate,
    /// The terminal went away.
    Hangup,
}

impl EndSignals {
    /// Begins to listen; needs a tokio runtime.
    ///
    /// # Errors
    /// When the system refuses it.
    pub fn listen() -> Result<EndSignals, Error> {
        let listen =
            |kind| signal(kind).map_err(|e| Error::harness(format!("cannot listen to signals: {e}")));
        Ok(EndSignals {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hangup: listen(SignalKind::hangup())?,
        })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) -> EndSignal {
        tokio::select! {
            _ = self.interrupt.recv() => EndSignal::Interrupt,
            _ = self.terminate.recv() => EndSignal::Terminate,
            _ = self.hangup.recv() => EndSignal::Hangup,
        }
    }
}

impl fmt::Display for EndSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            EndSignal::Interrupt => "an interrupt",
            EndSignal::Terminate => "a request to terminate",
            EndSignal::Hangup => "the end of its terminal",
        })
    }
}

/// A process group of a tool; what is left of it is killed when this value is dropped.
#[derive(Debug)]
pub struct ProcessGroup(Option<Pid>);

impl ProcessGroup {
    /// The group that a child leads, by the child's id; none when it has ended already.
    pub fn led_by(child: Option<u32>) -> ProcessGroup {
        ProcessGroup(child.and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)))
    }

    /// Passes a signal on to every process of the group.
    pub fn pass_on(&self, ending: EndSignal) {
        self.send(match ending {
            EndSignal::Interrupt => Number::INT,
            EndSignal::Terminate => Number::TERM,
            EndSignal::Hangup => Number::HUP,
        });
    }

    /// Kills every process of the group.
    pub fn kill(&self) {
        self.send(Number::KILL);
    }

    fn send(&self, number: Number) {
        if let Some(pid) = self.0 {
            // it is gone already when its last process has ended: nothing to do then
            let _ = kill_process_group(pid, number);
        }
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        self.kill();
    }
}
