//! Names in doc texts become links.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// The dialect of doc texts.
pub const DIALECT: Options = Options::ENABLE_TABLES.union(Options::ENABLE_STRIKETHROUGH).union(Options::ENABLE_TASKLISTS);

/// Makes each piece of code that is a name a link to where `target` says. What is in a link already stays.
pub fn link(markdown: &str, target: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut done = 0;
    let mut depth = 0_usize;
    for (event, range) in Parser::new_ext(markdown, DIALECT).into_offset_iter() {
        match event {
            Event::Start(Tag::Link { .. } | Tag::Image { .. }) => depth += 1,
            Event::End(TagEnd::Link | TagEnd::Image) => depth = depth.saturating_sub(1),
            Event::Code(code) if depth == 0 => {
                if let Some(target) = target(&code) {
                    out.push_str(&markdown[done..range.start]);
                    out.push_str(&format!("[{}]({target})", &markdown[range.clone()]));
                    done = range.end;
                }
            }
            _ => {}
        }
    }
    out.push_str(&markdown[done..]);
    out
}

#[cfg(test)]
mod tests {
    use super::link;

    #[test]
    fn code_that_is_a_name_becomes_a_link() {
        let target = |name: &str| (name == "f" || name == "C.m").then(|| format!("#{name}"));
        assert_eq!(link("Calls `f` and `g`, see ``C.m``.", target), "Calls [`f`](#f) and `g`, see [``C.m``](#C.m).");
        assert_eq!(link("[`f`](elsewhere) ![`f`](x)", target), "[`f`](elsewhere) ![`f`](x)");
        assert_eq!(link("```\n`f`\n```\n\n    `f`\n", target), "```\n`f`\n```\n\n    `f`\n");
        assert_eq!(link("", target), "");
    }
}
