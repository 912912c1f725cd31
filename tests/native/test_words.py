"""How the front reads its own name and its words: a compile, a masquerade, or a command for zccache-cli."""

import os
import subprocess
from pathlib import Path

import pytest

from fake_daemon import FakeDaemon, hit, says
from native_front import COLD_STATUS, Front, cold_words


def asks_for(front: Front, *words: str) -> tuple[str, ...]:
    with FakeDaemon(front.socket, says(hit())) as daemon:
        front.run(*words)
    return daemon.asked.argv


@pytest.mark.parametrize(
    "words",
    [
        ("gcc", "-c", "x.c"),
        ("wrap", "gcc", "-c", "x.c"),
        ("wrap", "--", "gcc", "-c", "x.c"),
        ("zccache", "gcc", "-c", "x.c"),
        ("/some/where/zccache", "zccache-native", "gcc", "-c", "x.c"),
        ("wrap", "zccache", "gcc", "-c", "x.c"),
    ],
)
def test_every_spelling_of_a_compile_asks_for_the_compiler(front: Front, words: tuple[str, ...]) -> None:
    assert asks_for(front, *words) == ("gcc", "-c", "x.c")


@pytest.mark.parametrize(
    ("words", "mode"),
    [
        (("--strict-paths=consistent", "gcc", "-c", "x.c"), b"consistent"),
        (("--strict-paths", "gcc", "-c", "x.c"), b"absolute"),
        (("wrap", "--strict-paths=off", "--", "gcc", "-c", "x.c"), b"off"),
        (("--strict-paths=off", "--strict-paths=bogus", "wrap", "gcc", "-c", "x.c"), b"bogus"),
    ],
)
def test_strict_paths_are_a_variable_of_this_one_command(
    front: Front, words: tuple[str, ...], mode: bytes
) -> None:
    with FakeDaemon(front.socket, says(hit())) as daemon:
        front.run(*words, env={"ZCCACHE_STRICT_PATHS": "1", "LAST": "one"})

    assert daemon.asked.argv == ("gcc", "-c", "x.c")
    told = daemon.asked.env_block.split(b"\0")
    assert [word for word in told if word.startswith(b"ZCCACHE_STRICT_PATHS=")] == [
        b"ZCCACHE_STRICT_PATHS=" + mode
    ]
    assert b"LAST=one" in told


def test_another_option_of_such_a_name_is_for_zccache_cli(shipped: Front) -> None:
    run = shipped.run("--strict-pathspec", "gcc")

    assert run.stdout == b"cli [--strict-pathspec] [gcc]\n"


def test_a_command_behind_wrap_is_a_program(front: Front) -> None:
    assert asks_for(front, "wrap", "status") == ("status",)


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--version",),
        ("-s",),
        ("status", "--json"),
        ("stop",),
        ("zccache", "status"),
        ("wrap",),
        ("wrap", "--"),
    ]
    + [("wrap", "--cold=x", "--", "gcc")]
    + [(word,) for word in ("start", "kill", "clear", "cache-root", "crashes", "config", "help")]
    + [(word,) for word in ("session-start", "session-stats", "session-end")]
    + [(word,) for word in ("why", "inspect", "analyze", "replay")],
)
def test_every_other_command_goes_to_zccache_cli(shipped: Front, words: tuple[str, ...]) -> None:
    run = shipped.run(*words)

    told = words[1:] if words[:1] == ("zccache",) else words
    assert run.stdout.decode() == "cli" + "".join(f" [{word}]" for word in told) + "\n"
    assert run.returncode == COLD_STATUS


def test_a_zccache_cli_without_its_python_is_one_clear_line_and_126(shipped: Front) -> None:
    cli = shipped.install("zccache-cli", "#!/no/such/python\n")

    run = shipped.run("status")

    line = f"zccache: cannot run '{cli}': its Python is gone, or not for you; install zccache-cli again\n"
    assert (run.returncode, run.stderr.decode()) == (126, line)


def test_a_command_without_zccache_cli_is_one_clear_line_and_127(shipped: Front) -> None:
    (shipped.bin / "zccache-cli").unlink()

    run = shipped.run("status", env={"PATH": str(shipped.bin)})

    assert run.returncode == 127
    assert run.stderr.startswith(b"zccache: zccache-cli is missing; ")
    assert run.stderr.count(b"\n") == 1


def masked(front: Front, name: str, folder: str) -> Path:
    link = front.work / folder / name
    link.parent.mkdir()
    link.symlink_to(front.path)
    return link


def run_masked(
    front: Front, link: Path | str, path: list[Path], **env: str
) -> subprocess.CompletedProcess[bytes]:
    changes = {"PATH": os.pathsep.join(map(str, path)), **env}
    options = {"cwd": front.work, "env": front.env(changes), "capture_output": True}
    return subprocess.run([link, "-c", "x.c"], check=False, **options)  # type: ignore[call-overload,no-any-return]


def test_a_masquerade_asks_for_the_next_compiler_of_its_name(front: Front) -> None:
    """hazard 68"""
    link = masked(front, "g++", "links")
    real = front.install("g++", "#!/bin/sh\n", front.work / "tools")

    with FakeDaemon(front.socket, says(hit(4))) as daemon:
        run = run_masked(front, link, [link.parent, real.parent])

    assert run.returncode == 4
    assert daemon.asked.argv == (str(real), "-c", "x.c")


@pytest.mark.parametrize("named", ["path", "link to a link", "hard link"])
def test_a_masquerade_that_is_named_as_the_compiler_stands_for_the_next_one(front: Front, named: str) -> None:
    """hazard 68"""
    link = masked(front, "g++", "links")
    real = front.install("g++", "#!/bin/sh\n", front.work / "tools")
    other = front.work / "other" / "g++"
    other.parent.mkdir()
    if named == "hard link":
        other.hardlink_to(front.path)
    elif named == "link to a link":
        other.symlink_to(link)

    with FakeDaemon(front.socket, says(hit(4))) as daemon:
        word = str(link if named == "path" else other)
        run = front.run(word, "-c", "x.c", env={"PATH": f"{link.parent}:{real.parent}"})

    assert run.returncode == 4
    assert daemon.asked.argv == (str(real), "-c", "x.c")


def test_a_masquerade_never_finds_a_front(front: Front) -> None:
    """hazard 68"""
    link = masked(front, "g++", "links")
    hard = front.work / "hard" / "g++"
    hard.parent.mkdir()
    hard.hardlink_to(front.path)
    twin = front.install("zccache", "#!/bin/sh\nexit 1\n", front.work / "twin")
    masked_twin = front.work / "masked_twin" / "g++"
    masked_twin.parent.mkdir()
    masked_twin.symlink_to(twin)
    folder = front.work / "folder" / "g++"
    folder.mkdir(parents=True)
    real = front.install("g++", "#!/bin/sh\n", front.work / "tools")
    path = [link.parent, hard.parent, masked_twin.parent, folder.parent, real.parent]

    with FakeDaemon(front.socket, says(hit())) as daemon:
        run_masked(front, link, path)

    assert daemon.asked.argv[0] == str(real)


def test_a_masquerade_without_a_compiler_is_one_clear_line_and_127(front: Front) -> None:
    link = masked(front, "g++", "links")

    run = run_masked(front, link, [link.parent])

    line = b"zccache: there is no 'g++' on PATH besides the links to zccache; see zccache --help\n"
    assert (run.returncode, run.stderr) == (127, line)


def bare(front: Front) -> dict[str, str]:
    front.install("gcc", '#!/bin/sh\necho bare "$@"\nexit 3\n', front.work / "tools")
    masked(front, "gcc", "links")
    return {"PATH": f"{front.work}/links:{front.work}/tools:/bin"}


@pytest.mark.parametrize("value", ["1", "true", "YES", "anything"])
def test_a_disabled_front_is_the_next_compiler(front: Front, value: str) -> None:
    """hazard 81"""
    run = front.run("gcc", "-c", "x.c", env={**bare(front), "ZCCACHE_DISABLE": value})

    assert (run.returncode, run.stdout, run.stderr) == (3, b"bare -c x.c\n", b"")


@pytest.mark.parametrize("value", ["", "0", "false", "No", "OFF"])
def test_a_plain_no_does_not_disable(front: Front, value: str) -> None:
    with FakeDaemon(front.socket, says(hit(4))):
        run = front.run("gcc", "-c", "x.c", env={**bare(front), "ZCCACHE_DISABLE": value})

    assert run.returncode == 4


def test_below_a_compiler_that_is_cached_the_front_is_the_next_compiler(front: Front) -> None:
    """hazard 68"""
    run = front.run("gcc", "-c", "x.c", env={**bare(front), "ZCCACHE_GUARD": "run"})

    assert (run.returncode, run.stdout) == (3, b"bare -c x.c\n")


def test_a_compiler_script_that_calls_the_front_under_its_own_name_does_not_run_for_ever(
    front: Front,
) -> None:
    """hazard 68"""
    env = bare(front)
    front.install("gcc", f'#!/bin/sh\nexec {front.path} gcc "$@" -Dscript\n', front.work / "script")

    run = front.run("gcc", "-c", env={"PATH": f"{front.work}/script:{env['PATH']}", "ZCCACHE_GUARD": "run"})

    assert (run.returncode, run.stdout) == (3, b"bare -c -Dscript\n")


def test_a_word_that_is_nothing_is_one_clear_line_and_127(front: Front) -> None:
    run = front.run("statsu", env={"ZCCACHE_DISABLE": "1"})

    line = b"zccache: 'statsu' is neither a zccache command nor a program on PATH; see zccache --help\n"
    assert (run.returncode, run.stdout, run.stderr) == (127, b"", line)


def test_a_program_that_may_not_be_run_is_one_clear_line_and_126(front: Front) -> None:
    (front.work / "plain").write_text("")

    run = front.run("./plain", env={"ZCCACHE_DISABLE": "1"})

    assert (run.returncode, run.stderr) == (126, b"zccache: cannot run './plain': it is not executable\n")


def test_debug_tells_timed_steps_and_nothing_else_does(front: Front) -> None:
    log = front.work / "steps.log"

    with FakeDaemon(front.socket, says(hit())):
        silent = front.run("gcc", "-c", "x.c")
        loud = front.run("gcc", "-c", "x.c", env={"ZCCACHE_DEBUG": "1"})
        logged = front.run("gcc", "-c", "x.c", env={"ZCCACHE_LOG": str(log)})
        front.run("gcc", "-c", "x.c", env={"ZCCACHE_LOG": str(log)})

    assert silent.stderr == logged.stderr == b""
    assert [line.split()[2:4] for line in loud.stderr.decode().splitlines()] == [
        ["us:", "begin"],
        ["us:", "hit"],
    ]
    assert len(log.read_text().splitlines()) == 4


def test_what_is_no_endpoint_ends_in_a_cold_walk(front: Front) -> None:
    run = front.run("gcc", env={"ZCCACHE_ENDPOINT": "tcp://127.0.0.2:1"})

    assert run.stdout == cold_words("bad_endpoint", ["gcc"])
