"""A workspace over real crates: derives, own macros, C behind a `-sys` crate, a library for C, a program."""

from collections.abc import Mapping
from typing import Final

NEEDED: Final[Mapping[str, str]] = {
    "aho-corasick": "librust-regex+default-dev",
    "cc": "librust-cc-dev",
    "clap": "librust-clap-dev",
    "clap_derive": "librust-clap-derive-dev",
    "quote": "librust-quote-dev",
    "regex": "librust-regex+default-dev",
    "serde_derive": "librust-serde-derive-dev",
    "serde_json": "librust-serde-json-dev",
    "syn": "librust-syn-dev",
}
"""The crates that its members name, and one that Debian only recommends with them; their packages."""

SAYS: Final = 'Point { x: 3, y: 4 } {"x":3,"y":4} fields=2 made=7 sum=42 word=real\n'
"""What the program prints, told to look for `[a-z]+` in `12 real 13`."""

MIXED: Final[Mapping[str, str]] = {
    "Cargo.toml": '[workspace]\nmembers = ["fields", "shapes", "sum-sys", "for-c", "tool"]\n',
    "fields/Cargo.toml": """[package]
name = "fields"
version = "0.1.0"
edition = "2018"
[lib]
proc-macro = true
[dependencies]
syn = "1"
quote = "1"
""",
    "fields/src/lib.rs": """use proc_macro::TokenStream;
#[proc_macro_derive(Fields)]
pub fn fields(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    let name = &input.ident;
    let count = match &input.data {
        syn::Data::Struct(data) => data.fields.len(),
        _ => 0,
    };
    quote::quote! { impl #name { pub const FIELDS: usize = #count; } }.into()
}
""",
    "shapes/Cargo.toml": """[package]
name = "shapes"
version = "0.2.0"
edition = "2018"
[dependencies]
fields = { path = "../fields" }
serde = { version = "1", features = ["derive"] }
""",
    "shapes/build.rs": """use std::{env, fs, path::Path};
fn main() {
    let made = Path::new(&env::var("OUT_DIR").unwrap()).join("made.rs");
    fs::write(made, "/// Made by the build script.\\npub const MADE: u32 = 7;\\n").unwrap();
    println!("cargo:rerun-if-changed=build.rs");
}
""",
    "shapes/src/lib.rs": """//! Points, and what was made for them.
include!(concat!(env!("OUT_DIR"), "/made.rs"));
/// A point.
#[derive(Debug, Clone, PartialEq, fields::Fields, serde::Serialize, serde::Deserialize)]
pub struct Point { pub x: i32, pub y: i32 }
fn unused() {}
#[test]
fn has_two_fields() { assert_eq!(Point::FIELDS, 2); }
""",
    "sum-sys/Cargo.toml": """[package]
name = "sum-sys"
version = "0.1.0"
edition = "2018"
links = "sum"
[build-dependencies]
cc = "1"
""",
    "sum-sys/build.rs": """fn main() {
    cc::Build::new().file("c/sum.c").file("c/more.c").include("c").compile("sum");
    println!("cargo:rerun-if-changed=c");
}
""",
    "sum-sys/c/sum.h": "int more(int);\n",
    "sum-sys/c/sum.c": '#include "sum.h"\nint sum(int a, int b) { return more(a) + b; }\n',
    "sum-sys/c/more.c": '#include "sum.h"\nint more(int a) { return a + 1; }\n',
    "sum-sys/src/lib.rs": 'extern "C" { pub fn sum(a: i32, b: i32) -> i32; }\n',
    "for-c/Cargo.toml": """[package]
name = "for-c"
version = "0.1.0"
edition = "2018"
[lib]
crate-type = ["cdylib", "rlib"]
[dependencies]
shapes = { path = "../shapes" }
sum-sys = { path = "../sum-sys" }
""",
    "for-c/src/lib.rs": """#[no_mangle]
pub extern "C" fn summed(a: i32) -> i32 {
    let point = shapes::Point { x: a, y: 2 };
    unsafe { sum_sys::sum(point.x, point.y) }
}
""",
    "for-c/tests/built.rs": """#[test]
fn lies_beside_the_tests() {
    let folder = std::env::current_exe().unwrap().parent().unwrap().to_path_buf();
    assert!(folder.join("libfor_c.so").exists());
}
""",
    "tool/Cargo.toml": """[package]
name = "tool"
version = "0.3.0"
edition = "2018"
[dependencies]
clap = { version = "4", features = ["derive"] }
regex = "1"
serde_json = "1"
shapes = { path = "../shapes" }
sum-sys = { path = "../sum-sys" }
""",
    "tool/src/main.rs": """use clap::Parser;
use shapes::{Point, MADE};
#[derive(Parser)]
struct Asked { pattern: String, text: String }
fn sum() -> i32 { unsafe { sum_sys::sum(20, 21) } }
fn main() {
    let asked = Asked::parse();
    let point = Point { x: 3, y: 4 };
    let pattern = regex::Regex::new(&asked.pattern).unwrap();
    let word = pattern.find(&asked.text).map_or("", |found| found.as_str());
    let text = serde_json::to_string(&point).unwrap();
    println!("{:?} {} fields={} made={} sum={} word={}", point, text, Point::FIELDS, MADE, sum(), word);
}
#[test]
fn adds() { assert_eq!(sum(), 42); }
""",
    "tool/tests/whole.rs": """#[test]
fn prints_what_was_found() {
    let tool = std::process::Command::new(env!("CARGO_BIN_EXE_tool")).args(["b+", "abba"]).output().unwrap();
    assert!(String::from_utf8(tool.stdout).unwrap().ends_with("word=bb\\n"));
}
""",
}
"""The files of the workspace."""
