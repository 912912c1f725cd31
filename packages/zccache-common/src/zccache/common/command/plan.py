"""Knows what a command line comes to: its units, the files each writes, how each tells what it read.

A plan is plain data; it is made by a tool family and carried out by the pipeline.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from zccache.common.command.invocation import Invocation
from zccache.common.reasons import Reason

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
    RUSTC = "rustc"
    """rustc or clippy-driver: the driver's library and the sysroot; of a rustup proxy, whom it stands for."""
    CLANG_CL = "clang_cl"
    """clang's driver as cl: it tells its version, and answers none of gcc's questions."""
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


@dataclass(frozen=True, slots=True)
class AddedDepfile:
    """Report by words of ours: words, then the path of the report, are put before the user's words.

    glued stands before the path in the same word.
    """

    words: tuple[str, ...]
    glued: str = ""


@dataclass(frozen=True, slots=True)
class AddedHeaderList:
    """Report by clang's CC_PRINT_HEADERS: no word is added (record switches keep the words in the object)."""


@dataclass(frozen=True, slots=True)
class UserDepfile:
    """Report in the depfile that the user asks for; not complete without system headers (-MMD)."""

    path: str
    complete: bool


@dataclass(frozen=True, slots=True)
class AskedAside:
    """Report by a run of its own after the compile: words, the path of the depfile glued to the last."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShownIncludes:
    """Report in what the compile prints: the user asks for /showIncludes."""


@dataclass(frozen=True, slots=True)
class DependencyJson:
    """Report of cl by words of ours: the path of the report stands behind the last of them."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoReport:
    """The source is preprocessed already: it is the only input."""


@dataclass(frozen=True, slots=True)
class Listed:
    """The words name every input: source and read_files. Nothing is asked."""


@dataclass(frozen=True, slots=True)
class CheckedText:
    """One compile that a checker repeats to look at it: where it is done, and what decides what it reads.

    The rest as in Unit and Plan; source is absolute.
    """

    source: str
    folder: str
    language: str
    search_words: tuple[str, ...]
    macro_values: tuple[str, ...]
    force_includes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HeaderList:
    """Report by words of ours that make a checker list the headers of all its texts, one a line.

    The path of the list is glued to `glue`, behind words. search_question: what makes the
    tool tell its search path, before the language, the search words and an empty source.
    configurations: names that are read in the folder of every text and in all above it.
    mappings: files of IWYU that name further ones.
    """

    words: tuple[str, ...]
    glue: str
    texts: tuple[CheckedText, ...]
    search_question: tuple[str, ...]
    configurations: tuple[str, ...] = ()
    mappings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RustDepInfo:
    """Report in the dep-info that the user asks for; it tells files and variables, of this crate alone.

    Where path is empty the user asks for none, and to add it would change what is written:
    the words aside are run with it then, for a seventh of the compile. folders are the
    values of -L, libraries those of -l, in order. needs_objects: the code of other crates is
    read, not only their metadata. linker_words come glued before the path of the linker's
    own report; there are none where no linker runs.
    """

    path: str
    folders: tuple[str, ...]
    libraries: tuple[str, ...]
    needs_objects: bool
    linker_words: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LinkReport:
    """Report by the linker: words, the last glued to the report's path; or path, where the user wants one."""

    words: tuple[str, ...]
    path: str = ""


@dataclass(frozen=True, slots=True)
class NamedLibraries:
    """A linker that tells nothing and reads what its words name, libraries along its folders among it."""


@dataclass(frozen=True, slots=True)
class ArchiveMembers:
    """An archiver: the words name every input, and thin archives among these name more."""


Report = (
    AddedDepfile
    | AddedHeaderList
    | UserDepfile
    | AskedAside
    | ShownIncludes
    | DependencyJson
    | NoReport
    | Listed
    | RustDepInfo
    | HeaderList
    | LinkReport
    | NamedLibraries
    | ArchiveMembers
)


_LINKED: Final = frozenset(("linked", "archive"))


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
        return any(output.kind.value in _LINKED for output in self.outputs)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a command comes to.

    words: the canonical words for the key, in order, response files expanded.
    run_words: the words to run (without the program), as typed.
    search_words: the words that touch the include search path, in order, as typed
      (-I -isystem -iquote -idirafter -nostdinc --sysroot -stdlib -target -m32 -std -B ...).
    macro_values: the values of -D, in which an include name can hide.
    read_files: files named by words that no report tells (specs, plugins, profiles, lists).
    precompiled: those of read_files that are precompiled headers.
    probes: files that are read where they are there, and whose absence counts too (a chain of
      configuration files); what they hold is part of the key.
    path_prefixes: after which a path may stand in a word, so that it can be named from the root
      of the checkout; empty: what the tool makes is never shared between checkouts.
    bound_by: a word by which the folder gets into what is written, whatever is remapped.
    has_debug: the folder gets there unless paths are remapped.
    keeps_failures: an exit status other than 0 is a result like any other (a checker's findings).
    env_names: the variables that can change what the tool writes.
    response_files: the @files that were expanded, as named after resolution, and the database in
      which words were looked up.
    cpu_matters: -march=native and its kin.
    searches_includers: quoted names are sought beside every file on the way to the one that names
      them, as cl does, and a backslash in a name is a slash.
    linker_words: of a link by a driver, the words that decide which linker it runs.
    colour_words: what to add when the user's terminal shows colours (empty: the user decides).
    helpers: gcc-like drivers that the tool runs, as words: what they are is part of the key.
    unkept_phrases: what a run prints that was hindered, so that its result is not to be kept.
    kinds: words by which a setting can switch the caching of such commands off.
    """

    tool: str
    dialect: Dialect
    words: tuple[str, ...]
    run_words: tuple[str, ...]
    units: tuple[Unit, ...]
    search_words: tuple[str, ...] = ()
    macro_values: tuple[str, ...] = ()
    read_files: tuple[str, ...] = ()
    precompiled: tuple[str, ...] = ()
    probes: tuple[str, ...] = ()
    path_prefixes: tuple[str, ...] = ()
    bound_by: str = ""
    has_debug: bool = False
    keeps_failures: bool = False
    env_names: tuple[str, ...] = ()
    response_files: tuple[str, ...] = ()
    cpu_matters: bool = False
    searches_includers: bool = False
    colour_words: tuple[str, ...] = ()
    helpers: tuple[str, ...] = ()
    unkept_phrases: tuple[bytes, ...] = ()
    kinds: tuple[str, ...] = ()
    linker_words: tuple[str, ...] | None = None


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
