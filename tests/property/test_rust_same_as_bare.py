"""Whatever happens to three crates, what comes out of the cache is what rustc makes of them."""

import os
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from rust import Crates, crates_in, newest_rust

STEPS = int(os.environ.get("ZCCACHE_PROPERTY_RUST_STEPS", "100"))
SEED = int(os.environ.get("ZCCACHE_PROPERTY_RUST_SEED", "5"))

S = "#[derive(Debug)]\npub struct S(pub u32);\n"
SHOW = 'pub fn show(_n: u32) -> String {{ format!("{{:?}}", {}) }}\n'
OUTSIDE = "pub use self::part::S;\nmod part;\n"
MACROS = """extern crate proc_macro;
#[proc_macro]
pub fn word(_: proc_macro::TokenStream) -> proc_macro::TokenStream {
    format!("{:?}", std::env::var("MACRO_WORD").unwrap_or_default()).parse().unwrap()
}
"""
TEXTS = {
    "dep.rs": [
        f"pub fn seven() -> u32 {{ 7 }}\n{S}",
        f"pub fn seven() -> u32 {{ 8 }}\n{S}fn unused() {{}}\n",
        f'pub fn seven() -> u32 {{ include_str!("data.txt").len() as u32 }}\n{OUTSIDE}',
        f'pub fn seven() -> u32 {{ env!("WORD").len() as u32 }}\n{S}',
        f'pub fn seven() -> u32 {{ option_env!("MAYBE").map_or(1, str::len) as u32 }}\n{OUTSIDE}',
    ],
    "mid.rs": [
        f"pub fn eight() -> u32 {{ dep::seven() + 1 }}\n{SHOW.format('dep::S(_n)')}",
        f"pub fn eight() -> u32 {{ words::word!().len() as u32 }}\n{SHOW.format('_n')}",
        f"pub fn eight() -> u32 {{ if cfg!(a) {{ 1 }} else {{ dep::seven() }} }}\n{SHOW.format('line!()')}",
    ],
    "data.txt": ["one", "three", ""],
    "part.rs": [S, f"{S}\n// more\n"],
    "words.rs": [MACROS, MACROS.replace("MACRO_WORD", "OTHER_WORD")],
}
VARIABLES: dict[str, list[str | None]] = {
    "WORD": ["a", "bcd"],
    "MAYBE": [None, "x", "yyy"],
    "MACRO_WORD": [None, "said", "told"],
    "OTHER_WORD": [None, "else"],
    "CARGO_PKG_VERSION": ["1.0.0", "1.0.1"],
    "UNHEARD": [None, "noise"],
}
PROFILES: list[list[str]] = [["-Cdebuginfo=2"], ["-Copt-level=2"], ["-Cdebuginfo=2", "-Cpanic=abort"]]
FEATURES: list[list[str]] = [[], ["--cfg", "a"], ["--cfg", "b"]]


class World:
    """Crates, and what may happen to them."""

    def __init__(self, crates: Crates, chance: random.Random) -> None:
        self.crates = crates
        self.chance = chance
        self.branches: list[dict[str, int]] = []
        self.texts = dict.fromkeys(TEXTS, 0)
        self.profile, self.features = PROFILES[0], FEATURES[0]
        self.crates.walk.env["WORD"] = "a"
        for name in TEXTS:
            self.write(name, 0)

    def write(self, name: str, number: int) -> None:
        self.texts[name] = number
        self.crates.walk.put(name, TEXTS[name][number])

    def edit(self) -> None:
        name = self.chance.choice(sorted(TEXTS))
        self.write(name, self.chance.randrange(len(TEXTS[name])))

    def vary(self) -> None:
        name = self.chance.choice(sorted(VARIABLES))
        value = self.chance.choice(VARIABLES[name])
        self.crates.walk.env.pop(name, None)
        if value is not None:
            self.crates.walk.env[name] = value

    def reprofile(self) -> None:
        self.profile = self.chance.choice(PROFILES)

    def feature(self) -> None:
        self.features = self.chance.choice(FEATURES)

    def touch(self) -> None:
        os.utime(self.crates.walk.folder / self.chance.choice(sorted(TEXTS)))
        self.crates.walk.settle()

    def switch(self) -> None:
        self.branches.append(dict(self.texts))
        for name, number in self.chance.choice(self.branches).items():
            if self.texts[name] != number:
                self.write(name, number)

    def twin(self) -> None:
        path = self.crates.walk.folder / "part/mod.rs"
        if path.exists():
            path.unlink()
        else:
            self.crates.walk.put("part/mod.rs", TEXTS["part.rs"][0])

    def build(self) -> str:
        """Compile all up to one crate through the cache, that one bare as well, and return how it went."""
        target = self.chance.choice(["dep", "mid", "main", "main-test"])
        words = [*self.profile, *self.features]
        chain = [
            ("words", (), "proc-macro", ["-Cprefer-dynamic"]),
            ("dep", (), "lib", words),
            ("mid", ("dep", "words"), "lib", words),
        ]
        for name, needs, kind, how in chain:
            command = self.crates.command(name, *how, needs=needs, kind=kind)
            if name == target:
                return self.crates.walk.same(*command)
            if self.crates.walk.walk(*command).left.status:
                return self.crates.walk.same(*command)
        kind = "test" if target == "main-test" else "bin"
        return self.crates.same("main", *words, needs=("mid",), kind=kind)


def test_after_any_steps_a_crate_is_what_rustc_makes_of_it(tmp_path: Path) -> None:
    crates = crates_in(tmp_path, newest_rust())
    world = World(crates, random.Random(SEED))
    changes: list[Callable[[], None]] = [
        world.edit, world.edit, world.vary, world.vary, world.reprofile, world.feature, world.touch,
        world.switch, world.twin,
    ]  # fmt: skip
    hows: Counter[str] = Counter()

    for _ in range(STEPS):
        world.chance.choice(changes)()
        hows[world.build()] += 1
    crates.walk.close()

    print(f"{STEPS} steps with seed {SEED}: {dict(hows)}")
    assert hows["hit"] > STEPS // 5
    assert hows["stored"] > STEPS // 10
    assert set(hows) <= {"hit", "stored", "compile_failed"}
