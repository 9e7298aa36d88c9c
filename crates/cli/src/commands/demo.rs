//! `assent demo`: the timeline's story, on a server of its own.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::thread;

use assent_proto::v1::Remediation;
use clap::Args;
use tokio::sync::oneshot;

use crate::args::Output;
use crate::connect::Server;
use crate::context::{Context, print, wait};
use crate::credentials::Credentials;
use crate::decision::{because, verdict};
use crate::demo::{Act, Expected, Outcome, Player, Step, story};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::names::Named as _;
use crate::style::Style;

const ABOUT: &str = "Play a story on a temporary ledger: decisions and their reasons";

const TEACHES: &str = "\
Start a server on a temporary ledger, and play the story of the program's timeline through its API.

Every order is printed with the decision and its reason, every refusal with its sentence. Nothing stays behind.

  assent demo";

const NEXT: &str = "Next: `assent serve --dev` starts a ledger that stays.";

const GOODBYE: &str = "  assent serve --dev
  assent register partner contoso --program direct-bill --country DE
  assent register customer fabrikam --country DE --cloud public
  assent establish --partner contoso --customer fabrikam
  assent authorize --partner contoso --customer fabrikam --transaction new-purchase

or without this program, through the API itself:

  buf curl --protocol grpc --http2-prior-knowledge \\
    --data '{\"partnerId\": \"contoso\", \"customerId\": \"fabrikam\", \"transaction\": \"TRANSACTION_KIND_NEW_PURCHASE\"}' \\
    http://127.0.0.1:50051/assent.v1.AuthorizationService/AuthorizeOrder
";

/// The timeline's story.
#[derive(Debug, Args)]
#[command(about = ABOUT, long_about = TEACHES, after_help = NEXT)]
pub(crate) struct Demo {}

impl Demo {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let failed = |source: std::io::Error| Failure::Doing {
            doing: "make a temporary ledger",
            source: source.into(),
        };
        let folder = tempfile::tempdir().map_err(failed)?;
        let (ready, address) = oneshot::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let config = config(folder.path());
        let server = thread::spawn(move || {
            let announce = |address| {
                // Whoever waited may have given up.
                let _ = ready.send(address);
            };
            let shutdown = async {
                // Ends too where the sender is gone.
                let _ = stopped.await;
            };
            assent_service::serve(config, announce, shutdown)
        });
        let played = wait(async {
            match address.await {
                Ok(address) => play(context, address).await.map(Some),
                // The server ended before it was ready; the thread says why.
                Err(_) => Ok(None),
            }
        });
        drop(stop);
        let broken = |what: &str| Failure::Unanswered(format!("the demo's server {what}"));
        let ended = server.join().map_err(|_| broken("panicked"))?;
        ended.map_err(|it| Failure::Start(Box::new(it)))?;
        played?.ok_or_else(|| broken("ended before it accepted calls"))
    }
}

fn config(folder: &Path) -> assent_service::Config {
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    assent_service::Config::dev(listen, format!("sqlite:{}", folder.join("demo.db").display()))
}

async fn play(context: &Context, address: SocketAddr) -> Result<Exit, Failure> {
    let style = context.style;
    let address = format!("http://{address}");
    let server: Server = address.parse().map_err(Failure::Unanswered)?;
    let mut player = Player::new(&server.connect(&Credentials::default()).await?);
    say(context, &format!("{} on {address}, with a temporary ledger.\n", style.good("The service is up")))?;
    let (mut orders, mut surprises) = (0, 0);
    for chapter in story() {
        say(context, &format!("\n{}\n", style.strong(chapter.title)))?;
        for step in &chapter.steps {
            let failed = |source: crate::demo::Broken| Failure::Doing {
                doing: "play the story",
                source: source.into(),
            };
            let outcome = player.play(&step.act).await.map_err(failed)?;
            let is_as_told = outcome.is(step.expected);
            if let Outcome::Decided(answer) = &outcome {
                orders += 1;
                if context.output == Output::Json {
                    context.item("assent.v1.AuthorizeOrderResponse", answer.as_ref(), |_| String::new())?;
                }
            }
            say(context, &text(step, &outcome, style))?;
            if orders == 1 && matches!(outcome, Outcome::Decided(_)) {
                say(context, &format!("\n{}\n", style.good("The first order has been decided.")))?;
            }
            if !is_as_told {
                surprises += 1;
                say(
                    context,
                    &format!("      {} {}\n", style.bad("the story has it otherwise:"), told(step.expected)),
                )?;
            }
        }
    }
    if surprises > 0 {
        return Err(Failure::Unanswered(format!("{surprises} steps ended otherwise than the story says")));
    }
    let summary = format!("{orders} orders were decided, each with its reason.");
    say(context, &format!("\n{summary} {}\n{}", style.strong("Now yours:"), style.hint(GOODBYE)))?;
    Ok(Exit::Done)
}

/// Tells people; programs read the decisions alone.
fn say(context: &Context, text: &str) -> Result<(), Failure> {
    if context.output == Output::Text { print(text) } else { Ok(()) }
}

fn text(step: &Step, outcome: &Outcome, style: Style) -> String {
    let told = step.told;
    match outcome {
        Outcome::Done => format!("  {told}\n"),
        Outcome::Accepted(it) => {
            let what = format!("{} version {}, position {}", it.agreement_id, it.version, it.position);
            format!("  {told}\n    {} {}\n", style.good("RECORDED"), style.faint(what))
        }
        Outcome::Refused { reason, message } => {
            format!("  {told}\n    {} {}: {message}\n", style.bad("REFUSED"), style.strong(reason))
        }
        Outcome::Decided(answer) => {
            let verdict = verdict(answer, style);
            let asked = style.faint(order(&step.act));
            // Which call does it is for programs; here it would only be noise.
            let without_call = |it: &Remediation| Remediation { call: None, ..it.clone() };
            let to_do: Vec<_> = answer.remediations.iter().map(without_call).collect();
            let because: String =
                because(&answer.reasons, &to_do, style).lines().map(|it| format!("    {it}\n")).collect();
            format!("  {told}\n    {verdict:<8} {asked}\n{because}")
        }
    }
}

fn order(act: &Act) -> String {
    let Act::Order(it) = act else { return String::new() };
    let reseller = it.reseller.map(|it| format!(" through {it}")).unwrap_or_default();
    let product = it.product.map(|it| format!(" of {it}")).unwrap_or_default();
    let (transaction, channel) = (it.transaction.short(), it.channel.short());
    let parties = format!("{} for {}", it.parties.partner, it.parties.customer);
    format!("{}: {parties}{reseller}, {transaction}{product}, {channel}", it.on.unwrap_or("today"))
}

fn told(expected: Expected) -> String {
    match expected {
        Expected::Done => "recorded".to_owned(),
        Expected::Allowed(reason) => format!("ALLOWED {}", reason.short()),
        Expected::Denied(reasons) => {
            let reasons: Vec<_> = reasons.iter().map(|it| it.short()).collect();
            format!("DENIED {}", reasons.join(", "))
        }
        Expected::Refused(reason) => format!("refused with {reason}"),
    }
}
