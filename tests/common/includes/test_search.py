from pathlib import Path

import pytest

from real_compile import RealCompile, write_tree
from zccache.common.errors import ToolchainUnknown
from zccache.common.includes.search import parse_search_path

CANNED = b"""\
 "/usr/bin/clang" -cc1 -E -I "with space" -isystem same -iquote q -internal-isystem /inc
ignoring nonexistent directory "/nope"
#include "..." search starts here:
 q
#include <...> search starts here:
 with space
 /inc
 /System/Library/Frameworks (framework directory)
End of search list.
"""


@pytest.mark.parametrize("compiler", ["gcc", "g++", "clang", "clang++"])
def test_a_real_compiler_tells_its_folders_in_order(compiler: str, tmp_path: Path) -> None:
    root = write_tree(tmp_path / "p", {f"{name}/x.h": "" for name in ("q", "a b", "s", "after", "cpath")})
    (root / "link").symlink_to("s")
    (root / "file").write_text("")
    words = (
        "-iquote",
        "q",
        "-Ia b",
        "-Inope",
        "-Ifile",
        "-isystem",
        "s",
        "-isystem",
        "link",
        "-idirafter",
        "after",
    )
    env = {"CPATH": "cpath:nocpath"}

    found = RealCompile(compiler, root, "x.c", search_words=words, extra_env=env).search_path()

    assert found.quote == (f"{root}/q",)
    assert found.bracket[0] == f"{root}/a b"
    own = [folder for folder in found.bracket if folder.startswith(str(root))]
    assert [Path(folder).name for folder in own] == ["a b", "cpath", "s", "after"]
    assert {f"{root}/{name}" for name in ("nope", "nocpath", "file")} <= set(found.missing)
    assert f"{root}/link" in found.dropped


def test_frameworks_are_told_apart() -> None:
    found = parse_search_path(CANNED, "/home")

    assert found.bracket == ("/home/with space", "/inc", "/System/Library/Frameworks")
    assert found.frameworks == {"/System/Library/Frameworks"}
    assert found.missing == ("/nope",)
    assert found.dropped == ("/home/same",)


def test_a_path_that_is_printed_twice_is_one() -> None:
    assert parse_search_path(CANNED + CANNED, "/home") == parse_search_path(CANNED, "/home")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"gcc: error: unrecognized option\n",
        CANNED + CANNED.replace(b" /inc\n", b""),
        CANNED + CANNED.replace(b" /inc\n", b" /other\n"),
        CANNED + b"End of search list.\n",
        CANNED.replace(b" (framework directory)", b" (headermap)"),
        CANNED.replace(b" with space", b" with\nspace"),
    ],
)
def test_what_is_not_one_list_of_folders_is_refused(text: bytes) -> None:
    with pytest.raises(ToolchainUnknown):
        parse_search_path(text, "/home")
