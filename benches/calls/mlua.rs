// Both Luas: included by the two programs.

use mlua::{Function, Lua, UserData, UserDataFields, UserDataMethods, Value};
use timing::{COUNT, Timing};

struct Point {
    x: f64,
}

impl UserData for Point {
    fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
        fields.add_field_method_get("x", |_, point| Ok(point.x));
        fields.add_field_method_set("x", |_, point, x: f64| {
            point.x = x;
            Ok(())
        });
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
function writes(n) local p = Point(1.0) for i = 1, n do p.x = 2.0 end return p.x end
function objects(n) local p for i = 1, n do p = Point(1.0) end return p.x end
function callbacks(n) local f, s = function(x) return x + 1 end, 0 for i = 1, n do s = s + host_apply(f, i) end return s end
";

fn lua() -> Lua {
    let lua = Lua::new();
    let globals = lua.globals();
    globals.set("host_add", lua.create_function(|_, (a, b): (i64, i64)| Ok(a + b)).expect("a function")).expect("it is set");
    globals.set("host_length", lua.create_function(|_, text: String| Ok(text.len())).expect("a function")).expect("it is set");
    let apply = lua.create_function(|_, (f, n): (Function, i64)| f.call::<i64>(n));
    globals.set("host_apply", apply.expect("a function")).expect("it is set");
    globals.set("Point", lua.create_function(|_, x: f64| Ok(Point { x })).expect("a function")).expect("it is set");
    lua
}

pub fn measure(name: &'static str) {
    let timing = Timing(name);
    timing.vms(Lua::new);
    let lua = lua();
    lua.load(SCRIPT).exec().expect("the script runs");
    let function = |name: &str| lua.globals().get::<Function>(name).expect("it is defined");
    let (add, length) = (function("add"), function("length"));
    timing.adds(|n| add.call::<i64>((n, 1_i64)).expect("it runs"));
    timing.lengths(|_| length.call::<i64>("hello").expect("it runs"));
    timing.runs(|name| function(name).call::<Value>(COUNT).expect("it runs"));
}
