"""emcc and em++: compiles, and links with all that these leave, each beside the bare tool."""

import os
from pathlib import Path

import pytest

from tools import require_tool
from walk import TO_AND_FRO, Walk
from zccache.common.reasons import Reason

MAIN = '#include <stdio.h>\n#include "h.h"\nint main(void) { printf("%d\\n", H); return 0; }\n'


@pytest.fixture
def emcc(walk: Walk, tmp_path: Path) -> str:
    """Name emcc, with an interpreter that starts fast, and write a source with a header."""
    require_tool("emcc", "emscripten")
    walk.env["EMSDK_PYTHON"] = "/usr/bin/python3"
    walk.write(a__c=MAIN, h__h="#define H 1\n")
    return "emcc"


@pytest.fixture
def linked(walk: Walk, emcc: str) -> Walk:
    """Hand out a walk with two objects and a library of one of them."""
    walk.write(a__c="int f(void);\nint main(void) { return f(); }\n", f__c="int f(void) { return 1; }\n")
    for name in ("a", "f"):
        assert walk.bare(emcc, "-c", f"{name}.c", "-o", f"{name}.o").status == 0
    walk.put("lib/x", "")
    assert walk.bare("emar", "rcs", "lib/libf.a", "f.o").status == 0
    walk.settle()
    return walk


def test_a_compile_is_stored_and_hits_and_its_header_counts(walk: Walk, emcc: str) -> None:
    hows = walk.to_and_fro(
        [emcc, "-c", "-O1", "-sUSE_PTHREADS=0", "-s", "STRICT=1", "-MMD", "a.c", "-o", "out.o"],
        lambda: walk.write(h__h="#define H 2\n"),
        lambda: walk.write(h__h="#define H 1\n"),
    )

    assert hows == TO_AND_FRO


def test_sibling_checkouts_share_what_is_written_alike_in_both(emcc: str, tmp_path: Path) -> None:
    env = {"ZCCACHE_PATH_REMAP": "auto", "EMSDK_PYTHON": "/usr/bin/python3"}
    hows = []
    for name in ("one", "two"):
        checkout = Walk(tmp_path / name, tmp_path / "shared", env)
        (checkout.folder / ".git").mkdir()
        checkout.write(a__c=MAIN, h__h="#define H 1\n")
        hows.append(checkout.walk(emcc, "-c", "-g", "-O1", "a.c"))
        checkout.close()

    assert [walked.how for walked in hows] == ["stored", "hit"]
    assert hows[0].left.files["a.o"] == hows[1].left.files["a.o"]


def test_a_compile_of_cxx_is_cached_too(walk: Walk, emcc: str) -> None:
    walk.put("b.cc", "#include <vector>\nint g() { return std::vector<int>{1}.size(); }\n")

    assert walk.twice("em++", "-c", "-std=c++20", "b.cc") == ["stored", "hit"]


def test_a_link_leaves_all_its_files_and_each_input_counts(linked: Walk) -> None:
    linked.put("pre.js", "// before\n")
    linked.put("lib.js", "mergeInto(LibraryManager.library, {});\n")
    linked.put("data.txt", "data\n")
    argv = ["emcc", "a.o", "-Llib", "-lf", "-o", "app.js", "-gsource-map", "--emit-symbol-map"]
    argv += ["--pre-js", "pre.js", "--js-library=lib.js", "--embed-file", "data.txt@/d", "-sEXIT_RUNTIME=1"]

    assert linked.twice(*argv) == ["stored", "hit"]
    assert linked.walk(*argv).left.files.keys() == {"app.js", "app.wasm", "app.wasm.map", "app.js.symbols"}
    for name, text in (("pre.js", "// after\n"), ("data.txt", "other\n")):
        linked.put(name, text)
        assert linked.walk(*argv).how == "stored"
    linked.put("f.c", "int f(void) { return 2; }\n")
    linked.bare("emcc", "-c", "f.c", "-o", "f.o")
    linked.bare("emar", "rcs", "lib/libf.a", "f.o")
    linked.settle()
    assert linked.twice(*argv) == ["stored", "hit"]


def test_an_image_of_files_is_restored_with_the_name_that_it_was_given_at_random(linked: Walk) -> None:
    linked.put("data.txt", "data\n")
    argv = ["emcc", "a.o", "f.o", "-o", "app.js", "--preload-file", "data.txt@/d"]

    first, second = linked.walk(*argv), linked.walk(*argv)

    assert (first.how, second.how) == ("stored", "hit")
    assert (linked.folder / "app.data").read_bytes() == b"data\n"
    assert second.left.files.keys() >= {"app.js", "app.wasm", "app.data"}


def test_a_library_that_comes_before_another_is_seen(linked: Walk) -> None:
    linked.put("first/x", "")
    argv = ["emcc", "a.o", "-Lfirst", "-L", "lib", "-lf", "-o", "app.wasm"]
    library = (linked.folder / "lib/libf.a").read_bytes()

    assert linked.walk(*argv).how == "stored"
    linked.put("first/libf.a", library)
    assert linked.walk(*argv).how == "stored"
    (linked.folder / "first/libf.a").unlink()
    assert linked.walk(*argv).how == "hit"


@pytest.mark.parametrize("target", ["page.html", "app", "app.mjs"])
def test_every_kind_of_target_is_restored(linked: Walk, target: str) -> None:
    assert linked.twice("emcc", "a.o", "f.o", "-o", target) == ["stored", "hit"]


def test_another_tree_is_another_compiler(walk: Walk, emcc: str, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    real = Path(os.path.realpath(require_tool("emcc", "emscripten"))).parent
    tree.mkdir()
    for name in sorted(real.iterdir()):
        (tree / name.name).symlink_to(name)
    version = tree / "emscripten-version.txt"
    text = version.read_text()
    version.unlink()
    version.write_text(text)
    (tree / "emcc").write_text(f'#!/bin/sh\nexec /usr/bin/python3 {real}/emcc.py "$@"\n')
    (tree / "emcc").chmod(0o755)

    hows = walk.to_and_fro(
        [str(tree / "emcc"), "-c", "a.c"],
        lambda: version.write_text('"3.1.7"\n'),
        lambda: version.write_text(text),
    )

    assert hows == TO_AND_FRO


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["a.o", "-sWASM2C=1"], Reason.UNMODELLED_OUTPUT),
        (["a.o", "-sEXPORTED_FUNCTIONS=@list"], Reason.UNMODELLED_OUTPUT),
        (["a.o", "--cache", "x"], Reason.UNKNOWN_OPTION),
        (["a.o", "-Wl,-Map=x.map"], Reason.UNKNOWN_OPTION),
        (["a.o", "-o", "x.o", "-r"], Reason.UNMODELLED_OUTPUT),
        (["a.c", "-g4", "-o", "x.js"], Reason.NOT_A_COMPILE),
        (["a.c", "-sNO_SUCH=1", "-o", "x.js"], Reason.NOT_A_COMPILE),
        (["a.o", "-c", "--preload-file", "x"], Reason.UNSEEN_INPUT),
        (["-o", "x.js"], Reason.NO_SOURCE),
        (["--version"], Reason.UNKNOWN_OPTION),
    ],
)
def test_what_is_not_known_is_left_to_emcc(linked: Walk, words: list[str], reason: Reason) -> None:
    assert linked.walk("emcc", *words).how == reason.word


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("EMCC_DEBUG", "1", Reason.ENVIRONMENT_OUTPUT),
        ("EMCC_CFLAGS", "-O1 '", Reason.BAD_COMMAND_LINE),
        ("EMCC_CFLAGS", "@more", Reason.BAD_RESPONSE_FILE),
        ("EMCC_CFLAGS", "--cache x", Reason.UNKNOWN_OPTION),
    ],
)
def test_variables_that_change_more_than_is_known_are_left_to_emcc(
    linked: Walk, name: str, value: str, reason: Reason
) -> None:
    linked.env[name] = value

    assert linked.walk("emcc", "-c", "f.c").how == reason.word


def test_words_that_stand_in_a_variable_count_as_if_they_stood_behind_the_others(linked: Walk) -> None:
    linked.write(a__c="int main(void) { return F; }\n")
    compile_it, link_it = ["emcc", "-c", "a.c"], ["emcc", "a.o", "f.o", "-o", "app.js"]
    for words in ("-DF=1 -gsource-map", "'-DF=2' -O1"):
        linked.env["EMCC_CFLAGS"] = words
        assert linked.twice(*compile_it) == ["stored", "hit"]
        assert linked.twice(*link_it) == ["stored", "hit"]
    linked.env["EMCC_CFLAGS"] = "-DF=1 -gsource-map"
    assert linked.walk(*compile_it).how == "hit"


def test_compile_and_link_in_one_command_is_taken_apart(linked: Walk) -> None:
    linked.put("pre.js", "// before\n")
    argv = ["emcc", "a.c", "f.c", "-o", "app.js", "-O1", "-gsource-map", "--pre-js", "pre.js"]
    argv += ["-Llib", "-lf", "-sUSE_PTHREADS=0", "-s", "EXIT_RUNTIME=1", "-sSTRICT=1"]

    assert linked.twice(*argv) == ["stored stored stored", "hit"]
    assert linked.walk(*argv).left.files.keys() == {"app.js", "app.wasm", "app.wasm.map"}
    alone = ["-c", "-O1", "-g", "-sUSE_PTHREADS=0", "-sSTRICT=1", "-o", "alone.o"]
    linked.put("pre.js", "// after\n")
    assert linked.twice(*argv) == ["hit hit stored", "hit"]
    linked.write(f__c="int f(void) { return 2; }\n")
    assert linked.twice(*argv) == ["hit stored stored", "hit"]
    assert linked.twice("emcc", "a.c", *alone) == ["stored", "hit"]


def test_several_sources_of_one_command_are_looked_up_one_by_one(linked: Walk) -> None:
    argv = ["emcc", "-c", "-sUSE_PTHREADS=0", "a.c", "f.c"]

    assert linked.twice(*argv) == ["stored stored", "hit"]
    assert linked.walk("emcc", "-sUSE_PTHREADS=0", "-c", "f.c").how == "hit"


def test_what_leads_to_other_files_is_not_kept(linked: Walk) -> None:
    linked.put("inner.js", "")
    linked.put("lib.js", '#include "inner.js"\nmergeInto(LibraryManager.library, {});\n')
    linked.bare("emar", "rcsT", "libthin.a", "f.o")
    linked.settle()

    for words in (["f.o", "--js-library", "lib.js"], ["libthin.a"]):
        assert linked.walk("emcc", "a.o", *words, "-o", "app.js").how in {
            Reason.UNSEEN_INPUT.word,
            Reason.COMPILE_FAILED.word,
        }
