//! `lang doc`: pages of doc texts.

use crate::commands::{expect, lang};
use crate::folder::Folder;
use std::fs;

const SHAPES: &str = "\
## Shapes and what is known of them.

from units import Length

## How many corners a shape may have.
const CORNERS_MAX = 100

## A shape; see `Circle`, `area` and `Length`.
class Shape {
    ## Where it is.
    slot at = (0, 0)
    slot _hidden = nil
    ## Its size, as in:
    ##
    ## ```
    ## shape.size
    ## ```
    get size { 1 }
    set size(v) { nil }
    ## Moves it; `at` changes.
    fn move(dx, dy = 0) { self }
    static fn unit() { self() }
    fn ==(other) { same(self, other) }
}

## Round.
class Circle(Shape) { slot radius; fn unary -() { self } }

enum Corner {
    ## Ninety degrees.
    Right
    Other(angle)
}

## The area of a `Shape`: uses `Shape.size`.
fn area(shape) { shape.size }

fn _private() { nil }

extend Shape { fn double() { self } }
";

fn folder() -> Folder {
    let folder = Folder::with(&[("shapes.lang", SHAPES), ("shapes_test.lang", "test \"x\" { assert true }\n")]);
    fs::create_dir(folder.path().join("lib")).expect("the folder can be written");
    folder.write("lib/extra.lang", "namespace units\n\n## A <length> in `shapes.Shape`.\nclass Length { }\n");
    folder
}

const MARKDOWN: &str = "\
# Namespaces

- [`shapes`](#shapes): Shapes and what is known of them.
- [`units`](#units)

# <a id=\"shapes\"></a>Namespace `shapes`

Shapes and what is known of them.

## Constants and variables

### <a id=\"shapes.CORNERS_MAX\"></a>`const CORNERS_MAX = 100`

How many corners a shape may have.

## Functions

### <a id=\"shapes.area\"></a>`fn area(shape)`

The area of a [`Shape`](#shapes.Shape): uses [`Shape.size`](#shapes.Shape.size).

## Classes

### <a id=\"shapes.Shape\"></a>`class Shape`

A shape; see [`Circle`](#shapes.Circle), [`area`](#shapes.area) and [`Length`](#units.Length).

- <a id=\"shapes.Shape.at\"></a>`slot at = (0, 0)`: Where it is.
- <a id=\"shapes.Shape.size\"></a>`get size, set size(v)`: Its size, as in:

  ```
  shape.size
  ```
- <a id=\"shapes.Shape.move\"></a>`fn move(dx, dy = 0)`: Moves it; [`at`](#shapes.Shape.at) changes.
- <a id=\"shapes.Shape.unit\"></a>`static fn unit()`
- `fn ==(other)`

### <a id=\"shapes.Circle\"></a>`class Circle(Shape)`

Bases: [`Shape`](#shapes.Shape).

Round.

- <a id=\"shapes.Circle.radius\"></a>`slot radius`
- `fn unary -()`

## Enums

### <a id=\"shapes.Corner\"></a>`enum Corner`

- <a id=\"shapes.Corner.Right\"></a>`Right`: Ninety degrees.
- <a id=\"shapes.Corner.Other\"></a>`Other(angle)`

## Extensions

### `extend Shape`

Adds to [`Shape`](#shapes.Shape).

- <a id=\"shapes.Shape.double\"></a>`fn double()`

# <a id=\"units\"></a>Namespace `units`

## Classes

### <a id=\"units.Length\"></a>`class Length`

A <length> in [`shapes.Shape`](#shapes.Shape).
";

#[test]
fn markdown_goes_to_standard_output() {
    expect(&lang(&folder(), &["doc", "."], ""), 0, MARKDOWN, "");
}

#[test]
fn pages_go_to_a_directory() {
    let folder = folder();
    expect(&lang(&folder, &["doc", "-o", "out/pages", "."], ""), 0, "", "");
    let read = |name: &str| fs::read_to_string(folder.path().join("out/pages").join(name)).expect("the page is there");
    assert!(read("index.md").contains("- [`shapes`](shapes.md): Shapes"), "{}", read("index.md"));
    assert!(read("shapes.md").contains("[`Length`](units.md#units.Length)"), "{}", read("shapes.md"));
    assert!(read("shapes.md").contains("[`Circle`](#shapes.Circle)"), "{}", read("shapes.md"));
    expect(&lang(&folder, &["doc", "--html", "--output", "out", "."], ""), 0, "", "");
    let page = fs::read_to_string(folder.path().join("out/units.html")).expect("the page is there");
    assert!(page.starts_with("<!DOCTYPE html>"), "{page}");
    let link = "<p>A &lt;length&gt; in <a href=\"shapes.html#shapes.Shape\"><code>shapes.Shape</code></a>.</p>";
    assert!(page.contains(link), "{page}");
    assert!(page.contains("<h3><a id=\"units.Length\"></a><code>class Length</code></h3>"), "{page}");
}

#[test]
fn names_without_doc_text_are_listed() {
    let missing = "\
./lib/extra.lang:1: namespace `units` has no doc text
./shapes.lang:22: static function `shapes.Shape.unit` has no doc text
./shapes.lang:27: slot `shapes.Circle.radius` has no doc text
./shapes.lang:29: enum `shapes.Corner` has no doc text
./shapes.lang:32: variant `shapes.Corner.Other` has no doc text
./shapes.lang:40: method `shapes.Shape.double` has no doc text
";
    expect(&lang(&folder(), &["doc", "--missing", "."], ""), 1, missing, "");
    let complete = Folder::with(&[("a.lang", "## All.\n\n## One.\nfn f() { nil }\n")]);
    expect(&lang(&complete, &["doc", "--missing", "a.lang"], ""), 0, "", "");
}

#[test]
fn what_cannot_be_read_gives_no_pages() {
    let folder = Folder::with(&[("a.lang", "let a = (1 +"), ("b.lang", "## B.\n\nlet b = 1\n")]);
    let output = lang(&folder, &["doc", "-o", "out", "."], "");
    expect(&output, 1, "", " --> ./a.lang:1:9\n");
    expect(&output, 1, "", "error: nothing is written: there are errors in `./a.lang`\n");
    assert!(!folder.path().join("out").exists());
    expect(&lang(&folder, &["doc", "nosuch.lang"], ""), 1, "", "cannot read `nosuch.lang`");
    expect(&lang(&folder, &["doc", "-o", "b.lang/x", "b.lang"], ""), 1, "", "cannot make the directory `b.lang/x`");
    assert_eq!(lang(&folder, &["doc", "--missing", "--html", "b.lang"], "").status.code(), Some(2));
}
