//! The rules, family by family.

use assent_domain::policy::rules::{RULES, Rule};

use super::table;

/// The families, by the letter that their ids begin with.
const FAMILIES: [(char, &str); 3] =
    [('W', "Who may act"), ('C', "What a confirmation holds"), ('O', "What an order needs")];

/// Every rule, with the code that decides it.
pub(super) fn families() -> String {
    let family = |(letter, title): (char, &str)| {
        let rules = RULES.iter().filter(|it| it.id.starts_with(letter)).map(row);
        format!("### {title}\n\n{}", table(&["rule", "what", "source", "decided in"], rules))
    };
    format!("## The rules\n\n{}", FAMILIES.map(family).concat())
}

fn row(rule: &Rule) -> Vec<String> {
    let Rule { id, requirement, source, decided_in } = rule;
    // Most are names of items; some rules are kept by what the ledger does not do, and say so in words.
    let code = |it: &str| if it.contains("::") { format!("`{it}`") } else { it.to_owned() };
    let decided_in = decided_in.split(", ").map(code).collect::<Vec<_>>().join(", ");
    vec![(*id).to_owned(), (*requirement).to_owned(), (*source).to_owned(), decided_in]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_of_a_family_that_is_printed() {
        let printed = |it: &Rule| FAMILIES.iter().any(|(letter, _)| it.id.starts_with(*letter));
        assert_eq!(RULES.iter().find(|it| !printed(it)), None);
        assert!(!RULES.is_empty());
    }
}
