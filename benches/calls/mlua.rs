// Both Luas: included by the two programs.

use mlua::{Function, Lua, UserData, UserDataFields, UserDataMethods, Value};
use timing::{COUNT, Timing};

struct Point {
    x: f64,
}

impl UserData for Point {
    fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
        fields.add_field_method_get("x", |_, point| Ok(point.x));
    }

    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_method_mut("add", |_, point, n: f64| {
            point.x += n;
            Ok(())
        });
    }
}

const SCRIPT: &str = "
function add(a, b) return a + b end
function length(s) return #s end
function calls(n) local s = 0 for i = 1, n do s = host_add(s, i) end return s end
function texts(n) local s = 0 for i = 1, n do s = s + host_length('hello') end return s end
function methods(n) local p = Point(1.0) for i = 1, n do p:add(1.0) end return p.x end
function properties(n) local p = Point(1.0) local s = 0.0 for i = 1, n do s = s + p.x end return s end
function objects(n) local p for i = 1, n do p = Point(1.0) end return p.x end
";

fn lua() -> Lua {
    let lua = Lua::new();
    let globals = lua.globals();
    globals.set("host_add", lua.create_function(|_, (a, b): (i64, i64)| Ok(a + b)).expect("a function")).expect("it is set");
    globals.set("host_length", lua.create_function(|_, text: String| Ok(text.len())).expect("a function")).expect("it is set");
    globals.set("Point", lua.create_function(|_, x: f64| Ok(Point { x })).expect("a function")).expect("it is set");
    lua
}

pub fn measure(name: &'static str) {
    let timing = Timing(name);
    timing.of("make a VM", 20, || (0..20).for_each(|_| drop(Lua::new())));
    timing.memory("memory of a VM (KiB)", Lua::new);
    let lua = lua();
    lua.load(SCRIPT).exec().expect("the script runs");
    let function = |name: &str| lua.globals().get::<Function>(name).expect("it is defined");
    let (add, length) = (function("add"), function("length"));
    timing.calls("host calls add(int, int)", |n| add.call::<i64>((n, 1_i64)).expect("it runs"));
    timing.calls("host calls length(text)", |_| length.call::<i64>("hello").expect("it runs"));
    for (what, name) in [
        ("script calls add(int, int)", "calls"),
        ("script calls length(text)", "texts"),
        ("script calls a method", "methods"),
        ("script reads a property", "properties"),
        ("script makes an object", "objects"),
    ] {
        let run = function(name);
        timing.of(what, COUNT, || drop(run.call::<Value>(COUNT).expect("it runs")));
    }
}
