"""A tree in which headers come, go and change places at random: whatever hits is what the compiler makes."""

import contextlib
import random
from collections import Counter
from pathlib import Path

import pytest

from walk import Walk

STEPS = 30
FOLDERS = [".", "i1", "i2", "i1/n", "i2/n", "sub"]
HEADERS = ["h.h", "g.h", "k.h"]
WORDS = [
    ["-c", "-MD", "-Ii1", "-Ii2"],
    ["-c", "-MMD", "-iquote", "sub", "-Ii1", "-isystem", "i2"],
    ["-c", "-Wall", "-Inone", "-Ii2", "-I.", "-Ii1", "-include", "h.h"],
]
LINES = [
    '#if __has_include("{name}")\n#include "{name}"\n#endif',
    "#if __has_include(<{name}>)\nint has_{number};\n#endif",
    "#define X{number} <{name}>\n#if __has_include(X{number})\n#include X{number}\n#endif",
    "#if __has_include_next(<{name}>)\n#include_next <{name}>\n#endif",
    '#line {number} "{name}"\nstatic int unused_{number};',
    "int v{number};",
]


class Tree:
    """The folder of a walk, changed by chance; texts come from a small pool, so that they come back."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder = folder
        self._chance = random.Random(seed)
        for name in FOLDERS:
            (folder / name).mkdir(parents=True, exist_ok=True)
        self._texts = [self._text() for _ in range(6)]
        for place in [*(self._place() for _ in range(8)), folder / "a.c", folder / "i1/h.h", folder / "h.h"]:
            place.write_text(self._chance.choice(self._texts))

    def change(self) -> None:
        """Change one thing, if that is possible."""
        place, other = self._place(), self._place()
        folder, target = (self._folder / self._chance.choice(FOLDERS[1:]) for _ in range(2))
        with contextlib.suppress(OSError):
            match self._chance.randrange(8):
                case 0 | 1 | 2:
                    place.write_text(self._chance.choice(self._texts))
                case 3:
                    place.unlink()
                case 4:
                    place.rename(other)
                case 5:
                    place.unlink()
                    place.symlink_to(other)
                case 6:
                    folder.rename(target)
                case _:
                    folder.mkdir()

    def _place(self) -> Path:
        return self._folder / self._chance.choice(FOLDERS) / self._chance.choice(HEADERS)

    def _text(self) -> str:
        lines = [
            self._chance.choice(LINES).format(
                name=self._chance.choice(["", "n/", "../i1/"]) + self._chance.choice(HEADERS),
                number=self._chance.randrange(1, 1000),
            )
            for _ in range(3)
        ]
        return "\n".join(["#if __INCLUDE_LEVEL__ < 8", *lines, "#endif", ""])


@pytest.mark.parametrize("seed", [1, 2])
def test_a_storm_of_changes_never_yields_another_output(walk: Walk, cc: str, seed: int) -> None:
    """hazard 1, hazard 2, hazard 3, hazard 9, hazard 11, hazard 12, hazard 18"""
    tree = Tree(walk.folder, seed)
    chance = random.Random(seed)
    hows: Counter[str] = Counter()

    for _ in range(STEPS):
        for _ in range(chance.choice([0, 0, 1, 2])):
            tree.change()
        if chance.random() < 0.5:
            walk.settle()
        hows[walk.same(cc, *chance.choice(WORDS), "a.c")] += 1

    assert hows["hit"] > 3, hows
    assert hows["stored"] > 3, hows
