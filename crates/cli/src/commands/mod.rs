//! The commands, a file each.

mod attest;
mod authorize;
mod checkpoint;
mod config;
mod confirm;
mod demo;
mod establish;
mod export;
mod import;
mod key;
mod migrate;
mod needs_acceptance;
mod policy;
mod projections;
mod prove;
mod register;
mod replay;
mod replay_decision;
mod serve;
mod status;
mod vault;
mod verify;
mod verify_export;
mod verify_receipt;
mod withdraw;
mod witness;

use clap::Subcommand;

use crate::context::{Context, wait, work};
use crate::exit::Exit;
use crate::failure::Failure;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(demo::Demo),
    Serve(Box<serve::Serve>),
    #[command(subcommand)]
    Config(config::Config),
    Migrate(migrate::Migrate),
    #[command(subcommand)]
    Register(register::Register),
    Establish(establish::Establish),
    Authorize(authorize::Authorize),
    Confirm(confirm::Confirm),
    Attest(attest::Attest),
    Withdraw(withdraw::Withdraw),
    Status(status::Status),
    NeedsAcceptance(needs_acceptance::NeedsAcceptance),
    Import(import::Import),
    #[command(subcommand)]
    Policy(policy::Policy),
    Replay(replay::Replay),
    ReplayDecision(replay_decision::ReplayDecision),
    Checkpoint(checkpoint::Checkpoint),
    Prove(prove::Prove),
    #[command(subcommand)]
    Projections(projections::Projections),
    #[command(subcommand)]
    Vault(vault::Vault),
    Verify(verify::Verify),
    Export(export::Export),
    #[command(subcommand)]
    Key(key::Key),
    #[command(subcommand)]
    Witness(witness::Witness),
    VerifyExport(verify_export::VerifyExport),
    VerifyReceipt(verify_receipt::VerifyReceipt),
}

impl Command {
    /// Carries the command out and says how it ended.
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self {
            Self::Demo(it) => it.run(context),
            Self::Serve(it) => it.run(context),
            Self::Config(it) => it.run(context),
            Self::Migrate(it) => wait(it.run()),
            Self::Register(it) => wait(it.run(context)),
            Self::Establish(it) => wait(it.run(context)),
            Self::Authorize(it) => wait(it.run(context)),
            Self::Confirm(it) => wait(it.run(context)),
            Self::Attest(it) => wait(it.run(context)),
            Self::Withdraw(it) => wait(it.run(context)),
            Self::Status(it) => wait(it.run(context)),
            Self::NeedsAcceptance(it) => wait(it.run(context)),
            Self::Import(it) => wait(it.run(context)),
            Self::Policy(it) => wait(it.run(context)),
            Self::Replay(it) => wait(it.run(context)),
            Self::ReplayDecision(it) => wait(it.run(context)),
            Self::Checkpoint(it) => wait(it.run(context)),
            Self::Prove(it) => wait(it.run(context)),
            Self::Projections(it) => wait(it.run(context)),
            Self::Vault(it) => wait(it.run(context)),
            Self::Verify(it) => work(it.run(context)),
            Self::Export(it) => wait(it.run(context)),
            Self::Key(it) => it.run(context),
            Self::Witness(it) => wait(it.run()),
            Self::VerifyExport(it) => it.run(context),
            Self::VerifyReceipt(it) => it.run(context),
        }
    }
}
