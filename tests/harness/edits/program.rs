//! A program as a model: what its files define, and their texts.
//!
//! Every definition has a rank that never changes; it names only definitions of lower ranks, so that nothing calls itself. What it names
//! and is not there any more is written as a number.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Paths of the files that may exist.
pub const PATHS: [&str; 3] = ["a.lang", "b.lang", "c.lang"];

/// What the statements of all files write to; it is never edited.
pub const LOG: (&str, &str) = ("log.lang", "let tags = []\nfn note(tag) { tags.push(tag) }\n");

/// A program.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// Whether all files contribute to the namespace `g`.
    pub is_shared: bool,
    /// Definitions by rank.
    pub definitions: BTreeMap<u32, Definition>,
    /// Tags of the statements of each file.
    pub statements: [Vec<u32>; 3],
    /// Files that are there.
    pub exists: [bool; 3],
}

/// A definition.
#[derive(Clone, Debug)]
pub struct Definition {
    /// The file, an index into [`PATHS`].
    pub file: usize,
    /// The number in its name.
    pub number: u32,
    /// The number that was in its name.
    pub was: Option<u32>,
    /// Where it stands in its file.
    pub order: u32,
    /// A number in its text.
    pub seed: u32,
    /// What it is.
    pub kind: Kind,
}

/// What a definition is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A function; names variables and classes too unless it is pure.
    Function { uses: Vec<u32>, is_pure: bool },
    /// A constant.
    Constant { uses: Vec<u32> },
    /// A variable.
    Variable { form: Form, uses: Vec<u32> },
    /// A class.
    Class(Class),
    /// An enum with the numbers of its variants; odd ones have a payload.
    Enum { variants: Vec<u32> },
}

/// What a variable holds at first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    Number,
    List,
    Closure,
    Instance,
    Instances,
    EnumValue,
}

/// A class.
#[derive(Clone, Debug, Default)]
pub struct Class {
    /// Rank of its base.
    pub base: Option<u32>,
    /// Its slots.
    pub slots: Vec<Slot>,
    /// Numbers of its methods, with a number in their texts.
    pub methods: Vec<(u32, u32)>,
    /// A hook: the slot that it writes, and the old slot that it reads.
    pub hook: Option<(u32, u32)>,
}

/// A slot.
#[derive(Clone, Debug)]
pub struct Slot {
    /// The number in its name.
    pub number: u32,
    /// The number that was in its name.
    pub was: Option<u32>,
    /// A number in its default.
    pub seed: u32,
    /// What its default names.
    pub uses: Vec<u32>,
}

impl Kind {
    /// The first letter of its name.
    pub fn letter(&self) -> char {
        match self {
            Kind::Function { .. } => 'f',
            Kind::Constant { .. } => 'k',
            Kind::Variable { .. } => 'v',
            Kind::Class(_) => 'C',
            Kind::Enum { .. } => 'E',
        }
    }
}

impl Definition {
    /// Its bare name.
    pub fn name(&self) -> String {
        format!("{}{}", self.kind.letter(), self.number)
    }

    /// Whether it is a variable with plain data: a number or a list.
    pub fn is_plain_variable(&self) -> bool {
        matches!(self.kind, Kind::Variable { form: Form::Number | Form::List, .. })
    }
}

impl Program {
    /// The namespace of a file.
    pub fn namespace(&self, file: usize) -> &'static str {
        if self.is_shared { "g" } else { ["a", "b", "c"][file] }
    }

    /// The qualified name of a definition.
    pub fn qualified(&self, rank: u32) -> String {
        let definition = &self.definitions[&rank];
        format!("{}.{}", self.namespace(definition.file), definition.name())
    }

    /// How a definition is written in `file`; `None` when it is gone.
    fn reference(&self, rank: u32, file: usize) -> Option<String> {
        let definition = self.definitions.get(&rank)?;
        Some(if self.is_shared || definition.file == file { definition.name() } else { self.qualified(rank) })
    }

    /// Texts of the files that are there.
    pub fn texts(&self) -> BTreeMap<String, String> {
        let mut texts: BTreeMap<String, String> =
            (0..PATHS.len()).filter(|file| self.exists[*file]).map(|file| (PATHS[file].to_owned(), self.text(file))).collect();
        texts.insert(LOG.0.to_owned(), LOG.1.to_owned());
        texts
    }

    fn text(&self, file: usize) -> String {
        let mut out = String::new();
        if self.is_shared {
            out.push_str("namespace g\n");
        }
        out.push_str("import log\n");
        for other in (0..PATHS.len()).filter(|other| !self.is_shared && *other != file && self.exists[*other]) {
            let _ = writeln!(out, "import {}", self.namespace(other));
        }
        let mut definitions: Vec<(u32, &Definition)> =
            self.definitions.iter().filter(|(_, d)| d.file == file).map(|(rank, d)| (*rank, d)).collect();
        // Initialisers run in text order, so that what they name stands above them; the others may stand anywhere.
        let is_value = |d: &Definition| matches!(d.kind, Kind::Constant { .. } | Kind::Variable { .. });
        definitions.sort_by_key(|(rank, definition)| if is_value(definition) { *rank } else { definition.order });
        definitions.into_iter().for_each(|(_, definition)| self.definition(&mut out, definition));
        for tag in &self.statements[file] {
            let _ = writeln!(out, "log.note({tag})");
        }
        out
    }

    fn definition(&self, out: &mut String, definition: &Definition) {
        let (name, seed, file) = (definition.name(), definition.seed, definition.file);
        let was = definition.was.map(|was| format!(" was {}{was}", definition.kind.letter())).unwrap_or_default();
        let _ = match &definition.kind {
            Kind::Function { uses, .. } => {
                let sum = self.sum(uses, file, "x");
                writeln!(out, "fn {name}(x){was} {{ (x * {seed} + {sum}) % 10007 }}")
            }
            Kind::Constant { uses } => writeln!(out, "const {name}{was} = ({seed} + {}) % 10007", self.sum(uses, file, "2")),
            Kind::Variable { form, uses } => {
                writeln!(out, "let {name}{was} = {}", self.initialiser(*form, seed, uses, file))
            }
            Kind::Class(class) => {
                self.class(out, &format!("{name}{was}"), class, file);
                Ok(())
            }
            Kind::Enum { variants } => {
                let items: Vec<String> =
                    variants.iter().map(|n| if n % 2 == 1 { format!("P{n}(x)") } else { format!("P{n}") }).collect();
                writeln!(out, "enum {name}{was} {{ {}; fn code() {{ {seed} }} }}", items.join("; "))
            }
        };
    }

    fn initialiser(&self, form: Form, seed: u32, uses: &[u32], file: usize) -> String {
        let sum = self.sum(uses, file, "3");
        let class = || uses.iter().find(|rank| matches!(self.definitions.get(rank).map(|d| &d.kind), Some(Kind::Class(_))));
        let of_enum = || {
            uses.iter().find_map(|rank| match &self.definitions.get(rank)?.kind {
                Kind::Enum { variants } => Some((*rank, *variants.iter().find(|n| *n % 2 == 0)?)),
                _ => None,
            })
        };
        match form {
            Form::Number => format!("{seed} + {sum}"),
            Form::List => format!("[{seed}, {sum}]"),
            Form::Closure => format!("|x| x * {seed} + {sum}"),
            Form::Instance => {
                class().map_or("nil".into(), |rank| format!("{}()", self.reference(*rank, file).expect("it is there")))
            }
            Form::Instances => {
                class().map_or("[]".into(), |rank| format!("[{}(), {seed}]", self.reference(*rank, file).expect("it is there")))
            }
            Form::EnumValue => {
                of_enum().map_or("nil".into(), |(rank, n)| format!("{}.P{n}", self.reference(rank, file).expect("it is there")))
            }
        }
    }

    /// The sum of what is named, with `argument` for functions.
    fn sum(&self, uses: &[u32], file: usize, argument: &str) -> String {
        let mut parts = vec!["1".to_owned()];
        for rank in uses {
            let Some(name) = self.reference(*rank, file) else { continue };
            match &self.definitions[rank].kind {
                Kind::Function { .. } => parts.push(format!("{name}({argument})")),
                Kind::Constant { .. } | Kind::Variable { form: Form::Number, .. } => parts.push(name),
                Kind::Variable { form: Form::List, .. } => parts.push(format!("{name}.len()")),
                Kind::Variable { form: Form::Closure, .. } => parts.push(format!("{name}({argument})")),
                Kind::Class(_) => parts.extend(self.methods(*rank).first().map(|method| format!("{name}().m{method}({argument})"))),
                Kind::Variable { .. } | Kind::Enum { .. } => {}
            }
        }
        parts.join(" + ")
    }

    fn class(&self, out: &mut String, head: &str, class: &Class, file: usize) {
        let base = class.base.and_then(|rank| self.reference(rank, file)).map(|base| format!("({base})")).unwrap_or_default();
        // A class that is renamed says so behind its name and before its bases.
        let (name, was) = head.split_once(' ').unwrap_or((head, ""));
        let _ = writeln!(out, "class {name}{base} {was} {{");
        for slot in &class.slots {
            let was = slot.was.map(|was| format!(" was s{was}")).unwrap_or_default();
            let _ = writeln!(out, "    slot s{}{was} = {} + {}", slot.number, slot.seed, self.sum(&slot.uses, file, "4"));
        }
        for (method, seed) in &class.methods {
            let slot = class.slots.first().map_or("0".to_owned(), |slot| format!("self.s{}", slot.number));
            let _ = writeln!(out, "    fn m{method}(x) {{ x + {seed} + {slot} }}");
        }
        if let Some((new, old)) = class.hook {
            let _ = writeln!(out, "    migrate(old) {{ self.s{new} = old.s{old} + 1000 }}");
        }
        out.push_str("}\n");
    }

    /// The class with all that it inherits from, nearest first.
    pub fn line(&self, rank: u32) -> Vec<u32> {
        let mut line = Vec::new();
        let mut next = Some(rank);
        while let Some(rank) = next {
            let Some(Definition { kind: Kind::Class(class), .. }) = self.definitions.get(&rank) else { break };
            line.push(rank);
            next = class.base;
        }
        line
    }

    fn of_line<T>(&self, rank: u32, part: impl Fn(&Class) -> Vec<T>) -> Vec<T> {
        let classes = self.line(rank).into_iter().filter_map(|rank| match &self.definitions[&rank].kind {
            Kind::Class(class) => Some(part(class)),
            _ => None,
        });
        classes.flatten().collect()
    }

    /// Numbers of a class's methods, inherited ones too.
    pub fn methods(&self, rank: u32) -> Vec<u32> {
        self.of_line(rank, |class| class.methods.iter().map(|(number, _)| *number).collect())
    }

    /// Numbers of a class's slots, inherited ones too.
    pub fn slots(&self, rank: u32) -> Vec<u32> {
        self.of_line(rank, |class| class.slots.iter().map(|slot| slot.number).collect())
    }
}
