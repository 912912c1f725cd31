"""The journal: whole lines in the documented form, from many processes, across rotation, without secrets."""

import json
import multiprocessing
import os
from pathlib import Path

import pytest

from results import new_layout
from zccache.common.journal import Journal, JournalRecord, without_secrets
from zccache.common.layout import Layout
from zccache.common.values import replace

SPAWN = multiprocessing.get_context("spawn")
RECORD = JournalRecord(
    outcome="miss",
    compiler="/usr/bin/gcc",
    args=("-c", "a b.c", "\udcff.c", "new\nline"),
    cwd="/src",
    env=(("CPATH", "/inc"), ("LANG", "C")),
    exit_code=0,
    latency_ns=1_234_567,
)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return new_layout(tmp_path)


def lines_of(layout: Layout) -> list[dict[str, object]]:
    found = []
    for ending in (".1", ""):
        path = Path(layout.journal + ending)
        if path.exists():
            found += [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]
    return found


def test_a_line_has_the_documented_fields_in_order(layout: Layout) -> None:
    journal = Journal(layout)

    assert journal.append(RECORD)
    journal.close()

    (line,) = lines_of(layout)
    assert list(line) == [
        "ts",
        "outcome",
        "compiler",
        "args",
        "cwd",
        "env",
        "exit_code",
        "session_id",
        "latency_ns",
    ]
    timestamp = line.pop("ts")
    assert isinstance(timestamp, str)
    assert len(timestamp) == len("2024-01-01T00:00:00.000Z")
    assert timestamp.endswith("Z")
    assert line == {
        "outcome": "miss",
        "compiler": "/usr/bin/gcc",
        "args": ["-c", "a b.c", "\udcff.c", "new\nline"],
        "cwd": "/src",
        "env": [["CPATH", "/inc"], ["LANG", "C"]],
        "exit_code": 0,
        "session_id": None,
        "latency_ns": 1_234_567,
    }


def test_what_is_not_always_known_stands_before_the_session_where_it_is(layout: Layout) -> None:
    journal = Journal(layout)
    record = JournalRecord(
        "miss",
        "gcc",
        (),
        "/",
        (),
        0,
        1,
        reason="no_source",
        phases=(("plan", 5),),
        miss_reason="recache",
        context_key="ab",
    )

    journal.append(record)
    journal.close()

    assert list(lines_of(layout)[0].items())[-6:-1] == [
        ("reason", "no_source"),
        ("miss_reason", "recache"),
        ("context_key", "ab"),
        ("phases", {"plan": 5}),
        ("session_id", None),
    ]


def test_a_line_names_its_session(layout: Layout) -> None:
    journal = Journal(layout)

    journal.append(replace(RECORD, session="0f8fad5b-d9cb-469f-a165-70867728950e"))
    journal.close()

    assert lines_of(layout)[0]["session_id"] == "0f8fad5b-d9cb-469f-a165-70867728950e"


def test_the_time_is_that_of_the_event_where_it_is_told(layout: Layout) -> None:
    journal = Journal(layout)

    journal.append(JournalRecord("hit", "gcc", (), "/", (), 0, 1, at_ns=1_700_000_000_123_999_999))
    journal.append(JournalRecord("hit", "gcc", (), "/", (), 0, 1, at_ns=1_600_000_000_000_000_000))
    journal.close()

    assert [line["ts"] for line in lines_of(layout)] == [
        "2023-11-14T22:13:20.123Z",
        "2020-09-13T12:26:40.000Z",
    ]


def test_a_variable_that_looks_like_a_secret_is_left_out(layout: Layout) -> None:
    journal = Journal(layout)
    secrets = ("GITHUB_TOKEN", "my_secret", "DB_PASSWORD", "AWS_ACCESS_KEY_ID", "HTTP_AUTH")
    env = (*((name, "hidden") for name in secrets), ("CPATH", "/inc"), ("PROXY", "http://me:hidden@host/"))

    journal.append(JournalRecord("hit", "gcc", (), "/", env, 0, 1))
    journal.close()

    assert b"hidden" not in Path(layout.journal).read_bytes()
    assert lines_of(layout)[0]["env"] == [["CPATH", "/inc"]]


def test_a_path_that_has_the_beginning_of_a_token_within_is_told_whole() -> None:
    args = [
        "-Idisk-cache_implementation_v2/include",
        "src/task-scheduler_for_the_workers.c",
        "-Isk-a-b-c-d-e-f",
    ]

    assert without_secrets(args) == args


def test_secret_values_in_arguments_are_blanked() -> None:
    args = ["-DAPI_KEY=hidden", "-DURL=https://me:hidden@host/a@b", "-Ikeys/token", "-DN=3", "a.c"]

    shown = without_secrets(args)

    assert shown == ["-DAPI_KEY=<redacted>", "-DURL=https://<redacted>@host/a@b", *args[2:]]


@pytest.mark.parametrize(
    "secret",
    [
        "ghp_" + "a1B2" * 9,
        "github_pat_" + "a1B2_" * 8,
        "glpat-" + "a1B2-" * 4,
        "AKIA" + "A1B2" * 4,
        "sk-" + "a1B2" * 5,
        "eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl",
    ],
)
def test_the_tokens_of_great_services_are_blanked_whatever_they_are_called(
    layout: Layout, secret: str
) -> None:
    journal = Journal(layout)
    args = (f"-DX={secret}", f'-DY="{secret}"', "-Isk-lib", "a.c")

    journal.append(JournalRecord("hit", "gcc", args, "/", (("CPATH", f"/{secret}"),), 0, 1))
    journal.close()

    (line,) = lines_of(layout)
    assert line["args"] == ["-DX=<redacted>", '-DY="<redacted>"', "-Isk-lib", "a.c"]
    assert line["env"] == []


def test_a_full_journal_is_renamed_and_the_line_goes_into_a_new_one(layout: Layout) -> None:
    journal = Journal(layout, rotated_at_bytes=1000)

    for _ in range(12):
        journal.append(RECORD)
    journal.close()

    assert Path(layout.journal + ".1").stat().st_size >= 1000
    assert 0 < Path(layout.journal).stat().st_size < 1000


def test_a_journal_that_somebody_deleted_is_begun_anew(layout: Layout) -> None:
    journal = Journal(layout)
    journal.append(RECORD)
    os.unlink(layout.journal)

    journal.append(RECORD)
    journal.close()

    assert len(lines_of(layout)) == 1


def test_a_journal_that_cannot_be_written_says_so_and_raises_nothing(layout: Layout) -> None:
    os.rmdir(layout.logs)
    journal = Journal(layout)

    assert not journal.append(RECORD)
    journal.close()


def write_many(root: str, name: str) -> None:
    journal = Journal(Layout(root), rotated_at_bytes=60_000)
    for number in range(200):
        journal.append(JournalRecord("hit", name, ("x" * 300,), "/", (), number, 1))
    journal.close()


def test_processes_that_rotate_together_lose_and_tear_no_line(layout: Layout) -> None:
    writers = [SPAWN.Process(target=write_many, args=(layout.root, f"writer {at}")) for at in range(4)]

    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)

    # 800 lines are more than 320 kB: several rotations. What was rotated away twice is gone by
    # intention; of what is left every line is whole, and each writer's lines run on to its last.
    assert [writer.exitcode for writer in writers] == [0] * 4
    lines = lines_of(layout)
    assert Path(layout.journal + ".1").stat().st_size >= 60_000
    numbers = [line["exit_code"] for line in lines if line["compiler"] == lines[-1]["compiler"]]
    assert numbers == list(range(200))[-len(numbers) :]
