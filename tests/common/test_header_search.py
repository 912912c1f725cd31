"""Where a compiler says that it looks, and when it has to be asked again."""

import os
from collections.abc import Mapping
from pathlib import Path

from tools import require_tool
from zccache.common.command.runner import Completed, run_quietly
from zccache.common.freshness import FileDigests
from zccache.common.header_search import HeaderSearch
from zccache.common.includes.search import SearchPath
from zccache.common.toolchains import Toolchain, Toolchains


class KeptMemo:
    """A memo in memory."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, bytes], bytes] = {}

    def memo_get(self, kind: str, key: bytes) -> bytes | None:
        return self.kept.get((kind, key))

    def memo_put(self, kind: str, key: bytes, value: bytes) -> None:
        self.kept[kind, key] = value


class CountingRun:
    """Runs programs and counts them."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, argv: list[str], cwd: str, env: Mapping[str, str]) -> Completed:
        self.count += 1
        return run_quietly(argv, cwd, env)


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
    assert run.count == 1


def test_a_folder_that_has_come_is_asked_about(tmp_path: Path) -> None:
    memo, run = KeptMemo(), CountingRun()
    ask(HeaderSearch(memo, run), tmp_path, "-Ilater")
    (tmp_path / "later").mkdir()

    found = ask(HeaderSearch(memo, run), tmp_path, "-Ilater")

    assert str(tmp_path / "later") in found.bracket
    assert run.count == 2


def test_damaged_memory_is_asked_again(tmp_path: Path) -> None:
    memo = KeptMemo()
    first = ask(HeaderSearch(memo), tmp_path)
    memo.kept = dict.fromkeys(memo.kept, b"[[1], 2]")

    assert ask(HeaderSearch(memo), tmp_path) == first
