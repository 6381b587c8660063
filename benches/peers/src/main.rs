//! Runs one script file on one of the embeddable engines written in or for Rust, the way that engine's own
//! command line does: default libraries, no limits, the best optimisation setting short of a JIT.
//! Usage: `peers ENGINE FILE`, or `peers versions`.

use std::{error::Error, fs, path::Path, process::ExitCode, sync::Arc};

/// All engines get the allocator that the command lines of Rune, Koto and this language use.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Outcome = Result<(), Box<dyn Error>>;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["versions"] => versions(),
        ["luau", file] => luau(Path::new(file)),
        ["piccolo", file] => piccolo(Path::new(file)),
        ["rhai", file] => rhai(Path::new(file)),
        ["rune", file] => rune(Path::new(file)),
        ["koto", file] => koto(Path::new(file)),
        _ => Err("usage: peers luau|piccolo|rhai|rune|koto FILE".into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// One line per engine, taken from the lock file this binary was built with.
fn versions() -> Outcome {
    for package in include_str!("../Cargo.lock").split("[[package]]") {
        let field = |key: &str| {
            let line = package.lines().find_map(|line| line.strip_prefix(key))?;
            Some(line.trim_matches(['"', ' ', '=']))
        };
        let (Some(name), Some(version)) = (field("name"), field("version")) else { continue };
        let engine = match name {
            "mlua" | "piccolo" | "rhai" | "rune" | "koto" => name,
            "luau0-src" => "luau",
            _ => continue,
        };
        println!("{engine} {version}");
    }
    Ok(())
}

fn luau(file: &Path) -> Outcome {
    let lua = mlua::Lua::new();
    lua.set_compiler(mlua::chunk::Compiler::new().set_optimization_level(2));
    // The sandbox makes the globals read-only, which is what switches on the fast paths for library calls.
    lua.sandbox(true)?;
    Ok(lua.load(file).exec()?)
}

fn piccolo(file: &Path) -> Outcome {
    use piccolo::{Closure, Executor, Lua};
    let source = fs::read(file)?;
    let name = file.display().to_string();
    let mut lua = Lua::full();
    let executor = lua.try_enter(|ctx| {
        let closure = Closure::load(ctx, Some(name.as_str()), &source[..])?;
        Ok(ctx.stash(Executor::start(ctx, closure.into(), ())))
    })?;
    Ok(lua.execute::<()>(&executor)?)
}

fn rhai(file: &Path) -> Outcome {
    let mut engine = rhai::Engine::new();
    engine.set_max_call_levels(10_000);
    engine.set_max_expr_depths(0, 0);
    Ok(engine.run_file(file.to_path_buf())?)
}

fn rune(file: &Path) -> Outcome {
    use rune::termcolor::{ColorChoice, StandardStream};
    let context = rune::Context::with_default_modules()?;
    let mut sources = rune::Sources::new();
    sources.insert(rune::Source::from_path(file)?)?;
    let mut diagnostics = rune::Diagnostics::new();
    let unit = rune::prepare(&mut sources).with_context(&context).with_diagnostics(&mut diagnostics).build();
    if diagnostics.has_error() {
        diagnostics.emit(&mut StandardStream::stderr(ColorChoice::Auto), &sources)?;
    }
    let mut vm = rune::Vm::new(Arc::new(context.runtime()?), Arc::new(unit?));
    vm.call(["main"], ())?;
    Ok(())
}

fn koto(file: &Path) -> Outcome {
    let source = fs::read_to_string(file)?;
    let mut koto = koto::Koto::default();
    let path = file.to_str().ok_or("the file name is not UTF-8")?;
    koto.compile_and_run(koto::CompileArgs::new(&source).script_path(path))?;
    Ok(())
}
