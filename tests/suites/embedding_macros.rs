//! `#[derive(Class)]` and `#[methods]`.

use embed::prelude::*;

/// Something to fight.
#[derive(Class, Clone, Debug)]
struct Enemy {
    #[script(get)]
    name: String,
    /// Hit points.
    #[script(get, set)]
    hp: i64,
    #[script(get, set, name = "speed")]
    metres_per_second: f64,
    blows: u32,
}

#[methods]
impl Enemy {
    /// An enemy with a name.
    fn new(name: String, #[script(default = 10)] hp: i64) -> Result<Enemy, Error> {
        if hp <= 0 {
            Err(Error::value_error("an enemy lives at first"))
        } else {
            Ok(Enemy { name, hp, metres_per_second: 1.5, blows: 0 })
        }
    }

    /// takes hit points away, gives whether it is over.
    fn hit(&mut self, #[script(default = 1)] n: i64) -> bool {
        self.hp -= n;
        self.blows += 1;
        self.is_dead()
    }

    #[script(get)]
    fn is_dead(&self) -> bool {
        self.hp <= 0
    }

    #[script(get)]
    fn blows(&self) -> u32 {
        self.blows
    }

    #[script(set)]
    fn set_blows(&mut self, blows: u32) {
        self.blows = blows;
    }

    #[script(name = "+")]
    fn merged(&self, other: Own<Enemy>) -> Result<Enemy, Error> {
        let other = other.borrow()?;
        Ok(Enemy { name: format!("{}{}", self.name, other.name), hp: self.hp + other.hp, ..self.clone() })
    }

    fn attack(vm: &mut Vm, this: Own<Self>, f: Hot<fn(i64) -> i64>) -> Result<i64, Error> {
        let hp = this.borrow()?.hp;
        let hp = f.call(vm, hp)?;
        this.borrow_mut()?.hp = hp;
        Ok(hp)
    }

    fn all_names(names: Rest<String>) -> String {
        names.0.join(" ")
    }

    fn boss(name: String) -> Enemy {
        Enemy { name, hp: 100, metres_per_second: 0.5, blows: 0 }
    }

    #[script(skip)]
    fn only_for_rust(self) -> i64 {
        self.hp
    }
}

/// Without methods.
#[derive(Class)]
#[script(name = "Tile")]
enum Ground {
    Grass,
    #[expect(dead_code, reason = "nobody makes it")]
    Water,
}

fn value<T: embed::FromScript>(text: &str) -> Result<T, Error> {
    let mut vm = Vm::new();
    vm.module("game").class::<Enemy>().class::<Ground>().function("tile()", || Ground::Grass);
    vm.load_text("main.lang", &format!("import game\nfrom game import Enemy, Tile\nfn it() {{ {text} }}"))?;
    vm.call("main.it", ())
}

#[test]
fn what_is_derived_works() {
    assert_eq!(value::<i64>("let e = Enemy(\"orc\"); e.hp += 2; e.hit(); e.hit(n: 4); e.hp").expect("it runs"), 7);
    assert_eq!(value::<f64>("let e = Enemy(\"orc\"); e.speed = 3; e.speed * 2").expect("it runs"), 6.0);
    assert_eq!(value::<i64>("let e = Enemy(\"orc\"); e.blows = 7; e.hit(); e.blows").expect("it runs"), 8);
    assert!(value::<bool>("let e = Enemy(\"orc\", hp: 1); e.hit() and e.is_dead").expect("it runs"));
    assert_eq!(value::<String>("(Enemy(\"a\") + Enemy(\"b\")).name").expect("it runs"), "ab");
    assert_eq!(value::<i64>("let e = Enemy(\"a\"); e.attack(|hp| hp * 3); e.hp").expect("it runs"), 30);
    assert_eq!(value::<String>("Enemy.all_names(\"a\", \"b\")").expect("it runs"), "a b");
    assert_eq!(value::<i64>("Enemy.boss(\"a\").hp").expect("it runs"), 100);
    assert_eq!(value::<String>("Enemy.doc").expect("it runs"), "Something to fight.");
    let doc = "`hit(n = 1)`: takes hit points away, gives whether it is over.";
    assert_eq!(value::<String>("Enemy.hit.doc").expect("it runs"), doc);
    assert_eq!(
        value::<String>("repr(Enemy(\"a\"))").expect("it runs"),
        "Enemy(name: \"a\", hp: 10, speed: 1.5, is_dead: false, blows: 0)"
    );
    assert_eq!(value::<String>("repr(game.tile())").expect("it runs"), "Tile()");
    assert_eq!(Enemy::boss("x".into()).only_for_rust(), 100);
}

#[test]
fn what_scripts_do_wrong_is_an_error() {
    for (text, part) in [
        ("Enemy(\"a\", 0)", "ValueError: an enemy lives at first"),
        ("Enemy(\"a\").name = \"b\"", "property `name` can be read but not written"),
        ("Enemy(\"a\").only_for_rust()", "no slot or method `only_for_rust`"),
        ("Enemy(\"a\").attack(3)", "argument 1: it is 3, which cannot be called"),
        ("Tile()", "only the host makes instances of it"),
    ] {
        let error = value::<Handle>(text).expect_err(text).to_string();
        assert!(error.contains(part), "{text}: {error}");
    }
}

/// Names that are keywords of Rust, defaults of all kinds.
#[derive(Class, Clone)]
struct Order {
    #[script(get, set)]
    r#type: String,
    #[script(get)]
    r#move: i64,
}

#[methods]
impl Order {
    fn new(#[script(default = "a - b")] r#type: String, #[script(default = -1_000)] r#move: i64) -> Order {
        Order { r#type, r#move }
    }

    fn r#where(&self, #[script(default = -0.5)] r#impl: f64, #[script(default = None)] other: Option<i64>) -> (f64, Option<i64>) {
        (r#impl, other)
    }

    #[script(set)]
    fn set_move(&mut self, n: i64) {
        self.r#move = n;
    }
}

#[test]
fn names_and_defaults_are_what_they_look_like() {
    let mut vm = Vm::new();
    vm.module("shop").class::<Order>().function("twice: two of it (for one).", |n: i64| n * 2);
    let text = "import shop\nlet o = shop.Order()\n(repr(o), o.where())";
    let (shown, at) = vm.eval::<(String, (f64, Option<i64>))>(text).expect("it runs");
    assert_eq!(shown, "Order(type: \"a - b\", move: -1000)");
    assert_eq!(at, (-0.5, None));
    let text = "o.type = \"x\"\no.move = 7\n(o.type, o.move, o.where(impl: 2.0)[0], shop.Order(type: \"t\", move: 3).move)";
    assert_eq!(vm.eval::<(String, i64, f64, i64)>(text).expect("it runs"), ("x".into(), 7, 2.0, 3));
    assert_eq!(vm.eval::<i64>("shop.twice(4)").expect("it runs"), 8);
    assert_eq!(vm.eval::<String>("shop.twice.doc").expect("it has one"), "two of it (for one).");
}

#[test]
fn the_repr_of_a_subclass_has_its_own_slots() {
    let mut vm = Vm::new();
    vm.module("shop").class::<Order>();
    let text = "from shop import Order\nclass Big(Order) { slot weight = 5; slot tags = [1] }\nrepr(Big(\"t\", 1))";
    assert_eq!(vm.eval::<String>(text).expect("it runs"), "Big(type: \"t\", move: 1, weight: 5, tags: [1])");
}
