//! Signatures in words, for messages.

use crate::image::ProtoImage;

pub(super) fn plural(n: usize) -> &'static str {
    if n == 1 { "" } else { "s" }
}

/// `name(a, b = 1, ...rest)`
pub fn signature(image: &ProtoImage) -> String {
    let mut params: Vec<String> = image
        .params
        .iter()
        .map(|p| {
            let name = if p.name.is_empty() { "_" } else { &*p.name };
            p.default.as_ref().map_or_else(|| name.to_owned(), |d| format!("{name} = {d}"))
        })
        .collect();
    params.extend(image.rest.as_ref().map(|r| format!("...{r}")));
    format!("{}({})", image.name, params.join(", "))
}

/// "; its signature is …", from the doc text of a native, which begins with it.
pub(super) fn native_signature(doc: &str) -> String {
    let signature = doc.strip_prefix('`').and_then(|rest| rest.split_once('`')).map(|(signature, _)| signature);
    signature.filter(|text| text.ends_with(')')).map_or_else(String::new, |text| format!("; its signature is `{text}`"))
}
