"""One compiler call as it was typed: its words, the program they mean, and how to become that program."""

from __future__ import annotations

import errno
import os

from zccache.cli import origin
from zccache.common.paths import find_program, is_front

TYPE_CHECKING = False
if TYPE_CHECKING:
    from zccache.cli.trace import Trace

GUARD = b"ZCCACHE_GUARD"
RUNNING = b"run"


class NoProgram(Exception):
    """The first word names nothing that could be run; the text is for the user."""

    def __init__(self, text: str, exit_status: int = 127) -> None:
        super().__init__(text)
        self.exit_status = exit_status


class Call:
    """The words as typed, the program that they mean (absolute), the environment and the folder."""

    __slots__ = ("_flags", "_trace", "cwd", "env", "program", "words")

    def __init__(
        self, words: list[str], env: dict[bytes, bytes], *, stands_in: bool = False, flags: int | None = None
    ) -> None:
        """Find the program that the first word means: never a front of ours. Raises NoProgram.

        stands_in: the word is the name under which we ourselves were called. flags: what the
        streams of the command are of which this is one, though ours be files.
        """
        self.env = env
        self._flags = flags
        try:
            self.cwd = os.getcwd()
        except FileNotFoundError:
            raise NoProgram("the current folder has been deleted; cd to one that exists") from None
        self._trace = _trace(env)
        self.program, is_hidden = self._find(words[0], stands_in=stands_in)
        # gcc looks for its own name along PATH to find cc1: there it must not find what we passed over.
        self.words = [self.program, *words[1:]] if is_hidden or stands_in else words

    def step(self, what: str) -> None:
        """Say one step to whoever listens (ZCCACHE_DEBUG, ZCCACHE_LOG)."""
        if self._trace is not None:
            self._trace.step(what)

    @property
    def stream_flags(self) -> int:
        """What stdout and stderr are for the user; raises OSError when one of them is closed."""
        return origin.stream_flags() if self._flags is None else self._flags

    @property
    def is_guarded(self) -> bool:
        """Tell whether a compiler above us is being run for the cache already."""
        return bool(self.env.get(GUARD))

    def become_program(self, program: str | None = None) -> int:
        """Become the compiler, with the words as typed; return a status only where that cannot be."""
        from zccache.cli.signals import restore_defaults

        path = os.fsencode(program or self.program)
        argv = [os.fsencode(word) for word in self.words]
        restore_defaults()
        try:
            try:
                os.execve(path, argv, self.env)
            except OSError as error:
                # A script without #! is run by the shell, as execvp does.
                if error.errno != errno.ENOEXEC:
                    raise
                os.execve(b"/bin/sh", [b"sh", path, *argv[1:]], self.env)
        except OSError as error:
            complain(f"cannot run '{os.fsdecode(path)}': {error.strerror}")
            return 127 if error.errno == errno.ENOENT else 126

    def become_bare(self, why: str) -> int:
        """Become the compiler without asking; a front below it finds in the guard which one that was.

        A script named g++ may run `zccache g++`, which would find the script again: with the
        guard it searches behind it.
        """
        self.step(f"bare: {why}")
        self.env[GUARD] = os.fsencode(self.program)
        return self.become_program()

    def guard(self) -> None:
        """Let every front below this call go straight to its compiler."""
        self.env[GUARD] = RUNNING

    def env_with(self, changes: list[bytes]) -> dict[bytes, bytes]:
        """Return the environment for the compiler: NAME=value is set, NAME is unset, the guard is up."""
        env = dict(self.env)
        for change in changes:
            name, equals, value = change.partition(b"=")
            if equals:
                env[name] = value
            else:
                env.pop(name, None)
        env[GUARD] = RUNNING
        return env

    def _find(self, word: str, *, stands_in: bool) -> tuple[str, bool]:
        """Return the program that a word means, and whether a plain search would find another one."""
        env = origin.decoded(self.env)
        guard = os.fsdecode(self.env.get(GUARD, b""))
        plain = find_program(word, env, self.cwd)
        if plain is not None and plain != guard and not is_front(plain):
            return plain, False
        name = os.path.basename(word)
        program = find_program(name, env, self.cwd, skip=is_front, behind=guard) if plain else None
        if program is not None:
            return program, True
        if stands_in:
            raise NoProgram(f"there is no '{name}' on PATH besides the links to zccache; see zccache --help")
        if "/" in word and os.path.exists(word):
            raise NoProgram(f"cannot run '{word}': it is not executable", 126)
        raise NoProgram(f"'{word}' is neither a zccache command nor a program on PATH; see zccache --help")


def _trace(env: dict[bytes, bytes]) -> Trace | None:
    debug = origin.is_set(env, b"ZCCACHE_DEBUG")
    log = env.get(b"ZCCACHE_LOG", b"")
    if not debug and not log:
        return None
    from zccache.cli.trace import Trace

    return Trace(debug=debug, log=os.fsdecode(log))


def complain(text: str) -> None:
    """Print one line of ours on stderr."""
    os.write(2, f"zccache: {text}\n".encode(errors="surrogateescape"))
