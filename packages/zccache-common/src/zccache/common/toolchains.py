"""Knows what a compiler really is: which dialect it speaks, which files its behaviour comes from.

It asks the compiler itself, in the client's folder and environment, and remembers the
answer by the signatures of the files that it rests on, never by path and time alone.
"""

import json
import os
import platform
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Protocol

from zccache.common.command.plan import Dialect
from zccache.common.command.runner import Completed, run_quietly
from zccache.common.digests import Digest, Signature, digest_bytes
from zccache.common.errors import ToolchainUnknown
from zccache.common.freshness import FileDigests, Known, signature_at
from zccache.common.keys import parts_key

BRAIN_ENV: Final = (
    "PATH",
    "COMPILER_PATH",
    "GCC_EXEC_PREFIX",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "CLANG_CONFIG_FILE_SYSTEM_DIR",
    "CLANG_CONFIG_FILE_USER_DIR",
)
"""The variables that decide which programs and libraries a driver takes its brain from."""

VOLATILE_ENV: Final = frozenset(
    (
        "_",
        "SHLVL",
        "PWD",
        "OLDPWD",
        "MAKEFLAGS",
        "MAKELEVEL",
        "MFLAGS",
        "MAKE_TERMOUT",
        "MAKE_TERMERR",
        "NINJA_STATUS",
    )
)
"""Variables that change from call to call and that no sane wrapper script reads."""

_PROGRAMS: Final = {
    Dialect.GCC: ("cc1", "cc1plus", "cc1obj", "cc1objplus", "as", "objcopy"),
    Dialect.CLANG: ("clang", "as"),
}


_PROGRAMS_MARK: Final = "programs: ="
_CONFIGURED: Final = "Configuration file: "


class Memo(Protocol):
    """A place that keeps small facts between processes."""

    def memo_get(self, kind: str, key: bytes) -> bytes | None:
        """Return what was put, or None."""
        ...

    def memo_put(self, kind: str, key: bytes, value: bytes) -> None:
        """Keep a fact."""
        ...


@dataclass(frozen=True, slots=True)
class Toolchain:
    """One compiler: files are those that its identity was made of, with their signatures then.

    absent are the places where it would have taken a helper program from, had one been
    there. is_script: a wrapper script stands before it, which may read any variable.
    """

    program: str
    dialect: Dialect
    identity: Digest
    files: tuple[Known, ...]
    is_script: bool
    absent: tuple[str, ...] = ()

    def is_unchanged(self) -> bool:
        """Whether every file is still the one that was hashed, and none stands before it."""
        same = all(signature_at(known.path) == known.signature for known in self.files)
        return same and not any(map(os.path.lexists, self.absent))


Run = Callable[[list[str], str, Mapping[str, str]], Completed]


class Toolchains:
    """Identifies compilers; remembers them in memory and in the memo."""

    def __init__(self, digests: FileDigests, memo: Memo, run: Run = run_quietly) -> None:
        """Use digests for the files, memo to remember across processes, run to ask."""
        self._digests = digests
        self._memo = memo
        self._run = run
        self._known: dict[bytes, Toolchain] = {}

    def identify(self, program: str, cwd: str, env: Mapping[str, str]) -> Toolchain:
        """Return what program (an absolute path) is for this environment; raise ToolchainUnknown."""
        script = is_script(program)
        key = parts_key("toolchain", program, *_brain_words(env, cwd, whole=script))
        known = self._known.get(key) or _decode(program, self._memo.memo_get("toolchain", key))
        if known is None or not known.is_unchanged():
            known = self._ask(program, cwd, env, script=script)
            if all(file.is_proof for file in known.files):
                self._memo.memo_put("toolchain", key, _encode(known))
        self._known[key] = known
        return known

    def _ask(self, program: str, cwd: str, env: Mapping[str, str], *, script: bool) -> Toolchain:
        plain_env = {**env, "LC_ALL": "C", "ZCCACHE_GUARD": "run"}
        banner = self._run([program, "-v"], cwd, plain_env)
        text = banner.stderr.decode(errors="replace")
        dialect = dialect_of(text)
        if dialect is None:
            raise ToolchainUnknown(f"{program}: `-v` names neither gcc nor clang")
        brains = [program]
        absent: dict[str, None] = {}
        own_folders = _program_folders(self._run([program, "-print-search-dirs"], cwd, plain_env).stdout)
        for name in _PROGRAMS[dialect]:
            said = self._run([program, f"-print-prog-name={name}"], cwd, plain_env).stdout
            found = _on_path(os.fsdecode(said.strip()), cwd, env)
            if found is not None:
                brains.append(found)
                absent.update(dict.fromkeys(_tried_before(found, (*own_folders, *_path_folders(cwd, env)))))
        files = dict.fromkeys((program, *map(os.path.realpath, brains)))
        for brain in list(files):
            files.update(dict.fromkeys(self._libraries(brain, cwd, plain_env)))
        specs = os.fsdecode(self._run([program, "-print-file-name=specs"], cwd, plain_env).stdout.strip())
        configs = [line.partition(": ")[2] for line in text.splitlines() if line.startswith(_CONFIGURED)]
        files.update(dict.fromkeys(path for path in (specs, *configs) if os.path.isabs(path)))
        found_now = self._identity(program, dialect, _stable_banner(text), list(files), script=script)
        return replace(found_now, absent=tuple(absent))

    def _libraries(self, program: str, cwd: str, env: Mapping[str, str]) -> list[str]:
        """Return the shared libraries that the loader would load, by asking the loader (glibc, musl)."""
        if not is_elf(program):
            return []
        traced = self._run([program], cwd, {**env, "LD_TRACE_LOADED_OBJECTS": "1"})
        found = []
        for line in traced.stdout.decode(errors="replace").splitlines():
            _, arrow, place = line.partition("=> ")
            path = place.rpartition(" (")[0] if arrow else line.strip().rpartition(" (")[0]
            if os.path.isabs(path):
                found.append(os.path.realpath(path))
        return found

    def _identity(
        self, program: str, dialect: Dialect, banner: str, files: list[str], *, script: bool
    ) -> Toolchain:
        parts: list[str | bytes] = [dialect.value, program, banner]
        read = []
        for path in files:
            known = self._digests.known(path)
            if known is None:
                raise ToolchainUnknown(f"{program}: {path}, a part of it, cannot be read")
            parts += (path, known.digest)
            read.append(known)
        return Toolchain(program, dialect, Digest(parts_key(*parts)), tuple(read), script)


def dialect_of(banner: str) -> Dialect | None:
    """Return the dialect that a driver's `-v` text claims, or None."""
    for line in banner.splitlines():
        if "clang version" in line:
            return Dialect.CLANG
        if line.startswith("gcc version"):
            return Dialect.GCC
    return None


def is_script(program: str) -> bool:
    """Whether the file begins with `#!`."""
    return _begins_with(program, b"#!")


def is_elf(program: str) -> bool:
    """Whether the file is an ELF program."""
    return _begins_with(program, b"\x7fELF")


def cpu_identity() -> bytes:
    """Return what `-march=native` would see: the processor's model and abilities."""
    try:
        with open("/proc/cpuinfo", "rb") as file:
            first = file.read(65536).split(b"\n\n", 1)[0]
    except OSError:
        return digest_bytes(f"{platform.machine()} {platform.processor()}".encode())
    volatile = (
        b"cpu MHz",
        b"bogomips",
        b"processor",
        b"core id",
        b"apicid",
        b"initial apicid",
        b"physical id",
    )
    return digest_bytes(b"\n".join(line for line in first.splitlines() if not line.startswith(volatile)))


def script_env(env: Mapping[str, str]) -> dict[str, str]:
    """Return all that a wrapper script could read and that is not volatile by nature."""
    return {
        name: value
        for name, value in env.items()
        if name not in VOLATILE_ENV and not name.startswith("ZCCACHE_")
    }


def _brain_words(env: Mapping[str, str], cwd: str, *, whole: bool) -> list[str]:
    chosen = script_env(env) if whole else {name: env[name] for name in BRAIN_ENV if name in env}
    words = [f"{name}={chosen[name]}" for name in sorted(chosen)]
    is_relative = any(not folder.startswith("/") for folder in env.get("PATH", "/").split(os.pathsep))
    return [*words, cwd] if is_relative else words


def _stable_banner(text: str) -> str:
    kept = ("gcc version", "Target:", "Thread model:", "clang version", "Configured with:", "InstalledDir:")
    return "\n".join(line for line in text.splitlines() if line.startswith(kept) or "clang version" in line)


def _on_path(said: str, cwd: str, env: Mapping[str, str]) -> str | None:
    if not said:
        return None
    if os.path.isabs(said):
        return said if os.path.isfile(said) else None
    for folder in _path_folders(cwd, env):
        candidate = os.path.join(folder, said)
        if os.access(candidate, os.X_OK) and os.path.isfile(candidate):
            return candidate
    return None


def _path_folders(cwd: str, env: Mapping[str, str]) -> list[str]:
    return [os.path.join(cwd, folder) for folder in env.get("PATH", "").split(os.pathsep)]


def _program_folders(said: bytes) -> list[str]:
    """Return the folders in which a driver seeks programs before PATH; theirs come with many a `..`."""
    lines = [line for line in os.fsdecode(said).splitlines() if line.startswith(_PROGRAMS_MARK)]
    folders = "".join(lines[:1]).removeprefix(_PROGRAMS_MARK).split(os.pathsep)
    return [os.path.realpath(folder) for folder in folders if os.path.isabs(folder)]


def _tried_before(found: str, folders: Iterable[str]) -> Iterator[str]:
    """Yield where the program was not, on the way through the folders to where it was."""
    for folder in folders:
        path = os.path.join(folder, os.path.basename(found))
        if path == found:
            return
        if not os.path.lexists(path):
            yield path


def _begins_with(path: str, magic: bytes) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(len(magic)) == magic
    except OSError:
        return False


def _encode(toolchain: Toolchain) -> bytes:
    return json.dumps(
        {
            "dialect": toolchain.dialect.value,
            "identity": toolchain.identity.hex(),
            "files": [[file.path, file.digest.hex(), *file.signature] for file in toolchain.files],
            "is_script": toolchain.is_script,
            "absent": toolchain.absent,
        }
    ).encode("utf-8", "surrogatepass")


def _decode(program: str, stored: bytes | None) -> Toolchain | None:
    if stored is None:
        return None
    try:
        known = json.loads(stored.decode("utf-8", "surrogatepass"))
        files = tuple(
            Known(str(path), Digest(bytes.fromhex(digest)), Signature(*map(int, signature)), is_proof=True)
            for path, digest, *signature in known["files"]
        )
        return Toolchain(
            program,
            Dialect(known["dialect"]),
            Digest(bytes.fromhex(known["identity"])),
            files,
            bool(known["is_script"]),
            tuple(map(str, known["absent"])),
        )
    except (ValueError, TypeError, KeyError):
        return None
