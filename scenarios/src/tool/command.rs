//! A tool that is a command of the shell, in a process group of its own.

use super::tail::Tail;
use super::{BoxFuture, Tool, ToolEnv, ToolError, ToolOutcome};
use crate::signals::ProcessGroup;
use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::process::{Child, Command};

/// How long the readers may take to see the end of the output after the group is gone.
const DRAIN: Duration = Duration::from_secs(2);

/// A command that fills a role: run by `sh -c` in a folder, with the environment contract in its variables.
///
/// It leads a process group. Whatever is left of the group is killed when the command ends, when its step runs
/// out of time and when the lab is torn down.
#[derive(Debug, Clone)]
pub struct CommandTool {
    command: String,
    folder: PathBuf,
    variables: BTreeMap<String, String>,
    tail: Tail,
}

impl CommandTool {
    /// A command that will run in `folder`, with these variables beside those of [`ToolEnv::variables`].
    pub fn new(command: &str, folder: PathBuf, variables: BTreeMap<String, String>) -> CommandTool {
        CommandTool { command: command.to_owned(), folder, variables, tail: Tail::default() }
    }

    fn spawn(&self, env: &ToolEnv) -> Result<Child, ToolError> {
        let mut command = Command::new("sh");
        for name in ToolEnv::inherited() {
            command.env_remove(name);
        }
        command
            .arg("-c")
            .arg(&self.command)
            .current_dir(&self.folder)
            .envs(&self.variables)
            .envs(env.variables())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|e| ToolError::CannotStart(format!("sh -c in {}: {e}", self.folder.display())))
    }

    async fn execute(&self, env: &ToolEnv) -> Result<ToolOutcome, ToolError> {
        self.tail.clear();
        let mut child = self.spawn(env)?;
        let group = ProcessGroup::led_by(child.id());
        let mut readers = Vec::new();
        if let Some(stream) = child.stdout.take() {
            readers.push(tokio::spawn(self.tail.clone().follow(stream)));
        }
        if let Some(stream) = child.stderr.take() {
            readers.push(tokio::spawn(self.tail.clone().follow(stream)));
        }
        let status = child.wait().await?;
        drop(group);
        for reader in readers {
            // a grandchild that left the group may hold the pipe for ever: what it says is not waited for
            let _ = tokio::time::timeout(DRAIN, reader).await;
        }
        let exit = exit_code(status);
        let output = self.tail.text();
        if exit == 127 || exit == 126 {
            return Err(ToolError::CannotStart(format!("'{}' ended with {exit}", self.command)));
        }
        Ok(ToolOutcome { exit, output, counts: BTreeMap::new() })
    }
}

impl Tool for CommandTool {
    fn name(&self) -> &str {
        &self.command
    }

    fn run<'a>(&'a self, env: &'a ToolEnv) -> BoxFuture<'a, Result<ToolOutcome, ToolError>> {
        Box::pin(self.execute(env))
    }

    fn last_output(&self) -> Option<String> {
        Some(self.tail.text())
    }
}

/// The exit code as a shell would show it: 128 and the signal's number for a process that a signal ended.
fn exit_code(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
}
