"""On a miss the front is the compiler's parent, and nothing else can be told from a bare compile."""

import contextlib
import os
import resource
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fake_daemon import TICKET, Call, FakeDaemon, busy, hit, passes, says
from native_front import Front
from waiting import wait_until
from zccache.common.locks import has_ended
from zccache.common.wire.messages import CAPTURE_INCOMPLETE, EXITED, KILLED

SH = "/bin/sh"
COMPILE = ("gcc", "-c", "x.c")
# The descriptor of the listing itself is closed when exists() asks.
OPEN_FDS = """if True:
    import os
    print(sorted(int(fd) for fd in os.listdir("/proc/self/fd") if os.path.exists("/proc/self/fd/" + fd)))
"""


def runs(script: str, **options: Any) -> Callable[[Call], None]:
    """Return a daemon's script that has the front run a shell script."""
    return lambda call: call.run(SH, "-c", script, **options)


def runs_python(code: str) -> Callable[[Call], None]:
    return lambda call: call.run(sys.executable, "-c", code)


@contextlib.contextmanager
def running(front: Front, script: str, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Start a front whose compiler is a shell script, and wait for its first line, `ready`."""
    with FakeDaemon(front.socket, runs(script)), front.popen(*COMPILE, **options) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("status", [0, 1, 4, 127, 255])
def test_the_exit_status_is_exact(front: Front, status: int) -> None:
    with FakeDaemon(front.socket, runs(f"exit {status}")) as daemon:
        run = front.run(*COMPILE)

    assert run.returncode == status
    assert (daemon.finished.how, daemon.finished.value) == (EXITED, status)


@pytest.mark.parametrize(
    "number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT, signal.SIGTERM, signal.SIGPIPE]
)
def test_the_front_dies_by_the_signal_that_the_compiler_died_by(front: Front, number: signal.Signals) -> None:
    """hazard 92"""
    with FakeDaemon(front.socket, runs(f"kill -{number.value} $$")) as daemon:
        run = front.run(*COMPILE)

    assert run.returncode == -number
    assert (daemon.finished.how, daemon.finished.value) == (KILLED, number)
    assert not list(front.work.glob("core*"))


def test_the_words_and_the_changes_of_the_environment_are_those_of_the_order(front: Front) -> None:
    script = 'printf "%s|" "$ZCCACHE_GUARD" "$NEW" "$CHANGED" "${GONE-unset}" "$KEPT" "$@"'
    changes = ("NEW=1=2", "CHANGED=after", "GONE")

    with FakeDaemon(
        front.socket, lambda call: call.run(SH, "-c", script, "sh", "a b", "", env_changes=changes)
    ):
        run = front.run(*COMPILE, env={"CHANGED": "before", "GONE": "here", "KEPT": "k"})

    assert run.stdout == b"run|1=2|after|unset|k|a b||"


def test_the_end_is_reported_with_what_was_printed(front: Front) -> None:
    with FakeDaemon(front.socket, runs("printf out; printf err >&2")) as daemon:
        run = front.run(*COMPILE)

    assert (run.stdout, run.stderr) == (b"out", b"err")
    assert (daemon.finished.stdout, daemon.finished.stderr) == (b"out", b"err")
    assert (daemon.finished.ticket, daemon.finished.flags) == (TICKET, 0)
    assert 0 < daemon.finished.duration_ns < 60e9


def test_a_megabyte_on_both_streams_is_passed_on_and_kept(front: Front) -> None:
    code = "import os\nfor i in range(1024): os.write(1, b'o' * 1024); os.write(2, b'%1024d' % i)"

    with FakeDaemon(front.socket, runs_python(code)) as daemon:
        run = front.run(*COMPILE)

    assert run.stdout == b"o" * 2**20
    assert run.stderr == b"".join(b"%1024d" % i for i in range(1024))
    assert (daemon.finished.stdout, daemon.finished.stderr) == (run.stdout, run.stderr)


def test_more_than_is_kept_is_passed_on_whole_and_reported_as_incomplete(front: Front) -> None:
    code = "import os\nfor i in range(17): os.write(1, b'%d' % (i % 10) * 2**20)\nos.write(2, b'done')"

    with FakeDaemon(front.socket, runs_python(code)) as daemon:
        run = front.run(*COMPILE)

    assert run.stdout == b"".join(b"%d" % (i % 10) * 2**20 for i in range(17))
    assert run.stderr == b"done"
    assert (daemon.finished.flags, daemon.finished.stdout, daemon.finished.stderr) == (
        CAPTURE_INCOMPLETE,
        b"",
        b"",
    )


def test_output_is_passed_on_while_the_compiler_runs(front: Front) -> None:
    with running(front, "echo ready; read answer; echo got $answer", stdin=subprocess.PIPE) as process:
        out, _ = process.communicate(b"stdin too\n", timeout=30)

    assert (process.returncode, out) == (0, b"got stdin too\n")


def test_a_reader_that_made_its_pipe_non_blocking_gets_every_byte(front: Front) -> None:
    read_fd, write_fd = os.pipe()
    os.set_blocking(write_fd, False)

    with (
        FakeDaemon(front.socket, runs_python("import os; os.write(1, b'x' * 3_000_000)")),
        front.popen(*COMPILE, stdout=write_fd) as process,
    ):
        os.close(write_fd)
        with open(read_fd, "rb") as reader:
            assert len(reader.read()) == 3_000_000
        process.communicate(timeout=30)

    assert process.returncode == 0


def test_a_compiler_meets_the_broken_pipe_of_its_reader(front: Front) -> None:
    read_fd, write_fd = os.pipe()
    os.close(read_fd)

    with FakeDaemon(front.socket, runs("while :; do echo more; done")) as daemon:
        run = front.run(*COMPILE, stdout=write_fd, restore_signals=True)
    os.close(write_fd)

    assert run.returncode == -signal.SIGPIPE
    assert (daemon.finished.how, daemon.finished.flags) == (KILLED, CAPTURE_INCOMPLETE)


def test_a_process_that_the_compiler_left_behind_does_not_hold_the_front(front: Front) -> None:
    script = "sleep 30 & echo $!; echo last words; exit 6"

    with FakeDaemon(front.socket, runs(script)):
        began = time.monotonic()
        run = front.run(*COMPILE)
        took_s = time.monotonic() - began
    left, _, said = run.stdout.partition(b"\n")
    os.kill(int(left), signal.SIGKILL)

    assert (run.returncode, said) == (6, b"last words\n")
    assert took_s < 15


def test_a_long_record_is_awaited_as_long_as_the_daemon_says_that_it_is_busy(front: Front) -> None:
    def script(call: Call) -> None:
        call.run(SH, "-c", "exit 3", last_answer=b"")
        for _ in range(4):
            call.say(busy())
            assert not wait_until(lambda: process.poll() is not None, within_s=0.4)
        call.say(hit())

    with FakeDaemon(front.socket, script), front.popen(*COMPILE) as process:
        assert process.wait(30) == 3


@pytest.mark.parametrize("last_answer", [b"", b"garbage!"])
def test_a_record_that_is_never_confirmed_does_not_change_the_status(
    front: Front, last_answer: bytes
) -> None:
    with FakeDaemon(front.socket, runs("echo fine; exit 2", last_answer=last_answer)):
        run = front.run(*COMPILE)

    assert (run.returncode, run.stdout, run.stderr) == (2, b"fine\n", b"")


def test_a_daemon_that_dies_during_the_compile_takes_nothing_with_it(front: Front) -> None:
    """hazard 112"""
    with FakeDaemon(front.socket, lambda call: call.order(SH, "-c", "sleep 0.1; echo fine; exit 5")):
        run = front.run(*COMPILE)

    assert (run.returncode, run.stdout, run.stderr) == (5, b"fine\n", b"")


def test_a_program_that_cannot_be_run_ends_in_a_cold_walk_with_the_environment_as_given(front: Front) -> None:
    front.install("zccache-cli", '#!/bin/sh\necho "$ZCCACHE_GUARD$NEW" "$@"\n')

    def script(call: Call) -> None:
        call.order("/nonexistent/gcc", env_changes=("NEW=1",))
        call.wait_for_the_end()

    with FakeDaemon(front.socket, script):
        run = front.run(*COMPILE)

    assert run.stdout == b" wrap --cold=exec_failed -- gcc -c x.c\n"


def test_the_compiler_gets_the_descriptors_of_the_caller_and_none_of_ours(front: Front) -> None:
    """hazard 109"""
    jobserver = os.pipe()
    for fd, number in zip(jobserver, (33, 44), strict=True):
        os.dup2(fd, number)
        os.close(fd)

    with FakeDaemon(front.socket, runs_python(OPEN_FDS)):
        run = front.run(*COMPILE, pass_fds=(33, 44))
    os.close(33)
    os.close(44)

    assert run.stdout == b"[0, 1, 2, 33, 44]\n"


def test_descriptors_3_and_4_of_a_jobserver_are_the_compilers(front: Front) -> None:
    """hazard 109, hazard 110"""
    wrapper = front.install("jobs", '#!/bin/sh\nexec "$@" 3</dev/null 4>"$PWD/tokens"\n')

    with FakeDaemon(front.socket, runs("printf token >&4; cat <&3")):
        run = subprocess.run([wrapper, front.path, *COMPILE], env=front.env(), cwd=front.work, check=False)

    assert run.returncode == 0
    assert (front.work / "tokens").read_bytes() == b"token"


def test_the_front_works_where_the_standard_input_is_closed(front: Front) -> None:
    wrapper = front.install("closed", '#!/bin/sh\nexec "$@" <&-\n')

    with FakeDaemon(front.socket, runs("echo out; echo err >&2")):
        run = subprocess.run(
            [wrapper, front.path, *COMPILE], env=front.env(), cwd=front.work, capture_output=True
        )

    assert (run.returncode, run.stdout, run.stderr) == (0, b"out\n", b"err\n")


@pytest.mark.parametrize("stream", ["1", "2"])
def test_a_closed_stream_makes_a_bare_compile(front: Front, stream: str) -> None:
    """hazard 109"""
    wrapper = front.install("closed", f'#!/bin/sh\nexec "$@" {stream}>&-\n')
    compiler = front.install("gcc", "#!/bin/sh\nexit 17\n", front.work / "tools")
    env = front.env({"PATH": str(compiler.parent)})

    run = subprocess.run([wrapper, front.path, *COMPILE], env=env, cwd=front.work, check=False)

    assert run.returncode == 17


def test_umask_niceness_limits_folder_and_group_are_inherited(front: Front) -> None:
    """hazard 109"""

    def before() -> None:
        os.umask(0o027)
        os.nice(3)
        resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200))

    code = """if True:
        import os, resource
        print(oct(os.umask(0)), os.nice(0), resource.getrlimit(resource.RLIMIT_NOFILE)[0], os.getcwd())
        print(os.getpgrp() == os.getpid())
    """
    with FakeDaemon(front.socket, runs_python(code)):
        run = front.run(*COMPILE, preexec_fn=before)

    nice = os.nice(0) + 3
    assert run.stdout.decode() == f"0o27 {nice} 200 {front.work}\nFalse\n"


def test_the_compiler_is_as_much_nicer_as_the_order_says(front: Front) -> None:
    with FakeDaemon(
        front.socket, lambda call: call.run(sys.executable, "-c", "import os; print(os.nice(0))", nice=5)
    ):
        run = front.run(*COMPILE)

    assert int(run.stdout) == os.nice(0) + 5


def test_several_steps_are_not_nicer_one_after_another(front: Front) -> None:
    code = "import os; print(os.nice(0))"

    def script(call: Call) -> None:
        call.step(sys.executable, "-c", code, nice=4)
        call.run(sys.executable, "-c", code, nice=4)

    with FakeDaemon(front.socket, script):
        run = front.run(*COMPILE)

    assert run.stdout.split() == [str(os.nice(0) + 4).encode()] * 2


@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1]
)
def test_a_signal_to_the_front_alone_reaches_the_compiler(front: Front, number: signal.Signals) -> None:
    """hazard 108"""
    name = number.name.removeprefix("SIG")
    script = f"trap 'echo caught; exit 9' {name}; echo ready; while :; do sleep 0.02; done"

    with running(front, script) as process:
        process.send_signal(number)
        out, _ = process.communicate(timeout=30)

    assert (process.returncode, out) == (9, b"caught\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_compiler_without_handlers_ends_the_front_by_the_same_signal(
    front: Front, number: signal.Signals
) -> None:
    with running(front, "echo ready; exec sleep 60") as process:
        process.send_signal(number)

        assert process.wait(30) == -number


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGALRM, signal.SIGXCPU])
def test_whoever_kills_the_front_kills_the_compiler(front: Front, number: signal.Signals) -> None:
    script = f"echo $$ >{front.work}/pid; echo ready; exec sleep 60"

    with contextlib.suppress(EOFError), running(front, script) as process:
        process.send_signal(number)

        assert process.wait(30) == -number
    compiler = int((front.work / "pid").read_text())
    assert wait_until(lambda: has_ended(compiler))


def test_control_c_to_the_whole_group_ends_compiler_and_front(front: Front) -> None:
    """hazard 108"""
    with running(front, "echo ready; exec sleep 60", start_new_session=True) as process:
        os.killpg(process.pid, signal.SIGINT)

        assert process.wait(30) == -signal.SIGINT
        assert wait_until(lambda: not group_lives(process.pid))


def test_a_signal_that_the_caller_ignores_is_ignored_by_front_and_compiler(front: Front) -> None:
    script = "echo ready; read go; exit 8"
    ignore_hup = {
        "preexec_fn": lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
        "start_new_session": True,
    }

    with running(front, script, stdin=subprocess.PIPE, **ignore_hup) as process:
        os.killpg(process.pid, signal.SIGHUP)
        process.communicate(b"go\n", timeout=30)

    assert process.returncode == 8


def test_the_compiler_has_the_dispositions_and_the_mask_of_the_caller(front: Front) -> None:
    status = (
        "import re; print(re.findall(r'Sig(?:Blk|Ign|Cgt):\\s*(\\w+)', open('/proc/self/status').read()))"
    )

    def before() -> None:
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        signal.signal(signal.SIGUSR2, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_SETMASK, {signal.SIGHUP, signal.SIGUSR1})

    options: dict[str, Any] = {"preexec_fn": before, "restore_signals": True}
    bare = subprocess.run([sys.executable, "-c", status], stdout=subprocess.PIPE, check=True, **options)
    with FakeDaemon(front.socket, runs_python(status)):
        run = front.run(*COMPILE, **options)

    assert run.stdout == bare.stdout


def test_stop_and_continue_reach_the_compiler(front: Front) -> None:
    script = "trap 'echo continued; exit 4' CONT; echo ready; while :; do sleep 0.02; done"

    # A group of its own, in our session: the system stops no group that has lost its parent.
    with running(front, script, process_group=0) as process:
        compiler = child_of(process.pid)
        process.send_signal(signal.SIGTSTP)
        stopped = wait_until(lambda: state_of(compiler) == state_of(process.pid) == "T")
        process.send_signal(signal.SIGCONT)
        out, _ = process.communicate(timeout=30)

    assert stopped
    assert (process.returncode, out) == (4, b"continued\n")


def test_a_pass_leaves_no_trace_of_the_front_in_the_program(front: Front) -> None:

    with FakeDaemon(front.socket, says(passes(sys.executable))):
        run = front.run("python", "-c", OPEN_FDS)

    assert run.stdout == b"[0, 1, 2]\n"


def test_the_outputs_mode_follows_the_umask_of_the_caller(front: Front) -> None:
    with FakeDaemon(front.socket, runs("echo > made")) as daemon:
        front.run(*COMPILE, umask=0o037)

    assert stat.S_IMODE((front.work / "made").stat().st_mode) == 0o640
    assert daemon.asked.umask == 0o037


def group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def child_of(pid: int) -> int:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    assert len(children) == 1
    return int(children[0])


def state_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
