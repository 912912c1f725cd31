"""Knows what the commands of rustc and clippy-driver come to, as cargo calls them and by hand."""

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from zccache.common.command.invocation import Invocation
from zccache.common.command.plan import Dialect, Identity, Output, OutputKind, Plan, Refusal, Unit
from zccache.common.command.reports import RustDepInfo
from zccache.common.reasons import Reason
from zccache.common.tools import rust_environment
from zccache.common.tools.link_words import so_confs
from zccache.common.tools.protocol import Tool
from zccache.common.tools.rust_crates import crate_of
from zccache.common.tools.rust_linking import linking_of
from zccache.common.tools.rust_outputs import Emission, emission_of, outputs_of
from zccache.common.tools.rust_places import binding_word, path_prefixes, remap_words
from zccache.common.tools.rust_refused import refusal_of
from zccache.common.tools.rust_words import RustWords, Setting, inner_rustc, walk
from zccache.common.values import replace

_PROGRAM: Final = re.compile(r"(?:rustc(?:-\d[\w.]*)?|clippy-driver)(?:\.exe)?")
_PATH_LISTS: Final = ("LD_LIBRARY_PATH",)
"""Cargo puts folders of the target there; it counts where a linker runs."""

_OF_SYSROOT: Final = frozenset(("alloc", "core", "proc_macro", "std", "test"))


class Rustc(Tool):
    """rustc, and clippy-driver, which is rustc with more lints."""

    @property
    def name(self) -> str:
        """Return the family's name."""
        return "rustc"

    @property
    def identity(self) -> Identity:
        """Return how these are identified: by driver library and sysroot."""
        return Identity.RUSTC

    def recognizes(self, program: str) -> bool:
        """Tell whether the program is one of the family."""
        return _PROGRAM.fullmatch(posixpath.basename(program)) is not None

    def leading(self, invocation: Invocation) -> int:
        """Return 1 where clippy-driver is given the rustc that it stands for."""
        return len(_inner(invocation))

    def remap_words(self, invocation: Invocation, *, root: str) -> tuple[str, ...]:
        """Return --remap-path-prefix for the root."""
        return remap_words(invocation.args[self.leading(invocation) :], root=root)

    def checkout_folders(self, invocation: Invocation) -> tuple[str, ...]:
        """Return the working folder, and that of the outputs: a registry's crates lie in no checkout."""
        words = walk(invocation.args[self.leading(invocation) :])
        out = None if isinstance(words, Refusal) else words.last("out-dir")
        return (invocation.cwd,) if out is None else (invocation.cwd, posixpath.join(invocation.cwd, out))

    def unnamed_places(self, invocation: Invocation) -> tuple[str, ...]:
        """Return the outputs whose names rustc makes of the crate's name and its tail."""
        words = walk(invocation.args[self.leading(invocation) :])
        if isinstance(words, Refusal) or not words.inputs:
            return ()
        emission = emission_of(words)
        outputs = emission if isinstance(emission, Refusal) else outputs_of(words, emission, words.inputs[0])
        return () if isinstance(outputs, Refusal) else tuple(output.path for output in outputs)

    def plan(self, invocation: Invocation, *, dialect: Dialect) -> Plan | Refusal:
        """Return what the command comes to, or why it is passed on."""
        inner = _inner(invocation)
        words = walk(invocation.args[len(inner) :])
        if isinstance(words, Refusal):
            return words
        refusal = refusal_of(words, invocation.env)
        if refusal is not None:
            return refusal
        emission = emission_of(words)
        if isinstance(emission, Refusal):
            return emission
        plan = _plan(words, emission, invocation, dialect, inner)
        if isinstance(plan, Refusal) or not _is_clippy(invocation):
            return plan
        probes = tuple(_clippy_probes(invocation))
        env_names = (*plan.env_names, *rust_environment.clippy_names(invocation.env))
        return replace(plan, tool="clippy", probes=probes, leading=len(inner), env_names=env_names)


def _plan(
    words: RustWords,
    emission: Emission,
    invocation: Invocation,
    dialect: Dialect,
    inner: tuple[str, ...],
) -> Plan | Refusal:
    (source,) = words.inputs
    outputs = outputs_of(words, emission, source)
    if isinstance(outputs, Refusal):
        return outputs
    if _has_twins([source, *(output.path for output in outputs)], invocation.cwd):
        return Refusal(Reason.BAD_COMMAND_LINE, "two files of one name")
    linking = linking_of(words, emission)
    if isinstance(linking, Refusal):
        return linking
    crates = _named_crates(words)
    if isinstance(crates, Refusal):
        return crates
    report = RustDepInfo(
        path=_dep_info(outputs),
        folders=(*words.values("search"), *linking.folders),
        libraries=words.values("library"),
        needs_objects=emission.needs_objects,
        linker_words=linking.report_words,
        aside=() if "dep-info" in emission.kinds else (*inner, *_aside(words)),
    )
    return Plan(
        tool="rustc",
        dialect=dialect,
        words=tuple(_canonical(words)),
        run_words=invocation.args,
        unit=Unit(source, "rust", outputs, report),
        read_files=(*crates, *_named_files(words)),
        helpers=linking.drivers,
        so_confs=so_confs() if linking.drivers else (),
        env_names=rust_environment.env_names(invocation.env, links=emission.links),
        cpu_matters="native" in words.codegen().get("target-cpu", ()),
        colour_words=("--color=always",) if _may_be_coloured(words) else (),
        unkept_phrases=(b"failed to connect to jobserver",),
        kinds=_kinds(words, emission),
        path_prefixes=path_prefixes(words),
        path_lists=_PATH_LISTS,
        bound_by=binding_word(words),
        has_debug=True,
        may_lie_outside=True,
        crate=crate_of(words, emission, invocation.env),
    )


def _is_clippy(invocation: Invocation) -> bool:
    return posixpath.basename(invocation.program).startswith("clippy")


def _inner(invocation: Invocation) -> tuple[str, ...]:
    return inner_rustc(invocation.args) if _is_clippy(invocation) else ()


def _aside(words: RustWords) -> Iterator[str]:
    """Yield the words of the same crate without those that say what to write, incremental state among it."""
    for setting in words.settings:
        if setting.name not in {"emit", "output", "out-dir"} and not _is_incremental(setting):
            yield from setting.words
    yield from words.inputs


def _canonical(words: RustWords) -> Iterator[str]:
    """Yield the words in order; the folder of incremental state is no part of what is made."""
    for setting in words.settings:
        if _is_incremental(setting):
            yield "-Cincremental="
        else:
            yield from setting.words
    yield "--"
    yield from words.inputs


def _may_be_coloured(words: RustWords) -> bool:
    """Tell whether a terminal decides on colours: neither a word nor a format for machines."""
    return not words.has("color") and (words.last("error-format") or "").rpartition("-")[2] != "json"


def _is_incremental(setting: Setting) -> bool:
    return setting.name == "codegen" and setting.value.partition("=")[0] == "incremental"


def _kinds(words: RustWords, emission: Emission) -> tuple[str, ...]:
    """Return by which words a setting can switch the command off."""
    types = ("test",) if words.has("test") else emission.crate_types
    return (*types, *(("incremental",) if "incremental" in words.codegen() else ()))


def _dep_info(outputs: tuple[Output, ...]) -> str:
    return next((output.path for output in outputs if output.kind is OutputKind.DEPFILE), "")


def _named_crates(words: RustWords) -> tuple[str, ...] | Refusal:
    """Return the files of --extern; a crate named without one is sought, and then not known."""
    paths = []
    for value in words.values("extern"):
        name, equals, path = value.partition("=")
        if equals:
            paths.append(path)
        elif name.rpartition(":")[2] not in _OF_SYSROOT:
            return Refusal(Reason.UNSEEN_INPUT, f"--extern {value}")
    return tuple(dict.fromkeys(paths))


def _named_files(words: RustWords) -> Iterator[str]:
    target = words.last("target") or ""
    if target.endswith(".json"):
        yield target
    yield from words.codegen().get("profile-use", ())


def _clippy_probes(invocation: Invocation) -> Iterator[str]:
    """Yield where clippy looks for its settings, and the manifests that some lints read."""
    manifest_folder = invocation.env.get("CARGO_MANIFEST_DIR", "")
    folder = invocation.env.get("CLIPPY_CONF_DIR") or manifest_folder or invocation.cwd
    folder = posixpath.normpath(posixpath.join(invocation.cwd, folder))
    manifests = (posixpath.join(invocation.cwd, manifest_folder), invocation.cwd)
    places = [posixpath.join(place, name) for place in manifests for name in ("Cargo.toml", "Cargo.lock")]
    while True:
        places += (posixpath.join(folder, name) for name in (".clippy.toml", "clippy.toml"))
        if folder == posixpath.dirname(folder):
            break
        folder = posixpath.dirname(folder)
    yield from dict.fromkeys(map(posixpath.normpath, places))


def _has_twins(paths: list[str], cwd: str) -> bool:
    return len({posixpath.normpath(posixpath.join(cwd, path)) for path in paths}) < len(paths)
