//! Whatever bytes stand in a bag's files, a verification ends with findings, and never in a panic.

use std::fs;

use proptest::prelude::*;
use proptest::sample::Index;

use crate::flips::files;
use crate::support::{Choice, Export, bag, scopes, verified, whole};

/// What is done to a file.
#[derive(Clone, Debug)]
enum Damage {
    Bytes(Vec<u8>),
    Text(String),
    CutOff(Index),
    Spliced(Index, Vec<u8>),
    Repeated,
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..300).prop_map(Damage::Bytes),
        "(\\PC|\n|\\{|\\}|\"|[0-9a-f]{64}|  data/){0,80}".prop_map(Damage::Text),
        any::<Index>().prop_map(Damage::CutOff),
        (any::<Index>(), proptest::collection::vec(any::<u8>(), 1..20))
            .prop_map(|(at, it)| Damage::Spliced(at, it)),
        Just(Damage::Repeated),
    ]
}

impl Damage {
    fn to(&self, content: &[u8]) -> Vec<u8> {
        match self {
            Self::Bytes(it) => it.clone(),
            Self::Text(it) => it.clone().into_bytes(),
            Self::CutOff(at) => content[..at.index(content.len() + 1)].to_vec(),
            Self::Spliced(at, it) => {
                let (before, after) = content.split_at(at.index(content.len() + 1));
                [before, it, after].concat()
            }
            Self::Repeated => [content, content].concat(),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn a_damaged_bag_is_never_a_panic(scope: Index, with_contacts: bool, damages in proptest::collection::vec((any::<Index>(), damage()), 20)) {
        let all = scopes(&whole());
        let choice = Choice { with_contacts, segment_events: 30, ..Choice::of(scope.get(&all).clone()) };
        let folder = bag(&Export::new(whole(), &choice));
        let files = files(folder.path());
        for (file, damage) in damages {
            let path = folder.path().join(file.get(&files));
            let before = fs::read(&path).unwrap();
            let after = damage.to(&before);
            let is_same = after == before;
            fs::write(&path, after).unwrap();
            let report = verified(folder.path());
            prop_assert_eq!(report.is_proven(), is_same, "{:?} {}", damage, path.display());
            fs::write(&path, before).unwrap();
        }
    }

    /// The same without manifests that tell: whoever forges them goes on to what reads the files themselves.
    #[test]
    fn several_damages_at_once_are_never_a_panic(scope: Index, damages in proptest::collection::vec((any::<Index>(), damage()), 1..8)) {
        let all = scopes(&whole());
        let folder = bag(&Export::new(whole(), &Choice { with_contacts: true, ..Choice::of(scope.get(&all).clone()) }));
        let files = files(folder.path());
        for (file, damage) in damages {
            let path = folder.path().join(file.get(&files));
            let content = fs::read(&path).unwrap();
            fs::write(&path, damage.to(&content)).unwrap();
        }
        // A folder without anything of a bag left is no bag; everything else is a report.
        let _ = assent_export::verify(folder.path(), &[], &mut |_| {});
    }
}
