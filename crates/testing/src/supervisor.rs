//! Child processes that outlive no test: a shell runs them, and ends them when this process is gone.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// How long a command may take. The scripts give up sooner.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(180);

/// A running script of `supervisors/`. It ends its servers and removes its folder when its input closes: at the drop
/// of this value, or at the end of this process in whatever way.
#[derive(Debug)]
pub(crate) struct Supervisor {
    conversation: Mutex<Conversation>,
}

#[derive(Debug)]
struct Conversation {
    commands: ChildStdin,
    answers: Receiver<String>,
}

impl Supervisor {
    /// Starts a script.
    pub(crate) fn start(script: &str) -> Self {
        let mut child = Command::new("sh")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("supervisors").join(script))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // An interrupt from the terminal is for the tests; the supervisor notices that they end.
            .process_group(0)
            .spawn()
            .expect("there is a shell");
        let commands = child.stdin.take().expect("it is piped");
        let (sender, answers) = channel();
        thread::spawn(move || pass_on(child, &sender));
        Self { conversation: Mutex::new(Conversation { commands, answers }) }
    }

    /// Has a command obeyed, and answers what the script says. Blocks.
    pub(crate) fn ask(&self, command: &str) -> Result<String, String> {
        let mut conversation = self.conversation.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = writeln!(conversation.commands, "{command}");
        let answer = conversation.answers.recv_timeout(ANSWER_TIMEOUT);
        let Ok(answer) = answer else { panic!("{command}: no answer: {asked:?}, {answer:?}") };
        match answer.split_once(' ') {
            Some(("ok", said)) => Ok(said.trim().to_owned()),
            _ => Err(format!("{command}: {answer}")),
        }
    }

    /// The same for what must succeed.
    pub(crate) fn tell(&self, command: &str) -> String {
        self.ask(command).unwrap_or_else(|failed| panic!("{failed}"))
    }

    /// The folder of the servers' files.
    pub(crate) fn folder(&self) -> PathBuf {
        self.tell("folder").into()
    }

    /// The folder of PostgreSQL's programs.
    pub(crate) fn programs(&self) -> PathBuf {
        self.tell("programs").into()
    }
}

/// Reads on until the script ends, so that it never blocks on what it says, and no zombie is left.
fn pass_on(mut child: Child, answers: &Sender<String>) {
    let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    for line in lines.map_while(Result::ok) {
        // Nobody listens any more once the supervisor was dropped.
        let _ = answers.send(line);
    }
    let _ = child.wait();
}

/// Runs what blocks beside the runtime. A panic in there goes on out here.
pub(crate) async fn beside<T: Send + 'static>(blocking: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(blocking).await {
        Ok(done) => done,
        Err(failed) => std::panic::resume_unwind(failed.into_panic()),
    }
}
