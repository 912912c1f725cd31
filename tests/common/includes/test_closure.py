import time
from pathlib import Path

import pytest

from real_compile import RealCompile, scan_file, write_tree
from zccache.common.includes.closure import closure
from zccache.common.includes.disk import LocalDisk
from zccache.common.includes.opaque import Opaque
from zccache.common.includes.places import Places
from zccache.common.reasons import Reason


def reached(unit: RealCompile) -> tuple[str, ...] | Opaque:
    """Return the closure of a compile."""
    return closure(
        source=unit.source,
        force_includes=unit.force_includes,
        search=unit.search_path(),
        scans=scan_file,
        disk=LocalDisk(),
        cwd=str(unit.cwd),
    )


@pytest.mark.parametrize("compiler", ["g++", "clang++"])
def test_the_closure_holds_all_that_a_compiler_reads(compiler: str, tmp_path: Path) -> None:
    main = '#include <map>\n#include <limits.h>\n#include <chain.h>\n#include "own.h"\n'
    files = {
        "main.cc": main,
        "own.h": '#include "sub/own.h"\n',
        "sub/own.h": '#include "beside.h"\n',
        "sub/beside.h": "",
        "a/chain.h": "#include_next <chain.h>\n",
        "b/chain.h": "#include_next <chain.h>\n",
        "c/chain.h": "",
        "c/forced.h": "",
    }
    root = write_tree(tmp_path / "p", files)
    words = ("-Ia", "-Ib", "-isystem", "c")
    unit = RealCompile(compiler, root, "main.cc", search_words=words, force_includes=("forced.h",))

    found = reached(unit)

    assert isinstance(found, tuple)
    assert set(unit.inputs()) <= set(found)
    assert isinstance(unit.places_for(found, started_ns=time.time_ns()), Places)


def test_lines_that_are_switched_off_are_followed_too(tmp_path: Path) -> None:
    files = {
        "main.c": '#ifdef NEVER\n#include "idle.h"\n#endif\n',
        "idle.h": '#include "deeper.h"\n',
        "deeper.h": "",
    }
    root = write_tree(tmp_path / "p", files)

    found = reached(RealCompile("gcc", root, "main.c"))

    assert isinstance(found, tuple)
    assert {str(root / name) for name in files} <= set(found)


def test_quoted_names_are_searched_beside_the_end_of_a_link_too(tmp_path: Path) -> None:
    files = {
        "main.c": "#include <link.h>\n",
        "r/h.h": '#include "n.h"\n',
        "r/n.h": "",
        "a_long_folder/n.h": "",
    }
    root = write_tree(tmp_path / "p", files)
    (root / "a_long_folder/link.h").symlink_to("../r/h.h")
    unit = RealCompile("gcc", root, "main.c", search_words=("-isystem", str(root / "a_long_folder")))
    assert str(root / "r/n.h") in unit.inputs()

    found = reached(unit)

    assert isinstance(found, tuple)
    assert str(root / "r/n.h") in found


def test_a_computed_include_makes_the_closure_opaque(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "p", {"main.c": '#define N "a.h"\n#include N\n', "a.h": ""})

    found = reached(RealCompile("gcc", root, "main.c"))

    assert isinstance(found, Opaque)
    assert found.reason is Reason.COMPUTED_INCLUDE
