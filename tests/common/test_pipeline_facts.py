"""The facts of a hit: while they hold the same request has the same answer, and no longer."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tools import require_tool
from walk import Walk
from zccache.common.command.invocation import Invocation
from zccache.common.lookup import files_hold, first_changed_guard
from zccache.common.pipeline import begin
from zccache.common.request import Facts, Hit, Request


def facts_of(walk: Walk, *argv: str) -> Facts | None:
    """Compile until it hits from what is long known, and return the facts of the hit."""
    walk.walk(*argv)
    walk.settle()
    answer = begin(Request(Invocation(argv[0], argv[1:], str(walk.folder), walk.env), 0o022), walk.rooms)
    assert isinstance(answer, Hit)
    return answer.facts


def hold(facts: Facts) -> bool:
    return files_hold(facts) and first_changed_guard(facts) is None


@pytest.fixture
def bins(walk: Walk, tmp_path: Path) -> list[Path]:
    """Put three folders on PATH; the last one has a compiler."""
    folders = [tmp_path / name for name in ("one", "two", "three")]
    for folder in folders:
        folder.mkdir()
    (folders[2] / "cc").symlink_to(require_tool("gcc", "gcc"))
    (folders[1] / "cc").write_text("not to be executed")
    walk.env["PATH"] = ":".join([*map(str, folders), walk.env["PATH"]])
    walk.put("sub/h.h", "int h;\n")
    walk.put("a.c", '#include "h.h"\n#if __has_include("q.h")\n#endif\n')
    (walk.folder / "args").write_text("-DX")
    (walk.folder / "i1").mkdir()
    walk.settle()
    return folders


CHANGES: dict[str, Callable[[Walk, list[Path]], object]] = {
    "a source": lambda walk, bins: (walk.folder / "a.c").write_text("int g;\n"),
    "a header": lambda walk, bins: (walk.folder / "sub/h.h").write_text("int g;\n"),
    "a header that is gone": lambda walk, bins: (walk.folder / "sub/h.h").unlink(),
    "an @file": lambda walk, bins: (walk.folder / "args").write_text("-DY"),
    "an earlier header": lambda walk, bins: (walk.folder / "i1/h.h").write_text("int first;\n"),
    "a header beside": lambda walk, bins: (walk.folder / "h.h").write_text("int first;\n"),
    "a header asked for": lambda walk, bins: (walk.folder / "q.h").write_text(""),
    "a folder asked for": lambda walk, bins: (walk.folder / "none").mkdir(),
    "a compiler": lambda walk, bins: (bins[0] / "cc").symlink_to("/bin/false"),
    "a mode on the way": lambda walk, bins: (bins[1] / "cc").chmod(0o755),
    "an assembler": lambda walk, bins: (bins[0] / "as").symlink_to("/bin/false"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_bears_on_a_compile_breaks_its_facts(
    walk: Walk, bins: list[Path], change: Callable[[Walk, list[Path]], object]
) -> None:
    facts = facts_of(walk, "cc", "-c", "@args", "-Inone", "-Ii1", "-Isub", "a.c")
    assert facts is not None
    assert hold(facts)

    change(walk, bins)

    assert not hold(facts)


def test_what_does_not_bear_on_a_compile_leaves_its_facts(walk: Walk, bins: list[Path]) -> None:
    facts = facts_of(walk, "cc", "-c", "@args", "-Inone", "-Ii1", "-Isub", "a.c")
    assert facts is not None

    for folder in (walk.folder, walk.folder / "i1", *bins):
        (folder / "other").write_text("")

    assert hold(facts)


def test_an_at_file_younger_than_the_request_is_no_fact(walk: Walk) -> None:
    """Its words may have been read before it was written."""
    require_tool("gcc", "gcc")
    walk.put("args", "-DX")
    facts_of(walk, "gcc", "-c", "@args", "a.c")

    class Rewriting(dict[str, str]):
        """An environment that rewrites the @file between its expansion and its hashing."""

        def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
            if name == "PWD":
                walk.put("args", "-DY")
            return super().get(name, default)

    invocation = Invocation("gcc", ("-c", "@args", "a.c"), str(walk.folder), Rewriting(walk.env))
    answer = begin(Request(invocation, 0o022), walk.rooms)

    assert isinstance(answer, Hit)
    assert answer.facts is None
    assert (walk.folder / "args").read_text() == "-DY"
