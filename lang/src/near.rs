//! The name that may have been meant.

/// Names with more characters are near to none: what is meant by them is seen without help, and comparing takes the square of it.
pub const LONGEST: usize = 100;

/// The known name that is nearest to a mistyped one, if one is near.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let written = lower(name)?;
    // Every one-letter name is one edit away from every other.
    let most = if written.len() == 1 { 0 } else { (written.len() / 3).max(1) };
    known
        // What begins with `_` is not meant for others.
        .filter(|k| *k != name && (name.starts_with('_') || !k.starts_with('_')))
        .filter_map(|k| Some((edit_distance(&written, &lower(k)?, most)?, k)))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, k)| k)
}

/// The characters in lower case, unless they are too many.
fn lower(name: &str) -> Option<Vec<char>> {
    let all: Vec<char> = name.chars().flat_map(char::to_lowercase).take(LONGEST + 1).collect();
    (all.len() <= LONGEST).then_some(all)
}

/// `; did you mean …?`, or nothing.
pub fn suggestion<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    nearest(name, known).map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}

/// Edits (insert, remove, replace, swap neighbours) from one text to the other; `None` when more than `most`.
fn edit_distance(a: &[char], b: &[char], most: usize) -> Option<usize> {
    if a.len().abs_diff(b.len()) > most {
        return None;
    }
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let change = usize::from(a[i - 1] != b[j - 1]);
            row[j] = (rows[i - 1][j] + 1).min(row[j - 1] + 1).min(rows[i - 1][j - 1] + change);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(rows[i - 2][j - 2] + 1);
            }
        }
        rows.push(row);
    }
    Some(rows[a.len()][b.len()]).filter(|d| *d <= most)
}
