//! Names that other languages have, and what is written here instead. They are looked at only when a name is not found.

/// What to write for a name that is visible everywhere in other languages.
pub fn instead_of_name(name: &str) -> Option<&'static str> {
    find(NAMES, name)
}

/// What to write for a member that such values have in other languages.
pub fn instead_of_member(name: &str) -> Option<&'static str> {
    find(MEMBERS, name)
}

fn find(table: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    table.iter().find(|(foreign, _)| *foreign == name).map(|(_, own)| *own)
}

const NAMES: &[(&str, &str)] = &[
    ("None", "`nil` is written"),
    ("NULL", "`nil` is written"),
    ("Nil", "`nil` is written"),
    ("null", "`nil` is written"),
    ("nullptr", "`nil` is written"),
    ("undefined", "`nil` is written"),
    ("True", "`true` is written"),
    ("False", "`false` is written"),
    ("this", "`self` is written"),
    ("println", "`print(…)` writes a line"),
    ("printf", "`print(…)` writes a line"),
    ("echo", "`print(…)` writes a line"),
    ("puts", "`print(…)` writes a line"),
    ("console", "`print(…)` writes a line"),
    ("open", "files are read with `fs.read(path)`, after `import fs`"),
    ("isinstance", "write `x is Class`"),
    ("typeof", "write `type(x)`"),
    ("lambda", "a function without a name is written `|x| …`"),
];

const MEMBERS: &[(&str, &str)] = &[
    ("length", "the number of items is `x.len()`"),
    ("size", "the number of items is `x.len()`"),
    ("has_key", "write `key in m`"),
    ("containsKey", "write `key in m`"),
    ("contains_key", "write `key in m`"),
    ("hasOwnProperty", "write `key in m`"),
    ("includes", "write `item in x`"),
    ("indexOf", "write `x.index_of(item)`"),
    ("forEach", "write `for item in x { … }`"),
    ("for_each", "write `for item in x { … }`"),
    ("substring", "write `x[a..b]`"),
    ("substr", "write `x[a..b]`"),
    ("toUpperCase", "write `x.upper()`"),
    ("toLowerCase", "write `x.lower()`"),
    ("toString", "write `str(x)`"),
    ("to_string", "write `str(x)`"),
    ("remove_at", "write `x.pop(index)`"),
    ("removeAt", "write `x.pop(index)`"),
    ("shift", "write `x.pop(0)`"),
    ("unshift", "write `x.insert(0, item)`"),
    ("__class__", "write `type(x)`"),
];
