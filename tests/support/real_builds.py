"""A real project built bare and through the cache in the same place, and what each build left."""

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fronts import Front
from projects import Calls, CMake, Project, Tree

if TYPE_CHECKING:
    from bench.shim import Compilers

WAYS: Final = ("wrap", "masquerade", "launcher")
ARCHIVERS: Final = ("ar", "ranlib")
_DEPFILES: Final = frozenset((".d", ".Po", ".Plo"))
Outputs = Mapping[str, tuple[int, str]]


@dataclass(frozen=True)
class Built:
    """One build: seconds, runs of the compiler that compiled, and mode and digest of every output.

    links are the runs that linked, archives those of ar and ranlib.
    """

    took_s: float
    compiles: int
    outputs: Outputs
    links: int
    archives: int

    def differs_from(self, other: "Built") -> list[str]:
        """Return the outputs that only one of both has, or that differ in bytes or mode."""
        names = self.outputs.keys() | other.outputs.keys()
        return sorted(name for name in names if self.outputs.get(name) != other.outputs.get(name))


@dataclass(frozen=True)
class Place:
    """A project's tree with counting compilers; bare builds and builds through the cache happen in it."""

    project: Project
    tree: Tree
    compilers: "Compilers"
    archivers: "Compilers"

    @property
    def header(self) -> Path:
        """The header to touch and edit."""
        return self.tree.source / self.project.header

    def bare(self) -> Calls:
        """Return how a build calls the compilers without a cache."""
        cc, cxx = self._names()
        return self._calls(Calls(cc, cxx, self._env(self._shims()), archiver=self.archivers.cc))

    def through(self, front: Front, way: str, root: Path) -> Calls:
        """Return how a build calls the compilers through a cache, in one of the ways people use."""
        cc, cxx = self._names()
        path = [str(front.program.parent), *self._shims()]
        own = {"ZCCACHE_CACHE_DIR": str(root), **front.env}
        for name in (*ARCHIVERS, *((cc, cxx) if way == "masquerade" else ())):
            (front.program.parent / name).symlink_to(front.program)
        archiver = str(front.program.parent / "ar")
        match way:
            case "wrap":
                return Calls(f"zccache {cc}", f"zccache {cxx}", self._env(path) | own, archiver="zccache ar")
            case "masquerade":
                return Calls(cc, cxx, self._env(path) | own, archiver=archiver)
            case "launcher":
                calls = Calls(cc, cxx, self._env(path) | own, launcher="zccache", archiver=archiver)
                return self._calls(calls)
        raise ValueError(way)

    def build(self, calls: Calls) -> Built:
        """Build what the build tool finds out of date."""
        self.compilers.reset()
        self.archivers.reset()
        began = time.perf_counter()
        self.project.build.run(self.tree, calls)
        took_s = time.perf_counter() - began
        files = ((name, self.tree.out / name) for name in self.project.build.outputs(self.tree))
        outputs = {
            name: (path.stat().st_mode & 0o7777, sha256(path.read_bytes()).hexdigest())
            for name, path in files
        }
        runs = self.compilers.count()
        archived = self.archivers.count()
        return Built(took_s, runs.compiles, outputs, runs.links, archived.links + archived.probes)

    def build_from_nothing(self, calls: Calls) -> Built:
        """Build everything into an empty output folder."""
        self.project.build.empty(self.tree)
        return self.build(calls)

    def has_nothing_to_do(self, calls: Calls) -> bool:
        """Tell whether the build tool finds all up to date."""
        return self.project.build.has_nothing_to_do(self.tree, calls)

    def dependents(self) -> int:
        """Return how many units read the header, as the depfiles of the last build tell."""
        cwd = self.project.build.folder(self.tree)
        wanted = os.path.realpath(self.header)
        named = (path for path in self.tree.out.rglob("*") if path.suffix in _DEPFILES)
        depfiles = (path.read_text() for path in named if path.is_file())
        return sum(
            any(os.path.realpath(cwd / word) == wanted for word in text.replace("\\\n", " ").split())
            for text in depfiles
        )

    def touch_header(self) -> None:
        """Give the header a new time and the same content."""
        self.header.write_bytes(self.header.read_bytes())

    @contextmanager
    def edited_header(self) -> Iterator[None]:
        """Put a constant into the header that every object which reads it holds; take it out at the end."""
        original = self.header.read_bytes()
        before, directive, after = original.rpartition(b"#endif")
        line = b'static const char edited[] __attribute__((used)) = "edited";\n'
        self.header.write_bytes(before + line + directive + after)
        try:
            yield
        finally:
            self.header.write_bytes(original)

    def _names(self) -> tuple[str, str]:
        return Path(self.compilers.cc).name, Path(self.compilers.cxx).name

    def _shims(self) -> list[str]:
        return [str(Path(self.compilers.cc).parent), str(Path(self.archivers.cc).parent)]

    def _calls(self, calls: Calls) -> Calls:
        # CMake wants to be told the compiler's file, make its name.
        if isinstance(self.project.build, CMake):
            return replace(calls, cc=self.compilers.cc, cxx=self.compilers.cxx)
        return calls

    def _env(self, path: list[str]) -> dict[str, str]:
        usual = [name for name in os.environ["PATH"].split(":") if name]
        return {"PATH": ":".join([*path, *usual]), "HOME": os.environ["HOME"], "LC_ALL": "C"}


def account(root: Path) -> str:
    """Return, for the message of a failed assertion, what the journal says of all that was no hit."""
    path = root / "logs" / "compile_journal.jsonl"
    if not path.exists():
        return "no journal"
    records = [json.loads(line) for line in path.read_text().splitlines()]
    words = (f"{r['outcome']} {r.get('reason', '')} {' '.join(r['args'][-3:])}" for r in records)
    return "\n".join(
        [f"{len(records)} records; the last that are no hits:", *[w for w in words if "hit" not in w][-40:]]
    )
