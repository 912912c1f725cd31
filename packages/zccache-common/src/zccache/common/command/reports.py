"""Knows the ways in which a tool tells what it read; each is plain data of a plan."""

from zccache.common.values import dataclass


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
class AssemblerList:
    """Report of GNU as: in the file that the user asks for, or in one of ours where path is empty."""

    path: str


@dataclass(frozen=True, slots=True)
class NamedFiles:
    """The words of a link name every input, unless one of these leads to others."""


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
class ModuleList:
    """Report by rustfmt, asked aside with these words: it lists the files that it formats."""

    aside: tuple[str, ...]


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
    """An archiver: the words name every input, and thin archives among these name more.

    unless_ignored: a letter by which times of files count, unless the archiver says that it ignores it.
    """

    unless_ignored: str = ""


Report = (
    AddedDepfile
    | AddedHeaderList
    | UserDepfile
    | NamedFiles
    | AssemblerList
    | AskedAside
    | ShownIncludes
    | DependencyJson
    | NoReport
    | Listed
    | RustDepInfo
    | ModuleList
    | HeaderList
    | LinkReport
    | NamedLibraries
    | ArchiveMembers
)
