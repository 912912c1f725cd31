"""Check-ups of the compilers: found, known, cached; and who answers to their names on PATH."""

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from typing import Final

from zccache.cli.findings import Finding, broken, note, ok
from zccache.cli.place import Place
from zccache.common.errors import ToolchainUnknown
from zccache.common.freshness import FileDigests
from zccache.common.paths import find_program, find_sibling, is_front
from zccache.common.toolchains.files import is_script
from zccache.common.toolchains.identifying import Toolchains
from zccache.common.tools.registry import tool_for

NAMES: Final = ("cc", "c++", "gcc", "g++", "clang", "clang++")
_COMPILE_WITHIN_S: Final = 60.0
_SOURCE: Final = "int zccache_doctor(int x) { return x + 1; }\n"


class _Memo:
    """A memory that ends with the check-up, which asks each compiler anew."""

    def __init__(self) -> None:
        self._facts: dict[tuple[str, bytes], bytes] = {}

    def memo_get(self, kind: str, key: bytes) -> bytes | None:
        """Return what was put, or None."""
        return self._facts.get((kind, key))

    def memo_put(self, kind: str, key: bytes, value: bytes) -> None:
        """Keep a fact."""
        self._facts[kind, key] = value


def check_programs(place: Place) -> Iterator[Finding]:
    """Say whether our own programs are all there."""
    for name in ("zccache", "zccache-cli", "zccache-daemon"):
        path = find_sibling(name, place.env)
        if path is None:
            step = "install the packages zccache-cli and zccache-daemon side by side"
            yield broken("programs", f"{name} is not there", step)
        else:
            yield ok("programs", path)


def check_names(place: Place) -> Iterator[Finding]:
    """Say which names of compilers on PATH lead to zccache, and whether a compiler stands behind each."""
    fronts = []
    for name in NAMES:
        first = find_program(name, place.env, place.cwd)
        if first is None:
            continue
        if not is_front(first):
            late = find_program(name, place.env, place.cwd, skip=lambda path: not is_front(path))
            if late is not None:
                what = f"{late} is zccache, but {first} comes before it: {name} is not cached"
                yield broken(
                    "PATH", what, f"put {os.path.dirname(late)} before {os.path.dirname(first)} on PATH"
                )
            continue
        behind = find_program(name, place.env, place.cwd, skip=is_front)
        if behind is None:
            step = f"install {name}, or remove {first}"
            yield broken("PATH", f"{first} is zccache, and no {name} stands behind it", step)
        else:
            fronts.append(f"{name} ({first}, for {behind})")
    if fronts:
        yield ok("PATH", f"zccache stands in for {', '.join(fronts)}")
    else:
        step = "call `zccache gcc ...`, or put links to zccache, named as the compilers, first on PATH"
        yield note("PATH", "zccache stands in for no compiler", step)


def check_compilers(place: Place, named: list[str]) -> Iterator[Finding]:
    """Say of each compiler what it is, and whether its second compile is a hit; named ones must be there."""
    seen: set[str] = set()
    for word in named or [*_from_env(place.env), *NAMES]:
        program = find_program(word, place.env, place.cwd, skip=is_front)
        if program is None:
            if named:
                yield broken("compiler", f"{word} is not on PATH", f"install {word}, or give its path")
            continue
        # cc and gcc are mostly one program: once is enough, unless both were asked for.
        real = os.path.realpath(program)
        if named or real not in seen:
            seen.add(real)
            yield _check_compiler(place, word, program)
    if not seen:
        yield broken("compiler", f"none of {', '.join(NAMES)} is on PATH", "install one, or set CC")


def _from_env(env: Mapping[str, str]) -> list[str]:
    """Return the compilers that CC and CXX name; of `ccache gcc` or `zccache gcc -m32` the one meant."""
    words = []
    for name in ("CC", "CXX"):
        given = [word for word in env.get(name, "").split() if tool_for(word) is not None]
        words += given[:1]
    return words


def _check_compiler(place: Place, word: str, program: str) -> Finding:
    if tool_for(word) is None:
        return note("compiler", f"{word}: no compiler that zccache caches", "it is run as it stands")
    try:
        found = Toolchains(FileDigests(), _Memo()).identify(program, place.cwd, place.env)
    except ToolchainUnknown as error:
        return broken("compiler", str(error), f"see what `{program} -v` prints")
    kind = f"{word} is {program}, {found.dialect.value}"
    if is_script(program):
        kind += " behind a script"
    trouble = _compile_twice(place, word)
    if trouble:
        return broken("compiler", f"{kind}: {trouble}", "see `zccache status`, docs/limits.md and the logs")
    return ok("compiler", f"{kind}; its second compile is a hit")


def _compile_twice(place: Place, word: str) -> str:
    """Return what went wrong, or nothing; a namespace of its own makes the first compile a miss."""
    front = find_sibling("zccache", place.env)
    if front is None:
        return "not tried, zccache is not there"
    with tempfile.TemporaryDirectory() as folder:
        log = os.path.join(folder, "log")
        with open(os.path.join(folder, "a.c"), "w", encoding="ascii") as file:
            file.write(_SOURCE)
        env = {**place.env, "ZCCACHE_NAMESPACE": os.path.basename(folder), "ZCCACHE_LOG": log}
        for name in ("ZCCACHE_GUARD", "ZCCACHE_RECACHE", "ZCCACHE_READONLY"):
            env.pop(name, None)
        for at in range(2):
            if at:
                os.unlink(log)
            try:
                done = subprocess.run(
                    [front, "wrap", "--", word, "-x", "c", "-c", "a.c", "-o", "a.o"],
                    cwd=folder,
                    env=env,
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    timeout=_COMPILE_WITHIN_S,
                    check=False,
                )
            except (OSError, subprocess.TimeoutExpired) as error:
                return f"a compile through zccache failed: {error}"
            if done.returncode:
                said = done.stderr.decode(errors="replace").strip().splitlines()
                return f"it fails: {said[-1] if said else f'status {done.returncode}'}"
        with open(log, encoding="utf-8", errors="replace") as file:
            steps = [line.rstrip("\n").partition(" us: ")[2].strip() for line in file]
    if "hit" in steps or "answer: Hit" in steps:
        return ""
    return f"its second compile was no hit ({', '.join(steps)})"
