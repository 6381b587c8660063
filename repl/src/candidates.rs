//! What a word could become, as it is listed: members below the class that declares them, the nearest class first, and leaks marked.
//!
//! The list is never longer than the screen, so that the editor of lines has no reason to page: its pager takes no Ctrl-C, and takes the
//! next input for an answer.

use rustyline::completion::Pair;
use vm::session::Candidate;

/// Between two columns.
const GAP: usize = 2;

/// Before what stands below a heading.
const INDENT: usize = 2;

/// Rows that stay free: that of the input, and the one below the list.
const FREE_ROWS: usize = 2;

/// Fewer rows have no place for a list.
const ROWS_MIN: usize = 6;

/// What the editor of lines is given for a screen of this size. It lists what it is given in columns, unless that is wider than half of the
/// screen, and completes what all of it begins with.
pub fn listed(items: &[Candidate], columns: usize, rows: usize) -> Vec<Pair> {
    let common = common_start(items);
    let pair = |display: String| Pair { display, replacement: common.to_owned() };
    if items.len() < 2 || rows < ROWS_MIN {
        return if items.is_empty() { Vec::new() } else { vec![pair(common.to_owned())] };
    }
    let shown: Vec<String> = items.iter().take(columns).map(shown).collect();
    if items.len() <= columns && !items[0].is_member() && (widest(&shown) + GAP) * items.len() <= columns {
        return items.iter().zip(shown).map(|(item, display)| Pair { display, replacement: item.text.clone() }).collect();
    }
    let mut lines = lines(items, columns, rows - FREE_ROWS);
    lines[0] = format!("{:<width$}", lines[0], width = columns / 2 + 1);
    lines.into_iter().map(pair).collect()
}

/// The list, in so many columns and rows at most; there are several candidates.
fn lines(items: &[Candidate], columns: usize, rows: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut left = items.len();
    for group in groups(items) {
        let heading = group.first().filter(|item| item.is_member()).map(|item| item.home.to_string());
        let indent = if heading.is_some() { INDENT } else { 0 };
        // Not more than can be seen.
        let first: Vec<String> = group.iter().take(rows * columns).map(|item| shown(item)).collect();
        let width = widest(&first) + GAP;
        let in_row = (columns.saturating_sub(indent) / width).max(1);
        let free = rows.saturating_sub(lines.len() + usize::from(heading.is_some()));
        let is_last = group.len() == left;
        // What is left over needs a line, too.
        let room = if is_last && group.len().div_ceil(in_row) <= free { free } else { free.saturating_sub(1) };
        let count = group.len().min(room * in_row);
        if count > 0 {
            lines.extend(heading);
            let high = count.div_ceil(in_row);
            lines.extend((0..high).map(|row| {
                let cells = (row..count).step_by(high).map(|i| format!("{:<width$}", first[i]));
                format!("{:indent$}{}", "", cells.collect::<String>().trim_end())
            }));
            left -= count;
        }
        if count < group.len() {
            break;
        }
    }
    if left > 0 {
        lines.push(format!("… and {left} more; type more letters"));
    }
    lines
}

/// Members of each class for themselves, in the order in which the classes come; all else is one group.
fn groups(items: &[Candidate]) -> Vec<Vec<&Candidate>> {
    let mut groups: Vec<Vec<&Candidate>> = Vec::new();
    for item in items {
        let is_alike = |other: &Candidate| !item.is_member() && !other.is_member() || item.home == other.home;
        match groups.iter_mut().find(|group| is_alike(group[0])) {
            Some(group) => group.push(item),
            None => groups.push(vec![item]),
        }
    }
    groups
}

fn shown(item: &Candidate) -> String {
    let text = item.text.trim_end();
    if item.is_leaked { format!("{text} (leak)") } else { text.to_owned() }
}

fn widest(texts: &[String]) -> usize {
    texts.iter().map(|text| text.chars().count()).max().unwrap_or(0)
}

/// What all of them begin with.
fn common_start(items: &[Candidate]) -> &str {
    let Some((first, rest)) = items.split_first() else { return "" };
    let mut common = &*first.text;
    for item in rest {
        let fits = |((_, a), b): &((usize, char), char)| a == b;
        let same = common.char_indices().zip(item.text.chars()).take_while(fits).last();
        common = &common[..same.map_or(0, |((at, c), _)| at + c.len_utf8())];
    }
    common
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(text: &str, kind: &'static str, home: &str) -> Candidate {
        Candidate { text: text.into(), kind: kind.into(), home: home.into(), is_leaked: text.starts_with("old") }
    }

    fn displays(items: &[Candidate], columns: usize, rows: usize) -> Vec<String> {
        listed(items, columns, rows).into_iter().map(|pair| pair.display.trim_end().to_owned()).collect()
    }

    #[test]
    fn members_stand_below_their_classes() {
        let items = [
            candidate("burn", "method", "game.Ship"),
            candidate("fuel", "slot", "game.Ship"),
            candidate("name", "slot", "game.Thing"),
            candidate("hash", "method", "Object"),
        ];
        assert_eq!(displays(&items, 40, 24), ["game.Ship", "  burn  fuel", "game.Thing", "  name", "Object", "  hash"]);
        assert_eq!(
            displays(&items, 40, 7),
            ["game.Ship", "  burn  fuel", "game.Thing", "  name", "… and 1 more; type more letters"]
        );
        assert!(listed(&items, 40, 24).iter().all(|pair| pair.replacement.is_empty()));
    }

    #[test]
    fn leaks_are_marked_and_not_taken_in() {
        let items = [candidate("old_rate", "function", "bank"), candidate("older", "function", "bank")];
        assert_eq!(displays(&items, 40, 24), ["old_rate (leak)", "older (leak)"]);
        let alone = listed(&items[..1], 40, 24);
        assert_eq!((&*alone[0].display, &*alone[0].replacement), ("old_rate", "old_rate"));
    }

    /// No list is longer than the screen; of each the editor completes the common beginning.
    #[test]
    fn a_list_fits_the_screen() {
        for (count, columns, rows) in [(2, 80, 24), (3, 10, 24), (100, 80, 24), (100, 5, 24), (5000, 80, 6), (100_000, 200, 60)] {
            let items: Vec<Candidate> = (0..count).map(|i| candidate(&format!("näme_{i:06}"), "function", "bank")).collect();
            let pairs = listed(&items, columns, rows);
            assert!(pairs.len() + FREE_ROWS <= rows || pairs.len() == count, "{count} in {columns}×{rows}: {}", pairs.len());
            let common = common_start(&items);
            assert!(common.starts_with("näme_0") && pairs.iter().all(|pair| pair.replacement.starts_with(common)));
            let lines = lines(&items, columns, rows - FREE_ROWS);
            let named: usize = lines.iter().map(|line| line.matches("näme").count()).sum();
            let rest = lines.last().and_then(|line| line.strip_prefix("… and ")?.split_once(' ')?.0.parse::<usize>().ok());
            assert_eq!(named + rest.unwrap_or(0), count, "{count} in {columns}×{rows}: {lines:?}");
        }
        assert_eq!(listed(&[candidate("a", "slot", ""), candidate("b", "slot", "")], 80, 5).len(), 1);
    }
}
