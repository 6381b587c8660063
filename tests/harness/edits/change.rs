//! Edits of a program: each is drawn from numbers and from what the program is, so that a sequence without some of them still is one.

use super::program::{Class, Definition, Form, Kind, PATHS, Program, Slot};
use crate::random::Random;

/// What goes on from one edit to the next beside the program itself.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// The program.
    pub program: Program,
    /// The last number given to anything.
    pub last: u32,
    /// What was taken out, to come back.
    pub removed: Vec<(u32, Definition)>,
}

/// Parts of what an edit may name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    /// Constants and pure functions: what an initialiser's value may depend on.
    Pure,
    All,
}

impl Draft {
    fn fresh(&mut self) -> u32 {
        self.last += 1;
        self.last
    }

    fn uses(&self, random: &mut Random, below: u32, names: Names) -> Vec<u32> {
        let definitions = self.program.definitions.range(..below);
        let candidates: Vec<u32> = definitions
            .filter(|(_, definition)| match &definition.kind {
                Kind::Function { is_pure, .. } => names == Names::All || *is_pure,
                Kind::Constant { .. } => true,
                Kind::Variable { .. } | Kind::Class(_) | Kind::Enum { .. } => names == Names::All,
            })
            .map(|(rank, _)| *rank)
            .collect();
        if candidates.is_empty() {
            return Vec::new();
        }
        (0..random.below(3)).map(|_| *random.pick(&candidates)).collect()
    }

    fn ranks(&self, of_kind: impl Fn(&Kind) -> bool) -> Vec<u32> {
        self.program.definitions.iter().filter(|(_, d)| of_kind(&d.kind)).map(|(rank, _)| *rank).collect()
    }

    /// Adds a definition.
    pub fn add(&mut self, random: &mut Random) {
        let rank = self.fresh();
        let seed = 2 + random.below(90) as u32;
        let classes = self.ranks(|kind| matches!(kind, Kind::Class(_)));
        let enums = self.ranks(|kind| matches!(kind, Kind::Enum { .. }));
        let kind = match random.below(10) {
            0 | 1 => Kind::Function { uses: self.uses(random, rank, Names::Pure), is_pure: true },
            2 => Kind::Function { uses: self.uses(random, rank, Names::All), is_pure: false },
            3 | 4 => Kind::Constant { uses: self.uses(random, rank, Names::Pure) },
            5 | 6 => {
                let mut uses = self.uses(random, rank, Names::Pure);
                let mut form = *random.pick(&[
                    Form::Number,
                    Form::Number,
                    Form::List,
                    Form::Closure,
                    Form::Instance,
                    Form::Instances,
                    Form::EnumValue,
                ]);
                match form {
                    Form::Instance | Form::Instances if !classes.is_empty() => uses = vec![*random.pick(&classes)],
                    Form::EnumValue if !enums.is_empty() => uses = vec![*random.pick(&enums)],
                    Form::Instance | Form::Instances | Form::EnumValue => form = Form::Number,
                    _ => {}
                }
                Kind::Variable { form, uses }
            }
            7 | 8 => {
                let base = (!classes.is_empty() && random.below(2) == 0).then(|| *random.pick(&classes));
                let mut class = Class { base, ..Class::default() };
                for _ in 0..random.below(3) {
                    let slot = self.slot(random, rank);
                    class.slots.push(slot);
                }
                for _ in 0..random.below(3) {
                    class.methods.push((self.fresh(), seed));
                }
                Kind::Class(class)
            }
            _ => Kind::Enum { variants: (0..2 + random.below(3)).map(|_| self.fresh()).collect() },
        };
        let file = random.below(PATHS.len());
        self.program.exists[file] = true;
        let order = if random.below(4) == 0 { random.below(rank as usize) as u32 } else { rank };
        self.program.definitions.insert(rank, Definition { file, number: rank, was: None, order, seed, kind });
    }

    fn slot(&mut self, random: &mut Random, below: u32) -> Slot {
        let uses = self.uses(random, below, Names::Pure);
        Slot { number: self.fresh(), was: None, seed: random.below(50) as u32, uses }
    }

    /// Makes one edit; `running` is the program that runs, whose slots hooks may read.
    pub fn edit(&mut self, random: &mut Random, running: &Program) {
        let ranks: Vec<u32> = self.program.definitions.keys().copied().collect();
        let choice = random.below(24);
        if ranks.is_empty() || choice < 4 {
            return self.add(random);
        }
        let rank = *random.pick(&ranks);
        let fresh = self.fresh();
        let program = &mut self.program;
        match choice {
            4..=11 => self.change(random, rank, running),
            12 | 13 => {
                let definition = program.definitions.remove(&rank).expect("it was picked");
                self.removed.push((rank, definition));
            }
            14 | 15 => {
                if !self.removed.is_empty() {
                    let (rank, mut definition) = self.removed.swap_remove(random.below(self.removed.len()));
                    definition.was = None;
                    program.exists[definition.file] = true;
                    program.definitions.insert(rank, definition);
                }
            }
            16 => {
                let definition = program.definitions.get_mut(&rank).expect("it was picked");
                // What nobody has seen yet has no earlier name.
                if running.definitions.contains_key(&rank) && running.definitions[&rank].number == definition.number {
                    definition.was = Some(definition.number);
                }
                definition.number = fresh;
            }
            17 | 18 => {
                let file = random.below(PATHS.len());
                program.exists[file] = true;
                let definition = program.definitions.get_mut(&rank).expect("it was picked");
                if definition.file != file {
                    definition.was = None;
                }
                definition.file = file;
            }
            19 => program.definitions.get_mut(&rank).expect("it was picked").order = random.below(fresh as usize) as u32,
            20 | 21 => {
                let statements = &mut program.statements[random.below(PATHS.len())];
                match random.below(4) {
                    0 if !statements.is_empty() => drop(statements.remove(random.below(statements.len()))),
                    1 => statements.reverse(),
                    _ => statements.insert(random.below(statements.len() + 1), fresh),
                }
            }
            22 => {
                let file = random.below(PATHS.len());
                program.exists[file] = false;
                program.statements[file].clear();
                let gone: Vec<u32> = program.definitions.iter().filter(|(_, d)| d.file == file).map(|(rank, _)| *rank).collect();
                for rank in gone {
                    let definition = program.definitions.remove(&rank).expect("it was found");
                    self.removed.push((rank, definition));
                }
            }
            _ => program.exists[random.below(PATHS.len())] = true,
        }
        for (file, statements) in self.program.statements.iter_mut().enumerate() {
            if !self.program.exists[file] {
                statements.clear();
            }
        }
    }

    /// Changes what a definition says.
    fn change(&mut self, random: &mut Random, rank: u32, running: &Program) {
        let mut definition = self.program.definitions[&rank].clone();
        let class = matches!(definition.kind, Kind::Class(_));
        if !class {
            definition.seed = 2 + random.below(90) as u32;
        }
        match &mut definition.kind {
            Kind::Function { uses, is_pure } if random.below(2) == 0 => {
                *uses = self.uses(random, rank, if *is_pure { Names::Pure } else { Names::All });
            }
            Kind::Constant { uses } if random.below(2) == 0 => *uses = self.uses(random, rank, Names::Pure),
            Kind::Variable { form, uses } if random.below(3) == 0 => {
                *uses = self.uses(random, rank, Names::Pure);
                *form = *random.pick(&[Form::Number, Form::List, Form::Closure]);
            }
            Kind::Class(class) => self.change_class(random, rank, class, running),
            Kind::Enum { variants } => match random.below(4) {
                0 => variants.reverse(),
                1 if variants.len() > 1 => drop(variants.remove(random.below(variants.len()))),
                2 => variants.push(self.fresh()),
                _ => {}
            },
            _ => {}
        }
        self.program.definitions.insert(rank, definition);
    }

    fn change_class(&mut self, random: &mut Random, rank: u32, class: &mut Class, running: &Program) {
        let at = random.below(class.slots.len().max(1));
        match random.below(10) {
            0 | 1 => {
                let slot = self.slot(random, rank);
                class.slots.push(slot);
            }
            2 if !class.slots.is_empty() => {
                let slot = class.slots.remove(at);
                class.hook = class.hook.filter(|(new, _)| *new != slot.number);
            }
            3 if !class.slots.is_empty() => class.slots[at].seed += 1,
            4 if !class.slots.is_empty() => {
                let number = self.fresh();
                let slot = &mut class.slots[at];
                if class.hook.is_some_and(|(new, _)| new == slot.number) {
                    class.hook = None;
                }
                let runs = running.definitions.contains_key(&rank) && running.slots(rank).contains(&slot.number);
                slot.was = runs.then_some(slot.number);
                slot.number = number;
            }
            5 => class.slots.reverse(),
            6 => {
                let bases: Vec<u32> =
                    self.ranks(|kind| matches!(kind, Kind::Class(_))).into_iter().filter(|base| *base < rank).collect();
                class.base = (!bases.is_empty() && random.below(3) > 0).then(|| *random.pick(&bases));
            }
            7 => {
                // The hook reads a slot of the class as it runs, and writes a new one.
                let Some(Definition { kind: Kind::Class(old), .. }) = running.definitions.get(&rank) else { return };
                if old.slots.is_empty() {
                    return;
                }
                let read = random.pick(&old.slots).number;
                let slot = self.slot(random, rank);
                class.hook = Some((slot.number, read));
                class.slots.push(slot);
            }
            8 if !class.methods.is_empty() => {
                let at = random.below(class.methods.len());
                if random.below(3) == 0 {
                    class.methods.remove(at);
                } else {
                    class.methods[at].1 += 1;
                }
            }
            _ => {
                let number = self.fresh();
                class.methods.push((number, number));
            }
        }
    }
}
