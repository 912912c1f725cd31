"""Hits while the daemon has other work: making room, or hashing and storing outputs of misses; ours alone."""

import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from bench.growth import fill, our_subject, with_root
from bench.hits import C_UNIT, compile_command, warm_up
from bench.results import Row
from bench.runner import Command
from bench.subjects import Subject
from bench.workbench import Workbench

TITLES: Final = {
    "idle": "nothing else to do",
    "evicting": "entries are evicted",
    "storing": "8 misses are stored",
    "static-storing": "static, meanwhile",
}
_MISSES: Final = 8
_OBJECT_BYTES: Final = 1 << 20
_EVICTED: Final = 20_000
_HITS_AT_ONCE: Final = 20


def measure_disturbance(bench: Workbench, hits: int) -> Iterator[Row]:
    """Yield the row of hits while nothing happens, while entries leave, and while misses are stored."""
    subject = with_root(our_subject(bench), bench.scratch / "disturbed")
    hit = compile_command(bench, subject, C_UNIT, str(bench.scratch / "disturbed.o"))
    samples: dict[str, list[float]] = {}
    try:
        subject.begin()
        subject.end()
        bench.say(f"a cache of {_EVICTED} entries")
        fill(subject, _EVICTED)
        subject.control(subject.start)
        if not warm_up(bench, subject, [hit]):
            return
        bench.say(f"hits while something else happens: {hits}")
        samples["idle"] = _walls(bench, hit, hits)
        samples["evicting"] = _during(lambda: _trim(subject), lambda: _walls(bench, hit, _HITS_AT_ONCE))
        stores = [_miss(bench, subject, number) for number in range(_MISSES)]
        load = _Load(bench, stores)
        load.start()
        samples["storing"] = _walls(bench, hit, hits)
        if bench.static is not None:
            samples["static-storing"] = _walls(bench, bench.static, hits)
        load.stop()
    finally:
        subject.end()
    yield Row(
        "disturbed", "A hit while the daemon has other work", "ms", "lower",
        f"The C file; {_EVICTED} entries leave by `zccache trim`; {_MISSES} jobs compile and store objects of"
        f" {_OBJECT_BYTES >> 20} MiB, over and over.",
        samples,
    )  # fmt: skip


class _Load:
    """Commands that are run over and over, as many at a time, beside what is measured."""

    def __init__(self, bench: Workbench, commands: list[Command]) -> None:
        self._bench = bench
        self._commands = commands
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def start(self) -> None:
        """Begin, and return when each command has run once."""
        self._round()
        self._thread.start()

    def stop(self) -> None:
        """Let the round that is under way be the last."""
        self._is_over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._is_over.is_set():
            self._round()

    def _round(self) -> None:
        self._bench.runner.parallel(
            self._commands, len(self._commands), len(self._commands) * 4, cwd=self._bench.project.root
        )


def _walls(bench: Workbench, command: Command, hits: int) -> list[float]:
    runs = bench.runner.serial([command], hits, cwd=bench.project.root)[0]
    return [run.wall_ns / 1e6 for run in runs]


def _during(work: Callable[[], None], measure: Callable[[], list[float]]) -> list[float]:
    """Return what is measured again and again until the work is done."""
    thread = threading.Thread(target=work)
    thread.start()
    samples = measure()
    while thread.is_alive():
        samples += measure()
    thread.join()
    return samples


def _trim(subject: Subject) -> None:
    words = [subject.program, "trim", "--to-size", "8M"]
    subprocess.run(words, env=dict(subject.env), capture_output=True, check=True, cwd="/")


def _miss(bench: Workbench, subject: Subject, number: int) -> Command:
    """Return a compile that takes a moment, never hits, and makes a large object of its own."""
    source = bench.scratch / f"large_{number}.c"
    text = f"char large_{number}[{_OBJECT_BYTES}] = {{{number + 1}}};\n"
    source.write_text(text, encoding="utf-8")
    command = compile_command(
        bench, subject, replace(C_UNIT, source=str(source)), str(bench.scratch / f"large_{number}.o")
    )
    return replace(command, env={**command.env, "ZCCACHE_RECACHE": "1"})
