//! Values and definitions, as a host reads and writes them.

use super::convert::{FromScript, IntoScript};
use super::error::Error;
use super::handle::Handle;
use super::vm::Vm;
use crate::heap::Value;
use crate::object::{Cx, Definition, ErrorKind, Kind, Namespace};
use crate::ops;
use gc_arena::Gc;

impl Vm {
    /// The value of `namespace.name`.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("game.lang", "let score = 7")?;
    /// assert_eq!(vm.get::<i64>("game.score")?, 7);
    /// let error = vm.get::<String>("game.score").expect_err("it is an int");
    /// assert_eq!(error.to_string(), "`game.score`: expected a string, got Int");
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Host`] if there is no such definition, or its value has another type.
    pub fn get<T: FromScript>(&mut self, qualified: &str) -> Result<T, Error> {
        self.enter(|cx| {
            let cell = cx.definition(qualified)?;
            T::from_script(cx, cell.value()).map_err(|text| Error::Host(format!("`{qualified}`: {text}")))
        })
    }

    /// Assigns to `namespace.name`, as a script would.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("game.lang", "let score = 7\nconst LIVES = 3")?;
    /// vm.set("game.score", 8)?;
    /// assert_eq!(vm.get::<i64>("game.score")?, 8);
    /// assert!(vm.set("game.LIVES", 4).is_err());
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Host`] if there is no such definition; what the program raises if it cannot be assigned, as constants and functions cannot.
    pub fn set(&mut self, qualified: &str, value: impl IntoScript) -> Result<(), Error> {
        let value = self.enter(|cx| match value.try_into_script(cx) {
            Ok(value) => Ok(Handle::new(cx.world, value)),
            Err(problem) => Err(Error::Host(format!("`{qualified}`: {problem}"))),
        })?;
        let (namespace, name) = self.enter(|cx| {
            let cell = cx.definition(qualified)?;
            Ok::<_, Error>((Handle::new(cx.world, Value::Namespace(cell.namespace)), cell.name.as_str().to_owned()))
        })?;
        self.run(move |cx| {
            let (namespace, value) = (namespace.value_in(cx.world), value.value_in(cx.world));
            let name = cx.world.intern(cx.mc, &name);
            cx.set_attr(namespace, name, value)
        })?;
        Ok(())
    }

    /// A handle to the value of `namespace.name`.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("game.lang", "let log = []\nfn note(log, text) { log.push(text) }")?;
    /// let log = vm.handle("game.log")?;
    /// vm.call::<_, ()>("game.note", (&log, "begun"))?;
    /// assert_eq!(vm.get::<Vec<String>>("game.log")?, ["begun"]);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Host`] if there is no such definition.
    pub fn handle(&mut self, qualified: &str) -> Result<Handle, Error> {
        self.enter(|cx| {
            let value = cx.definition(qualified)?.value();
            Ok(Handle::new(cx.world, value))
        })
    }

    /// The Rust value of a held script value.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// let list: Handle = vm.eval("[1, 2]")?;
    /// assert_eq!(vm.read::<Vec<i64>>(&list)?, [1, 2]);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Host`] if the value has another type, or the handle is another VM's.
    pub fn read<T: FromScript>(&mut self, handle: &Handle) -> Result<T, Error> {
        self.check_handle(handle)?;
        self.enter(|cx| {
            let value = handle.value_in(cx.world);
            T::from_script(cx, value).map_err(Error::Host)
        })
    }

    /// Whether a held value is nil.
    ///
    /// A handle of another VM's is nil here.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// let found: Handle = vm.eval("{a: 1}.get(\"b\")")?;
    /// assert!(vm.is_nil(&found));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn is_nil(&mut self, handle: &Handle) -> bool {
        self.enter(|cx| handle.value_in(cx.world).is_nil())
    }

    /// The text that `repr` gives for a held value.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// let value: Handle = vm.eval("[1, \"a\", nil]")?;
    /// assert_eq!(vm.repr(&value)?, "[1, \"a\", nil]");
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Host`] if the handle is another VM's; what a `repr` of the program raises.
    pub fn repr(&mut self, handle: &Handle) -> Result<String, Error> {
        self.check_handle(handle)?;
        let handle = handle.clone();
        let text = self.run(move |cx| {
            let value = handle.value_in(cx.world);
            ops::to_repr(cx, value)
        })?;
        self.read(&text)
    }

    /// The text that shows a held value to somebody: its `repr`, of which long containers and strings are cut, with how much more there is.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// let long: Handle = vm.eval("list(0..100_000)")?;
    /// assert!(vm.shown(&long)?.len() < 1_000 && vm.repr(&long)?.len() > 100_000);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`Vm::repr`].
    pub fn shown(&mut self, handle: &Handle) -> Result<String, Error> {
        self.check_handle(handle)?;
        let handle = handle.clone();
        let text = self.run(move |cx| {
            let value = handle.value_in(cx.world);
            ops::to_shown(cx, value)
        })?;
        self.read(&text)
    }

    pub(crate) fn check_handle(&self, handle: &Handle) -> Result<(), Error> {
        if handle.is_of(&self.pool) { Ok(()) } else { Err(Error::Host("the handle belongs to another VM".into())) }
    }

    /// Makes a value that stays alive as long as its handle.
    ///
    /// For libraries; [`Vm::to_value`] makes values of plain data.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::IntoScript;
    ///
    /// let mut vm = Vm::new();
    /// let text = vm.make(|cx| "text".into_script(cx));
    /// assert_eq!(vm.read::<String>(&text)?, "text");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn make(&mut self, f: impl for<'gc> FnOnce(&mut Cx<'_, 'gc>) -> Value<'gc>) -> Handle {
        self.enter(|cx| {
            let value = f(cx);
            Handle::new(cx.world, value)
        })
    }
}

impl<'gc> Cx<'_, 'gc> {
    /// Defines `namespace.name` as something of the host's or the library's.
    ///
    /// For libraries; hosts have [`Vm::module`].
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::IntoScript;
    /// use vm::object::Kind;
    ///
    /// let mut vm = Vm::new();
    /// vm.enter(|cx| {
    ///     let answer = 42.into_script(cx);
    ///     cx.define("host", "ANSWER", Kind::Constant, answer);
    /// });
    /// assert_eq!(vm.get::<i64>("host.ANSWER")?, 42);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn define(&mut self, namespace: &str, name: &str, kind: Kind, value: Value<'gc>) -> Gc<'gc, Definition<'gc>> {
        let namespace = self.world.namespace(self.mc, namespace);
        let symbol = self.world.intern(self.mc, name);
        let cell = Namespace::cell_or_new(namespace, self.mc, symbol);
        cell.set_kind(kind);
        Definition::set(cell, self.mc, value);
        Definition::update_meta(cell, self.mc, |meta| meta.version = 1);
        cell
    }

    /// The definition with this qualified name.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("game.lang", "let score = 7")?;
    /// assert!(vm.enter(|cx| cx.definition("game.score").is_ok()));
    /// let problem = vm.enter(|cx| cx.definition("game.scores").err()).expect("there is none");
    /// assert_eq!(problem.to_string(), "`game.scores` does not exist; did you mean `score`?");
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Host`] if there is none, or one without value; it names the nearest.
    pub fn definition(&mut self, qualified: &str) -> Result<Gc<'gc, Definition<'gc>>, Error> {
        let found = qualified.rsplit_once('.').and_then(|(namespace, name)| {
            let namespace = *self.world.namespaces.get(namespace)?;
            let symbol = self.world.intern(self.mc, name);
            namespace.get(symbol).filter(|definition| !definition.value().is_unset())
        });
        found.ok_or_else(|| self.no_definition(qualified))
    }

    #[cold]
    fn no_definition(&self, qualified: &str) -> Error {
        let Some((namespace, name)) = qualified.rsplit_once('.') else {
            return Error::Host(format!("`{qualified}` names no definition: those are written `namespace.name`"));
        };
        let Some(found) = self.world.namespaces.get(namespace) else {
            let near = ops::suggestion(namespace, self.world.namespaces.keys().map(|name| &**name));
            return Error::Host(format!("`{qualified}` does not exist: there is no namespace `{namespace}`{near}"));
        };
        let definitions: Vec<_> = found.definitions().iter().filter(|d| !d.value().is_unset()).map(|d| d.name.as_str()).collect();
        let near = ops::suggestion(name, definitions.into_iter());
        Error::Host(format!("`{qualified}` does not exist{near}"))
    }

    /// An error of a built-in class as a value.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::ErrorKind;
    ///
    /// let mut vm = Vm::new();
    /// let error = vm.make(|cx| cx.error_value(ErrorKind::ValueError, "too large"));
    /// vm.load_text("main.lang", "fn message(e) { e.message }")?;
    /// assert_eq!(vm.call::<_, String>("main.message", (&error,))?, "too large");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn error_value(&mut self, kind: ErrorKind, message: &str) -> Value<'gc> {
        Value::Instance(self.new_error(kind, message))
    }
}
