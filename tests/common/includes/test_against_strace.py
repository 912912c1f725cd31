"""The oracle: every place that the kernel saw a real compiler search in vain is among the places."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from real_compile import RealCompile, write_tree
from zccache.common.includes.places import Places


def uncovered(misses: set[str], places: Places) -> set[str]:
    """Return the missed paths that no place stands for."""
    files, folders = set(), set()
    for guard, names in places.empty.items():
        for name in names:
            path = os.path.normpath(os.path.join(guard, name))
            files.add(path)
            if name.endswith("/"):
                folders.add(f"{path}/")
    # A folder on the way to a place can come alone: it changes nothing until the place is taken.
    on_the_way = {parent for path in files for parent in parents(path)}
    return {
        miss
        for miss in map(os.path.normpath, misses)
        if miss not in files
        and miss not in on_the_way
        and not any(miss.startswith(folder) for folder in folders)
    }


def parents(path: str) -> Iterator[str]:
    """Yield the folders above a path."""
    while path not in {"", "/"}:
        path = os.path.dirname(path)
        yield path


SHADOWING = {
    "main.cc": """\
#include "quoted.h"
#include <angled.h>
#include "sub/deep.h"
#include "only_in_third.h"
#include <chained.h>
#  include /* a comment */ <after_comment.h>
%:include "digraph.h"
#incl\\
ude "split.h"
#if __has_include("never.h") || __has_include(<never/there.h>)
#error not there
#endif
#if __has_include(<asked_only.h>)
#endif
#define QUOTED_NAME "computed_quoted.h"
#include QUOTED_NAME
#define ANGLED_NAME <computed_angled.h>
#include ANGLED_NAME
#define GLUED(x) <x.h>
#include GLUED(sub/glued)
#define OPTIONAL <through_two_macros.h>
#define HAS(x) __has_include(x)
#if HAS(<through_macro.h>) || HAS(OPTIONAL) || HAS("third/beside.h")
#error not there
#endif
#include <from_cpath.h>
#include FROM_COMMAND_LINE
#include <string>
#include <vector>
int main() { return 0; }
""",
    "forced.h": '#include "forced_too.h"\n',
    "third/forced_too.h": "",
    "quote/quoted.h": '#include "beside.h"\n#include <angled.h>\n',
    "quote/beside.h": "",
    "second/angled.h": "#pragma once\n",
    "second/sub/deep.h": '#include "../beside_second.h"\n#include "deeper.h"\n',
    "second/beside_second.h": "",
    "third/deeper.h": "",
    "third/only_in_third.h": "",
    "first/chained.h": "#include_next <chained.h>\n",
    "third/chained.h": "#include_next <chained.h>\n",
    "system/chained.h": "",
    "third/after_comment.h": "",
    "third/digraph.h": "",
    "system/split.h": "",
    "third/asked_only.h": "#error only asked for\n",
    "third/computed_quoted.h": "",
    "system/computed_angled.h": "",
    "after/sub/glued.h": "",
    "cpath/from_cpath.h": "",
    "third/command_line.h": "",
    "linked/inside.h": "",
    "first/string/is_a_folder": "",
}


def shadowing_project(compiler: str, root: Path) -> RealCompile:
    """Write a project in which most names are searched in several folders, some of which are not there."""
    write_tree(root, SHADOWING)
    (root / "link").symlink_to("linked")
    return RealCompile(
        compiler=compiler,
        cwd=root,
        source="main.cc",
        search_words=(
            *(
                "-iquote",
                "quote",
                "-Ifirst",
                "-I",
                "missing/one",
                "-Ilink",
                "-Isecond",
                "-I./third",
                "-Ilinked",
            ),
            *("-isystem", "system", "-isystem", "missing_system", "-idirafter", "after"),
        ),
        force_includes=("forced.h",),
        macros=("FROM_COMMAND_LINE=<command_line.h>",),
        extra_env={"CPATH": f"missing_cpath:{root}/cpath"},
    )


@pytest.mark.parametrize("compiler", ["g++", "clang++"])
def test_no_search_in_vain_of_a_shadowing_project_is_overlooked(compiler: str, tmp_path: Path) -> None:
    """hazard 1, hazard 2, hazard 3"""
    unit = shadowing_project(compiler, tmp_path / "project")

    misses = unit.misses()
    places = unit.places()

    assert isinstance(places, Places)
    assert sorted(uncovered(misses, places)) == []


@pytest.mark.parametrize("compiler", ["g++", "clang++"])
def test_no_search_in_vain_of_the_whole_standard_library_is_overlooked(compiler: str, tmp_path: Path) -> None:
    root = write_tree(tmp_path / "stl", {"all.cc": "#include <bits/stdc++.h>\n#include <regex>\n"})
    unit = RealCompile(compiler=compiler, cwd=root, source="all.cc", search_words=("-std=c++20",))

    misses = unit.misses()
    places = unit.places()

    assert isinstance(places, Places)
    assert sorted(uncovered(misses, places)) == []


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_no_search_in_vain_of_plain_c_is_overlooked(compiler: str, tmp_path: Path) -> None:
    text = '#include <stdio.h>\n#include <limits.h>\n#include <sys/socket.h>\n#include "own.h"\n'
    root = write_tree(tmp_path / "c", {"plain.c": text, "include/own.h": "#include <stdlib.h>\n"})
    unit = RealCompile(compiler=compiler, cwd=root, source="plain.c", search_words=("-Iempty", "-Iinclude"))

    misses = unit.misses()
    places = unit.places()

    assert isinstance(places, Places)
    assert sorted(uncovered(misses, places)) == []
