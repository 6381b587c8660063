//! Why a load or reload is refused, `R01xx`, and what is said about one that is not, `W03xx`.

use lang::diagnostic::{Code, Severity};

macro_rules! codes {
    ($($name:ident $id:literal $severity:ident $title:literal $explanation:literal)*) => {
        $(
            #[doc = concat!("`", $id, "`: ", $title)]
            pub static $name: Code = Code { id: $id, severity: Severity::$severity, title: $title, explanation: $explanation };
        )*
        /// Every code of a reload, in the order of the table.
        pub static ALL: &[&Code] = &[$(&$name),*];
    };
}

codes! {
    OTHER_KIND "R0101" Error "a definition becomes another kind of thing"
    "In a running program a function stays a function, a class a class and an enum an enum; `let`, `const` and `once` are of
one kind. Choose another name for the new thing, or ask for the replacement: `live.reload(replace: true)`. Who holds the old
thing keeps it."
    DUPLICATE "R0102" Error "a name is defined twice"
    "At most one file contributes a definition. Remove one of the two, or save both files together to move it."
    UNREADABLE "R0105" Error "a file cannot be read"
    "The file is not there, may not be read, or is no UTF-8 text."
    FAILED "R0106" Error "new code of the top level raises an error"
    "Initialisers and new statements run while a text is taken in. An error in one of them refuses the text as a whole, and
definitions and variables are as they were. What the code did outside, such as printing, is not undone."
    UNKNOWN_NAMESPACE "R0107" Error "an import of what does not exist"
    "An import names a namespace: a module of the library, or a file below the directory of the program or one given with
`--path` or `LANG_PATH`. `import a.b` looks for `a/b.lang`."
    MODULE_NAME "R0108" Error "a file has the name of a standard module"
    "The modules of the library, such as `json`, cannot be added to by files. Rename the file, or give it another namespace with
`namespace` on its first line."
    OWNED "R0109" Error "a name belongs to the host"
    "What the host defines, or has locked, cannot be defined by a file. Choose another name."
    STRICT "R0110" Error "a leak of another file is defined"
    "With the policy `strict` a file cannot take over what another file used to define. With the policy `adopt`, which is the
default, the definition moves: it keeps its identity and has a new contributor."
    LEAK_KIND "R0111" Error "a leak comes back as another kind of thing"
    "A definition that no file has any more but that is still in use is a leak. Its name can be used again for something of the
same kind. Choose another name, or restart the program."
    BUNDLE "R0116" Error "a native bundle that cannot be loaded"
    "The shared library is not there, is none of this system, is no bundle, was built for another version of the interface, or says itself that it
cannot work; or native code is not allowed. If it is edited while a program runs, this goes on with the library that it has."
    BUNDLE_LAYOUT "R0117" Error "values of a native type do not fit the new library"
    "The new library lays a type out in memory in another way, and there are values of the old one, which it would misread. Only the library could turn
one into the other. Let go of the values, or restart the program."
    NESTED "R0112" Error "a reload is asked for while one is made"
    "Code that runs as a part of a load or reload, such as an initialiser, cannot ask for another one."
    SEVERAL_MAINS "R0114" Error "several files of a directory have a `main`"
    "A program that is a directory begins with `main` of its `main.lang`, or with the only `main` there is. Rename the file that the
program begins with, or name one file to run: `lang run game/start.lang`."
    CLASS "R0113" Error "a class that cannot be made"
    "The bases of a class contradict each other in their order, are no classes, inherit from the class itself, or bring the same slot
twice; or a slot has the name of another member. The message says which. An edit of a base is refused with it too, when a class below
would not fit any more: nothing has changed then.

```
class A { slot x = 1 }
class B { slot x = 2 }
class C(A, B) { slot x = 3 }      # declared here, the slot is one
```"
    BLOCKED "R0118" Error "a reload is asked for while the host has blocked them"
    "The program that embeds the engine has said that nothing may change for the moment. Ask again when it lets reloads through."
    REFUSED_BY_HOST "R0119" Error "the host refuses a text"
    "The program that embeds the engine needs a definition that the text does not have, or has as something else, or its own check has
found something. The message says what. Nothing has changed."
    FROZEN "R0120" Error "what is frozen is to change"
    "The program that embeds the engine has said that what is loaded stays as it is. Restart it to run the new text."
    UNKNOWN_IMPORT "W0301" Warning "a name is imported that does not exist"
    "The namespace has no definition of this name. It may still come to exist: the import is late bound, and using the name
before raises NameError."
    NEEDED_TOO_EARLY "W0305" Warning "a top-level value that is needed too early"
    "Loading a file runs its `let`, `const` and statements in text order, and waits for values of other files. A value that is needed
above its own `let`, or files that each need a value of the other first, cannot be computed: reaching this raises NameError, and the
load fails. Functions may use each other's files freely, as they run later.

```
let area = side * side      # `side` has no value yet
let side = 3
```"
    UNKNOWN_NAME "W0302" Warning "a name that nobody defines"
    "No file that is loaded defines this name, nor does the library. It may still come to exist: names are found when they are
reached. Reaching it before raises NameError.

```
fn main() {
    salute()       # perhaps `fn salute` is still to be written
}
```"
    HOOK "R0115" Error "the program refuses an edit"
    "A `before_reload` or `after_reload` of a file has raised an error, or what a task has given to `task.on_code_change`; a test of an edited
file fails (`tests: true`); or an instance cannot follow its class (`migrate: \"eager\"`). Nothing has changed. The message says which, and the error is shown with it."
    RENAMED "W0303" Warning "a definition may have been renamed"
    "One definition left and one with nearly the same text came, or one slot left and one with the same default came. If that is one thing
with a new name, say so with `was`, and everyone who holds the old one goes over to the new one, with its value: `fn step(dt) was tick`,
`let guests was visitors = 0`, `slot mass was density = 4`.

The same is said when a definition has the text of one that has left another namespace: it may have moved, in two saves. `fn step(dt) was
world.tick` says so; within one save nothing need be said."
    MENTIONS_LEAK "W0304" Warning "code mentions what no file defines any more"
    "The definition is a leak: the running program still has it, so the code works here, and it would be missing after a restart. Write the
definition again, or change the code. With `strict` the edit is refused instead.

An edit that deletes a definition names all places that mention it: also those of files that are not edited, and of what was defined in
the session. So does one that takes a variant from an enum, though that is no leak: values of it live on, and code that names it raises
SlotError."
    INCOMPLETE_MATCH "W0306" Warning "a `match` that an edit makes incomplete"
    "The edit adds a variant to an enum, and this `match`, which had an arm for every variant, has none for the new one: a value of it raises
MatchError here. Add an arm, or `_` for all others. A `match` that was incomplete before is not mentioned."
    MISFIT "W0313" Warning "a call that an edit leaves without the right arguments"
    "The edit gives a function other parameters, and this call, which fitted the old ones, does not fit the new ones: it raises ArityError when it is
reached. Edit the call, or give a new parameter a default. Calls through variables, and of methods of other objects, are not known before
they are made."
    ASSIGNS_CONSTANT "W0314" Warning "an assignment to what an edit makes a constant"
    "The edit turns a `let` into a `const`, and this code, in another file perhaps, assigns it: that raises TypeError when it is reached. Change the
code, or leave the definition a `let`. What code of the session assigns is not looked through."
    STARTED_BEFORE "W0315" Warning "a task goes on that an edited statement has started"
    "A statement that has been edited runs again, and what it did before is not undone: a task that it has started goes on, beside one that it starts
now. Tasks call the newest text of their functions anyhow, so that no edit has to start them again. Cancel the old one, or keep tasks where an
edit finds them: `once worker = task.spawn(work)`.

```
task.spawn(work, name: \"worker\")     # edited, it starts a second one
```"
    IDLE_WAS "W0309" Warning "a `was` that does nothing"
    "A definition takes over what had the name after `was` in the edit in which that leaves, or when it has left before and something still uses it.
Here the old name is still defined, or there never was one of this name and kind. A slot or another member does so only in the edit that brings its
new name. A `was` that has done its work may stay in the text."
    OVERRIDES "W0308" Warning "an `extend` that replaces a member of its class"
    "The class has a member of this name in its own text, or in the library, and all code that uses the member gets that of the `extend` from now
on, whichever of the two came first. When the `extend` leaves, what it replaced is there again. Edit the class itself, choose another name, or write a class below it:
`class MyList(List) { … }`."
    RAISED "W0307" Warning "a listener has failed"
    "What a listener (`live.on`) raises does not undo what it is told of, and what an old `before_reload` raises does not refuse an edit of that
hook itself. The error is shown with its place; correct that code."
    HOOK_SKIPPED "W0311" Warning "a migration hook raises and is left out"
    "With `on_hook_error: \"use_defaults\"` an instance for which `migrate(old)` raises gets the new slots without it: values by name, defaults for what
is new. It is told once for each hook, with the first error: in the report if it happens within the commit, else to listeners of
\"hook_failed\", or on the stream for messages."
    COMPUTED "W0312" Warning "an undo keeps what a migration hook has computed"
    "An undo maps slots by their names: a slot that the commit had discarded has its value again. What `migrate(old)` has computed, or turned into another
variant of an enum, is not computed back. Assign these slots where it matters."
    LATE_HOOK "W0316" Warning "an edited hook that is for instances of earlier layouts"
    "The edit changes the text of a `migrate(old)` that an earlier edit has brought, and the hook reads a slot of `old` that the class as it runs
no longer has. It therefore is the hook of that earlier edit: it takes its place for instances that have not come so far yet, and does not run for
those that have. If it is about this edit, let it read what instances have now. A hook that has done its work may also be deleted."
    ENDED "W0310" Warning "a task whose code is edited has ended"
    "An error has ended a task in a function that the edit changes. The edit is made, and calls of the function have its new text, but the task
does not go on: start it again. A task that is to outlive errors catches them in its loop."
}
