"""lld-link with the real tool: images with what is left beside them, each beside the bare linker."""

import pytest

from tools import require_tool
from walk import TO_AND_FRO, Walk

WORDS = ["/nologo", "/nodefaultlib", "/subsystem:console", "/entry:start", "/brepro"]


@pytest.fixture
def objects(walk: Walk) -> Walk:
    """Hand out a walk with an object, and with a library of another one in lib/."""
    require_tool("lld-link", "lld")
    clang_cl = require_tool("clang-cl-14", "clang-14")
    librarian = require_tool("llvm-lib", "llvm")
    walk.put("a.c", "int f(void);\nint start(void) { return f(); }\n")
    walk.put("lib/f.c", "__declspec(dllexport) int f(void) { return 1; }\n")
    for name in ("a", "lib/f"):
        assert walk.bare(clang_cl, "/c", "/X", "/GS-", "/Brepro", f"{name}.c", f"/Fo{name}.obj").status == 0
    assert walk.bare(librarian, "/out:lib/f.lib", "lib/f.obj").status == 0
    walk.settle()
    return walk


@pytest.mark.parametrize(
    "words",
    [
        ["a.obj", "lib/f.obj", "/out:app.exe"],
        ["a.obj", "/libpath:lib", "f.lib", "/out:app.exe", "/debug", "/map:app.map"],
        ["lib/f.obj", "/dll", "/noentry", "/out:f.dll", "/implib:imp.lib"],
    ],
)
def test_a_link_is_stored_and_hits(objects: Walk, words: list[str]) -> None:
    given = [word for word in WORDS if word != "/entry:start" or "/noentry" not in words]

    assert objects.twice("lld-link", *given, *words) == ["stored", "hit"]


def test_a_response_file_is_read_as_on_windows(objects: Walk) -> None:
    objects.put("words", '"a.obj" lib/f.obj /out:"an app.exe"')

    assert objects.twice("lld-link", *WORDS, "@words") == ["stored", "hit"]


@pytest.mark.parametrize("name", ["a.obj", "lib/f.lib"])
def test_a_changed_input_is_a_miss_and_the_old_one_a_hit(objects: Walk, name: str) -> None:
    before = (objects.folder / name).read_bytes()

    hows = objects.to_and_fro(
        ["lld-link", *WORDS, "a.obj", "/libpath:lib", "f.lib", "/out:app.exe"],
        lambda: objects.put(name, before.replace(b"/DEFAULTLIB:libcmt", b"/DEFAULTLIB:libcmx")),
        lambda: objects.put(name, before),
    )

    assert hows == TO_AND_FRO


def test_a_library_that_comes_before_another_is_seen(objects: Walk) -> None:
    library = (objects.folder / "lib/f.lib").read_bytes()
    objects.put("first/x", "")

    hows = objects.to_and_fro(
        ["lld-link", *WORDS, "a.obj", "/libpath:first", "/libpath:lib", "f.lib", "/out:app.exe"],
        lambda: objects.put("first/f.lib", library),
        (objects.folder / "first/f.lib").unlink,
    )

    assert hows == TO_AND_FRO
