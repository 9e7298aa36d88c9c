use assent_evidence::{
    Anchor, AnchorError, Frontier, Hash, KeyPurpose, MAX_REMEMBERED, Origin, Standing, leaf_hash,
};
use proptest::prelude::*;

use crate::signers::{checkpoint, key, known, log_key, signed};

#[test]
fn a_log_that_grew_extends_what_was_signed() {
    let roots = history(50, None);
    let mut anchor = Anchor::begin(signed(0, roots[0]));
    for size in [3, 10, 11] {
        anchor.advance(signed(size, roots[size as usize])).unwrap();
    }
    let mut asked = Vec::new();
    let standing = anchor.compare(|size| {
        asked.push(size);
        roots.get(size as usize).copied()
    });
    assert_eq!((standing, asked), (Standing::Extends, vec![11]));
    assert!(anchor.last().verify(&known(&[&log_key(1)])).is_ok());
}

#[test]
fn a_restored_backup_is_told_from_a_second_history() {
    let roots = history(50, None);
    let mut anchor = Anchor::begin(signed(1, roots[1]));
    for size in [10, 20, 30, 40] {
        anchor.advance(signed(size, roots[size as usize])).unwrap();
    }
    let of = |roots: &[Hash]| anchor.compare(|size| roots.get(size as usize).copied());
    assert_eq!(of(&roots[..=25]), Standing::LogShorter { agree_at: 20, missing_at: 30 });
    assert_eq!(of(&roots[..1]), Standing::LogShorter { agree_at: 0, missing_at: 1 });
    assert_eq!(of(&history(50, Some(25))), Standing::Fork { agree_at: 20, differ_at: 30 });
    assert_eq!(of(&history(35, Some(25))), Standing::Fork { agree_at: 20, differ_at: 30 });
    assert_eq!(of(&history(50, Some(0))), Standing::Fork { agree_at: 0, differ_at: 1 });
}

#[test]
fn an_anchor_goes_forward_only() {
    let roots = history(50, None);
    let mut anchor = Anchor::begin(signed(10, roots[10]));
    assert_eq!(anchor.advance(signed(9, roots[9])), Err(AnchorError::Rollback));
    assert_eq!(anchor.advance(signed(10, roots[9])), Err(AnchorError::Rollback));
    let mut foreign = checkpoint(20, roots[20]);
    foreign.origin = Origin::parse("other.example/log").unwrap();
    let foreign = foreign.sign(&[key("other.example/log", KeyPurpose::Log, 1)]).unwrap();
    assert_eq!(anchor.advance(foreign), Err(AnchorError::Origin));
    let rotated = checkpoint(10, roots[10]).sign(&[log_key(2)]).unwrap();
    anchor.advance(rotated.clone()).unwrap();
    assert_eq!((anchor.last(), anchor.sizes().collect::<Vec<_>>()), (&rotated, vec![10]));
}

#[test]
fn what_is_no_anchor_is_refused_for_its_reason() {
    let roots = history(3, None);
    let mut anchor = Anchor::begin(signed(1, roots[1]));
    anchor.advance(signed(3, roots[3])).unwrap();
    let text = anchor.to_string();
    let lines: Vec<&str> = text.lines().collect();
    let (first, second) = (lines[1], lines[2]);
    let cases = [
        (text.replace("/v1", "/v2"), AnchorError::Layout),
        (text.replace("\n\n", "\n"), AnchorError::Layout),
        (text.replace(first, &first[2..]), AnchorError::Line),
        (text.replace(first, &format!("0{first}")), AnchorError::Line),
        (text.replace(&format!("{first}\n{second}"), &format!("{second}\n{first}")), AnchorError::Order),
        (text.replace(&format!("{second}\n\n"), "\n"), AnchorError::Order),
        (text.replace(first, second), AnchorError::Order),
    ];
    for (text, error) in cases {
        assert_eq!(Anchor::parse(&text), Err(error), "{text:?}");
    }
    assert_eq!(Anchor::parse(&text), Ok(anchor));
}

/// As after years of a checkpoint a second, with pauses: recent sizes are all there, old ones thin out, and the whole
/// stays small whatever the log does.
#[test]
fn an_anchor_stays_small_and_remembers_all_ages() {
    for step in [1, 7, 1 << 20, 1 << 46] {
        let mut anchor = Anchor::begin(signed(0, assent_evidence::EMPTY_ROOT));
        let mut sizes = vec![0];
        for number in 1..4_000_u64 {
            // The roots are no tree's: only sizes matter here.
            let size = number * step * 3 + number % 3;
            sizes.push(size);
            anchor = grown(anchor, size);
        }
        let kept: Vec<u64> = anchor.sizes().collect();
        assert!(kept.len() <= MAX_REMEMBERED, "{} sizes at steps of {step}", kept.len());
        assert!(kept.ends_with(&sizes[sizes.len() - 256..]), "the recent ones are all there");
        assert_eq!(kept[0], 0);
        let newest = kept[kept.len() - 1];
        for pair in kept.windows(2) {
            let allowed = ((newest - pair[1]) / 16).max(2 * (step * 3 + 2));
            assert!(pair[1] - pair[0] <= allowed, "{pair:?} of {newest} lie too far apart");
        }
    }
}

proptest! {
    #[test]
    fn anchors_are_read_as_they_were_written(steps in prop::collection::vec(1_u64..1000, 1..400)) {
        let mut anchor = Anchor::begin(signed(1, [1; 32]));
        let mut size = 1;
        for step in steps {
            size += step;
            anchor = grown(anchor, size);
        }
        prop_assert_eq!(Anchor::parse(anchor.to_string()), Ok(anchor));
    }

    #[test]
    fn it_is_told_between_which_sizes_histories_part(
        signed_at in prop::collection::btree_set(1_u64..200, 1..40), length in 0_u64..220, changed in 0_u64..220,
    ) {
        let (roots, other) = (history(200, None), history(length, Some(changed)));
        let sizes: Vec<u64> = signed_at.into_iter().collect();
        let mut anchor = Anchor::begin(signed(sizes[0], roots[sizes[0] as usize]));
        sizes.iter().for_each(|size| anchor.advance(signed(*size, roots[*size as usize])).unwrap());

        let is_same = |size: &u64| *size <= length && *size <= changed;
        let agree_at = sizes.iter().copied().filter(is_same).max().unwrap_or(0);
        let expected = match sizes.iter().copied().find(|size| !is_same(size)) {
            None => Standing::Extends,
            Some(differ_at) if differ_at <= length => Standing::Fork { agree_at, differ_at },
            Some(missing_at) => Standing::LogShorter { agree_at, missing_at },
        };
        prop_assert_eq!(anchor.compare(|size| other.get(size as usize).copied()), expected);
    }
}

/// The roots at all sizes up to `length`, of a log whose leaves from `changed` on are others.
fn history(length: u64, changed: Option<u64>) -> Vec<Hash> {
    let mut frontier = Frontier::new();
    let mut roots = vec![frontier.root()];
    for number in 0..length {
        let is_changed = changed.is_some_and(|changed| number >= changed);
        frontier.push(leaf_hash(&[&number.to_be_bytes()[..], &[u8::from(is_changed)]].concat()));
        roots.push(frontier.root());
    }
    roots
}

fn grown(mut anchor: Anchor, size: u64) -> Anchor {
    anchor.advance(signed(size, [1; 32])).expect("the size has grown");
    anchor
}
