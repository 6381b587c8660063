//! A game loop whose creatures are scripts. The host owns the world and the time; a script says what kinds of creatures there are, and what they do.
//!
//! Each creature lives in a task of its own. A frame takes in what has been saved, lets the tasks go on within a budget, and looks at what has become of
//! them. So neither an edit nor a loop without an end stops the frames.

#[path = "../../shared/saved.rs"]
mod saved;

use embed::prelude::*;
use embed::{Budget, Ran, Report, TaskHandle};
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::path::Path;
use std::rc::Rc;
use std::task::{Poll, Waker};

/// Something in the world.
#[derive(Class, Clone, Debug)]
pub struct Entity {
    /// What it is called.
    #[script(get)]
    pub name: String,
    /// Where it is.
    #[script(get, set)]
    pub x: f64,
    /// Hit points.
    #[script(get, set)]
    pub hp: i64,
}

#[methods]
impl Entity {
    fn new(name: String, #[script(default = 0)] x: f64, #[script(default = 10)] hp: i64) -> Entity {
        Entity { name, x, hp }
    }

    /// takes hit points away.
    fn hit(&mut self, #[script(default = 1)] n: i64) {
        self.hp = (self.hp - n).max(0);
    }

    /// goes towards a place, one step at most.
    fn approach(&mut self, x: f64) {
        self.x += (x - self.x).clamp(-1.0, 1.0);
    }

    #[script(get)]
    fn is_alive(&self) -> bool {
        self.hp > 0
    }
}

/// A creature with the task in which it lives.
struct Creature {
    entity: Own<Entity>,
    life: Option<TaskHandle<()>>,
}

/// What tasks wait for: the next frame.
#[derive(Default)]
struct Clock {
    frame: Cell<u64>,
    waiting: RefCell<Vec<Waker>>,
}

impl Clock {
    /// Ends when the frame does in which it was asked for.
    fn next_frame(self: Rc<Self>) -> impl Future<Output = ()> {
        let begun = self.frame.get();
        poll_fn(move |cx| {
            if self.frame.get() > begun {
                return Poll::Ready(());
            }
            self.waiting.borrow_mut().push(cx.waker().clone());
            Poll::Pending
        })
    }

    fn tick(&self) {
        self.frame.set(self.frame.get() + 1);
        self.waiting.take().into_iter().for_each(Waker::wake);
    }
}

/// What happened in a frame.
pub struct Frame {
    /// What the scripts have used.
    pub ran: Ran,
    /// What came of an edit, if there was one.
    pub report: Option<Report>,
    /// Errors that have ended lives.
    pub errors: Vec<Error>,
}

/// The game.
pub struct Game {
    vm: Vm,
    budget: Budget,
    clock: Rc<Clock>,
    /// What scripts have put into the world since the last frame.
    spawned: Rc<RefCell<Vec<Own<Entity>>>>,
    creatures: Vec<Creature>,
}

impl Game {
    /// A game with the scripts of a directory, of which each frame gets this much.
    ///
    /// # Errors
    /// If they cannot be loaded.
    pub fn new(scripts: &Path, budget: Budget) -> Result<Game, Error> {
        let mut vm = Vm::builder().memory(64 << 20).build();
        let (clock, spawned) = (Rc::<Clock>::default(), Rc::<RefCell<Vec<Own<Entity>>>>::default());
        let (ticking, spawning) = (clock.clone(), spawned.clone());
        vm.module("game")
            .doc("The world, for scripts.")
            .class::<Entity>()
            .function("spawn(entity): puts it into the world.", move |entity: Own<Entity>| spawning.borrow_mut().push(entity))
            .async_function("next_frame(): waits for it.", move || ticking.clone().next_frame())
            .locked();
        // An edit that does not have them is refused, and the old scripts go on.
        vm.require::<fn()>("world.populate");
        vm.require::<fn(Own<Entity>)>("world.live");
        vm.add_root("");
        vm.set_change_source(saved::saved_in(scripts.to_owned()));
        let loaded = vm.poll_reload().ok_or_else(|| Error::Host("there are no scripts".into()))?;
        if let Some(error) = loaded.error {
            return Err(error);
        }
        vm.call::<_, ()>("world.populate", ())?;
        Ok(Game { vm, budget, clock, spawned, creatures: Vec::new() })
    }

    /// One turn of the loop.
    ///
    /// # Errors
    /// If the scripts were stopped for good.
    pub fn frame(&mut self) -> Result<Frame, Error> {
        let report = self.vm.poll_reload();
        let was_edited = report.as_ref().is_some_and(|report| report.committed);
        for entity in self.spawned.take() {
            self.creatures.push(Creature { entity, life: None });
            let last = self.creatures.len() - 1;
            self.begin(last)?;
        }
        // Whom an error has ended gets another chance with another text.
        for at in 0..self.creatures.len() {
            if was_edited && self.creatures[at].life.is_none() && self.creatures[at].entity.borrow()?.is_alive() {
                self.begin(at)?;
            }
        }
        let ran = self.vm.run_tasks_within(self.budget)?;
        self.clock.tick();
        let mut errors = Vec::new();
        for creature in &mut self.creatures {
            if let Some(ended) = creature.life.as_ref().and_then(|life| life.take(&mut self.vm)) {
                creature.life = None;
                errors.extend(ended.err());
            }
        }
        Ok(Frame { ran, report, errors })
    }

    fn begin(&mut self, at: usize) -> Result<(), Error> {
        let creature = &mut self.creatures[at];
        creature.life = Some(self.vm.start("world.live", (&creature.entity,))?);
        Ok(())
    }

    /// A creature by its name.
    pub fn entity(&self, name: &str) -> Option<Entity> {
        let entities = self.creatures.iter().filter_map(|creature| creature.entity.borrow().ok());
        entities.into_iter().find(|entity| entity.name == name).map(|entity| entity.clone())
    }

    /// All creatures, each as its script shows it.
    ///
    /// # Errors
    /// What the scripts raise.
    pub fn shown(&mut self) -> Result<Vec<String>, Error> {
        self.creatures.iter().map(|creature| self.vm.repr(creature.entity.handle())).collect()
    }
}
