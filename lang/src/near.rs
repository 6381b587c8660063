//! The name that may have been meant.

/// The known name that is nearest to a mistyped one, if one is near.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let count = name.chars().count();
    // Every one-letter name is one edit away from every other.
    let most = if count == 1 { 0 } else { (count / 3).max(1) };
    known
        // What begins with `_` is not meant for others.
        .filter(|k| *k != name && (name.starts_with('_') || !k.starts_with('_')))
        .filter_map(|k| Some((edit_distance(name, k, most)?, k)))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, k)| k)
}

/// `; did you mean …?`, or nothing.
pub fn suggestion<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    nearest(name, known).map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}

/// Edits (insert, remove, replace, swap neighbours) from one text to the other; `None` when more than `most`.
fn edit_distance(a: &str, b: &str, most: usize) -> Option<usize> {
    let (a, b): (Vec<char>, Vec<char>) = (a.to_lowercase().chars().collect(), b.to_lowercase().chars().collect());
    if a.len().abs_diff(b.len()) > most || a.len() > 100 || b.len() > 100 {
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
