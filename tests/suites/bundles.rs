//! Native bundles: loaded, called, replaced while they run, refused, closed. The libraries are built here, with `cc`; without it the tests say so and do
//! nothing.

use embed::{Create, Effect, Error, Handle, Hot, Report, Vm};
use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// A directory in which libraries are built.
struct Workshop {
    directory: PathBuf,
}

impl Workshop {
    /// `None` without a C compiler.
    fn new() -> Option<Workshop> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        if Command::new("cc").arg("--version").output().is_err() {
            eprintln!("SKIPPED: there is no C compiler `cc`, so that no native bundle can be built");
            return None;
        }
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let directory = std::env::temp_dir().join(format!("bundles-test-{}-{number}", std::process::id()));
        fs::create_dir_all(&directory).expect("a directory for temporary files can be made");
        Some(Workshop { directory })
    }

    fn path(&self, file: &str) -> String {
        self.directory.join(file).to_string_lossy().replace('\\', "/")
    }

    /// The path of a library.
    fn library(&self, name: &str) -> String {
        self.path(&format!("{name}{DLL_SUFFIX}"))
    }

    /// Builds a library of a text, and puts it in its place when it is whole.
    fn build(&self, name: &str, text: &str) -> String {
        let include = tests::repository::root().join("vm/bundle/include");
        let source = self.path(&format!("{name}.c"));
        fs::write(
            &source,
            format!("#include \"lang_bundle.h\"\n#include <stdlib.h>\n#include <string.h>\n#include <stdio.h>\n{text}"),
        )
        .expect("the source can be written");
        let made = self.path(&format!("{name}.new"));
        let output = Command::new("cc")
            .args(["-std=c99", "-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter", "-shared", "-fPIC", "-I"])
            .arg(include)
            .args(["-o", &made, &source])
            .output()
            .expect("the compiler runs");
        assert!(output.status.success(), "{}\n{text}", String::from_utf8_lossy(&output.stderr));
        let library = self.library(name);
        fs::rename(&made, &library).expect("the library can be put in its place");
        library
    }

    /// Writes a program text, and loads it into a VM that may do everything.
    fn load(&self, text: &str) -> Vm {
        let mut vm = Vm::new();
        let report = self.try_load(&mut vm, text).unwrap_or_else(|error| panic!("the program loads: {error}"));
        assert!(report.warnings.is_empty(), "{:?}", report.warnings);
        vm
    }

    fn try_load(&self, vm: &mut Vm, text: &str) -> Result<Report, Error> {
        let main = self.path("main.lang");
        fs::write(&main, text).expect("the program can be written");
        vm.load_file(&main)
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// A function of C with these arguments.
fn function(name: &str, body: &str) -> String {
    format!(
        "static lang_status {name}(lang_call *call, void *data, const lang_value *args, size_t count, lang_value *result) {{\n{body}\nreturn LANG_OK; }}\n"
    )
}

/// A bundle with a function of two ints for each name and expression of `a` and `b`.
fn arithmetic(functions: &[(&str, &str)]) -> String {
    let mut text = String::new();
    let mut registered = String::new();
    for (name, expression) in functions {
        let body = format!("int64_t a = args[0].as.integer, b = args[1].as.integer; (void)b; *result = lang_int({expression});");
        text.push_str(&function(name, &body));
        registered.push_str(&format!("lang->function(registrar, \"{name}(a, b)\", {name}, NULL, 0);\n"));
    }
    format!("{text}LANG_BUNDLE(registrar) {{\n{registered}return LANG_OK; }}\n")
}

/// The reason for which a reload of these files is refused: its code, message and remedy.
fn refused(vm: &mut Vm, files: &[&str]) -> (String, String, String) {
    let epoch = vm.epoch();
    let report = vm.reload_files(&files.iter().map(|file| (*file).to_owned()).collect::<Vec<_>>());
    assert!(!report.ok, "it was to be refused: {report:?}");
    assert_eq!(vm.epoch(), epoch);
    let reason = &report.reasons[0];
    assert!(!reason.remedy.is_empty(), "a refusal says what to do: {reason:?}");
    (reason.code.to_owned(), reason.message.clone(), reason.remedy.clone())
}

fn reloaded(vm: &mut Vm, files: &[&str]) -> Report {
    let report = vm.reload_files(&files.iter().map(|file| (*file).to_owned()).collect::<Vec<_>>());
    assert!(report.ok, "{:?}", report.reasons);
    report
}

/// The message that a call raises.
fn raised(vm: &mut Vm, text: &str) -> (String, String) {
    match vm.eval::<Handle>(text) {
        Err(Error::Raised { class, message, .. }) => (class, message),
        other => panic!("`{text}` was to raise an error: {other:?}"),
    }
}

fn open(vm: &mut Vm) -> usize {
    vm.collect();
    vm.open_bundles().iter().map(|(_, count)| count).sum()
}

#[test]
fn definitions_of_a_bundle_are_those_of_a_file() {
    let Some(shop) = Workshop::new() else { return };
    let mut text = function("add", "*result = lang_int(args[0].as.integer + args[1].as.integer);");
    text += &function("rest", "*result = lang_int((int64_t)count);");
    text += "LANG_BUNDLE(registrar) {
        lang->describe(registrar, \"Sums.\");
        lang->function(registrar, \"add(a, b = 10): the sum of two ints.\", add, NULL, 0);
        lang->function(registrar, \"rest(first, ...more)\", rest, NULL, 0);
        lang_value values[] = {lang_nil(), lang_bool(1), lang_int(-3), lang_float(0.5), lang_literal(\"a \\\"${x}\\\"\\n\")};
        lang->constant(registrar, \"NOTHING\", &values[0]);
        lang->constant(registrar, \"YES\", &values[1]);
        lang->constant(registrar, \"LESS\", &values[2]);
        lang->constant(registrar, \"HALF\", &values[3]);
        lang->constant(registrar, \"TEXT\", &values[4]);
        return LANG_OK; }";
    shop.build("sums", &text);
    let mut vm = shop.load("import native \"sums\"\nfrom native \"sums\" import add as plus\n");
    let mut eval = |text: &str| vm.eval::<String>(&format!("repr({text})")).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(eval("plus(1)"), "11");
    assert_eq!(eval("sums.add(b: 5, a: 3)"), "8");
    assert_eq!(eval("sums.rest(1, 2, 3)"), "3");
    assert_eq!(eval("[1, 2].map(|n| sums.add(n))"), "[11, 12]");
    assert_eq!(eval("[sums.NOTHING, sums.YES, sums.LESS, sums.HALF]"), "[nil, true, -3, 0.5]");
    assert_eq!(eval("sums.TEXT == \"a \\\"\\${x}\\\"\\n\""), "true");
    assert_eq!(eval("doc(sums.add)"), "\"the sum of two ints.\"");
    assert_eq!(eval("doc(sums)"), "\"Sums.\"");
    assert_eq!(raised(&mut vm, "sums.add(1, 2, 3)").0, "ArityError");
    assert_eq!(raised(&mut vm, "sums.TEXT = 1").0, "TypeError");
    assert!(vm.get::<i64>("sums.nothing").is_err());
    assert_eq!(vm.namespace_of_path(&shop.library("sums")).to_string(), "sums");
}

#[test]
fn a_reload_reaches_whoever_holds_a_function() {
    let Some(shop) = Workshop::new() else { return };
    let library = shop.build("sums", &arithmetic(&[("add", "a + b"), ("multiply", "a * b")]));
    let mut vm = shop
        .load("import native \"sums\"\nlet held = [sums.add, sums.multiply]\nfn both() { [held[0](5, 3), sums.multiply(5, 10)] }");
    let add: Hot<fn(i64, i64) -> i64> = vm.hot("sums.add").expect("it is there");
    let function = vm.handle("sums.add").expect("it is there");
    assert_eq!(add.call(&mut vm, 5, 3).expect("it adds"), 8);
    shop.build("sums", &arithmetic(&[("add", "a + b + 100"), ("multiply", "a * b + 1")]));
    let report = reloaded(&mut vm, &[&library]);
    assert_eq!(report.changed.len(), 2, "{report:?}");
    assert_eq!(add.call(&mut vm, 5, 3).expect("it adds"), 108);
    assert_eq!(vm.call_handle::<_, i64>(&function, (5, 3)).expect("it adds"), 108);
    assert_eq!(vm.call::<_, Vec<i64>>("main.both", ()).expect("both run"), [108, 51]);
    assert_eq!(open(&mut vm), 1, "nothing refers to the old library");
    // Built again without a change.
    assert!(!reloaded(&mut vm, &[&library]).committed);
}

#[test]
fn bundles_reach_each_other_through_the_program() {
    let Some(shop) = Workshop::new() else { return };
    let area = function(
        "area",
        "lang_value multiply;
        if (lang->lookup(call, \"sums.multiply\", &multiply) != LANG_OK) return LANG_ERROR;
        return lang->tail(call, &multiply, args, count);",
    );
    shop.build(
        "areas",
        &format!("{area}LANG_BUNDLE(registrar) {{ lang->function(registrar, \"area(w, h)\", area, NULL, 0); return LANG_OK; }}"),
    );
    let library = shop.build("sums", &arithmetic(&[("multiply", "a * b")]));
    // The dependent one is loaded first.
    let mut vm = shop.load("import native \"areas\"\n");
    let error = raised(&mut vm, "areas.area(4, 5)");
    assert!(error.0 == "NameError" && error.1.contains("sums"), "{error:?}");
    reloaded(&mut vm, &[&library]);
    assert_eq!(vm.call::<_, i64>("areas.area", (4, 5)).expect("it multiplies"), 20);
    shop.build("sums", &arithmetic(&[("multiply", "a * b + 1")]));
    reloaded(&mut vm, &[&library]);
    assert_eq!(vm.call::<_, i64>("areas.area", (4, 5)).expect("it multiplies"), 21);
}

#[test]
fn what_is_no_bundle_is_refused_and_the_old_one_goes_on() {
    let Some(shop) = Workshop::new() else { return };
    let library = shop.build("sums", &arithmetic(&[("add", "a + b")]));
    let good = fs::read(&library).expect("it was built");
    let mut vm = shop.load("import native \"sums\"\n");
    let mut refuse = |what: &str| {
        let (code, message, _) = refused(&mut vm, &[&library]);
        assert_eq!(code, "R0116", "{message}");
        assert!(message.contains(what), "{message}");
        assert_eq!(vm.call::<_, i64>("sums.add", (5, 3)).expect("the old one runs"), 8);
        assert_eq!(vm.drift_of_files().len(), 1);
    };
    for (content, what) in [
        (&good[..good.len() / 2], "is cut off"),
        (&good[..20], "is cut off"),
        (b"fn add(a, b) { a - b }\n" as &[u8], "is no shared library"),
        (b"", "is no shared library"),
    ] {
        fs::write(&library, content).expect("it can be written");
        refuse(what);
    }
    let init = "lang_status lang_bundle_init(const lang_host *host, lang_registrar *registrar) { return LANG_OK; }\n";
    let abi = "uint32_t lang_bundle_abi(void) { return LANG_BUNDLE_ABI; }\n";
    for (text, what) in [
        ("int nothing(void) { return 1; }\n".to_owned(), "has no function `lang_bundle_abi`"),
        (abi.to_owned(), "has no function `lang_bundle_init`"),
        (format!("{init}uint32_t lang_bundle_abi(void) {{ return 999; }}\n"), "version 999 of the interface"),
        (
            format!(
                "void missing(void);\n{abi}lang_status lang_bundle_init(const lang_host *h, lang_registrar *r) {{ missing(); return 0; }}"
            ),
            "missing",
        ),
        (registering(&arithmetic(&[("add", "a")]), "return lang->fail(registrar, \"no device\");"), "no device"),
        (arithmetic(&[("add", "a")]).replace("lang->function", "if (1) return 7;\nlang->function"), "gives no reason"),
        (
            registering(&arithmetic(&[("add", "a")]), "lang->function(registrar, \"add(x)\", add, NULL, 0); return LANG_OK;"),
            "`add` is registered twice",
        ),
        (arithmetic(&[("add", "a")]).replace("add(a, b)", "add"), "does not say which parameters"),
        (arithmetic(&[("add", "a")]).replace("add(a, b)", "add(a, a)"), "is no program"),
        (arithmetic(&[("add", "a")]).replace("add(a, b)", "if(a, b)"), "`if` is no name"),
        (arithmetic(&[("add", "a")]).replace("add(a, b)", "Point.add(a, b)"), "not registered as a type"),
        (
            arithmetic(&[("add", "a")])
                .replace("registrar, \"add(a, b)\", add,", "registrar, \"add(a, b)\", NULL,")
                .replace("LANG_BUNDLE", "lang_function used(void); lang_function used(void) { return add; }\nLANG_BUNDLE"),
            "without a function",
        ),
    ] {
        shop.build("sums", &text);
        refuse(what);
    }
    shop.build("sums", &arithmetic(&[("add", "a + b + 1")]));
    reloaded(&mut vm, &[&library]);
    assert_eq!(vm.call::<_, i64>("sums.add", (5, 3)).expect("the new one runs"), 9);
    assert_eq!(open(&mut vm), 1);
}

/// A bundle whose registration goes wrong in the end.
fn registering(text: &str, end: &str) -> String {
    let at = text.rfind("return LANG_OK; }").expect("it ends so");
    format!("{}{end} }}\n", &text[..at])
}

#[test]
fn a_first_load_says_at_the_import_what_is_wrong() {
    let Some(shop) = Workshop::new() else { return };
    fs::write(shop.library("sums"), "no library").expect("it can be written");
    let mut vm = Vm::new();
    for (text, what) in [
        ("\nimport native \"sums\"\n", "is no shared library"),
        ("\nimport native \"other/thing\"\n", "there is no native bundle `other/thing`"),
    ] {
        let report = vm.reload_texts(vec![(shop.path("main.lang"), text.to_owned())]);
        let reason = &report.reasons[0];
        assert_eq!((reason.code, reason.line), ("R0116", 2), "{reason:?}");
        assert!(
            reason.message.contains(what) && reason.detail.contains("import native") && !reason.remedy.is_empty(),
            "{reason:?}"
        );
    }
    assert_eq!(raised(&mut vm, "import native \"nowhere\"").0, "ImportError");
}

#[test]
fn kinds_and_files_are_those_of_any_definition() {
    let Some(shop) = Workshop::new() else { return };
    let library = shop.build("sums", &arithmetic(&[("add", "a + b"), ("other", "a")]));
    let mut vm = shop.load("import native \"sums\"\nfn run() { sums.add(1, 2) }");
    let constant =
        "LANG_BUNDLE(registrar) { lang_value one = lang_int(1); lang->constant(registrar, \"add\", &one); return LANG_OK; }";
    shop.build("sums", constant);
    let (code, message, _) = refused(&mut vm, &[&library]);
    assert_eq!(code, "R0101");
    assert!(message.contains("add"), "{message}");
    assert_eq!(vm.call::<_, i64>("main.run", ()).expect("the old one runs"), 3);
    // A file of the program cannot define what the bundle has.
    let double = vm.reload_texts(vec![(shop.path("more.lang"), "namespace sums\nfn add() { 1 }\n".to_owned())]);
    assert_eq!(double.reasons[0].code, "R0102");
    // Calls that no longer fit are told, as after any edit.
    shop.build("sums", &arithmetic(&[("add", "a + b"), ("other", "a")]).replace("add(a, b)", "add(a, b, c)"));
    let report = reloaded(&mut vm, &[&library]);
    assert!(
        report.warnings.iter().any(|warning| warning.file.ends_with("main.lang") && warning.message.contains("add")),
        "{report:?}"
    );
    assert_eq!(vm.eval::<i64>("import live\nlive.version_of(sums.add)").expect("it has one"), 2);
}

#[test]
fn what_leaves_a_bundle_is_a_leak_that_keeps_its_library() {
    let Some(shop) = Workshop::new() else { return };
    let library = shop.build("sums", &arithmetic(&[("add", "a + b"), ("gone", "a - b")]));
    let mut vm = shop.load("import native \"sums\"\nfn run() { sums.gone(5, 3) }");
    shop.build("sums", &arithmetic(&[("add", "a + b + 100")]));
    let report = reloaded(&mut vm, &[&library]);
    assert_eq!(report.leaked.len(), 1, "{report:?}");
    assert_eq!(open(&mut vm), 2, "two versions are alive");
    assert_eq!(vm.call::<_, i64>("main.run", ()).expect("the old code goes on"), 2);
    assert_eq!(vm.call::<_, i64>("sums.add", (5, 3)).expect("the new code runs"), 108);
    // By force: who still calls it is told, and the old library has no use any more.
    vm.eval::<()>("import live\nlive.drop(\"sums.gone\")").expect("it is dropped");
    assert_eq!(raised(&mut vm, "sums.gone(5, 3)").0, "NameError");
    assert!(vm.call::<_, i64>("main.run", ()).is_err());
    assert_eq!(open(&mut vm), 1);
}

#[test]
fn a_library_that_is_gone_leaves_and_its_functions_stay_callable() {
    let Some(shop) = Workshop::new() else { return };
    let closed = shop.path("closed");
    let text = format!(
        "__attribute__((destructor)) static void over(void) {{ FILE *f = fopen(\"{closed}\", \"a\"); if (f) {{ fputs(\"x\", f); fclose(f); }} }}\n{}",
        arithmetic(&[("add", "a + b")])
    );
    let library = shop.build("sums", &text);
    let mut vm = shop.load("import native \"sums\"\nlet held = sums.add\nfn run() { held(1, 2) }");
    fs::remove_file(&library).expect("it is there");
    let report = reloaded(&mut vm, &[&library]);
    assert_eq!(report.removed.len(), 1, "{report:?}");
    let function: Handle = vm.handle("sums.add").expect("it is a leak");
    assert_eq!(vm.call_handle::<_, i64>(&function, (1, 2)).expect("it is there"), 3);
    assert_eq!(open(&mut vm), 1);
    vm.eval::<()>("import live\nlive.drop(\"sums.add\")").expect("it is dropped");
    assert_eq!(vm.call_handle::<_, i64>(&function, (1, 2)).expect("who holds it keeps it"), 3);
    assert!(fs::metadata(&closed).is_err(), "the library is open");
    vm.eval::<()>("held = nil").expect("it lets go");
    drop(function);
    vm.collect();
    assert_eq!(open(&mut vm), 0);
    assert_eq!(fs::read_to_string(&closed).expect("it has run its destructor"), "x");
}

#[test]
fn a_save_of_bundle_and_text_is_one_commit() {
    let Some(shop) = Workshop::new() else { return };
    let library = shop.build("sums", &arithmetic(&[("add", "a + b"), ("multiply", "a * b")]));
    let main = shop.path("main.lang");
    let mut vm =
        shop.load("import native \"sums\"\nconst SUM = sums.add(1, 2)\nfn all() { [SUM, sums.add(1, 2), sums.multiply(2, 3)] }");
    shop.build("sums", &arithmetic(&[("add", "a + b + 100"), ("multiply", "a * b + 100")]));
    // An initialiser that fails when the library is in place takes all of it back.
    fs::write(&main, "import native \"sums\"\nconst SUM = sums.add(1, 2)\nconst BAD = SUM.nothing\nfn all() { nil }")
        .expect("it can be written");
    assert_eq!(refused(&mut vm, &[&library, &main]).0, "R0106");
    assert_eq!(vm.call::<_, Vec<i64>>("main.all", ()).expect("all is old"), [3, 3, 6]);
    assert_eq!(open(&mut vm), 1);
    fs::write(&main, "import native \"sums\"\nconst SUM = sums.add(1, 2)\nfn all() { [SUM, sums.add(1, 2), sums.multiply(2, 3)] }")
        .expect("it can be written");
    reloaded(&mut vm, &[&library, &main]);
    assert_eq!(vm.call::<_, Vec<i64>>("main.all", ()).expect("all is new"), [103, 103, 106]);
}

#[test]
fn undo_and_redo_bring_back_the_library() {
    let Some(shop) = Workshop::new() else { return };
    let library = shop.build("sums", &arithmetic(&[("add", "a + b")]));
    let mut vm = shop.load("import native \"sums\"\n");
    shop.build("sums", &arithmetic(&[("add", "a + b + 100"), ("more", "a")]));
    reloaded(&mut vm, &[&library]);
    assert_eq!(open(&mut vm), 1);
    assert!(vm.undo().expect("there is a commit").ok);
    assert_eq!(vm.call::<_, i64>("sums.add", (5, 3)).expect("it adds"), 8);
    assert!(vm.redo().expect("it was undone").ok);
    assert_eq!(vm.call::<_, i64>("sums.add", (5, 3)).expect("it adds"), 108);
    assert_eq!(vm.call::<_, i64>("sums.more", (5, 3)).expect("it is back"), 5);
    assert_eq!(open(&mut vm), 1);
}

#[test]
fn a_bundle_may_be_replaced_while_its_function_runs() {
    let Some(shop) = Workshop::new() else { return };
    let twice = |offset: i64| {
        let body = format!(
            "lang_value out;
            if (lang->call(call, &args[0], NULL, 0, &out) != LANG_OK) return LANG_ERROR;
            static int64_t calls; calls++;
            *result = lang_int(out.as.integer + {offset} + calls);"
        );
        format!(
            "{}LANG_BUNDLE(registrar) {{ lang->function(registrar, \"through(f)\", through, NULL, LANG_OUTSIDE); return LANG_OK; }}",
            function("through", &body)
        )
    };
    let library = shop.build("through", &twice(10));
    let mut vm = shop.load(
        "import native \"through\"\nimport live\nfn reload() {\n    assert live.reload().ok\n    through.through(|| 1000)\n}\n",
    );
    shop.build("through", &twice(20));
    // The inner call is one of the new library, whose static variable begins anew; the outer one ends in the old one.
    assert_eq!(vm.eval::<i64>("through.through(reload)").expect("both run"), 1000 + 20 + 1 + 10 + 1);
    assert_eq!(vm.eval::<i64>("through.through(|| 0)").expect("it runs"), 22);
    assert_eq!(open(&mut vm), 1);
    let _ = library;
    // What the callback raises goes through; so does the end of the fuel.
    assert_eq!(raised(&mut vm, "through.through(|| nil.x)").0, "SlotError");
    vm.set_fuel(Some(10_000));
    assert!(matches!(vm.eval::<i64>("through.through(|| { while true { } })"), Err(Error::Interrupted(_))));
}

#[test]
fn a_panic_of_the_host_goes_on_behind_the_bundle() {
    let Some(shop) = Workshop::new() else { return };
    // After the first failure it calls again, and reads what it was given: that does nothing any more.
    let body = "lang_value out;
        if (lang->call(call, &args[0], NULL, 0, &out) != LANG_OK) {
            if (lang->call(call, &args[0], NULL, 0, &out) != LANG_ERROR) abort();
            if (lang->length(call, &args[1]) != -1) abort();
            failures++;
            return LANG_ERROR;
        }
        *result = lang_int(failures);";
    let text = format!(
        "static int64_t failures;\n{}LANG_BUNDLE(registrar) {{ lang->function(registrar, \"through(f, more)\", through, NULL, LANG_OUTSIDE); return LANG_OK; }}",
        function("through", body)
    );
    shop.build("through", &text);
    let mut vm = Vm::new();
    vm.define_function("host", "fails()", || -> i64 { panic!("in the host") });
    vm.define_function("host", "fails_outside()", |_: &mut Vm| -> i64 { panic!("in the host") });
    let text = "import native \"through\"\nimport host\nfn inside() { host.fails() }\nfn outside() { host.fails_outside() }\n\
                fn twice() { through.through(inside, []) }\n";
    shop.try_load(&mut vm, text).expect("it loads");
    let mut failures = 0;
    for (callback, count) in [("inside", 1), ("outside", 1), ("twice", 2)] {
        let call = format!("through.through({callback}, [])");
        let panic = catch_unwind(AssertUnwindSafe(|| vm.eval::<i64>(&call))).expect_err("it panics");
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"in the host"));
        failures += count;
        assert_eq!(vm.eval::<i64>("through.through(|| 0, [])").expect("the VM goes on"), failures);
    }
    // A reload that meets one is taken back.
    let edited = format!("{text}through.through(inside, [])\n");
    let main = shop.path("main.lang");
    catch_unwind(AssertUnwindSafe(|| vm.reload_text(&main, &edited))).expect_err("it panics");
    assert_eq!(vm.eval::<i64>("through.through(|| 0, [])").expect("the VM goes on"), failures + 1);
    assert!(vm.reload_text(&main, &format!("{text}let n = through.through(|| 0, [])\n")).committed);
    assert_eq!(vm.eval::<i64>("n").expect("it is there"), failures + 1);
    assert_eq!(open(&mut vm), 1);
}

#[test]
fn callbacks_that_a_bundle_holds_follow_edits() {
    let Some(shop) = Workshop::new() else { return };
    let mut text = function("keep", "held = lang->retain(call, &args[0]);");
    text += &function(
        "tell",
        "lang_value f;
        if (lang->held(call, held, &f) != LANG_OK) return LANG_ERROR;
        return lang->tail(call, &f, args, count);",
    );
    text += &function("forget", "lang->release(library, held); lang->release(library, 12345);");
    let text = format!(
        "static lang_handle held; static lang_library *library;\n{text}LANG_BUNDLE(registrar) {{
        library = lang->library(registrar);
        lang->function(registrar, \"keep(f)\", keep, NULL, 0);
        lang->function(registrar, \"tell(x)\", tell, NULL, 0);
        lang->function(registrar, \"forget()\", forget, NULL, 0);
        return LANG_OK; }}"
    );
    shop.build("events", &text);
    let mut vm = shop.load("import native \"events\"\nfn heard(x) { \"heard \" + x }\nevents.keep(heard)\n");
    assert_eq!(vm.call::<_, String>("events.tell", ("a",)).expect("it calls back"), "heard a");
    let edited = "import native \"events\"\nfn heard(x) { \"HEARD \" + x }\nevents.keep(heard)\n";
    assert!(vm.reload_text(&shop.path("main.lang"), edited).ok);
    vm.collect();
    assert_eq!(vm.call::<_, String>("events.tell", ("a",)).expect("it calls back"), "HEARD a");
    vm.call::<_, ()>("events.forget", ()).expect("it lets go");
    assert!(raised(&mut vm, "events.tell(1)").1.contains("nothing is held"));
}

/// A bundle with a type whose struct has these fields.
fn points(fields: &str) -> String {
    let mut text =
        format!("struct point {{ {fields} }};\nstatic uint32_t point_type; static int64_t destroyed; static struct point *last;\n");
    text += "static void destroy(void *p) { destroyed++; free(p); }\n";
    text +=
        &function("point", "last = calloc(1, sizeof *last); last->x = args[0].as.number; *result = lang_native(point_type, last);");
    text += &function(
        "x",
        "if (args[0].tag != LANG_NATIVE || args[0].kind != point_type) return lang->raise(call, \"TypeError\", \"a Point is needed\");
        *result = lang_float(((struct point *)args[0].as.pointer)->x);",
    );
    text += &function("same", "*result = args[0];");
    text += &function("again", "*result = lang_native(point_type, last);");
    text += &function("count_destroyed", "*result = lang_int(destroyed);");
    format!(
        "{text}LANG_BUNDLE(registrar) {{
        point_type = lang->type(registrar, \"Point\", LANG_LAYOUT(struct point, \"{fields}\"), destroy);
        lang->function(registrar, \"point(x)\", point, NULL, 0);
        lang->function(registrar, \"Point.x()\", x, NULL, 0);
        lang->function(registrar, \"Point.same()\", same, NULL, 0);
        lang->function(registrar, \"again()\", again, NULL, 0);
        lang->function(registrar, \"destroyed()\", count_destroyed, NULL, 0);
        return LANG_OK; }}"
    )
}

#[test]
fn values_of_a_native_type_are_instances() {
    let Some(shop) = Workshop::new() else { return };
    shop.build("points", &points("double x;"));
    let mut vm = shop.load("import native \"points\"\nlet p = points.point(1.5)\n");
    assert_eq!(vm.eval::<f64>("p.x()").expect("it has one"), 1.5);
    assert!(vm.eval::<bool>("p is points.Point and p.same() is points.Point").expect("it is"));
    assert!(vm.eval::<bool>("let q = p.same()\nq == p").expect("it is the same"));
    assert!(raised(&mut vm, "points.again()").1.contains("another instance owns"));
    assert_eq!(raised(&mut vm, "points.Point().x()").0, "TypeError");
    vm.eval::<()>("let made = points.point(2.0)\nmade = nil\nq = nil").expect("it runs");
    vm.eval::<()>("for i in 0..10 { points.point(3.0) }").expect("it runs");
    vm.collect();
    assert!(vm.eval::<i64>("points.destroyed()").expect("it counts") >= 10);
    assert_eq!(vm.eval::<f64>("p.x()").expect("it is still there"), 1.5);
}

#[test]
fn another_layout_is_refused_while_there_are_values() {
    let Some(shop) = Workshop::new() else { return };
    let library = shop.build("points", &points("double x;"));
    let mut vm = shop.load("import native \"points\"\nlet p = [points.point(1.5), points.point(2.5)]\n");
    // The same layout: the new library reads what the old one has made, which destroys it in the end.
    shop.build("points", &points("double x;").replace("->x);", "->x + 100);"));
    reloaded(&mut vm, &[&library]);
    assert_eq!(open(&mut vm), 1);
    assert_eq!(vm.eval::<f64>("p[0].x()").expect("it has one"), 101.5);
    assert_eq!(open(&mut vm), 1);
    shop.build("points", &points("int pad; double x;"));
    let (code, message, remedy) = refused(&mut vm, &[&library]);
    assert_eq!(code, "R0117");
    assert!(message.contains("`Point`") && message.contains("2 values are alive"), "{message}");
    assert!(remedy.contains("let go of them"), "{remedy}");
    assert_eq!(vm.eval::<f64>("p[0].x()").expect("nothing has changed"), 101.5);
    vm.eval::<()>("p.pop()").expect("it runs");
    assert!(refused(&mut vm, &[&library]).1.contains("1 value is alive"));
    vm.eval::<()>("p.pop()").expect("it runs");
    reloaded(&mut vm, &[&library]);
    assert_eq!(vm.eval::<f64>("points.point(4.0).x()").expect("it has one"), 4.0);
    vm.eval::<()>("p.push(points.point(5.0))").expect("it runs");
    let back = vm.undo().expect("there is a commit");
    assert_eq!(back.reasons[0].code, "R0117", "going back is no exception: {back:?}");
}

#[test]
fn a_call_that_is_over_is_none() {
    let Some(shop) = Workshop::new() else { return };
    let mut text = function("first", "old = call; kept = args[0];");
    text += &function(
        "second",
        "lang_value out;
        int64_t failed = lang->string(old, \"x\", 1, &out) == LANG_ERROR && lang->length(old, &kept) == -1 && lang->retain(old, &kept) == 0;
        failed = failed && lang->length(call, &kept) == -1 && lang->call(call, &args[0], NULL, 0, &out) == LANG_ERROR;
        *result = lang_int(failed);",
    );
    text += &function("silent", "return LANG_ERROR;");
    text += &function("strange", "return 77;");
    text += &function("tailless", "return LANG_TAIL;");
    text += &function("latin", "*result = lang_literal(\"\\xff\");");
    text += &function("lost", "*result = kept; result->tag = 99;");
    let text = format!(
        "static lang_call *old; static lang_value kept;\n{text}LANG_BUNDLE(registrar) {{
        lang->function(registrar, \"first(x)\", first, NULL, 0);
        lang->function(registrar, \"second(f)\", second, NULL, 0);
        lang->function(registrar, \"silent()\", silent, NULL, 0);
        lang->function(registrar, \"strange()\", strange, NULL, 0);
        lang->function(registrar, \"tailless()\", tailless, NULL, 0);
        lang->function(registrar, \"latin()\", latin, NULL, 0);
        lang->function(registrar, \"lost()\", lost, NULL, 0);
        return LANG_OK; }}"
    );
    shop.build("odd", &text);
    let mut vm = shop.load("import native \"odd\"\n");
    assert_eq!(vm.eval::<i64>("odd.first([1, 2])\nodd.second(|| 1)").expect("it runs"), 1);
    for (call, what) in [
        ("odd.silent()", "does not say why"),
        ("odd.strange()", "unknown status 77"),
        ("odd.tailless()", "does not say in which"),
        ("odd.latin()", "not UTF-8"),
        ("odd.lost()", "unknown tag 99"),
    ] {
        let (class, message) = raised(&mut vm, call);
        assert!(class == "Error" && message.contains(what), "{call}: {class}: {message}");
    }
}

#[test]
fn containers_are_read_and_made_through_the_table() {
    let Some(shop) = Workshop::new() else { return };
    let mut text = function(
        "turned",
        "lang_value items[8]; int64_t n = lang->length(call, &args[0]);
        if (n < 0) return LANG_ERROR;
        for (int64_t i = 0; i < n && i < 8; i++)
            if (lang->item(call, &args[0], (size_t)(n - 1 - i), &items[i]) != LANG_OK) return LANG_ERROR;
        return lang->list(call, items, (size_t)n, result);",
    );
    text += &function(
        "swapped",
        "lang_value pairs[8]; int64_t n = lang->length(call, &args[0]);
        for (int64_t i = 0; i < n && i < 4; i++)
            if (lang->entry(call, &args[0], (size_t)i, &pairs[2 * i + 1], &pairs[2 * i]) != LANG_OK) return LANG_ERROR;
        return lang->map(call, pairs, (size_t)n, result);",
    );
    text += &function(
        "count",
        "lang_value key = lang_literal(\"n\"), n;
        if (lang->get(call, &args[0], &key, &n) != LANG_OK) return LANG_ERROR;
        n = lang_int(n.tag == LANG_INT ? n.as.integer + 1 : 1);
        if (lang->set(call, &args[0], &key, &n) != LANG_OK || lang->push(call, &args[1], &n) != LANG_OK) return LANG_ERROR;
        return lang->bytes(call, \"\\1\\2\", 2, result);",
    );
    text += &function(
        "hello",
        "char text[64]; snprintf(text, sizeof text, \"hello %s\", args[0].as.text.data);
        return lang->string(call, text, strlen(text), result);",
    );
    let text = format!(
        "{text}LANG_BUNDLE(registrar) {{
        lang->function(registrar, \"turned(items)\", turned, NULL, 0);
        lang->function(registrar, \"swapped(map)\", swapped, NULL, 0);
        lang->function(registrar, \"count(map, list)\", count, NULL, 0);
        lang->function(registrar, \"hello(name)\", hello, NULL, 0);
        return LANG_OK; }}"
    );
    shop.build("boxes", &text);
    let mut vm = shop.load("import native \"boxes\"\n");
    let mut eval = |text: &str| vm.eval::<String>(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(eval("repr(boxes.turned([1, \"b\", [3]]))"), "[[3], \"b\", 1]");
    assert_eq!(eval("repr(boxes.swapped({\"a\": 1, \"b\": 2}))"), "{1: \"a\", 2: \"b\"}");
    assert_eq!(
        eval("let m = {}\nlet l = []\nboxes.count(m, l)\nlet b = boxes.count(m, l)\nrepr([m, l, len(b)])"),
        "[{\"n\": 2}, [1, 2], 2]"
    );
    assert_eq!(eval("boxes.hello(\"you\")"), "hello you");
    assert_eq!(raised(&mut vm, "boxes.turned(3)").0, "TypeError");
    assert_eq!(raised(&mut vm, "boxes.count({}, 5)").0, "TypeError");
}

#[test]
fn native_code_has_to_be_allowed() {
    let Some(shop) = Workshop::new() else { return };
    shop.build("sums", &arithmetic(&[("add", "a + b")]));
    let text = "import native \"sums\"\nfn run() { sums.add(1, 2) }";
    let mut sandboxed = Vm::sandboxed();
    let main = shop.path("main.lang");
    let report = sandboxed.reload_texts(vec![(main.clone(), text.to_owned())]);
    assert!(report.reasons[0].message.contains("does not allow native code"), "{report:?}");
    let mut reading = Vm::builder().allow(&[Effect::ReadFiles]).build();
    let report = reading.reload_texts(vec![(main.clone(), text.to_owned())]);
    assert!(report.reasons[0].message.contains("does not allow native code"), "{report:?}");
    let mut allowed = Vm::builder().allow(&[Effect::ReadFiles, Effect::NativeCode]).build();
    allowed.load_text(&main, text).expect("it loads");
    assert_eq!(allowed.call::<_, i64>("main.run", ()).expect("it adds"), 3);
    // Without a loader there is nothing to allow.
    let mut bare =
        stdlib::new_vm(vm::embed::VmOptions { host: Box::new(embed::SystemHost::new()), ..vm::embed::VmOptions::default() });
    let report = bare.reload_texts(vec![(main, text.to_owned())]);
    assert!(report.reasons[0].message.contains("no loader of native bundles"), "{report:?}");
}

#[test]
fn a_check_knows_what_a_bundle_has_if_it_can_be_loaded() {
    let Some(shop) = Workshop::new() else { return };
    let library = shop.build("sums", &arithmetic(&[("add", "a + b")]));
    let text = "import native \"sums\"\nfn run() { [sums.add(1, 2), sums.nothing(1)] }\n";
    let texts = || vec![(shop.path("main.lang"), text.to_owned())];
    let problems = |vm: &mut Vm| -> Vec<String> {
        let found = vm.check(texts(), embed::reload::Extent::Files).expect("nothing stands in the way");
        found.iter().map(|problem| problem.diagnostic.message.clone()).collect()
    };
    let known = problems(&mut Vm::new());
    assert!(known.len() == 1 && known[0].contains("`nothing` does not exist in namespace `sums`"), "{known:?}");
    assert!(problems(&mut Vm::sandboxed()).is_empty());
    fs::write(&library, "no library").expect("it can be written");
    assert!(problems(&mut Vm::new()).is_empty());
    fs::remove_file(&library).expect("it is there");
    assert!(problems(&mut Vm::new()).is_empty());
}

#[test]
fn a_bundle_in_rust() {
    let Some(shop) = Workshop::new() else { return };
    let file = format!("{DLL_PREFIX}bundle_rust{DLL_SUFFIX}");
    let built = std::env::current_exe().expect("the test has a file").with_file_name(file);
    fs::copy(&built, shop.library("rust")).unwrap_or_else(|error| panic!("{} was built with this test: {error}", built.display()));
    let mut vm = shop.load("import native \"rust\"\nlet told = []\nrust.listen(|sum| told.push(sum))\n");
    assert_eq!(vm.eval::<i64>("rust.add(1) + rust.VERSION").expect("it adds"), 3);
    assert_eq!(vm.eval::<Vec<String>>("rust.shout(\"a\", \"b\")").expect("it shouts"), ["A", "B"]);
    assert_eq!(raised(&mut vm, "rust.root(-1)"), ("ValueError".to_owned(), "-1 has no root".to_owned()));
    assert_eq!(raised(&mut vm, "rust.broken()"), ("Error".to_owned(), "the bundle has panicked: as it says".to_owned()));
    let (class, message) = raised(&mut vm, "rust.add(\"x\")");
    assert_eq!((class.as_str(), message.as_str()), ("TypeError", "argument 1: expected an int, got a string"));
    assert_eq!(vm.eval::<f64>("rust.sum([1, 2.5])").expect("it sums"), 3.5);
    assert_eq!(vm.eval::<Vec<f64>>("told").expect("it was told"), [3.5]);
    assert_eq!(raised(&mut vm, "rust.listen(|sum| sum.nothing)\nrust.sum([1])").0, "SlotError");
    let mean =
        "let m = rust.mean()\nlet before = m.value()\nm.add(1)\nm.add(2)\nrepr([before, m.value(), m is rust.Mean, repr(m)])";
    assert_eq!(vm.eval::<String>(mean).expect("it is a mean"), "[nil, 1.5, true, \"Mean()\"]");
}

#[test]
fn the_bundle_of_the_manual() {
    let Some(shop) = Workshop::new() else { return };
    let page = fs::read_to_string(tests::repository::root().join("docs/manual/src/bundles.md")).expect("the page is there");
    let block = |begin: &str| {
        let text = page.split_once(begin).expect("the page has one").1;
        text.split_once("\n").and_then(|(_, text)| text.split_once("```")).expect("it ends").0.to_owned()
    };
    shop.build("sums", &block("```c ").replace("#include \"lang_bundle.h\"\n", ""));
    let mut vm = shop.load(&block("```lang compiles").replace("print", ""));
    assert_eq!(vm.eval::<i64>("sums.add(2, 3) + sums.add(1)").expect("it adds"), 7);
}
