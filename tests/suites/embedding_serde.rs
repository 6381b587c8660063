//! Values of a host that serde knows, as script values and back; and the conversions of plain Rust types.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt::Debug;
use std::rc::Rc;
use std::sync::Arc;
use stdlib::new_vm;
use vm::embed::{Bytes, Error, FromScript, Handle, IntoScript, Serde, VmOptions};

#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
struct Enemy {
    name: String,
    hp: i64,
    #[serde(default)]
    loot: Option<Loot>,
}

#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
enum Loot {
    Nothing,
    Gold(u32),
    Pair(u8, String),
    Chest { items: Vec<String>, locked: bool },
}

#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
struct World {
    enemies: Vec<Enemy>,
    seed: u64,
    big: i128,
    gravity: f64,
    mark: char,
    spawn: (f32, f32),
    by_level: BTreeMap<i32, Vec<bool>>,
    tiles: HashMap<(i8, i8), String>,
    data: Bytes,
    nothing: (),
    id: Id,
}

#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
struct Id(u16);

fn world() -> World {
    let enemy = |name: &str, loot| Enemy { name: name.into(), hp: 7, loot };
    World {
        enemies: vec![
            enemy("orc", None),
            enemy("elf", Some(Loot::Nothing)),
            enemy("imp", Some(Loot::Gold(3))),
            enemy("rat", Some(Loot::Pair(1, "tail".into()))),
            enemy("king", Some(Loot::Chest { items: vec!["crown".into()], locked: true })),
        ],
        seed: u64::MAX,
        big: i128::MIN,
        gravity: -9.81,
        mark: 'ß',
        spawn: (0.5, -1.0),
        by_level: BTreeMap::from([(-1, vec![true]), (3, vec![])]),
        tiles: HashMap::from([((1, -1), "grass".into())]),
        data: Bytes(vec![0, 255]),
        nothing: (),
        id: Id(9),
    }
}

fn evaluated<T: DeserializeOwned + Debug>(text: &str) -> Result<T, Error> {
    let mut vm = new_vm(VmOptions::default());
    vm.load_text("main.lang", text).expect("the text loads");
    let handle: Handle = vm.call("main.it", ())?;
    vm.from_value(&handle)
}

/// What a host is told of a value of the wrong shape.
fn refused<T: DeserializeOwned + Debug>(expression: &str) -> String {
    match evaluated::<T>(&format!("fn it() {{ {expression} }}")) {
        Err(Error::Host(text)) => text,
        other => panic!("{expression}: {other:?}"),
    }
}

#[test]
fn all_of_serde_goes_there_and_back() {
    let mut vm = new_vm(VmOptions::default());
    let handle = vm.to_value(&world()).expect("it is plain data");
    assert_eq!(vm.from_value::<World>(&handle).expect("it is what it was"), world());
    let text = vm.repr(&handle).expect("it shows");
    assert!(text.contains("\"loot\": nil}, {\"name\": \"elf\", \"hp\": 7, \"loot\": \"Nothing\"}"), "{text}");
    assert!(
        text.contains("{\"Gold\": 3}")
            && text.contains("{\"Pair\": [1, \"tail\"]}")
            && text.contains("\"seed\": 18446744073709551615"),
        "{text}"
    );
    assert!(text.contains("{\"Chest\": {\"items\": [\"crown\"], \"locked\": true}}") && text.contains("(1, -1)"), "{text}");
}

#[test]
fn json_goes_there_and_back() {
    let text = r#"{"a":[1,-2,2.5,"x",null,true,[],{}],"big":18446744073709551615,"deep":{"k":{"k":{"k":[[1]]}}},"empty":""}"#;
    let json: serde_json::Value = serde_json::from_str(text).expect("it is JSON");
    let mut vm = new_vm(VmOptions::default());
    let handle = vm.to_value(&json).expect("it is plain data");
    assert_eq!(vm.from_value::<serde_json::Value>(&handle).expect("it is what it was"), json);
    vm.load_text("main.lang", "import json\nfn write(x) { json.stringify(x) }\nfn read(text) { json.parse(text) }")
        .expect("it loads");
    let written: String = vm.call("main.write", (&handle,)).expect("it is plain data");
    assert_eq!(serde_json::from_str::<serde_json::Value>(&written).expect("it is JSON"), json);
    let Serde(read): Serde<serde_json::Value> = vm.call("main.read", (text,)).expect("it is plain data");
    assert_eq!(read, json);
}

#[test]
fn parameters_results_and_variables_are_converted() {
    let mut vm = new_vm(VmOptions::default());
    vm.module("game")
        .function("weaker(enemy, by = 1)", |Serde(mut enemy): Serde<Enemy>, by: i64| {
            enemy.hp -= by;
            Serde(enemy)
        })
        .function("tree()", || Serde(HashMap::from([(BTreeMap::from([(1, 2)]), 3)])))
        .value("LIMITS", Serde(Id(4)));
    let text = "import game\nlet boss = {name: \"dragon\", hp: 9}\nfn it() { game.weaker(boss, by: 2).hp + game.LIMITS }\n\
                fn wrong() { game.weaker({name: \"x\", hp: [1]}) }\nfn tree() { game.tree() }\nfn name(e) { e.name }";
    vm.load_text("main.lang", &text.replace(".hp +", "[\"hp\"] +").replace("e.name", "e[\"name\"]")).expect("it loads");
    assert_eq!(vm.call::<_, i64>("main.it", ()).expect("it runs"), 11);
    assert_eq!(vm.call::<_, String>("main.name", (Serde(world().enemies.remove(0)),)).expect("it runs"), "orc");
    assert_eq!(vm.get::<Serde<Enemy>>("main.boss").expect("it is an enemy").0.hp, 9);
    vm.set("main.boss", Serde(Enemy { name: "rat".into(), hp: 1, loot: None })).expect("it is a variable");
    assert_eq!(vm.call::<_, i64>("main.it", ()).expect("it runs"), 3);
    for (name, expected) in [
        ("main.wrong", "argument 1: at .hp: expected an int, got List"),
        ("main.tree", "the result of the host cannot be given to a script: a map cannot be a key of a map in a script"),
    ] {
        match vm.call::<_, Handle>(name, ()) {
            Err(Error::Raised { class, message, .. }) => assert_eq!((class.as_str(), message.as_str()), ("TypeError", expected)),
            other => panic!("{name}: {other:?}"),
        }
    }
    // As an argument it is an error of the host, and the VM is as before.
    let tree = || Serde(HashMap::from([(BTreeMap::from([(1, 2)]), 3)]));
    let called = vm.call::<_, Handle>("main.name", (tree(),)).expect_err("it has no value").to_string();
    assert_eq!(called, "an argument: a map cannot be a key of a map in a script");
    let name: Handle = vm.get("main.name").expect("it is there");
    let started = vm.start_handle::<(), _>(&name, (tree(),)).map(|_| ()).expect_err("it has no value").to_string();
    assert_eq!(started, called);
    assert_eq!(vm.call::<_, i64>("main.it", ()).expect("it runs"), 3);
}

#[test]
fn instances_and_enums_of_scripts_are_read() {
    let text = "enum Loot { Nothing, Gold(amount), Pair(n, what), Chest(items, locked) }
class Base { slot name = \"?\" }
class Enemy(Base) { slot hp = 1; slot loot; slot cache transient = [|x| x]; fn init(name, loot) { self.name = name; self.loot = loot } }
fn it() { [Enemy(\"a\", Loot.Nothing), Enemy(\"b\", Loot.Gold(2)), Enemy(\"c\", Loot.Pair(3, \"x\")), Enemy(\"d\", Loot.Chest([\"y\"], false)), Enemy(\"e\", nil)] }";
    let enemies: Vec<Enemy> = evaluated(text).expect("they are read");
    let loot: Vec<Option<Loot>> = enemies.iter().map(|enemy| enemy.loot.clone()).collect();
    let chest = Loot::Chest { items: vec!["y".into()], locked: false };
    assert_eq!(loot, [Some(Loot::Nothing), Some(Loot::Gold(2)), Some(Loot::Pair(3, "x".into())), Some(chest), None]);
    assert_eq!((enemies[0].name.as_str(), enemies[0].hp), ("a", 1));
    let json: serde_json::Value = evaluated(
        "enum Shape { Dot, Circle(r) }\nclass P { slot at = (1, 2); slot shapes = [Shape.Dot, Shape.Circle(3)] }\nfn it() { P() }",
    )
    .expect("it is plain data");
    assert_eq!(json, serde_json::json!({"at": [1, 2], "shapes": ["Dot", {"Circle": {"r": 3}}]}));
}

/// An edit of a class is followed before its instances are read, also if that needs the program.
#[test]
fn instances_follow_edits_before_they_are_read() {
    #[derive(Deserialize, PartialEq, Debug)]
    struct Hero {
        hp: i64,
        level: i64,
    }
    for (edit, level) in
        [("slot level = 2", 2), ("slot level = fresh()", 5), ("slot level = 0; migrate(old) { self.level = old.hp }", 7)]
    {
        let mut vm = new_vm(VmOptions::default());
        let text = "fn fresh() { 5 }\nclass Hero { slot hp = 7 }\nlet party = [[Hero()], {a: Hero()}]\nfn party_now() { party }\nfn hero() { party[0][0] }";
        vm.load_text("main.lang", text).expect("it loads");
        let report = vm.reload_text("main.lang", &text.replace("slot hp = 7", &format!("slot hp = 7; {edit}")));
        assert!(report.ok, "{report}");
        let party: Handle = vm.call("main.party_now", ()).expect("it runs");
        if level == 2 {
            // Nothing of the program is needed.
            assert_eq!(vm.call::<_, Serde<Hero>>("main.hero", ()).expect("it follows").0, Hero { hp: 7, level });
        } else {
            let error = vm.call::<_, Serde<Hero>>("main.hero", ()).expect_err("the program is needed").to_string();
            assert!(error.contains("this Hero has yet to follow an edit of its class"), "{error}");
        }
        let (first, second): (Vec<Hero>, HashMap<String, Hero>) = vm.from_value(&party).expect("they follow");
        assert_eq!((&first[0], &second["a"]), (&Hero { hp: 7, level }, &Hero { hp: 7, level }));
    }
}

#[test]
fn errors_name_the_place() {
    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read")]
    struct Strict {
        enemies: Vec<Enemy>,
    }
    let enemy = "{name: \"a\", hp: 1}";
    for (text, expected) in [
        (format!("{{enemies: [{enemy}, {enemy}, {{name: \"b\", hp: \"x\"}}]}}"), "at .enemies[2].hp: expected an int, got String"),
        (format!("{{enemies: [{enemy}, {{name: \"b\"}}]}}"), "at .enemies[1]: missing field `hp`"),
        ("{enemies: [], foes: 1}".into(), "unknown field `foes`, expected `enemies`"),
        ("{enemies: 3}".into(), "at .enemies: expected a list, got Int"),
        ("{enemies: [nil]}".into(), "at .enemies[0]: expected a map or an instance for `Enemy`, got Nil"),
        ("7".into(), "expected a map or an instance for `Strict`, got Int"),
        (
            "{enemies: [{name: \"a\", hp: 1, loot: \"Silver\"}]}".into(),
            "at .enemies[0].loot: unknown variant `Silver`, expected one of `Nothing`, `Gold`, `Pair`, `Chest`",
        ),
        ("{enemies: [{name: \"a\", hp: 1, loot: {Gold: -1}}]}".into(), "at .enemies[0].loot.Gold: the int does not fit u32"),
        (
            "{enemies: [{name: \"a\", hp: 1, loot: {Pair: [1]}}]}".into(),
            "at .enemies[0].loot.Pair: invalid length 1, expected tuple variant Loot::Pair with 2 elements",
        ),
        ("{enemies: [{name: \"a\", hp: 2 ** 70}]}".into(), "at .enemies[0].hp: the int does not fit i64"),
    ] {
        assert_eq!(refused::<Strict>(&text), expected, "{text}");
    }
    assert_eq!(refused::<HashMap<i64, i64>>("{[1]: 2, a: 3}"), "at .keys()[1]: expected an int, got String");
    assert_eq!(
        refused::<HashMap<String, (i64, u8)>>("{\"two words\": (1, 999)}"),
        "at [\"two words\"][1]: the int does not fit u8"
    );
    assert_eq!(refused::<(i64, i64)>("(1, 2, 3)"), "expected 2 items, got 3");
    assert_eq!(refused::<char>("\"ab\""), "expected a string of one character, got one of 2");
    assert_eq!(refused::<serde_json::Value>("[1, |x| x]"), "at [1]: expected plain data, got Function");
}

/// Neither cycles nor depth nor what is reached in very many ways keep the host busy.
#[test]
fn hostile_values_are_refused() {
    type Json = serde_json::Value;
    assert_eq!(refused::<Json>("let x = {a: [1]}; x[\"a\"].push(x); x"), "at .a[1]: the value contains itself");
    assert!(
        refused::<Json>("let x = []; for i in 0..100_000 { x = [x] }; x").ends_with("the value is nested deeper than 128 levels")
    );
    let mut vm = new_vm(VmOptions { memory_limit: Some(16 << 20), ..VmOptions::default() });
    vm.load_text(
        "main.lang",
        "fn it() { let x = [1]; for i in 0..100 { x = [x, x] }; x }\nfn long() { [\"x\" * 9_000_000] * 1000 }",
    )
    .expect("it loads");
    for name in ["main.it", "main.long"] {
        let error = vm.call::<_, Serde<Json>>(name, ()).expect_err("it is too large").to_string();
        assert!(error.contains("the value is too large"), "{error}");
    }
    // Shared is not cyclic.
    assert_eq!(
        evaluated::<Json>("fn it() { let x = [1]; [x, x, x] }").expect("it is plain data"),
        serde_json::json!([[1], [1], [1]])
    );
    #[derive(Serialize)]
    struct Deep(Option<Box<(Deep, i64)>>);
    let mut deep = Deep(None);
    for _ in 0..300 {
        deep = Deep(Some(Box::new((deep, 1))));
    }
    let error = vm.to_value(&deep).expect_err("it is too deep").to_string();
    assert!(error.starts_with("at [0][0]") && error.ends_with("it is nested deeper than 128 levels"), "{error}");
}

/// What goes to a script and comes back from it.
fn round<T: IntoScript + FromScript>(value: T) -> T {
    let mut vm = new_vm(VmOptions::default());
    vm.load_text("main.lang", "fn same(x) { x }").expect("it loads");
    vm.call("main.same", (value,)).expect("it is what it was")
}

#[test]
fn plain_types_go_there_and_back() {
    assert_eq!(round('é'), 'é');
    assert_eq!((&*round::<Box<str>>("a".into()), &*round::<Rc<str>>("b".into()), &*round::<Arc<str>>("c".into())), ("a", "b", "c"));
    assert_eq!(round::<Cow<'static, str>>(Cow::Borrowed("x")), "x");
    assert_eq!((round(i128::MAX), round(u128::MAX), round(isize::MIN)), (i128::MAX, u128::MAX, isize::MIN));
    assert_eq!(round([1, 2, 3]), [1, 2, 3]);
    assert_eq!(round(BTreeSet::from(["a".to_owned()])), BTreeSet::from(["a".to_owned()]));
    assert_eq!(round(HashSet::from([(1, 'x')])), HashSet::from([(1, 'x')]));
    assert_eq!(round(HashMap::from([(-7_i64, vec![1_u8, 255])])), HashMap::from([(-7, vec![1, 255])]));
    assert_eq!(round(BTreeMap::from([((true, 2), "x".to_owned())])), BTreeMap::from([((true, 2), "x".to_owned())]));
    assert_eq!(round(Bytes(vec![0, 1])), Bytes(vec![0, 1]));
}

#[test]
fn nested_conversions_name_the_place() {
    fn told<T: FromScript + Debug>(text: &str) -> String {
        let mut vm = new_vm(VmOptions::default());
        vm.eval::<T>(text).expect_err("it has another type").to_string()
    }
    assert!(told::<Vec<Vec<i64>>>("[[1], [2, \"x\"]]").ends_with("at [1][1]: expected an int, got String"));
    assert!(told::<HashMap<String, Vec<bool>>>("{a: [], b: [1]}").ends_with("at .b[0]: expected a bool, got Int"));
    assert!(told::<BTreeMap<i64, u8>>("{[5]: -1}").ends_with("at [5]: the int does not fit u8"));
    assert!(told::<BTreeMap<i64, u8>>("{x: 1}").ends_with("at .keys()[0]: expected an int, got String"));
    assert!(told::<(i64, (i64, char))>("(1, (2, \"\"))").ends_with("at [1][1]: expected a string of one character, got one of 0"));
    assert!(told::<[i64; 2]>("[1]").ends_with("expected 2 items, got 1"));
    assert!(told::<Option<HashSet<i64>>>("nil or [1, nil]").ends_with("at [1]: expected an int, got Nil"));
    assert!(told::<Bytes>("[1]").ends_with("expected Bytes, got List"));
}
