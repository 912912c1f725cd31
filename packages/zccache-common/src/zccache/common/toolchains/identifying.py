"""Knows how every kind of tool is identified, and remembers the answers.

It asks the tool itself, in the client's folder and environment, and remembers by the
signatures of the files that the answer rests on, never by path and time alone.
"""

from collections.abc import Callable, Mapping
from typing import Final

from zccache.common.command.plan import Identity
from zccache.common.command.runner import run_quietly
from zccache.common.digests import Digest
from zccache.common.errors import ToolchainUnknown
from zccache.common.freshness import FileDigests
from zccache.common.keys import parts_key
from zccache.common.toolchains.archiver import ask_archiver
from zccache.common.toolchains.clang_cl import ask_clang_cl
from zccache.common.toolchains.driver import ask_driver
from zccache.common.toolchains.emscripten import ask_emscripten, emscripten_words
from zccache.common.toolchains.environment import brain_words
from zccache.common.toolchains.files import is_script
from zccache.common.toolchains.linker import ask_linker, ask_linker_of_driver
from zccache.common.toolchains.model import Findings, Memo, Run, Toolchain, decode, encode
from zccache.common.toolchains.msvc import ask_msvc
from zccache.common.toolchains.prefixed import ask_under_words
from zccache.common.toolchains.program import ask_program
from zccache.common.toolchains.rust import ask_rust, ask_rustfmt, proxy_words

_ASK: Final[dict[Identity, Callable[[str, str, Mapping[str, str], Run], Findings]]] = {
    Identity.DRIVER: ask_driver,
    Identity.PROGRAM: ask_program,
    Identity.RUSTC: ask_rust,
    Identity.RUSTFMT: ask_rustfmt,
    Identity.CLANG_CL: ask_clang_cl,
    Identity.MSVC: ask_msvc,
    Identity.EMSCRIPTEN: ask_emscripten,
    Identity.LINKER: ask_linker,
    Identity.ARCHIVER: ask_archiver,
}


class Toolchains:
    """Identifies tools; remembers them in memory and in the memo."""

    def __init__(self, digests: FileDigests, memo: Memo, run: Run = run_quietly) -> None:
        """Use digests for the files, memo to remember across processes, run to ask."""
        self._digests = digests
        self._memo = memo
        self._run = run
        self._known: dict[bytes, Toolchain] = {}

    def identify(
        self, program: str, cwd: str, env: Mapping[str, str], identity: Identity = Identity.DRIVER
    ) -> Toolchain:
        """Return what program (an absolute path) is for this environment; raise ToolchainUnknown."""
        # What emcc's scripts read of the environment is known, where a wrapper's may read anything.
        script = identity is not Identity.EMSCRIPTEN and is_script(program)
        words = brain_words(env, cwd, whole=script)
        if identity in {Identity.RUSTC, Identity.RUSTFMT}:
            words += proxy_words(program, cwd, env)
        if identity is Identity.EMSCRIPTEN:
            words += emscripten_words(env)
        key = parts_key("toolchain", identity.value, program, *words)
        known = self._known.get(key) or decode(program, self._memo.memo_get("toolchain", key))
        if known is None or not known.is_unchanged():
            asked_env = {**env, "LC_ALL": "C", "ZCCACHE_GUARD": "run"}
            found = _ASK[identity](program, cwd, asked_env, self._run)
            known = self._toolchain(program, found, script=script)
            if all(file.is_proof for file in known.files):
                self._memo.memo_put("toolchain", key, encode(known))
        self._known[key] = known
        return known

    def with_linker(
        self, driver: Toolchain, words: tuple[str, ...], cwd: str, env: Mapping[str, str]
    ) -> Toolchain:
        """Return a driver with the linker that it runs under these words; raise ToolchainUnknown."""

        def ask(asked_env: Mapping[str, str]) -> Findings:
            return ask_linker_of_driver(driver.program, driver.dialect, words, cwd, asked_env, self._run)

        return self._with_part("linker", driver, words, cwd, env, ask)

    def under_words(
        self, driver: Toolchain, words: tuple[str, ...], cwd: str, env: Mapping[str, str]
    ) -> Toolchain:
        """Return a driver with what else it reads and runs under these words; raise ToolchainUnknown."""

        def ask(asked_env: Mapping[str, str]) -> Findings:
            return ask_under_words(driver.program, driver.dialect, words, cwd, asked_env, self._run)

        places = (cwd, env.get("LIBRARY_PATH", ""))
        return self._with_part("words", driver, (*words, *places), cwd, env, ask)

    def _with_part(
        self,
        kind: str,
        driver: Toolchain,
        words: tuple[str, ...],
        cwd: str,
        env: Mapping[str, str],
        ask: Callable[[Mapping[str, str]], Findings],
    ) -> Toolchain:
        """Return a driver with what these words have it read or run, asked for once."""
        brain = brain_words(env, cwd, whole=driver.is_script)
        key = parts_key(kind, driver.identity, str(len(words)), *words, *brain)
        known = self._known.get(key) or decode(driver.program, self._memo.memo_get(kind, key))
        if known is None or not known.is_unchanged():
            found = ask({**env, "LC_ALL": "C", "ZCCACHE_GUARD": "run"})
            known = self._toolchain(driver.program, found, script=driver.is_script)
            if all(file.is_proof for file in known.files):
                self._memo.memo_put(kind, key, encode(known))
        self._known[key] = known
        return driver.joined(known)

    def _toolchain(self, program: str, found: Findings, *, script: bool) -> Toolchain:
        parts: list[str | bytes] = [found.dialect.value, program, found.banner]
        read = []
        self._digests.read_all(found.files)
        for path in found.files:
            known = self._digests.known(path)
            if known is None:
                raise ToolchainUnknown(f"{program}: {path}, a part of it, cannot be read")
            parts += (path, known.digest)
            read.append(known)
        identity = Digest(parts_key(*parts))
        return Toolchain(program, found.dialect, identity, tuple(read), script, found.absent)
