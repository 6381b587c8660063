//! Markdown as a page of HTML.

use super::links::DIALECT;
use pulldown_cmark::{CowStr, Event, Parser, html::push_html};

const STYLE: &str = "\
body { max-width: 50rem; margin: 2rem auto; padding: 0 1rem; font-family: sans-serif; line-height: 1.5 }
code { background: #f3f3f3; padding: 0 .2em }
pre { background: #f3f3f3; padding: .8em; overflow: auto }
pre code { padding: 0 }
table { border-collapse: collapse }
td, th { border: 1px solid #ccc; padding: .2em .6em }
li { margin: .3em 0 }
";

/// A whole page. HTML in doc texts is shown as text: a page cannot be broken by what it explains.
pub fn page(title: &str, markdown: &str) -> String {
    let events = Parser::new_ext(markdown, DIALECT).map(|event| match event {
        Event::InlineHtml(html) if is_anchor(&html) => Event::InlineHtml(html),
        Event::Html(html) | Event::InlineHtml(html) => Event::Text(html),
        event => event,
    });
    let mut body = String::new();
    push_html(&mut body, events);
    let mut escaped_title = String::new();
    push_html(&mut escaped_title, std::iter::once(Event::Text(CowStr::Borrowed(title))));
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{escaped_title}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
    )
}

/// Whether it is a half of what `markdown::anchor` writes.
fn is_anchor(html: &str) -> bool {
    let id = html.strip_prefix("<a id=\"").and_then(|rest| rest.strip_suffix("\">"));
    html == "</a>" || id.is_some_and(|id| id.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.')))
}

#[cfg(test)]
mod tests {
    use super::page;

    #[test]
    fn html_in_doc_texts_is_text() {
        let page = page("a < b", "# <a id=\"x.y\"></a>Title\n\n<script>alert(1)</script>\n\ntext <b onclick=\"x\">bold</b>\n");
        assert!(page.contains("<title>a &lt; b</title>"), "{page}");
        assert!(page.contains("<h1><a id=\"x.y\"></a>Title</h1>"), "{page}");
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && !page.contains("<script"), "{page}");
        assert!(page.contains("&lt;b onclick=") && !page.contains("<b "), "{page}");
    }
}
