"""clang-cl: its commands as they are typed, each beside the bare compiler, and each kind of change."""

import os
import shutil
from pathlib import Path

import pytest

from tools import require_tool
from walk import TO_AND_FRO, Walk
from zccache.common.reasons import Reason

PLAIN = ["/nologo", "/c", "/X", "/Brepro"]


@pytest.fixture
def cl(walk: Walk) -> str:
    """Name clang-cl, and write a source with a header in a folder."""
    name = next((name for name in ("clang-cl-14", "clang-cl") if shutil.which(name)), "clang-cl")
    require_tool(name, "clang")
    walk.write(a__c='#include "sub/h.h"\nint f(void) { return H; }\n', b__c="int g(void) { return 1; }\n")
    walk.put("sub/h.h", '#include "deep.h"\n#define H D\n')
    walk.put("sub/deep.h", "#define D 1\n")
    return name


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["/Foout.obj"],
        ["/Fosub/", "/W4", "-Wno-unused", "-O2", "/EHsc", "/GR-", "/std:c++17", "/permissive-", "/utf-8"],
        ["-DX=1", "/D", "Y", "/UZ", "/I.", "-I", "sub", "/imsvc", "sub", "-external:Isub", "/external:W0"],
        ["/FIsub/deep.h", "/TP", "/MD", "/MP2", "/bigobj"],
        ["/Z7", "/showIncludes"],
        ["/Zi", "/Fdx.pdb", "/FS", "/FA", "/Fasub/"],
        ["/showIncludes", "/clang:-O3", "-mllvm", "-inline-threshold=5", "-Xclang", "-fcxx-exceptions"],
        ["-m32", "-fms-compatibility-version=19.29", "/source-charset:utf-8", "-Wno-everything"],
    ],
)
def test_a_compile_is_stored_and_hits(walk: Walk, cl: str, words: list[str]) -> None:
    assert walk.twice(cl, *PLAIN, *words, "a.c") == ["stored", "hit"]


@pytest.mark.parametrize("words", [[], ["/Z7"], ["/showIncludes"]])
def test_a_changed_header_is_a_miss_and_the_old_one_a_hit(walk: Walk, cl: str, words: list[str]) -> None:
    hows = walk.to_and_fro(
        [cl, *PLAIN, *words, "a.c"],
        lambda: walk.put("sub/deep.h", "#define D 2\n"),
        lambda: walk.put("sub/deep.h", "#define D 1\n"),
    )

    assert hows == TO_AND_FRO


@pytest.mark.parametrize("words", [[], ["/Z7"]])
def test_a_header_that_comes_before_another_is_seen(walk: Walk, cl: str, words: list[str]) -> None:
    walk.put("first/other", "")
    walk.put("second/x.h", "#define X 1\n")
    walk.put("x.c", "#include <x.h>\nint x(void) { return X; }\n")
    argv = [cl, *PLAIN, *words, "/Ifirst", "-I", "second", "x.c"]
    shadow = walk.folder / "first/x.h"

    assert walk.to_and_fro(argv, lambda: walk.put("first/x.h", "#define X 2\n"), shadow.unlink) == TO_AND_FRO


def test_a_header_is_sought_beside_all_files_on_the_way_to_it(walk: Walk, cl: str) -> None:
    """What gcc would not find: up/in/in.h names a file that lies beside the source, and in up/ lies none."""
    walk.put("w.c", '#include "up/mid.h"\nint w(void) { return W; }\n')
    walk.put("up/mid.h", '#include "in/in.h"\n')
    walk.put("up/in/in.h", '#include "way.h"\n')
    walk.put("way.h", "#define W 1\n")
    shadow = walk.folder / "up/way.h"

    hows = walk.to_and_fro([cl, *PLAIN, "w.c"], lambda: walk.put("up/way.h", "#define W 2\n"), shadow.unlink)

    assert hows == TO_AND_FRO


def test_a_backslash_in_a_name_is_a_slash(walk: Walk, cl: str) -> None:
    walk.put("s.c", "#include <one\\h.h>\nint s(void) { return S; }\n")
    walk.put("here/one/h.h", "#define S 1\n")
    walk.put("before/x", "")
    argv = [cl, *PLAIN, "/Ibefore", "/Ihere", "s.c"]
    shadow = walk.folder / "before/one/h.h"

    assert (
        walk.to_and_fro(argv, lambda: walk.put("before/one/h.h", "#define S 2\n"), shadow.unlink)
        == TO_AND_FRO
    )


def test_a_pragma_that_renames_headers_is_not_cached(walk: Walk, cl: str) -> None:
    walk.put("p.c", '#pragma include_alias("no.h", "sub/deep.h")\n#include "no.h"\nint p = D;\n')

    assert walk.twice(cl, *PLAIN, "p.c") == [Reason.COMPUTED_INCLUDE.word] * 2


@pytest.mark.parametrize(
    ("name", "values"),
    [("INCLUDE", ("sub", "sub;nowhere")), ("CL", ("/DX=1", "/DX=2")), ("_CL_", ("/O1", '/O2 /D"A B"=1'))],
)
def test_what_the_environment_says_is_in_the_key(
    walk: Walk, cl: str, name: str, values: tuple[str, str]
) -> None:
    walk.put("e.c", "#ifdef X\nint x = X;\n#endif\nint e(void) { return 1; }\n")
    walk.env[name] = values[0]

    hows = walk.to_and_fro(
        [cl, "/nologo", "/c", "/Brepro", "e.c"],
        lambda: walk.env.update({name: values[1]}),
        lambda: walk.env.update({name: values[0]}),
    )

    assert hows == TO_AND_FRO


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_response_file_is_read_as_windows_does(walk: Walk, cl: str, encoding: str) -> None:
    walk.put("ä b.c", "const char *s = S;\n")
    words = '/nologo /c /X /Brepro\r\n"/DS=\\"a\\\\b\\"" /Fo"out.obj"\t"ä b.c"'
    walk.put("words.rsp", words.encode(encoding))

    assert walk.twice(cl, "@words.rsp") == ["stored", "hit"]
    walk.put("words.rsp", words.replace("a\\\\b", "c").encode(encoding))
    assert walk.same(cl, "@words.rsp") == "stored"


def test_a_precompiled_header_is_made_and_used(walk: Walk, cl: str) -> None:
    walk.put("pch.h", '#include "sub/deep.h"\n')
    walk.put("pch.c", '#include "pch.h"\n')
    walk.put("u.c", '#include "pch.h"\nint u(void) { return D; }\n')
    make = [cl, *PLAIN, "/Ycpch.h", "/Fpmy.pch", "-Xclang", "-fno-pch-timestamp", "pch.c"]
    use = [cl, *PLAIN, "/Yupch.h", "/Fpmy.pch", "u.c"]

    assert walk.twice(*make) == ["stored", "hit"]
    walk.walk(*make)
    walk.settle()
    assert walk.twice(*use) == ["stored", "hit"]
    walk.put("sub/deep.h", "#define D 2\n")
    walk.walk(*make)
    walk.settle()
    assert walk.twice(*use) == ["stored", "hit"]


def test_a_precompiled_header_with_times_is_not_kept(walk: Walk, cl: str) -> None:
    walk.put("pch.h", "int p;\n")
    walk.put("pch.c", '#include "pch.h"\n')

    walked = walk.walk(cl, *PLAIN, "/Ycpch.h", "/Fpmy.pch", "pch.c")

    assert walked.how == Reason.PRECOMPILED_HEADER.word


def test_several_sources_are_stored_singly(walk: Walk, cl: str) -> None:
    argv = [cl, *PLAIN, "/EHsc", "-Wno-unused", "/O2", "/Fosub/", "/showIncludes", "a.c", "b.c"]
    assert walk.same(*argv) == "stored stored"

    assert walk.same(*argv) == "hit"
    walk.put("sub/deep.h", "#define D 3\n")
    assert walk.same(*argv) == "stored hit"


@pytest.mark.parametrize("word", ["/MP2", "/Wall", "/Foone.obj", "/Tcb.c", "/FA"])
def test_several_sources_with_a_word_for_all_of_them_are_left_to_the_compiler(
    walk: Walk, cl: str, word: str
) -> None:
    assert walk.same(cl, *PLAIN, word, "a.c", "b.c") == Reason.SEVERAL_SOURCES.word


def test_an_absolute_source_is_no_option(walk: Walk, cl: str) -> None:
    source = os.path.join(os.path.realpath(walk.folder), "a.c")

    assert walk.twice(cl, *PLAIN, source) == ["stored", "hit"]


def test_a_failure_is_as_bare_and_not_kept(walk: Walk, cl: str) -> None:
    walk.put("bad.c", "int f(void) { return nowhere; }\n")

    assert walk.twice(cl, *PLAIN, "bad.c") == [Reason.COMPILE_FAILED.word] * 2


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["/E", "a.c"], Reason.PREPROCESS_ONLY),
        (["a.c", "/Zs"], Reason.NOT_A_COMPILE),
        (["/c", "/doc", "a.c"], Reason.UNMODELLED_OUTPUT),
        (["/c", "/winsysroot", "x", "a.c"], Reason.UNSEEN_INPUT),
        (["/c", "/nowhere", "a.c"], Reason.UNKNOWN_OPTION),
        (["/c", "-Xclang", "-load", "a.c"], Reason.UNKNOWN_OPTION),
        (["/c", "@none.rsp"], Reason.BAD_RESPONSE_FILE),
        (["/c", "a.c", "-"], Reason.SEVERAL_SOURCES),
    ],
)
def test_what_is_not_known_is_left_to_the_compiler(
    walk: Walk, cl: str, words: list[str], reason: Reason
) -> None:
    assert walk.walk(cl, "/X", *words).how == reason.word


def test_a_configuration_that_appears_beside_the_compiler_makes_it_another(
    walk: Walk, cl: str, tmp_path: Path
) -> None:
    real = Path(require_tool("clang-19", "clang-19")).resolve()
    tree = tmp_path / "llvm"
    (tree / "bin").mkdir(parents=True)
    compiler = tree / "bin" / "clang-cl"
    shutil.copy2(real, compiler)
    (tree / "lib").symlink_to(real.parent.parent / "lib")
    config = tree / "bin" / "clang-cl.cfg"
    walk.put("c.c", "#ifdef X\nint x;\n#endif\nint c(void) { return 1; }\n")

    hows = walk.to_and_fro(
        [str(compiler), *PLAIN, "c.c"], lambda: config.write_text("-DX=1\n"), config.unlink
    )

    assert hows == TO_AND_FRO
