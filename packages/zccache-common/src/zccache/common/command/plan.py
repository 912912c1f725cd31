"""Knows what a command line comes to: its units, the files each writes, how each tells what it read.

A plan is plain data; it is made by a tool family and carried out by the pipeline.
"""

from enum import Enum
from typing import Final

from zccache.common.command.crate import Crate
from zccache.common.command.invocation import Invocation
from zccache.common.command.reports import Report
from zccache.common.reasons import Reason
from zccache.common.values import dataclass

SCRATCH: Final = "zccache-scratch:/"
"""Begins the names of files that one step of a command leaves for a later one."""


ASSEMBLERS: Final = frozenset(("assembler", "assembler-with-cpp"))
"""The -x names of texts for the assembler."""


class Dialect(Enum):
    """Which grammar and habits a tool has, as it says itself."""

    GCC = "gcc"
    CLANG = "clang"
    CLANG_CL = "clang_cl"
    """clang's driver with the command line of cl."""
    MSVC = "msvc"
    OTHER = "other"
    """Of tools that are no compiler drivers."""
    RUST = "rust"


class Identity(Enum):
    """How it is found out what a tool really is."""

    DRIVER = "driver"
    """A gcc-like driver: it tells its helpers and its specs."""
    PROGRAM = "program"
    """The program file, and the shared libraries that the loader gives it."""
    RUSTFMT = "rustfmt"
    """rustfmt and its libraries; of a rustup proxy, whom it stands for."""
    RUSTC = "rustc"
    """rustc or clippy-driver: the driver's library and the sysroot; of a rustup proxy, whom it stands for."""
    CLANG_CL = "clang_cl"
    """clang's driver as cl: it tells its version, and answers none of gcc's questions."""
    EMSCRIPTEN = "emscripten"
    """A tree of scripts, with the programs and libraries that its configuration names."""
    MSVC = "msvc"
    """The program and the libraries that lie beside it: there Microsoft's tools have their brains."""
    LINKER = "linker"
    """A program that is asked whether it can tell what it reads."""
    ARCHIVER = "archiver"
    """A program with the plugins that it loads by itself, and the archiver behind it."""


class OutputKind(Enum):
    """What a file that the tool writes is for; the value is its word in the index."""

    OBJECT = "object"
    ASSEMBLY = "assembly"
    DEPFILE = "depfile"
    SPLIT_DEBUG = "split_debug"
    COVERAGE_NOTES = "coverage_notes"
    STACK_USAGE = "stack_usage"
    CALL_GRAPH = "call_graph"
    DIAGNOSTICS = "diagnostics"
    PRECOMPILED_HEADER = "precompiled_header"
    CRATE_METADATA = "crate_metadata"
    LIBRARY = "library"
    LINKED = "linked"
    ARCHIVE = "archive"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Output:
    """A file that the tool writes: path as the tool sees it (relative to cwd or absolute).

    A required output that is missing after a successful run means that nothing is
    stored; an optional one is stored when the run wrote it, and a hit leaves it alone
    when the run did not. in_place: the tool truncates a file that is there and keeps its
    inode and mode, where others make a new one.
    """

    path: str
    kind: OutputKind
    required: bool = True
    in_place: bool = False


_LINKED: Final = frozenset((OutputKind.LINKED, OutputKind.ARCHIVE))


@dataclass(frozen=True, slots=True)
class Unit:
    """One source, what it makes, and how the tool tells what it read for it.

    language is the -x name (c, c++, objective-c, cpp-output ...); force_includes are
    the names of -include and -imacros, in order.
    """

    source: str
    language: str
    outputs: tuple[Output, ...]
    report: Report
    force_includes: tuple[str, ...] = ()

    @property
    def is_link(self) -> bool:
        """Whether objects are put together, rather than one made."""
        return any(output.kind in _LINKED for output in self.outputs)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a command comes to.

    words: the canonical words for the key, in order, response files expanded.
    run_words: the words to run (without the program), as typed.
    unit: what is made of which source, and how the run tells what it read.
    search_words: the words that touch the include search path, in order, as typed
      (-I -isystem -iquote -idirafter -nostdinc --sysroot -stdlib -target -m32 -std -B ...).
    macro_values: the values of -D, in which an include name can hide.
    read_files: files named by words that no report tells (specs, plugins, profiles, lists).
    precompiled: those of read_files that are precompiled headers.
    probes: files that are read where they are there, and whose absence counts too (a chain of
      configuration files); what they hold is part of the key.
    path_prefixes: after which a path may stand in a word, so that it can be named from the root
      of the checkout; empty: what the tool makes is never shared between checkouts.
    path_lists: variables that hold lists of folders, each of which can be so named.
    bound_by: a word by which the folder gets into what is written, whatever is remapped.
    has_debug: the folder gets there unless paths are remapped.
    shows_real_names: a text may see the real name of its file, whatever name the words have for it.
    may_lie_outside: of a shared result only the outputs must lie in the checkout; other places count
      by their full names.
    keeps_failures: an exit status other than 0 is a result like any other (a checker's findings).
    barred: folders and endings of names: a file there makes the command pass (see the room `barred`).
    keeps_one_stream: it writes to both streams as a rule; where they lead to one place, what comes
      there is kept as one, in its order.
    env_names: the variables that can change what the tool writes.
    response_files: the @files that were expanded, as named after resolution, and the database in
      which words were looked up.
    cpu_matters: -march=native and its kin.
    searches_includers: quoted names are sought beside every file on the way to the one that names
      them, as cl does, and a backslash in a name is a slash.
    driver_words: words by which the driver reads specs files or runs other programs, with those that
      decide where it seeks them.
    warned_folders: folders of headers of which the compiler tells that they are missing.
    so_confs: configuration files by which a linker seeks what libraries need.
    linker_words: of a link by a driver, the words that decide which linker it runs.
    names_modules: what the source imports comes from the files that the words name, and from no other.
    colour_words: what to add when the user's terminal shows colours (empty: the user decides).
    helpers: gcc-like drivers that the tool links with, each with the words that decide which
      linker it runs; what they are is part of the key.
    leading: how many of the words to run must stay before any that are added.
    unkept_phrases: what a run prints that was hindered, so that its result is not to be kept.
    kinds: words by which a setting can switch the caching of such commands off.
    crate: what the index says of the crate that is compiled.
    """

    tool: str
    dialect: Dialect
    words: tuple[str, ...]
    run_words: tuple[str, ...]
    unit: Unit
    search_words: tuple[str, ...] = ()
    macro_values: tuple[str, ...] = ()
    read_files: tuple[str, ...] = ()
    precompiled: tuple[str, ...] = ()
    probes: tuple[str, ...] = ()
    path_prefixes: tuple[str, ...] = ()
    path_lists: tuple[str, ...] = ()
    bound_by: str = ""
    has_debug: bool = False
    shows_real_names: bool = False
    may_lie_outside: bool = False
    keeps_failures: bool = False
    barred: tuple[tuple[str, str], ...] = ()
    keeps_one_stream: bool = False
    env_names: tuple[str, ...] = ()
    response_files: tuple[str, ...] = ()
    cpu_matters: bool = False
    searches_includers: bool = False
    names_modules: bool = False
    colour_words: tuple[str, ...] = ()
    helpers: tuple[tuple[str, ...], ...] = ()
    leading: int = 0
    unkept_phrases: tuple[bytes, ...] = ()
    kinds: tuple[str, ...] = ()
    driver_words: tuple[str, ...] = ()
    warned_folders: tuple[str, ...] = ()
    so_confs: tuple[str, ...] = ()
    linker_words: tuple[str, ...] | None = None
    crate: Crate | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One of the commands that a command comes to; needs_all: it runs when all before have succeeded."""

    invocation: Invocation
    needs_all: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """The command is passed on uncached: why, and the word or name that made it so."""

    reason: Reason
    detail: str = ""
