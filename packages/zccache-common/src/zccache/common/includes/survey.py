"""Knows how the directives of one compile become searches along its folders."""

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

from zccache.common.command.plan import Dialect
from zccache.common.includes.candidates import Candidates, grouped, plain
from zccache.common.includes.compiled import IMPLICIT, Compile
from zccache.common.includes.computed import computed_names
from zccache.common.includes.disk import Disk
from zccache.common.includes.macros import asked_names
from zccache.common.includes.once import double_doubt, linked_pairs
from zccache.common.includes.opaque import Opaque
from zccache.common.includes.precompiled import precompiled_doubt
from zccache.common.includes.scanner import Directive, Form, Scan
from zccache.common.includes.search import SearchPath
from zccache.common.includes.traits import Trait
from zccache.common.reasons import Reason
from zccache.common.values import dataclass, field


@dataclass(slots=True)
class _Questions:
    """All that the texts name: angled names by form, quoted ones by form and includer's folder.

    embeds: one of them has an #embed or a __has_embed. is_cl: a backslash in a name is a slash, and
    the order of the folders is not relied on.
    """

    angled: defaultdict[Form, set[str]] = field(default_factory=lambda: defaultdict(set))
    quoted: defaultdict[Form, defaultdict[str, set[str]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(set))
    )
    computing: set[str] = field(default_factory=set)
    asked: dict[str, None] = field(default_factory=dict)
    embeds: bool = False
    is_cl: bool = False

    def add(self, directives: Iterable[Directive], folders: Iterable[str]) -> None:
        """Add directives of a text that lies in folders."""
        for typed_form, quoted, typed in directives:
            form, name = (
                (_loosened(typed_form), typed.replace("\\", "/")) if self.is_cl else (typed_form, typed)
            )
            if not quoted:
                self.angled[form].add(name)
            else:
                for folder in folders:
                    self.quoted[form][folder].add(name)


def _loosened(form: Form) -> Form:
    """Return the form that sees all folders, the later ones too."""
    return {Form.READS: Form.READS_NEXT, Form.ASKS: Form.ASKS_NEXT}.get(form, form)


def survey(compiled: Compile, scans: Callable[[str], Scan], disk: Disk) -> Candidates | Opaque:
    """Return where a compile may have looked; scans takes inputs as they were spelled."""
    given = {plain(path): path for path in (compiled.source, *compiled.inputs)}
    folders = _folders_of(given, compiled.dialect, disk)
    if compiled.searches_includers:
        # Which files are on the way to another is not known; beside each of them is more than enough.
        folders = dict.fromkeys(folders, set().union(*folders.values()))
    questions = _Questions(is_cl=compiled.searches_includers)
    try:
        for path, spelled in given.items():
            _add_text(questions, scans(spelled), folders[path])
        top = scans(given[plain(compiled.source)])
    except OSError as error:
        return Opaque(Reason.INPUT_MISSING, str(error.filename))
    hidden = _hidden_names(questions, given.values(), compiled.macro_values, disk)
    if isinstance(hidden, Opaque):
        return hidden
    questions.add(hidden, {folder for group in folders.values() for folder in group})
    questions.add(_own_directives(compiled), (compiled.cwd,))
    if compiled.goes_on:
        _ask_for_all(questions)
    found = Candidates(disk, given, compiled.started_ns, frozenset(map(plain, compiled.search.frameworks)))
    quote, bracket = _chains(compiled.search, found, disk)
    _walk(questions, found, quote, bracket)
    if questions.embeds:
        # clang 19 seeks what is embedded beside the includer, then in the working folder, and not by -I.
        _walk(questions, found, (plain(compiled.cwd),), ())
    if questions.computing:
        names = computed_names(given, quote, disk)
        found.walk(Form.READS_NEXT, dict.fromkeys(questions.computing, grouped(names)), quote)
    doubt = _first_doubt(compiled, questions, found) or _once_doubt(given, scans, found, disk)
    return doubt or precompiled_doubt(compiled, top, found, quote, disk) or found


def _folders_of(given: Iterable[str], dialect: Dialect, disk: Disk) -> dict[str, set[str]]:
    """Return the folders beside which each input's quoted names are searched."""
    folders = {path: {os.path.dirname(path)} for path in given}
    if dialect is Dialect.CLANG:
        # clang takes files for one whose inode is one, and searches beside the name that it saw first.
        groups: defaultdict[tuple[int, int] | None, set[str]] = defaultdict(set)
        identities = {path: disk.identity(path) for path in given}
        for path, identity in identities.items():
            groups[identity] |= folders[path]
        folders = {path: groups[identity] for path, identity in identities.items()}
    return folders


def _add_text(questions: _Questions, text: Scan, folders: set[str]) -> None:
    questions.add(text.directives, folders)
    if text.computed:
        questions.computing |= folders
    questions.asked.update(dict.fromkeys(text.asked))
    questions.embeds |= Trait.EMBED in text.traits


def _hidden_names(
    questions: _Questions, paths: Iterable[str], macro_values: tuple[str, ...], disk: Disk
) -> frozenset[Directive] | Opaque:
    """Return the names that reach a __has_include through macros."""
    for value in macro_values:
        if "__has_" in value:
            return Opaque(Reason.OPAQUE_HAS_INCLUDE, value)
    if not questions.asked:
        return frozenset()
    return asked_names(questions.asked, (disk.read(path) or b"" for path in paths), macro_values)


def _ask_for_all(questions: _Questions) -> None:
    """Let every name that is read count as asked for too: where it was not found, all its places matter."""
    for read, asked in ((Form.READS, Form.ASKS), (Form.READS_NEXT, Form.ASKS_NEXT)):
        questions.angled[asked] |= questions.angled[read]
        for folder, names in questions.quoted[read].items():
            questions.quoted[asked][folder] |= names


def _own_directives(compiled: Compile) -> Iterator[Directive]:
    """Yield what the command line includes; it is searched from the working folder."""
    for name in compiled.force_includes:
        yield Directive(Form.READS, quoted=True, name=name)
    if compiled.dialect is Dialect.GCC:
        yield Directive(Form.ASKS, quoted=False, name=IMPLICIT)


def _chains(search: SearchPath, found: Candidates, disk: Disk) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the folders for quoted names after the includer's, and those for angled names."""
    quote, bracket = tuple(map(plain, search.quote)), tuple(map(plain, search.bracket))
    unplaced = []
    for folder in map(plain, (*quote, *bracket, *search.missing, *search.dropped)):
        if not disk.is_folder(folder):
            found.note_absent(folder, is_folder=True)
    for folder in map(plain, search.dropped):
        if folder in quote or folder in bracket or not disk.is_folder(folder):
            continue
        twin = next((kept for kept in (*bracket, *quote) if found.are_one(folder, kept)), None)
        if twin is None:
            unplaced.append(folder)
        else:
            found.twins.add((folder, twin))
    return (*unplaced, *quote, *bracket), (*unplaced, *bracket)


def _walk(questions: _Questions, found: Candidates, quote: tuple[str, ...], bracket: tuple[str, ...]) -> None:
    for form, names in questions.angled.items():
        _walk_from({"": names}, form, found, bracket)
    for form, by_folder in questions.quoted.items():
        _walk_from(by_folder, form, found, quote)


def _walk_from(starts: Mapping[str, set[str]], form: Form, found: Candidates, chain: tuple[str, ...]) -> None:
    absolute = {name for names in starts.values() for name in names if name.startswith("/")}
    found.walk(form, {folder: grouped(names - absolute) for folder, names in starts.items()}, chain)
    if absolute:
        found.walk(form, {"/": grouped(name.lstrip("/") for name in absolute)}, ())


def _first_doubt(compiled: Compile, questions: _Questions, found: Candidates) -> Opaque | None:
    if found.appeared is not None:
        return Opaque(Reason.APPEARED_DURING_COMPILE, found.appeared)
    if compiled.dialect is Dialect.CLANG:
        # clang 14 turns \ into / in its depfile: such a header is read, but not reported.
        for path in found.passed_over:
            if "\\" in path:
                return Opaque(Reason.NO_REPORT, path)
    return None if compiled.searches_includers else _first_unexplained(compiled, questions, found)


def _first_unexplained(compiled: Compile, questions: _Questions, found: Candidates) -> Opaque | None:
    """Return the first input to which nothing leads that was seen: where it was sought is not known.

    A computed name that gcc has replaced by the real name of the header ends here too.
    """
    beside = tuple(f"{folder}/" for folder in questions.computing)
    known = found.reached | compiled.named | {plain(compiled.source)}
    for path in map(plain, compiled.inputs):
        if path in known or (beside and path.startswith(beside)) or _is_implied(path):
            continue
        if not any(path in value for value in compiled.macro_values) and not found.is_one_of(path, known):
            reason = Reason.COMPUTED_INCLUDE if questions.computing else Reason.UNEXPLAINED_INPUT
            return Opaque(reason, path)
    return None


def _is_implied(path: str) -> bool:
    """Whether a compiler reads a file unasked: gcc its first header, clang the lists of sanitizers."""
    folder, _, name = path.rpartition("/")
    return name == IMPLICIT or (name.endswith("list.txt") and folder.endswith("/share"))


def _once_doubt(
    given: Mapping[str, str], scans: Callable[[str], Scan], found: Candidates, disk: Disk
) -> Opaque | None:
    texts = {path: scans(spelled) for path, spelled in given.items()}
    if not any(text.traits & {Trait.ONCE, Trait.IMPORTS} for text in texts.values()):
        return None
    double = double_doubt(texts, (found.passed_over | found.existing) - given.keys(), disk)
    found.twins |= linked_pairs(given, disk)
    return None if double is None else Opaque(Reason.ONCE_OR_TWICE, double)
