//! Who may define what: the decision table of a commit, for one name.

use super::options::Policy;

/// Who a cell belongs to when a file's new text is planned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Holder {
    /// Nobody has defined the name.
    Nobody,
    /// The file.
    This,
    /// A session or an evaluated text.
    Session,
    /// The cell is a leak of the file.
    OwnLeak,
    /// The cell is a leak of another file.
    OtherLeak,
    /// Another file, which gives it up in the same commit.
    OtherGivesUp,
    /// Another file.
    Other,
    /// The host, or a locked namespace.
    Host,
}

impl Holder {
    /// All of them.
    pub const ALL: [Holder; 8] = [
        Holder::Nobody,
        Holder::This,
        Holder::Session,
        Holder::OwnLeak,
        Holder::OtherLeak,
        Holder::OtherGivesUp,
        Holder::Other,
        Holder::Host,
    ];
}

/// What the new text says about the name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NewText {
    /// It defines something of the kind that the cell has.
    SameKind,
    /// It defines something of another kind.
    OtherKind,
    /// It does not define it.
    Nothing,
}

/// What comes of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Nothing: the name is none of the file's business.
    Nothing,
    /// The definition comes into being.
    Add,
    /// It changes, or stays as it is.
    Change,
    /// It leaves and becomes a leak.
    Leak,
    /// A leak comes back: same object.
    Restore,
    /// What a session defined belongs to the file from now on.
    Adopt,
    /// The file becomes the contributor; same object.
    Move,
    /// Another kind of thing takes its place, as was asked for.
    Replace,
    /// Refused: it is another kind of thing.
    RefuseKind,
    /// Refused: a leak of this name is another kind of thing.
    RefuseLeakKind,
    /// Refused: the leak belongs to another file, and the policy is strict.
    RefuseAdoption,
    /// Refused: another file defines it.
    RefuseDuplicate,
    /// Refused: the host defines it.
    RefuseOwned,
}

/// The table.
pub fn verdict(holder: Holder, text: NewText, policy: Policy, replace: bool) -> Verdict {
    use NewText::{Nothing, OtherKind, SameKind};
    let kind = if replace { Verdict::Replace } else { Verdict::RefuseKind };
    match (holder, text) {
        (Holder::This, Nothing) => Verdict::Leak,
        (_, Nothing) => Verdict::Nothing,
        (Holder::Nobody, _) => Verdict::Add,
        (Holder::This, SameKind) => Verdict::Change,
        (Holder::Session, SameKind) => Verdict::Adopt,
        (Holder::This | Holder::Session | Holder::OtherGivesUp, OtherKind) => kind,
        (Holder::OwnLeak, SameKind) => Verdict::Restore,
        (Holder::OtherLeak, SameKind) if policy == Policy::Strict => Verdict::RefuseAdoption,
        (Holder::OtherLeak | Holder::OtherGivesUp, SameKind) => Verdict::Move,
        (Holder::OwnLeak | Holder::OtherLeak, OtherKind) => Verdict::RefuseLeakKind,
        (Holder::Other, _) => Verdict::RefuseDuplicate,
        (Holder::Host, _) => Verdict::RefuseOwned,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table once more, as text: rows are holders; columns same kind, other kind, nothing; `/` parts the policies adopt and strict,
    /// `|` what differs when replacing is asked for.
    const TABLE: &str = "
        Nobody        Add                      Add                         Nothing
        This          Change                   RefuseKind|Replace          Leak
        Session       Adopt                    RefuseKind|Replace          Nothing
        OwnLeak       Restore                  RefuseLeakKind              Nothing
        OtherLeak     Move/RefuseAdoption      RefuseLeakKind              Nothing
        OtherGivesUp  Move                     RefuseKind|Replace          Nothing
        Other         RefuseDuplicate          RefuseDuplicate             Nothing
        Host          RefuseOwned              RefuseOwned                 Nothing";

    #[test]
    fn every_case_of_the_table() {
        let rows: Vec<Vec<&str>> =
            TABLE.lines().map(|line| line.split_whitespace().collect()).filter(|row: &Vec<_>| !row.is_empty()).collect();
        assert_eq!(rows.len(), Holder::ALL.len());
        for (row, holder) in rows.iter().zip(Holder::ALL) {
            assert_eq!(row[0], format!("{holder:?}"));
            for (cell, text) in row[1..].iter().zip([NewText::SameKind, NewText::OtherKind, NewText::Nothing]) {
                for (i, policy) in [Policy::Adopt, Policy::Strict].into_iter().enumerate() {
                    for replace in [false, true] {
                        let by_policy = cell.split('/').nth(i).unwrap_or(cell.split('/').next().unwrap());
                        let expected =
                            by_policy.split('|').nth(usize::from(replace)).unwrap_or(by_policy.split('|').next().unwrap());
                        let got = verdict(holder, text, policy, replace);
                        assert_eq!(format!("{got:?}"), expected, "{holder:?} {text:?} {policy:?} {replace}");
                    }
                }
            }
        }
    }
}
