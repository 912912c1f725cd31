"""Knows which files a rustc command writes, by name.

The names were compared with rustc 1.63 and 1.95. Where another version, or a word in the
source (#![crate_type]), makes it write another file, the named one is missing and nothing
is stored.
"""

import posixpath
import re
from collections.abc import Mapping, Sequence
from typing import Final

from zccache.common.command.plan import Output, OutputKind, Refusal
from zccache.common.reasons import Reason
from zccache.common.tools.rust_words import RustWords
from zccache.common.values import dataclass

LINKED: Final = frozenset(("bin", "dylib", "cdylib", "proc-macro"))
"""Crate types for which rustc runs a linker."""

_PLAIN: Final = {
    "asm": (".s", OutputKind.ASSEMBLY),
    "dep-info": (".d", OutputKind.DEPFILE),
    "llvm-bc": (".bc", OutputKind.OBJECT),
    "llvm-ir": (".ll", OutputKind.ASSEMBLY),
    "mir": (".mir", OutputKind.OTHER),
    "obj": (".o", OutputKind.OBJECT),
}
_KINDS: Final = frozenset((*_PLAIN, "link", "metadata"))
_CRATE_TYPES: Final = frozenset((*LINKED, "lib", "rlib", "staticlib"))
_WITH_METADATA: Final = frozenset(("lib", "rlib", "dylib", "proc-macro"))
_LINUX: Final = re.compile(r"-linux-(?:gnu|musl)\w*$")


@dataclass(frozen=True, slots=True)
class Emission:
    """What a command asks for: kinds with the name given to each ("" is rustc's choice), crate types."""

    kinds: Mapping[str, str]
    crate_types: tuple[str, ...]

    @property
    def links(self) -> bool:
        """Whether a linker runs."""
        return "link" in self.kinds and not LINKED.isdisjoint(self.crate_types)

    @property
    def needs_objects(self) -> bool:
        """Whether the code of other crates is read, not only what they say of themselves."""
        return self.links or ("link" in self.kinds and "staticlib" in self.crate_types)


def emission_of(words: RustWords) -> Emission | Refusal:
    """Return what the command asks for, or why that is not known."""
    kinds: dict[str, str] = {}
    for part in words.listed("emit"):
        kind, _, path = part.partition("=")
        if kind not in _KINDS:
            return Refusal(Reason.UNKNOWN_OPTION, f"--emit={kind}")
        if path == "-":
            return Refusal(Reason.OUTPUT_TO_STDOUT, f"--emit={part}")
        kinds[kind] = path
    crate_types = ("bin",) if words.has("test") else words.listed("crate-type") or ("bin",)
    unknown = [name for name in crate_types if name not in _CRATE_TYPES]
    if unknown:
        return Refusal(Reason.UNKNOWN_OPTION, f"--crate-type={unknown[0]}")
    return Emission(kinds or {"link": ""}, tuple(dict.fromkeys(crate_types)))


def outputs_of(words: RustWords, emission: Emission, source: str) -> tuple[Output, ...] | Refusal:
    """Return what the command writes."""
    kinds = dict(emission.kinds)
    named = words.last("output")
    if named == "-":
        return Refusal(Reason.OUTPUT_TO_STDOUT, "-o -")
    if named is not None:
        unnamed = [kind for kind, path in kinds.items() if not path]
        if len(unnamed) > 1 or len(emission.crate_types) > 1 or not unnamed:
            # rustc makes other names of it, and each version its own.
            return Refusal(Reason.UNMODELLED_OUTPUT, "-o for several files")
        kinds[unnamed[0]] = named
    names = _names(words, source, named)
    target = words.last("target")
    if emission.links and not _is_linux(target):
        return Refusal(Reason.SEVERAL_TARGETS, f"a link for {target}")
    outputs = [
        output for kind, path in sorted(kinds.items()) for output in _written(kind, path, names, emission)
    ]
    if emission.links and "packed" in words.codegen().get("split-debuginfo", ()):
        linked = [output.path for output in outputs if output.kind is OutputKind.LINKED]
        outputs += [Output(f"{path}.dwp", OutputKind.SPLIT_DEBUG, required=False) for path in linked]
    return tuple(outputs)


@dataclass(frozen=True, slots=True)
class _Names:
    """Of what rustc makes the names that it chooses: folder, stem of plain files, name of the library."""

    folder: str
    stem: str
    library: str

    def plain(self, suffix: str) -> str:
        return posixpath.join(self.folder, f"{self.stem}{suffix}")

    def lib(self, suffix: str) -> str:
        return posixpath.join(self.folder, f"lib{self.library}{suffix}")


def _names(words: RustWords, source: str, named: str | None) -> _Names:
    extra = words.codegen().get("extra-filename", ("",))[-1]
    stem = words.last("crate-name") or _stem(source)
    library = stem.replace("-", "_")
    if named is not None:
        # rustc ignores --out-dir beside -o.
        return _Names(posixpath.dirname(named), _stem(named) + extra, library + extra)
    return _Names(words.last("out-dir") or "", stem + extra, library + extra)


def _written(kind: str, path: str, names: _Names, emission: Emission) -> Sequence[Output]:
    if kind in _PLAIN:
        suffix, output_kind = _PLAIN[kind]
        return [Output(path or names.plain(suffix), output_kind, in_place=kind == "dep-info")]
    if kind == "metadata":
        # Of what is no library for Rust there is nothing to say: the file is empty.
        tells = not _WITH_METADATA.isdisjoint(emission.crate_types)
        return [Output(path or names.lib(".rmeta"), OutputKind.CRATE_METADATA if tells else OutputKind.OTHER)]
    return [_linked(crate_type, path, names) for crate_type in emission.crate_types]


def _linked(crate_type: str, path: str, names: _Names) -> Output:
    match crate_type:
        case "bin":
            return Output(path or names.plain(""), OutputKind.LINKED)
        case "lib" | "rlib":
            return Output(path or names.lib(".rlib"), OutputKind.LIBRARY)
        case "staticlib":
            return Output(path or names.lib(".a"), OutputKind.LIBRARY)
        case _:
            return Output(path or names.lib(".so"), OutputKind.LINKED)


def _is_linux(target: str | None) -> bool:
    """Tell whether the names of linked files are those above; without a word the target is the host's."""
    return target is None or _LINUX.search(target) is not None


def _stem(path: str) -> str:
    stem, dot, _ = posixpath.basename(path).rpartition(".")
    return stem if dot and stem else posixpath.basename(path)
