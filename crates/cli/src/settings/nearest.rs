//! What somebody may have meant.

/// The name that is nearest to what was written, unless none is near.
pub(super) fn nearest<'a>(written: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// A third of the letters may be wrong.
    const NEAR: usize = 3;
    let far = written.chars().count() / NEAR + 1;
    let distances = names.into_iter().map(|name| (distance(written, name), name));
    distances.min_by_key(|(distance, _)| *distance).filter(|(distance, _)| *distance <= far).map(|(_, it)| it)
}

/// The sentence that suggests it; empty where there is none.
pub(super) fn suggestion(nearest: Option<&str>) -> String {
    nearest.map(|it| format!("; did you mean `{it}`?")).unwrap_or_default()
}

/// How many letters have to be put in, taken out or changed (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (down, letter) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], down + 1);
        for (right, theirs) in other.iter().enumerate() {
            let changed = diagonal + usize::from(letter != *theirs);
            diagonal = row[right + 1];
            row[right + 1] = changed.min(diagonal + 1).min(row[right] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_put_in_taken_out_and_changed_are_counted() {
        for (one, other, letters) in [
            ("", "", 0),
            ("listen", "listen", 0),
            ("lisen", "listen", 1),
            ("kitten", "sitting", 3),
            ("", "abc", 3),
        ] {
            assert_eq!(distance(one, other), letters, "{one} {other}");
        }
    }

    #[test]
    fn only_what_is_near_is_suggested() {
        let names = ["listen", "tiles_listen", "workers"];
        assert_eq!(nearest("lisen", names), Some("listen"));
        assert_eq!(nearest("listen_tiles", names), None);
        assert_eq!(nearest("colour", names), None);
    }
}
