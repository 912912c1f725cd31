"""What `make demo` does: build a real project bare, then twice through the cache, and show it all."""

import os
import shutil
import signal
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench import processes
from bench.builds import build, object_digests
from bench.journal import Served, await_records, read_journal
from bench.project import Project, remove_outputs, write_project
from bench.runner import MeasurementFailed
from bench.shim import Compilers, Runs, make_compilers
from bench.subjects import Subject

_BAR: Final = 34


@dataclass(frozen=True, slots=True)
class Built:
    """One build: its time, the compiler runs in it, its objects' digests, what the program prints."""

    took_s: float
    runs: Runs
    objects: dict[str, bytes]
    printed: str


@dataclass(frozen=True, slots=True)
class Showing:
    """The three builds of one demo, the time of linking alone, what the cache noted of the second."""

    project: Project
    bare: Built
    first: Built
    second: Built
    link_s: float
    served: Served


def main() -> int:
    """Run the demo; the exit status is 1 where the second build compiled anything or built something else."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    ours = Path(sys.executable).with_name("zccache")
    for program, advice in ((ours, "run `make setup`"), ("make", "on Debian: apt-get install make")):
        if shutil.which(program) is None:
            return _give_up(f"no {program}; {advice}")
    scratch = Path(tempfile.mkdtemp(prefix="zccache-demo-"))
    root = scratch / "cache"
    subject = Subject("ours", "zccache", "", str(ours), _environment(root), root, "start", "stop")
    try:
        compilers = make_compilers(scratch / "bin")
        showing = _show(scratch, subject, compilers)
    except MeasurementFailed as failure:
        return _give_up(str(failure))
    except KeyboardInterrupt:
        return 130
    finally:
        subject.end()
        shutil.rmtree(scratch, ignore_errors=True)
    sys.stdout.write(render(showing, colours=sys.stdout.isatty() and "NO_COLOR" not in os.environ))
    return 0 if not complaints(showing) else 1


def complaints(showing: Showing) -> list[str]:
    """Return what went wrong, in sentences; nothing in a good demo."""
    found = []
    if showing.second.runs.compiles:
        found.append(f"the second build ran the compiler {showing.second.runs.compiles} times")
    for name, built in (("first", showing.first), ("second", showing.second)):
        if built.printed != showing.bare.printed:
            found.append(f"the program of the {name} build prints something else")
        if built.objects != showing.bare.objects:
            wrong = sum(built.objects.get(name) != digest for name, digest in showing.bare.objects.items())
            found.append(f"{wrong} objects of the {name} build differ from the bare compiler's")
    return found


def _show(scratch: Path, subject: Subject, compilers: Compilers) -> Showing:
    project = write_project(scratch / "atlas")
    if not compilers.cxx:
        _say("no g++ here: only the C half is built (on Debian: apt-get install g++)")
    _say("building bare ...")
    bare = Subject("bare", "bare", env=dict(subject.env))
    # One run first, not counted: it brings the compiler and the headers into the page cache.
    _make(project, bare, compilers, "build/src/query/plan.o" if compilers.cxx else "build/lib/text/lex.o")
    bare_build = _built(project, bare, compilers)
    journal = (subject.root or scratch) / "logs" / "compile_journal.jsonl"
    _say("building through the cache ...")
    first_build = _built(project, subject, compilers)
    # The daemon writes its journal when idle: the second build begins where the records of the first end.
    before = await_records(journal, len(first_build.objects))
    _say("building through the cache again ...")
    second_build = _built(project, subject, compilers)
    await_records(journal, len(first_build.objects) + len(second_build.objects))
    served = read_journal(journal, skip_bytes=before)
    for product in ("atlas", "libatlas.a"):
        (project.root / "build" / product).unlink()
    link_s = _make(project, subject, compilers, "build/atlas")
    return Showing(project, bare_build, first_build, second_build, link_s, served)


def _built(project: Project, subject: Subject, compilers: Compilers) -> Built:
    remove_outputs(project)
    compilers.reset()
    took_s = _make(project, subject, compilers, "build/atlas")
    printed = processes.output_of([str(project.root / "build" / "atlas")])
    return Built(took_s, compilers.count(), object_digests(project.root / "build"), printed)


def _make(project: Project, subject: Subject, compilers: Compilers, target: str) -> float:
    cc = " ".join(subject.words(compilers.cc))
    cxx = " ".join(subject.words(compilers.cxx)) if compilers.cxx else ""
    link = compilers.real_cxx or compilers.real_cc
    return build(project.root, target, dict(subject.env), CC=cc, CXX=cxx, LINK=link)


def _environment(root: Path) -> dict[str, str]:
    """Return the caller's environment, without any setting of a cache but this root."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ZCCACHE_")}
    return {**kept, "ZCCACHE_CACHE_DIR": str(root)}


def render(showing: Showing, *, colours: bool) -> str:
    """Return the demo's text, at most 20 lines."""
    project, bare, second = showing.project, showing.bare, showing.second
    units = len(bare.objects)
    served = showing.served
    longest = max(built.took_s for built in (bare, showing.first, second))
    green, dim, plain = ("\033[32m", "\033[2m", "\033[0m") if colours else ("", "", "")
    halves = f"{project.c_units} C and {project.cxx_units} C++ units"
    lines = [
        f"A project of {halves}, {project.headers} headers, {project.lines:,} lines; make -j{os.cpu_count()}",
        "",
        *(
            f"  {name:<14}{green if built is second else dim}{_bar(built.took_s / longest)}{plain}"
            f"{built.took_s:8.2f} s {built.runs.compiles:5} compiles   {aside}".rstrip()
            for name, built, aside in (
                ("bare compiler", bare, ""),
                ("first build", showing.first, f"{showing.first.took_s / bare.took_s:.2f} x bare"),
                ("second build", second, f"{bare.took_s / second.took_s:.0f} x faster than bare"),
            )
        ),
        "",
        f"  second build: hit rate {served.hit_rate:.1%} ({served.hits} hits, {served.misses} misses)",
        "  where the second build's time went",
        *(f"    {seconds:6.2f} s  {what}" for seconds, what in _shares(showing)),
    ]
    wrong = complaints(showing)
    lines += [f"  wrong: {sentence}" for sentence in wrong]
    if not wrong:
        lines.append(
            f"  all {units} objects are the bare compiler's, byte for byte; {second.printed.strip()}"
        )
    return "\n".join(lines) + "\n"


def _shares(showing: Showing) -> list[tuple[float, str]]:
    """Return seconds of the second build and what took them; the cache's part is divided by the jobs."""
    second, served = showing.second, showing.served
    in_cache_s = served.total_ns / 1e9 / (os.cpu_count() or 1)
    rest_s = max(0.0, second.took_s - showing.link_s - in_cache_s)
    steps = ", ".join(f"{name} {ns / 1e6:.0f}" for name, ns in served.phases_ns)
    of_which = f" (ms by step: {steps})" if steps else ""
    return [
        (
            in_cache_s,
            f"the cache: {served.hits} hits, each {served.median_ns / 1e6:.2f} ms at the median{of_which}",
        ),
        (showing.link_s, "ar and the linker, which this build runs by themselves"),
        (rest_s, "make, its shells, and starting one small program a file"),
    ]


def _bar(share: float) -> str:
    eighths = max(1, round(share * _BAR * 8))
    full, part = divmod(eighths, 8)
    return ("█" * full + (" ▏▎▍▌▋▊▉"[part] if part else "")).ljust(_BAR)


def _say(text: str) -> None:
    sys.stderr.write(f"demo: {text}\n")


def _give_up(text: str) -> int:
    _say(text)
    return 1
