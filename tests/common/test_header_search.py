"""Where a compiler says that it looks, and when it has to be asked again."""

import os
from pathlib import Path

from asking import CountingRun, KeptMemo
from tools import require_tool
from zccache.common.freshness import FileDigests
from zccache.common.header_search import HeaderSearch
from zccache.common.includes.search import SearchPath
from zccache.common.toolchains.identifying import Toolchains
from zccache.common.toolchains.model import Toolchain


def gcc(folder: Path) -> Toolchain:
    return Toolchains(FileDigests(), KeptMemo()).identify(require_tool("gcc", "gcc"), str(folder), os.environ)


def ask(search: HeaderSearch, folder: Path, *words: str) -> SearchPath:
    found = search.path_for(gcc(folder), words, "c", str(folder), {"PATH": os.environ["PATH"]})
    assert found is not None
    return found


def test_named_folders_come_first_and_missing_ones_are_told(tmp_path: Path) -> None:
    (tmp_path / "inc").mkdir()

    found = ask(HeaderSearch(KeptMemo()), tmp_path, "-Iinc", "-Inone")

    assert found.bracket[0] == str(tmp_path / "inc")
    assert str(tmp_path / "none") in found.missing


def test_another_process_need_not_ask_again(tmp_path: Path) -> None:
    memo, run = KeptMemo(), CountingRun()
    first = ask(HeaderSearch(memo, run), tmp_path)

    second = ask(HeaderSearch(memo, run), tmp_path)

    assert second == first
    assert len(run.asked) == 1


def test_a_folder_that_has_come_is_asked_about(tmp_path: Path) -> None:
    memo, run = KeptMemo(), CountingRun()
    ask(HeaderSearch(memo, run), tmp_path, "-Ilater")
    (tmp_path / "later").mkdir()

    found = ask(HeaderSearch(memo, run), tmp_path, "-Ilater")

    assert str(tmp_path / "later") in found.bracket
    assert len(run.asked) == 2


def test_damaged_memory_is_asked_again(tmp_path: Path) -> None:
    memo = KeptMemo()
    first = ask(HeaderSearch(memo), tmp_path)
    memo.kept = dict.fromkeys(memo.kept, b"[[1], 2]")

    assert ask(HeaderSearch(memo), tmp_path) == first
