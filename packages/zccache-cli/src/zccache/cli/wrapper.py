"""The Python front: carries one compile to the daemon and does what the answer says; it decides nothing.

On the way of a hit it imports os, sys, struct, _socket and a few small files, nothing else.
"""

from __future__ import annotations

import os
import sys
import time

from zccache.cli import origin, request
from zccache.cli.call import Call, NoProgram, complain
from zccache.cli.commands import is_command
from zccache.cli.connection import Connection, ask_to_begin
from zccache.cli.streams import write_all
from zccache.common.paths import FRONT_NAMES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from zccache.cli.compiler_process import Ended

_USAGE = "usage: zccache [wrap [--]] PROGRAM [ARGUMENT...]"


def main() -> int:
    """Be `zccache`, or under another name the compiler of that name, and return the exit status."""
    name = os.path.basename(sys.argv[0])
    if name in FRONT_NAMES:
        words = origin.without_options(_without_fronts(sys.argv[1:]))
        if is_command(words):
            from zccache.cli.main import run

            return run(words)
        status = wrap(words)
    else:
        status = _compile([name, *sys.argv[1:]], stands_in=True)
    # Nothing of ours is buffered, and taking the interpreter down would cost more than the answer.
    os._exit(status)


def wrap(words: list[str]) -> int:
    """Run one compiler call (behind `wrap`, `--cold=REASON`, `--` or nothing) and return its status.

    --cold asks no daemon: the native front has tried, and says why it could not.
    """
    cold = ""
    if words[:1] == ["wrap"]:
        words = words[1:]
        if words and words[0].startswith("--cold="):
            cold = words[0].removeprefix("--cold=") or "asked"
            words = words[1:]
        words = origin.without_options(words)
        if words[:1] == ["--"]:
            words = words[1:]
        elif words and words[0].startswith("-"):
            complain(f"wrap: '{words[0]}' is no option of it; {_USAGE}")
            return 2
    return _compile(_without_fronts(words), cold=cold)


def _without_fronts(words: list[str]) -> list[str]:
    while words and os.path.basename(words[0]) in FRONT_NAMES:
        words = words[1:]
    return words


def _compile(words: list[str], *, stands_in: bool = False, cold: str = "") -> int:
    if not words:
        complain(f"no program is named; {_USAGE}")
        return 1
    try:
        return _carry(Call(words, origin.environment(), stands_in=stands_in), cold)
    except NoProgram as error:
        complain(str(error))
        return error.exit_status
    except KeyboardInterrupt:
        from zccache.cli.signals import die_by

        return die_by(2)


def _carry(call: Call, cold: str) -> int:
    if call.is_guarded or origin.is_set(call.env, b"ZCCACHE_DISABLE"):
        return call.become_bare("guard" if call.is_guarded else "disabled")
    try:
        return _walk_cold(call, cold) if cold else _ask(call)
    except Exception as error:  # noqa: BLE001 (the door: no build fails for the cache's sake)
        _note_crash(call, error)
        return call.become_bare(f"failed: {error!r}")


def _note_crash(call: Call, error: Exception) -> None:
    """Leave a crash dump of what should not have happened; a full disk and its like are no crash."""
    from zccache.common.crashes import Crashes
    from zccache.common.errors import ZccacheError
    from zccache.common.layout import Layout, find_root

    if isinstance(error, ZccacheError | OSError):
        return
    try:
        layout = Layout(find_root(origin.decoded(call.env), call.cwd).path)
        Crashes(layout.crashes).write("front", "compile", error, {})
    except ZccacheError as trouble:
        call.step(f"no crash dump: {trouble}")


def _ask(call: Call) -> int:
    try:
        connection, kind, body = ask_to_begin(call)
        return _obey(call, connection, kind, body)
    except request.NoAnswer as error:
        return _walk_cold(call, str(error))


def _obey(call: Call, connection: Connection, kind: int, body: bytes) -> int:
    """Do what an answer says; raise NoAnswer, before anything is done, for one that makes no sense."""
    if kind == request.HIT:
        return _replay(call, body)
    if kind in {request.RUN, request.SPREAD}:
        return _run(call, connection, kind, body)
    if kind == request.PASS:
        return _pass(call, body)
    if kind == request.FAIL:
        status, message = request.failed(body)
        write_all(2, message if message.endswith(b"\n") else message + b"\n")
        return status
    raise request.NoAnswer(request.word(body) if kind == request.COLD else "unexpected_answer")


def _replay(call: Call, body: bytes) -> int:
    status, stdout, stderr = request.hit(body)
    call.step("hit")
    write_all(2, stderr)
    write_all(1, stdout)
    return status


def _pass(call: Call, body: bytes) -> int:
    program, reason = request.passed(body)
    call.step(f"pass: {reason}")
    # What make runs is cached; what a compiler runs is its own business.
    if reason != "unknown_program":
        call.guard()
    return call.become_program(program)


def _run(call: Call, connection: Connection, kind: int, body: bytes) -> int:
    """Run the command, or all of its steps: after FINISH the daemon tells how it goes on."""
    while kind in {request.RUN, request.SPREAD}:
        carry = _run_step if kind == request.RUN else _run_spread
        after = carry(call, connection, body)
        if isinstance(after, int):
            return after
        kind, body = after
    return _replay(call, body) if kind == request.HIT else call.become_bare("left_alone")


def _run_step(call: Call, connection: Connection, body: bytes) -> int | tuple[int, bytes]:
    """Run one command and tell how it ended; return the status, or the answer where more follows."""
    order = request.Order(body)
    folder = connection.report_folder
    ended = _run_once(call, order)
    if ended.has_failed and (not folder or folder != connection.report_folder):
        # Somebody has deleted the root, and the report that the compiler was to write there.
        return call.become_bare("root_gone")
    frame = request.finish(
        order.ticket,
        how=ended.how,
        value=ended.value,
        duration_ns=ended.duration_ns,
        incomplete=ended.incomplete,
        stdout=b"" if ended.incomplete else ended.stdout,
        stderr=b"" if ended.incomplete else ended.stderr,
    )
    answer = _finish(call, connection, frame)
    if not order.more_follows or ended.how or (not ended.value and ended.was_unread):
        return ended.end_alike()
    return answer


def _run_spread(call: Call, connection: Connection, body: bytes) -> int | tuple[int, bytes]:
    """Be a front for each of several commands at the same time; return as for one step."""
    from zccache.cli.jobserver import Jobserver
    from zccache.cli.signals import SIGPIPE, die_by
    from zccache.cli.spread import NoChildren, Spreading

    order = request.Spread(body)
    commands = [piece for piece in order.pieces if piece[0]]
    last = order.pieces[len(commands) :]
    flags = call.stream_flags
    jobserver = Jobserver(os.fsdecode(call.env.get(b"MAKEFLAGS", b"")))
    spreading = Spreading(
        commands, order.at_once, jobserver, is_one_place=bool(flags & origin.STREAMS_ARE_ONE)
    )
    call.step(f"spread: {len(commands)} commands")

    def be_front(argv: list[bytes]) -> int:
        words = [os.fsdecode(word) for word in argv]
        return _carry(Call(words, call.env, flags=flags | origin.IS_APART), "")

    since_ns = time.monotonic_ns()
    try:
        status = spreading.run(be_front)
    except NoChildren:
        return call.become_bare("no_children")
    how = int(os.WIFSIGNALED(status))
    value = os.WTERMSIG(status) if how else os.WEXITSTATUS(status)
    for _, stdout, stderr in last if not how else ():
        write_all(2, stderr)
        write_all(1, stdout)
    took_ns = time.monotonic_ns() - since_ns
    frame = request.finish(
        order.ticket, how=how, value=value, duration_ns=took_ns, incomplete=True, stdout=b"", stderr=b""
    )
    answer = _finish(call, connection, frame)
    if how or (not value and spreading.was_unread):
        return die_by(value or SIGPIPE)
    return answer if answer[0] or order.more_follows else value


def _run_once(call: Call, order: request.Order) -> Ended:
    from zccache.cli import compiler_process

    write_all(2, order.stderr)
    write_all(1, order.stdout)
    call.step(f"run: {os.fsdecode(order.program)}")
    try:
        return compiler_process.run(
            order.program,
            order.argv,
            call.env_with(order.changes),
            order.nice,
            one_stream=order.one_stream,
        )
    except OSError:
        raise request.NoAnswer("exec_failed") from None


def _finish(call: Call, connection: Connection, frame: bytes) -> tuple[int, bytes]:
    """Tell how a run ended; return kind and body of the answer, kind 0 where there is none."""
    try:
        kind, body = connection.ask(frame)
    except (request.NoAnswer, OSError) as error:
        call.step(f"finished: {error}")
        return 0, b""
    call.step(f"finished: {'recorded' if kind == request.RECORDED else 'answered'}")
    return kind, body


def _walk_cold(call: Call, reason: str) -> int:
    call.step(f"cold: {reason}")
    from zccache.cli.cold import walk

    return walk(call, reason)
