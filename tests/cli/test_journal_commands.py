"""The commands that read a journal: `analyze` adds it up, `replay` runs it again."""

import json
from pathlib import Path

import pytest

from fronts import Run
from rust import debian_rust
from tools import require_tool

SESSION = "0f8fad5b-d9cb-469f-a165-70867728950e"


def line(
    outcome: str, source: str, ms: int, *, compiler: str = "/usr/bin/gcc", session: str = "", **more: object
) -> str:
    fields = {
        "ts": "2026-01-01T00:00:00.000Z",
        "outcome": outcome,
        "compiler": compiler,
        "args": ["-c", source, "-o", "x.o"],
        "cwd": "/w",
        "env": [],
        "exit_code": 0,
        "session_id": session or None,
        "latency_ns": ms * 1_000_000,
    }
    return json.dumps(fields | more) + "\n"


@pytest.fixture
def journal(work: Path) -> Path:
    """Write a journal of seven commands."""
    path = work / "build.jsonl"
    missed = {"miss_reason": "context_not_found"}
    path.write_text(
        line("miss", "one/a.c", 100, **missed)
        + line("miss", "one/a.c", 90, miss_reason="input_fingerprint_mismatch", session=SESSION)
        + line("hit", "one/b.c", 2, session=SESSION)
        + line("hit", "/else/c.cc", 3, compiler="/usr/bin/g++")
        + line("miss", "/else/d.cc", 50, compiler="/usr/bin/g++", reason="compile_failed", **missed)
        + line("miss", "one/a.o", 7, reason="not_a_compile")
        + line("link_hit", "one/a.o", 1)
    )
    return path


def analysed(run: Run, *words: str) -> dict[str, object]:
    told: dict[str, object] = json.loads(run("analyze", "--json", *words).stdout)
    return told


def test_a_journal_is_added_up(command: Run, journal: Path) -> None:
    told = analysed(command, str(journal))

    counts = {name: told[name] for name in told if name.endswith("_count")}
    assert counts == {
        "line_count": 7,
        "parsed_count": 7,
        "compile_count": 6,
        "hit_count": 2,
        "miss_count": 3,
        "non_cacheable_count": 1,
        "error_count": 0,
        "link_hit_count": 1,
        "link_miss_count": 0,
    }
    assert (told["schema_version"], told["status"], told["hit_rate"]) == (1, "ok", 0.5)
    assert told["total_latency_ms"] == 253.0
    assert told["by_tool_calls"] == {"gcc": 5, "g++": 2}
    assert told["by_tool_total_ms"] == {"gcc": 200.0, "g++": 53.0}
    assert told["miss_reasons"] == {"context_not_found": 2, "input_fingerprint_mismatch": 1}
    assert told["non_cacheable_reasons"] == {"not_a_compile": 1}
    assert told["not_recorded_reasons"] == {"compile_failed": 1}


def named(groups: object, *fields: str) -> list[tuple[object, ...]]:
    assert isinstance(groups, list)
    return [tuple(group[field] for field in fields) for group in groups]


def test_tools_folders_and_sources_stand_in_the_order_that_was_asked_for(command: Run, journal: Path) -> None:
    by_time = analysed(command, str(journal))
    by_hits = analysed(command, str(journal), "--sort", "hits", "--top", "1")

    assert named(by_time["by_directory"], "name", "hits", "misses") == [("/w/one", 2, 2), ("/else", 1, 1)]
    assert named(by_time["by_extension"], "name") == [("c",), ("cc",), ("o",)]
    assert named(by_time["top_missed"], "name", "misses") == [("/w/one/a.c", 2), ("/else/d.cc", 1)]
    assert named(by_time["top_slowest"], "what", "latency_ms")[:2] == [
        ("/w/one/a.c", 100.0),
        ("/w/one/a.c", 90.0),
    ]
    assert named(by_hits["by_directory"], "name") == [("/w/one",)]
    assert named(by_hits["top_slowest"], "what") == [("/w/one/a.c",)]


@pytest.mark.parametrize(
    ("words", "calls"),
    [
        (("--session", SESSION.upper()), 2),
        (("--outcome", "hit"), 3),
        (("--outcome", "miss"), 3),
        (("--outcome", "non-cacheable"), 1),
        (("--outcome", "error"), 0),
        (("--session", SESSION, "--outcome", "hit"), 1),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_some_commands_can_be_chosen(command: Run, journal: Path, words: tuple[str, ...], calls: int) -> None:
    told = analysed(command, str(journal), *words)

    assert sum(number for (number,) in named(told["by_tool"], "calls") if isinstance(number, int)) == calls
    assert told["parsed_count"] == 7


def test_the_text_tells_the_same(command: Run, journal: Path) -> None:
    text = command("analyze", str(journal)).stdout.decode()

    assert text.startswith("7 commands: 3 hits, 3 misses, 1 non-cacheable, 0 errors\nHit rate 50.0 %")
    for title in ("By tool", "By folder", "Slowest", "Missed most often", "Miss reasons"):
        assert f"\n{title}" in text


def test_lines_that_are_none_are_named_and_left_out(command: Run, journal: Path) -> None:
    journal.write_text(f'{journal.read_text()}{{"outcome": "hit"}}\nno json\n[]\n')

    run = command("analyze", str(journal), "--json")

    told = json.loads(run.stdout)
    assert (told["line_count"], told["parsed_count"], run.returncode) == (10, 7, 0)
    assert (
        run.stderr.decode()
        == f"zccache analyze: {journal}: lines left out, they are none of ours: 8, 9, 10\n"
    )


HOSTILE = {
    "deep": b"[" * 100_000,
    "numbers that are none": b'{"outcome": "hit", "compiler": "/cc", "args": [], "cwd": "/", "exit_code": 0, '
    b'"latency_ns": Infinity}',
    "words that no program can be given": line("hit", "a\0.c", 1).encode(),
    "words that are no text": line("hit", "\ud800.c", 1).encode(),
    "a text for a list": line("hit", "a.c", 1, args="-c a.c").encode(),
    "pairs that are none": line("hit", "a.c", 1, env=[["A"]]).encode(),
    "a number for a folder": line("hit", "a.c", 1, cwd=7).encode(),
    "bytes": bytes(range(11, 256)),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=list(HOSTILE))
def test_a_hostile_line_is_one_of_those_that_are_left_out(command: Run, journal: Path, text: bytes) -> None:
    journal.write_bytes(journal.read_bytes() + text + b"\n")

    added_up = command("analyze", str(journal))
    again = command("replay", "--bare", "--session", SESSION, str(journal))

    said = f"zccache analyze: {journal}: lines left out, they are none of ours: 8\n"
    assert (added_up.returncode, added_up.stderr.decode()) == (0, said)
    assert added_up.stdout.startswith(b"7 commands")
    assert again.returncode == 1
    assert b"Traceback" not in again.stderr


def test_a_variable_that_no_program_can_be_given_is_left_out(command: Run, work: Path) -> None:
    path = work / "odd.jsonl"
    path.write_text(line("hit", "a.c", 1, compiler="/bin/true", cwd=str(work), env=[["A=B", "1"], ["", "2"]]))

    assert replayed(command, path) == (0, ["1 command run again: 0 files compared, 0 differences."])


def test_a_name_that_is_no_unicode_is_shown_as_its_bytes(command: Run, journal: Path) -> None:
    journal.write_text(line("hit", "\udcff.c", 1))

    run = command("analyze", str(journal), env={"PYTHONIOENCODING": "utf-8:strict"})

    assert run.returncode == 0
    assert b"/w/\xff.c" in run.stdout


def test_a_folder_is_no_journal(command: Run, work: Path) -> None:
    runs = {name: command(name, str(work)) for name in ("analyze", "replay")}

    for name, run in runs.items():
        assert (run.returncode, run.stderr.decode()) == (1, f"zccache {name}: {work}: Is a directory\n")


def test_what_a_step_has_left_for_another_has_no_folder_of_its_own(command: Run, work: Path) -> None:
    path = work / "steps.jsonl"
    step = "/cache/tmp/12-3.steps/0-m.o"
    path.write_text(line("link_miss", "x.c", 1, args=[step, "-o", "app"], miss_reason="context_not_found"))

    told = json.loads(command("analyze", "--json", str(path)).stdout)

    assert [group["name"] for group in told["by_directory"]] == ["/w"]
    assert [group["name"] for group in told["top_missed"]] == ["gcc 0-m.o -o app"]


def test_no_journal_is_no_error(command: Run) -> None:
    run = command("analyze")

    assert (run.returncode, run.stdout) == (0, b"(no journal)\n")
    assert analysed(command)["line_count"] == 0


@pytest.mark.parametrize("words", [("--sort", "name"), ("--outcome", "all"), ("--top", "-1")])
def test_what_cannot_be_asked_for_is_2(command: Run, journal: Path, words: tuple[str, ...]) -> None:
    assert command("analyze", str(journal), *words).returncode == 2


@pytest.fixture
def recorded(compile_with: Run, work: Path, cache_root: Path) -> Path:
    """Compile a source with a variable that matters, and return the journal of it."""
    require_tool("gcc", "gcc")
    (work / "inc").mkdir()
    (work / "inc" / "x.h").write_text("#define X 1\n")
    (work / "x.c").write_text("#include <x.h>\nint x = X;\n")
    compile_with("gcc", "-c", "x.c", env={"CPATH": "inc"})
    return cache_root / "logs" / "compile_journal.jsonl"


def replayed(run: Run, *words: str | Path) -> tuple[int, list[str]]:
    done = run("replay", *map(str, words), env={"ZCCACHE_NO_SPAWN": "1"})
    return done.returncode, done.stdout.decode().splitlines()


@pytest.mark.parametrize("words", [(), ("--bare",)], ids=["cached", "bare"])
def test_a_build_is_run_again_with_its_variables(
    command: Run, recorded: Path, work: Path, words: tuple[str, ...]
) -> None:
    before = (work / "x.o").stat().st_mtime_ns

    status, lines = replayed(command, recorded, *words)

    assert (status, lines) == (0, ["1 command run again: 2 files compared, 0 differences."])
    assert (work / "x.o").stat().st_mtime_ns > before
    hits = json.loads(command("status", "--json").stdout)["hits"]
    assert hits == (0 if words else 1)


def test_the_steps_of_a_whole_command_are_run_again(
    command: Run, compile_with: Run, work: Path, cache_root: Path
) -> None:
    require_tool("gcc", "gcc")
    (work / "one.c").write_text("int two(void);\nint main(void) { return two(); }\n")
    (work / "two.c").write_text("int two(void) { return 0; }\n")
    assert compile_with("gcc", "one.c", "two.c", "-o", "app").returncode == 0
    (work / "app").write_text("another")

    status, lines = replayed(command, cache_root / "logs" / "compile_journal.jsonl")

    assert lines == [f"differs: {work}/app", "3 commands run again: 3 files compared, 1 difference."]
    assert status == 1
    assert (work / "app").read_bytes().startswith(b"\x7fELF")


def test_a_file_that_comes_out_different_is_told(command: Run, recorded: Path, work: Path) -> None:
    (work / "inc" / "x.h").write_text("#define X 2\n")

    status, lines = replayed(command, recorded)

    assert status == 1
    assert lines == [f"differs: {work}/x.o", "1 command run again: 2 files compared, 1 difference."]


def test_a_status_that_is_another_is_told(command: Run, recorded: Path, work: Path) -> None:
    (work / "x.c").write_text("int x = ;\n")

    status, lines = replayed(command, "--quiet", recorded)

    assert status == 1
    assert lines[0] == f"status 1, it was 0: {require_tool('gcc', 'gcc')} -c x.c (in {work})"


def test_what_cannot_be_run_as_it_was_is_left_out(command: Run, work: Path) -> None:
    journal = work / "build.jsonl"
    journal.write_text(
        line("hit", "a.c", 1, args=["-DAPI_KEY=<redacted>"])
        + line("hit", "a.c", 1, cwd=str(work / "gone"))
        + "no line\n"
    )

    status, lines = replayed(command, journal)

    assert status == 1
    assert lines[0] == "left out, its words held a secret: /usr/bin/gcc -DAPI_KEY=<redacted>"
    assert lines[1].startswith("left out, it cannot be run: ")
    assert lines[2] == "0 commands run again, 3 left out: 0 files compared, 0 differences."


def test_only_one_session_is_run_again(command: Run, recorded: Path, compile_with: Run, work: Path) -> None:
    compile_with("gcc", "-c", "x.c", "-o", "y.o", env={"CPATH": "inc", "ZCCACHE_SESSION_ID": SESSION})

    status, lines = replayed(command, "--session", SESSION, recorded)

    assert (status, lines) == (0, ["1 command run again: 3 files compared, 0 differences."])


def test_a_journal_that_is_not_there_cannot_be_replayed(command: Run, work: Path) -> None:
    run = command("replay", "missing.jsonl")

    assert (run.returncode, run.stderr) == (1, b"zccache replay: missing.jsonl: No such file or directory\n")


def test_what_the_cache_holds_of_a_file_is_shown(command: Run, recorded: Path, work: Path) -> None:
    told = json.loads(command("inspect", "x.c", "--json").stdout)
    text = command("inspect", "x.c").stdout.decode()

    (held,) = told["commands"]
    assert held["words"] == ["gcc", "-c", "x.c"]
    assert (held["cwd"], held["source"]) == (str(work), str(work / "x.c"))
    assert held["env"]["CPATH"] == "inc"
    (result,) = held["results"]
    assert [output["name"] for output in result["outputs"]] == ["x.o"]
    assert {str(work / "x.c"), str(work / "inc" / "x.h")} <= {item["path"] for item in result["inputs"]}
    assert result["empty_places"] > 0
    assert f"command {held['context_key']}\n" in text
    assert f"    input     {work}/inc/x.h (12 B)\n" in text


def test_of_a_crate_it_is_shown_what_cargo_calls_it_and_where_its_outputs_go(
    command: Run, work: Path
) -> None:
    rustc = debian_rust().program("rustc")
    (work / "x.rs").write_text("pub fn x() {}\n")
    place = "wasm/release/deps"
    (work / place).mkdir(parents=True)
    words = ["x.rs", "--crate-name=x", "--crate-type=lib", "--emit=dep-info,metadata", f"--out-dir={place}"]
    assert command(rustc, *words, env={"CARGO_PKG_VERSION": "1.2.3"}).returncode == 0
    command("status")

    (held,) = json.loads(command("inspect", "x.rs", "--json").stdout)["commands"]

    (result,) = held["results"]
    assert result["crate"] == {
        "name": "x",
        "version": "1.2.3",
        "profile": "release",
        "triple": "",
        "emits": ["dep-info", "metadata"],
        "folder": "release/deps",
    }
    assert [output["place"] for output in result["outputs"]] == [
        "release/deps/x.d",
        "release/deps/libx.rmeta",
    ]
    assert b"    crate     x 1.2.3 release dep-info,metadata\n" in command("inspect", "x.rs").stdout


def test_an_output_and_the_digits_of_a_key_show_the_same(command: Run, recorded: Path) -> None:
    by_source = command("inspect", "x.c").stdout
    (held,) = json.loads(command("inspect", "--json", "x.o").stdout)["commands"]

    keys = (held["context_key"], held["context_key"][:8], held["results"][0]["result_key"][:16])
    shown = [command("inspect", "--json", key).stdout for key in keys]

    assert by_source
    assert [json.loads(text)["commands"][0] for text in shown] == [held] * 3


def test_a_result_that_serves_other_folders_too_is_shown_once_with_its_command(
    command: Run, compile_with: Run, work: Path
) -> None:
    (work / "x.c").write_text("int x;\n")
    for number in range(6):
        compile_with("gcc", "-c", "x.c", f"-DN={number}")
    held = json.loads(command("inspect", "--json", "x.c").stdout)["commands"]
    assert len(held) == 6

    for one in held:
        shown = command("inspect", "--json", one["results"][0]["result_key"]).stdout
        assert json.loads(shown)["commands"] == [one]
        assert command("why", one["results"][0]["result_key"]).returncode == 0


def test_what_is_not_held_is_one_line_and_1(command: Run) -> None:
    run = command("inspect", "x.c")

    assert (run.returncode, run.stderr) == (1, b"zccache inspect: nothing is stored for 'x.c'\n")
