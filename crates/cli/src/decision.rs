//! Decisions, reasons and remediations as text.

use std::fmt::Write as _;

use assent_proto::v1::{
    AuthorizeOrderResponse, Decision, Party, Reason, ReasonCode, Remediation, RemediationAction,
};

use crate::instant::shown;
use crate::names::short;
use crate::style::{Painted, Style};

/// ALLOWED or DENIED, in its colour.
pub(crate) fn verdict(answer: &AuthorizeOrderResponse, style: Style) -> Painted<String> {
    let name = short::<Decision>(answer.decision);
    if is_allowed(answer) { style.good(name) } else { style.bad(name) }
}

/// Whether the order may be placed.
pub(crate) fn is_allowed(answer: &AuthorizeOrderResponse) -> bool {
    answer.decision() == Decision::Allowed
}

/// A decision with everything that it rests on.
pub(crate) fn text(answer: &AuthorizeOrderResponse, style: Style) -> String {
    let mut text = format!("{}\n", verdict(answer, style));
    text.push_str(&because(&answer.reasons, &answer.remediations, style));
    let mut line = |label: &str, value: String| {
        let _ = writeln!(text, "  {} {value}", style.faint(format!("{label:<12}")));
    };
    line("policy", format!("{} version {}", answer.policy_id, answer.policy_version));
    line("position", answer.position.to_string());
    line("evaluated at", shown(answer.evaluated_at.as_ref()));
    let valid_until = answer.valid_until.as_ref();
    line("valid until", valid_until.map_or_else(|| "something is recorded".to_owned(), ToString::to_string));
    if let Some(order_ref) = &answer.order_ref {
        line("order", order_ref.clone());
    }
    if let Some(position) = answer.recorded_position {
        let replayed = if answer.replayed { ", and was before" } else { "" };
        line("recorded at", format!("position {position}{replayed}"));
    }
    text
}

/// The reasons and what would allow the order, a line each.
pub(crate) fn because(reasons: &[Reason], remediations: &[Remediation], style: Style) -> String {
    let mut text = String::new();
    for reason in reasons {
        let code = style.strong(short::<ReasonCode>(reason.code));
        let label = style.faint(format!("{:<12}", "because"));
        let _ = writeln!(text, "  {label} {code} (rule {}): {}", reason.rule, reason.message);
    }
    for remediation in remediations {
        let action = style.hint(short::<RemediationAction>(remediation.action));
        let label = style.faint(format!("{:<12}", "to do"));
        let by = short::<Party>(remediation.by);
        let _ = writeln!(text, "  {label} {action} by {by}: {}", remediation.message);
        if let Some(call) = &remediation.call {
            let _ = writeln!(text, "  {:<12} {}", "", style.faint(call));
        }
    }
    text
}

/// All reasons in a few words: `ACCEPTANCE_MISSING (O1)`.
pub(crate) fn codes(reasons: &[Reason]) -> String {
    let codes = reasons.iter().map(|it| format!("{} ({})", short::<ReasonCode>(it.code), it.rule));
    codes.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denial_shows_every_reason_with_its_rule_and_every_remedy_with_its_call() {
        let answer = AuthorizeOrderResponse {
            decision: Decision::Denied.into(),
            reasons: vec![Reason {
                code: ReasonCode::AcceptanceMissing.into(),
                rule: "O1".to_owned(),
                message: "nothing was confirmed".to_owned(),
                ..Default::default()
            }],
            remediations: vec![Remediation {
                action: RemediationAction::ConfirmAcceptance.into(),
                by: Party::Partner.into(),
                call: Some("assent.v1.AcceptanceService/ConfirmAcceptance".to_owned()),
                message: "confirm it".to_owned(),
                ..Default::default()
            }],
            position: 9,
            policy_id: "p".to_owned(),
            policy_version: 2,
            ..Default::default()
        };
        let expected = "DENIED\n  \
            because      ACCEPTANCE_MISSING (rule O1): nothing was confirmed\n  \
            to do        CONFIRM_ACCEPTANCE by PARTNER: confirm it\n               \
                         assent.v1.AcceptanceService/ConfirmAcceptance\n  \
            policy       p version 2\n  \
            position     9\n  \
            evaluated at -\n  \
            valid until  something is recorded\n";
        assert_eq!(text(&answer, Style::PLAIN), expected);
    }
}
