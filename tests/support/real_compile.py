"""One real compile, what its depfile names, and where strace saw it search in vain."""

import os
import re
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tools import require_tool
from zccache.common.command.plan import Dialect
from zccache.common.includes.depfile import parse_depfile
from zccache.common.includes.disk import LocalDisk
from zccache.common.includes.places import Opaque, Places, find_places
from zccache.common.includes.scanner import Scan, scan
from zccache.common.includes.search import SearchPath, parse_search_path, probe_words

_PACKAGES = {"gcc": "gcc", "g++": "g++", "clang": "clang", "clang++": "clang"}
_COMPILER_PROPER = re.compile(r'execve\("[^"]*/(?:cc1|cc1plus)"|execve\("[^"]+", \["[^"]+", "-cc1"')
# The loader's own search ends with the last shared library.
_LOADED = re.compile(r'/[^"/]*\.so[.0-9]*"')
_MISS = re.compile(r'^\w+\((?:AT_FDCWD, )?"((?:[^"\\]|\\.)*)".* = -1 (?:ENOENT|ENOTDIR)')


@dataclass(frozen=True)
class RealCompile:
    """A compiler, a folder and words; the words must not name outputs."""

    compiler: str
    cwd: Path
    source: str
    search_words: tuple[str, ...] = ()
    force_includes: tuple[str, ...] = ()
    macros: tuple[str, ...] = ()
    extra_env: Mapping[str, str] = field(default_factory=dict)

    @property
    def dialect(self) -> Dialect:
        """The grammar of the compiler."""
        return Dialect.CLANG if "clang" in self.compiler else Dialect.GCC

    def search_path(self) -> SearchPath:
        """Ask the compiler where it looks."""
        language = "c++" if self.compiler.endswith("++") else "c"
        argv = [self._program(), *probe_words(self.search_words, language)]
        said = subprocess.run(
            argv, cwd=self.cwd, env=self._env(), stdin=subprocess.DEVNULL, capture_output=True, check=True
        )
        return parse_search_path(said.stderr, str(self.cwd))

    def inputs(self) -> tuple[str, ...]:
        """Compile, and return what the compiler says it read, absolute."""
        self._run([])
        return self._named()

    def misses(self) -> set[str]:
        """Compile under strace and return the absolute paths that the compiler proper found nothing at."""
        strace = require_tool("strace", "strace")
        traces = self.cwd.parent / f"{self.cwd.name}.traces"
        traces.mkdir()
        prefix = [strace, "-ff", "-s", "4096", "-e", "trace=%file", "-o", str(traces / "t")]
        self._run(prefix, "-fno-integrated-cc1" if self.dialect is Dialect.CLANG else "-pipe")
        missed = set()
        for trace in traces.iterdir():
            text = trace.read_text(errors="surrogateescape")
            if _COMPILER_PROPER.search(text):
                own = _LOADED.split(text)[-1].splitlines()
                missed |= {os.path.join(self.cwd, m[1]) for line in own if (m := _MISS.match(line))}
        assert missed, "strace saw no compiler proper"
        return missed - {f"{self.cwd}.o", f"{self.cwd}.d"}

    def places(self, *, started_ns: int | None = None) -> Places | Opaque:
        """Compile, and return the places that were searched in vain."""
        started_ns = time.time_ns() if started_ns is None else started_ns
        return self.places_for(self.inputs(), started_ns=started_ns)

    def places_for(self, inputs: tuple[str, ...], *, started_ns: int) -> Places | Opaque:
        """Return the places of a compile that has read inputs."""
        return find_places(
            source=os.path.join(self.cwd, self.source),
            inputs=inputs,
            force_includes=self.force_includes,
            search=self.search_path(),
            scans=scan_file,
            disk=LocalDisk(),
            cwd=str(self.cwd),
            dialect=self.dialect,
            macro_values=tuple(macro.partition("=")[2] for macro in self.macros),
            started_ns=started_ns,
        )

    def _run(self, prefix: list[str], *words: str) -> None:
        forced = [word for name in self.force_includes for word in ("-include", name)]
        macros = [f"-D{macro}" for macro in self.macros]
        report = ["-MD", "-MF", f"{self.cwd}.d", "-o", f"{self.cwd}.o"]
        argv = [*prefix, self._program(), *words, *self.search_words, *forced, *macros, *report]
        done = subprocess.run(
            [*argv, "-c", self.source], cwd=self.cwd, env=self._env(), capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode(errors="replace")

    def _named(self) -> tuple[str, ...]:
        named = parse_depfile(Path(f"{self.cwd}.d").read_bytes())
        return tuple(os.path.join(self.cwd, name) for name in named)

    def _program(self) -> str:
        return require_tool(self.compiler, _PACKAGES[self.compiler])

    def _env(self) -> dict[str, str]:
        return {**os.environ, "LC_ALL": "C", **self.extra_env}


def scan_file(path: str) -> Scan:
    """Scan a file as it is now."""
    return scan(Path(path).read_bytes())


def write_tree(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files below root, folders as needed, and return root."""
    root.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return root
