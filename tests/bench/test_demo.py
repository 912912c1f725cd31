"""What the demo prints, and when it is a failure; and what the shim counts."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from bench.journal import Served, read_journal
from bench.project import Project
from bench.runner import Command, MeasurementFailed, Runner
from bench.shim import Runs, make_compilers
from bench.showcase import Built, Showing, complaints, render
from tools import require_tool

OBJECTS = {"a.o": b"1", "b.o": b"2"}


def good_showing() -> Showing:
    return Showing(
        project=Project(Path("atlas"), c_units=1, cxx_units=1, lines=22_000, headers=3),
        bare=Built(40.0, Runs(2, 0), OBJECTS, "checksum 1\n"),
        first=Built(42.0, Runs(2, 5), OBJECTS, "checksum 1\n"),
        second=Built(0.5, Runs(0, 0), OBJECTS, "checksum 1\n"),
        link_s=0.25,
        served=Served(
            hits=2, misses=0, total_ns=2_000_000, median_ns=1_000_000, phases_ns=(("deliver", 900_000),)
        ),
    )


def test_a_good_demo_shows_times_compiler_runs_and_hit_rate_in_under_25_lines() -> None:
    text = render(good_showing(), colours=False)

    assert len(text.splitlines()) < 25
    assert complaints(good_showing()) == []
    for words in (
        "40.00 s",
        "42.00 s",
        "0.50 s",
        "2 compiles",
        "0 compiles",
        "1.05 x bare",
        "80 x",
        "100.0%",
    ):
        assert words in text


@pytest.mark.parametrize(
    ("second", "words"),
    [
        (Built(0.5, Runs(1, 0), OBJECTS, "checksum 1\n"), "ran the compiler 1 times"),
        (Built(0.5, Runs(0, 0), OBJECTS, "checksum 2\n"), "prints something else"),
        (
            Built(0.5, Runs(0, 0), {**OBJECTS, "b.o": b"3"}, "checksum 1\n"),
            "1 objects of the second build differ",
        ),
    ],
)
def test_a_second_build_that_compiles_or_differs_is_a_complaint(second: Built, words: str) -> None:
    showing = replace(good_showing(), second=second)

    assert words in complaints(showing)[0]
    assert words in render(showing, colours=False)


def test_the_shim_counts_compiles_apart_from_probes_and_compiles_as_the_real_one(tmp_path: Path) -> None:
    require_tool("gcc", "gcc")
    compilers = make_compilers(tmp_path / "bin", cxx="no-such-compiler")
    source = tmp_path / "unit.c"
    source.write_text("int unit = 1;\n", encoding="utf-8")

    for argv in (["--version"], ["-c", "unit.c"], ["-S", "unit.c"], ["-E", "unit.c"]):
        subprocess.run([compilers.cc, *argv], cwd=tmp_path, capture_output=True, check=True)

    assert compilers.count() == Runs(compiles=2, probes=2)
    assert (tmp_path / "unit.o").exists()
    assert compilers.cxx == ""
    compilers.reset()
    assert compilers.count() == Runs(0, 0)


def test_the_runner_runs_every_command_once_a_round_with_its_own_environment(tmp_path: Path) -> None:
    runner = Runner.compile(require_tool("gcc", "gcc"), tmp_path)
    commands = [
        Command(("/bin/sh", "-c", f'echo "$WHO" >> said; : > out-{who}'), {"WHO": who}, f"out-{who}")
        for who in ("one", "two")
    ]

    runs = runner.serial(commands, 3, cwd=tmp_path)

    assert [len(each) for each in runs] == [3, 3]
    assert sorted((tmp_path / "said").read_text(encoding="utf-8").split()) == ["one"] * 3 + ["two"] * 3


def test_the_runner_shares_parallel_runs_among_its_jobs(tmp_path: Path) -> None:
    runner = Runner.compile(require_tool("gcc", "gcc"), tmp_path)
    commands = [Command(("/bin/sh", "-c", f"echo {number} >> said-{number}")) for number in range(4)]

    rate = runner.parallel(commands, 4, 20, cwd=tmp_path)

    assert rate > 0
    assert [len((tmp_path / f"said-{number}").read_text().splitlines()) for number in range(4)] == [5] * 4


def test_a_command_that_fails_stops_the_measurement_and_is_named(tmp_path: Path) -> None:
    runner = Runner.compile(require_tool("gcc", "gcc"), tmp_path)

    with pytest.raises(MeasurementFailed, match="/bin/false"):
        runner.serial([Command(("/bin/false",))], 1, cwd=tmp_path)


def test_a_journal_is_summed_up_from_where_the_build_began(tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    earlier = '{"outcome":"miss","latency_ns":9}\n'
    later = (
        '{"outcome":"hit","latency_ns":10,"phases":{"look up":4}}\n'
        '{"outcome":"hit","latency_ns":30,"phases":{"look up":6}}\n'
    )
    journal.write_text(earlier + later, encoding="utf-8")

    served = read_journal(journal, skip_bytes=len(earlier))

    assert served == Served(hits=2, misses=0, total_ns=40, median_ns=20.0, phases_ns=(("look up", 10),))
    assert read_journal(tmp_path / "absent").hit_rate == 0.0
