//! Templates of replacements: texts in which `$1`, `${name}` and `$0` stand for groups, and `$$` for `$`.

use crate::args::{Raised, check_room};
use regex::Regex;
use vm::object::Cx;

/// A template that names only groups that its pattern has.
pub(super) struct Template<'a>(Vec<Part<'a>>);

enum Part<'a> {
    Text(&'a str),
    Group(usize),
}

impl<'a> Template<'a> {
    /// Reads a template; ValueError if it names a group that the pattern does not have.
    pub(super) fn parse<'gc>(cx: &mut Cx<'_, 'gc>, program: &Regex, text: &'a str) -> Result<Self, Raised<'gc>> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            parts.push(Part::Text(&rest[..at]));
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix('$') {
                parts.push(Part::Text("$"));
                rest = after;
                continue;
            }
            let Some((name, after)) = reference(rest) else {
                return Err(cx.value_error("`$` in a template needs the number or name of a group behind it; `$$` is a `$`"));
            };
            let group = match name.parse::<usize>() {
                Ok(number) => Some(number).filter(|number| *number < program.captures_len()),
                Err(_) => program.capture_names().position(|known| known == Some(name)),
            };
            let Some(group) = group else {
                return Err(cx.value_error(format!("the pattern has no group `{name}`, which the template names")));
            };
            parts.push(Part::Group(group));
            rest = after;
        }
        parts.push(Part::Text(rest));
        Ok(Template(parts))
    }

    /// Appends the template with the texts of groups in their place; LimitError before that gets too large.
    pub(super) fn fill<'gc, 't>(
        &self,
        cx: &mut Cx<'_, 'gc>,
        out: &mut String,
        group: impl Fn(usize) -> &'t str,
    ) -> Result<(), Raised<'gc>> {
        let lengths = self.0.iter().map(|part| match part {
            Part::Text(text) => text.len(),
            Part::Group(number) => group(*number).len(),
        });
        let length = lengths.fold(out.len(), usize::saturating_add);
        check_room(cx, length)?;
        out.reserve(length - out.len());
        for part in &self.0 {
            out.push_str(match part {
                Part::Text(text) => text,
                Part::Group(number) => group(*number),
            });
        }
        Ok(())
    }
}

/// A name in a template, after its `$`, with what follows it. `None`: the text goes on with none.
fn reference(rest: &str) -> Option<(&str, &str)> {
    if let Some(inner) = rest.strip_prefix('{') {
        return inner.split_once('}');
    }
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
    (end > 0).then(|| rest.split_at(end))
}
