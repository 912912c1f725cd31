"""Steps on what lies outside the project: delivered outputs, the cache and its daemon."""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from machine import Cells
from products import is_regular
from sides import blobs, clear_behind, evict


class CacheSteps(Cells):
    """What happens to outputs, blobs and the daemon."""

    @rule(
        number=st.integers(0, 3),
        what=st.sampled_from(("strip", "flip", "remove", "mode", "link", "hard link", "longer")),
    )
    def spoil_an_output(self, number: int, what: str) -> None:
        found = [path for path in self.products.paths() if is_regular(path)]
        if not found:
            return
        self.note(f"output: {what}")
        _SPOILERS[what](found[number % len(found)], self.base / "side")

    @rule(
        moment=st.sampled_from(("before", "told")), what=st.sampled_from(("strip", "flip", "remove", "mode"))
    )
    def spoil_an_output_while_it_is_made(self, moment: str, what: str) -> None:
        self.note(f"output during compile: {moment}")

        def spoil() -> None:
            for path in filter(is_regular, list(self.products.paths())):
                _SPOILERS[what](path, self.base / "side")

        self.cached_anew(moment, spoil)

    @rule()
    def restart_the_daemon(self) -> None:
        self.note("restart")
        self.side.restart()

    @rule()
    def kill_the_daemon(self) -> None:
        self.note("kill")
        self.side.kill()

    @rule()
    def go_cold(self) -> None:
        self.note("cold walk")
        self.goes_cold = True

    @rule(is_behind=st.booleans())
    def clear_the_cache(self, is_behind: bool) -> None:
        self.note("clear")
        if is_behind:
            clear_behind(self.side.layout)
        else:
            self.side.clear()

    @rule(limit_bytes=st.sampled_from((1, 10_000)))
    def evict(self, limit_bytes: int) -> None:
        self.note("evict")
        evict(self.side.layout, limit_bytes)

    @rule(number=st.integers(0, 7), how=st.sampled_from(("lost", "flipped", "short")), restarts=st.booleans())
    def damage_blobs(self, number: int, how: str, restarts: bool) -> None:
        self.note(f"blobs {how}")
        for path in list(blobs(self.side.layout))[number::2]:
            _damage(path, how)
        if restarts:
            self.side.restart()


def _strip(path: Path, _: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"stripped")
        file.truncate()


def _flip(path: Path, _: Path) -> None:
    """Change one byte in place and put the time back."""
    before = path.stat()
    with path.open("r+b") as file:
        first = file.read(1) or b"\0"
        file.seek(0)
        file.write(bytes((first[0] ^ 1,)))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _become_a_link(path: Path, side: Path) -> None:
    path.unlink()
    target = side / "elsewhere"
    target.write_text("old\n")
    path.symlink_to(target)


def _gain_a_name(path: Path, side: Path) -> None:
    (side / "name").unlink(missing_ok=True)
    os.link(path, side / "name")


def _lengthen(path: Path, _: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


_SPOILERS: dict[str, Callable[[Path, Path], Any]] = {
    "strip": _strip,
    "flip": _flip,
    "remove": lambda path, side: path.unlink(),
    "mode": lambda path, side: path.chmod(0o600),
    "link": _become_a_link,
    "hard link": _gain_a_name,
    "longer": _lengthen,
}


def _damage(path: Path, how: str) -> None:
    if how == "lost":
        path.unlink()
        return
    before = path.stat()
    data = path.read_bytes()
    path.chmod(stat.S_IMODE(before.st_mode) | 0o200)
    path.write_bytes(data[:-1] if how == "short" else bytes((data[0] ^ 1,)) + data[1:] if data else b"x")
    path.chmod(stat.S_IMODE(before.st_mode))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
