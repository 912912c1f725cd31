"""The Python front against a daemon that says what it is told to."""

import fcntl
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from fake_daemon import FakeDaemon, Script, busy, cold, fails, hit, passes, restart, says, says_and_hangs_up
from fronts import Run
from waiting import wait_until

COMPILE = ("gcc", "-c", "x.c", "-o", "x.o")


@pytest.fixture
def socket(cache_root: Path) -> Path:
    return cache_root / "sockets" / "daemon.sock"


@pytest.fixture(autouse=True)
def _source(work: Path) -> None:
    (work / "x.c").write_text("int x;\n")


def runs(code: str) -> Script:
    """Return a script that has Python run some code as the compiler."""
    return lambda call: call.run(sys.executable, "-c", code)


def test_a_hit_replays_streams_and_status(compile_with: Run, socket: Path) -> None:
    with FakeDaemon(socket, says(hit(3, b"out\n" * 50_000, b"err\n" * 50_000))) as daemon:
        done = compile_with(*COMPILE)

    assert (done.returncode, done.stdout, done.stderr) == (3, b"out\n" * 50_000, b"err\n" * 50_000)
    assert daemon.asked.argv == COMPILE


def test_the_daemon_gets_the_environment_as_it_was_given(compile_with: Run, socket: Path) -> None:
    """hazard 67"""
    given = {"LC_ALL": "", "LANG": "", "LC_CTYPE": ""}

    with FakeDaemon(socket, says(hit())) as daemon:
        compile_with(*COMPILE, env=given)

    told = dict(word.split(b"=", 1) for word in daemon.asked.env_block.split(b"\0")[:-1])
    assert told == {
        os.fsencode(name): os.fsencode(value)
        for name, value in {**os.environ, "ZCCACHE_NO_SPAWN": "1", **given}.items()
    }


def test_python_does_not_choose_the_locale_of_the_compiler(twin: Path, work: Path, socket: Path) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG"))}

    with FakeDaemon(socket, lambda call: call.run("/usr/bin/env")) as daemon:
        done = subprocess.run([twin, *COMPILE], cwd=work, env=env, capture_output=True, timeout=60)

    assert b"PATH=" in done.stdout
    assert b"LC_CTYPE=" not in done.stdout
    assert b"LC_CTYPE=" not in daemon.asked.env_block


@pytest.mark.parametrize("frames", [(busy(), busy(), hit(6)), (busy() + hit(6),)])
def test_a_daemon_that_is_busy_is_waited_for(
    frames: tuple[bytes, ...], compile_with: Run, socket: Path
) -> None:
    with FakeDaemon(socket, says(*frames)):
        done = compile_with(*COMPILE)

    assert done.returncode == 6


@pytest.mark.parametrize(
    "script",
    [
        says(),
        says(hit()[:9]),
        says_and_hangs_up(b""),
        says_and_hangs_up(hit()[:12]),
        says(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        says(b"\xff\xff\xff\xff" + hit()[4:]),
        says(cold("told")),
        says(passes("relative")),
    ],
    ids=["silent", "half", "closed", "cut", "foreign", "too large", "told", "relative"],
)
def test_without_a_good_answer_the_compile_is_done_all_the_same(
    script: Script, compile_with: Run, socket: Path, work: Path
) -> None:
    with FakeDaemon(socket, script):
        done = compile_with(*COMPILE)

    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert (work / "x.o").stat().st_size


def test_an_older_daemon_is_asked_again_until_it_is_another(compile_with: Run, socket: Path) -> None:
    answers = [restart(), restart(), hit(7)]

    with FakeDaemon(socket, lambda call: call.say(answers.pop(0))) as daemon:
        done = compile_with(*COMPILE)

    assert done.returncode == 7
    assert len(daemon.calls) == 3


def test_pass_becomes_the_program_with_the_words_as_typed(
    compile_with: Run, socket: Path, twin: Path
) -> None:
    teller = twin.parent / "teller"
    teller.write_text('#!/bin/sh\nprintf "%s|" "$0" "$@" "${ZCCACHE_GUARD-free}"\nexit 5\n')
    teller.chmod(0o755)

    answers = [passes(str(teller)), passes(str(teller), "preprocess_only")]
    with FakeDaemon(socket, lambda call: call.say(answers.pop(0))):
        free = compile_with("gcc", "a b", "")
        guarded = compile_with("gcc", "a b", "")

    assert (free.returncode, free.stdout) == (5, f"{teller}|a b||free|".encode())
    assert guarded.stdout == f"{teller}|a b||run|".encode()


def test_fail_ends_with_message_and_status(compile_with: Run, socket: Path) -> None:
    with FakeDaemon(socket, says(fails(9, "zccache: no"))):
        done = compile_with(*COMPILE)

    assert (done.returncode, done.stdout, done.stderr) == (9, b"", b"zccache: no\n")


def test_a_run_is_carried_out_and_told(compile_with: Run, socket: Path) -> None:
    code = (
        "import os, sys\n"
        "print(os.environ['ADDED'], 'GONE' in os.environ, os.environ['ZCCACHE_GUARD'])\n"
        "sys.exit('no')"
    )
    words = ("-c", code)

    changes = ("ADDED=a=b", "GONE")
    with FakeDaemon(socket, lambda call: call.run(sys.executable, *words, env_changes=changes)) as daemon:
        done = compile_with(*COMPILE, env={"GONE": "1"})

    assert (done.returncode, done.stdout, done.stderr) == (1, b"a=b False run\n", b"no\n")
    told = daemon.finished
    assert (told.how, told.value, told.stdout, told.stderr, told.flags) == (0, 1, done.stdout, done.stderr, 0)
    assert told.duration_ns > 0


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL, signal.SIGTERM, signal.SIGPIPE])
def test_the_front_dies_by_the_signal_that_the_compiler_died_by(
    number: signal.Signals, compile_with: Run, socket: Path
) -> None:
    kill = f"kill -{number.name.removeprefix('SIG')} $$"

    with FakeDaemon(socket, lambda call: call.run("/bin/sh", "-c", kill)) as daemon:
        done = compile_with(*COMPILE)

    assert done.returncode == -number
    assert (daemon.finished.how, daemon.finished.value) == (1, number)


def test_a_megabyte_on_both_streams_is_passed_on_and_kept(compile_with: Run, socket: Path) -> None:
    code = "import sys\nfor _ in range(1000): sys.stdout.write('o' * 1000); sys.stderr.write('e' * 1000)"

    with FakeDaemon(socket, runs(code)) as daemon:
        done = compile_with(*COMPILE)

    assert (done.stdout, done.stderr) == (b"o" * 10**6, b"e" * 10**6)
    assert (daemon.finished.stdout, daemon.finished.stderr) == (done.stdout, done.stderr)


def test_two_streams_that_are_to_be_one_keep_their_order(compile_with: Run, socket: Path) -> None:
    line = "echo one; echo two >&2; echo three"

    with FakeDaemon(socket, lambda call: call.run("/bin/sh", "-c", line, one_stream=True)) as daemon:
        done = compile_with(*COMPILE)

    assert (done.stdout, done.stderr) == (b"one\ntwo\nthree\n", b"")
    assert (daemon.finished.stdout, daemon.finished.stderr) == (done.stdout, b"")


def test_more_than_is_kept_is_passed_on_whole_and_told_as_incomplete(compile_with: Run, socket: Path) -> None:
    code = "import sys\nfor _ in range(17): sys.stdout.write('o' * (1 << 20))"

    with FakeDaemon(socket, runs(code)) as daemon:
        done = compile_with(*COMPILE)

    assert len(done.stdout) == 17 << 20
    assert (daemon.finished.flags, daemon.finished.stdout) == (1, b"")


def test_output_is_passed_on_while_the_compiler_runs(twin: Path, work: Path, socket: Path) -> None:
    code = "import sys; print('early', flush=True); sys.stdin.readline(); print('late')"

    with (
        FakeDaemon(socket, runs(code)),
        subprocess.Popen(
            [twin, *COMPILE], cwd=work, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        early = process.stdout.readline()
        process.stdin.write(b"\n")
        process.stdin.close()
        late = process.stdout.read()

    assert (early, late) == (b"early\n", b"late\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1])
def test_a_signal_to_the_front_reaches_the_compiler(
    number: signal.Signals, twin: Path, work: Path, socket: Path
) -> None:
    """hazard 108"""
    code = (
        "import signal, sys, time\n"
        f"signal.signal({int(number)}, lambda *_: sys.exit(33))\n"
        # Not pause(): a signal just before it would be waited for in vain.
        "print('ready', flush=True)\nwhile True: time.sleep(0.02)"
    )

    with (
        FakeDaemon(socket, runs(code)),
        subprocess.Popen([twin, *COMPILE], cwd=work, stdout=subprocess.PIPE) as process,
    ):
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(number)

    assert process.returncode == 33


def test_stop_and_continue_reach_the_compiler(twin: Path, work: Path, socket: Path) -> None:
    code = "import os; print(os.getpid(), flush=True); input()"

    with (
        FakeDaemon(socket, runs(code)),
        subprocess.Popen(
            [twin, *COMPILE], cwd=work, stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0
        ) as process,
    ):
        assert process.stdout is not None
        compiler = int(process.stdout.readline())
        os.kill(process.pid, signal.SIGTSTP)
        stopped = wait_until(lambda: state_of(process.pid) == "T" and state_of(compiler) == "T")
        os.kill(process.pid, signal.SIGCONT)
        running = wait_until(lambda: state_of(compiler) == "S" and state_of(process.pid) == "S")
        process.communicate(b"\n", timeout=30)

    assert stopped
    assert running
    assert process.returncode == 0


def state_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[0]


def test_a_compiler_whose_reader_is_gone_ends_by_the_broken_pipe(
    twin: Path, work: Path, socket: Path
) -> None:
    code = "import signal\nsignal.signal(signal.SIGPIPE, signal.SIG_DFL)\nwhile True: print('y' * 1000)"

    with (
        FakeDaemon(socket, runs(code)),
        subprocess.Popen([twin, *COMPILE], cwd=work, stdout=subprocess.PIPE) as process,
    ):
        assert process.stdout is not None
        process.stdout.read(10)
        process.stdout.close()

    assert process.returncode == -signal.SIGPIPE


def test_a_process_that_the_compiler_left_behind_does_not_hold_the_front(
    compile_with: Run, socket: Path
) -> None:
    code = "import subprocess; print(subprocess.Popen(['sleep', '50'], start_new_session=True).pid)"

    with FakeDaemon(socket, runs(code)) as daemon:
        done = compile_with(*COMPILE)
        os.kill(int(done.stdout), signal.SIGKILL)

    assert done.returncode == 0
    assert daemon.finished.flags == 1


def test_a_daemon_that_dies_during_the_compile_takes_nothing_with_it(compile_with: Run, socket: Path) -> None:
    with FakeDaemon(socket, lambda call: call.order(sys.executable, "-c", "print('done')")):
        done = compile_with(*COMPILE)

    assert (done.returncode, done.stdout, done.stderr) == (0, b"done\n", b"")


def test_a_program_that_cannot_be_run_ends_in_a_walk_without_the_daemon(
    compile_with: Run, socket: Path, work: Path
) -> None:
    with FakeDaemon(socket, lambda call: call.order("/nowhere/gcc", "-c", "x.c")):
        done = compile_with(*COMPILE)

    assert (done.returncode, done.stderr) == (0, b"")
    assert (work / "x.o").exists()


def test_the_compiler_is_as_much_nicer_as_the_order_says(compile_with: Run, socket: Path) -> None:
    code = "import os, time\nwhile os.nice(0) < 5: time.sleep(0.01)\nprint(os.nice(0))"

    with FakeDaemon(socket, lambda call: call.run(sys.executable, "-c", code, nice=5)):
        done = compile_with(*COMPILE)

    assert done.stdout == b"5\n"


def test_the_compiler_gets_the_descriptors_of_the_caller_and_none_of_ours(
    twin: Path, work: Path, socket: Path
) -> None:
    """hazard 109"""
    with (work / "x.c").open("rb") as file:
        # A number that nobody else in this process uses.
        given = fcntl.fcntl(file.fileno(), fcntl.F_DUPFD, 50)
        code = f"import os; print(sorted(os.listdir('/proc/self/fd')), os.readlink('/proc/self/fd/{given}'))"
        try:
            options = {"pass_fds": (given,), "cwd": work, "capture_output": True, "timeout": 60}
            bare = subprocess.run([sys.executable, "-c", code], **options)  # type: ignore[call-overload]
            with FakeDaemon(socket, runs(code)):
                done = subprocess.run([twin, *COMPILE], **options)  # type: ignore[call-overload]
        finally:
            os.close(given)

    assert done.stdout == bare.stdout


@pytest.mark.parametrize("stream", ["1", "2"])
def test_a_closed_stream_makes_a_bare_compile(stream: str, twin: Path, work: Path, socket: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", f'exec "$@" {stream}>&-', "sh", twin, *COMPILE],
        cwd=work,
        env={**os.environ, "ZCCACHE_NO_SPAWN": "1"},
        capture_output=True,
        timeout=60,
    )

    assert done.returncode == 0
    assert (work / "x.o").exists()


def test_a_fault_of_our_own_leaves_a_dump_and_the_bare_compiler(
    twin: Path, work: Path, cache_root: Path, tmp_path: Path
) -> None:
    faulty = tmp_path / "faulty"
    faulty.mkdir()
    (faulty / "sitecustomize.py").write_text(
        "import zccache.cli.connection as room\n"
        "def broken(*_): raise ZeroDivisionError('on purpose')\n"
        "room.ask_to_begin = broken\n"
    )
    (cache_root / "crashes").mkdir(parents=True)

    done = subprocess.run(
        [twin, *COMPILE],
        cwd=work,
        env={**os.environ, "PYTHONPATH": str(faulty)},
        capture_output=True,
        timeout=60,
    )

    (dump,) = (cache_root / "crashes").iterdir()
    assert (done.returncode, done.stderr) == (0, b"")
    assert (work / "x.o").exists()
    assert "on purpose" in dump.read_text()


def test_debug_and_log_tell_the_same_steps_and_nothing_else_does(
    compile_with: Run, socket: Path, work: Path
) -> None:
    with FakeDaemon(socket, says(hit())):
        silent = compile_with(*COMPILE)
        loud = compile_with(*COMPILE, env={"ZCCACHE_DEBUG": "1"})
        logged = compile_with(*COMPILE, env={"ZCCACHE_LOG": "steps.log"})

    assert (silent.stderr, logged.stderr) == (b"", b"")
    steps = [line.split(b": ", 1)[1] for line in loud.stderr.splitlines()]
    assert steps[0] == b"begin"
    assert steps[-1] == b"hit"
    assert [line.split(b": ", 1)[1] for line in (work / "steps.log").read_bytes().splitlines()] == steps


def test_a_word_that_cannot_be_run_is_one_clear_line(compile_with: Run, work: Path) -> None:
    (work / "plain").write_text("")
    (work / "plain").chmod(stat.S_IRUSR)

    nothing = compile_with("statsu")
    plain = compile_with("./plain")

    assert nothing.returncode == 127
    assert nothing.stderr == (
        b"zccache: 'statsu' is neither a zccache command nor a program on PATH; see zccache --help\n"
    )
    assert (plain.returncode, plain.stderr) == (126, b"zccache: cannot run './plain': it is not executable\n")


def test_a_script_without_a_first_line_is_run_by_the_shell(compile_with: Run, work: Path) -> None:
    (work / "plain").write_text('echo "shell $1"\n')
    (work / "plain").chmod(0o755)

    done = compile_with("./plain", "word", env={"ZCCACHE_DISABLE": "1"})

    assert (done.returncode, done.stdout) == (0, b"shell word\n")
