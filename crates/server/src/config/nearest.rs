//! The name that somebody who mistyped one most likely meant.

/// The candidate with the fewest edits from `typed`, if it is near enough to be meant: at most a third of its letters.
pub(crate) fn nearest<'a>(typed: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let (edits, best) = candidates.map(|candidate| (edit_distance(typed, candidate), candidate)).min()?;
    (edits * 3 <= best.chars().count()).then_some(best)
}

/// Levenshtein's distance, one row at a time.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let names = ["limits.matrix_cells", "limits.waypoints", "operations.lease_s"];
        let find = |typed| nearest(typed, names.into_iter());
        assert_eq!(find("limits.matrix_cell"), Some("limits.matrix_cells"));
        assert_eq!(find("operation.lease"), Some("operations.lease_s"));
        assert_eq!(find("colour.of.the.sky"), None);
        assert_eq!(edit_distance("kitten", "sitting"), 3);
    }
}
