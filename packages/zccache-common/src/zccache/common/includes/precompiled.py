"""Knows where a compiler looks for precompiled headers, and whether each that it can have met is known.

gcc tries NAME.gch in every folder, but only for the first header of all (libcpp,
pch_open_file), so for names in the source or on the command line. clang tries NAME.pch
and NAME.gch for -include alone, from the working folder. Neither names what it used in a
depfile.
"""

import os
import re
from collections.abc import Iterable, Iterator
from typing import Final

from zccache.common.command.plan import Dialect
from zccache.common.includes.candidates import Candidates, grouped, plain
from zccache.common.includes.compiled import IMPLICIT, Compile
from zccache.common.includes.computed import computed_names
from zccache.common.includes.disk import Disk
from zccache.common.includes.opaque import Opaque
from zccache.common.includes.scanner import Form, Scan, joined
from zccache.common.reasons import Reason

_LITERAL: Final = re.compile(rb'[<"]([^<>"\n]+)[>"]')
_DEFINITION: Final = re.compile(rb"\bdefine\b([^\n]*)")
_WITH_FOLDER: Final = re.compile(rb'[^\s"<>(),]*/[^\s"<>(),]*')
# What puts a name together that stands nowhere: # or ## in the text of a macro.
_GLUING: Final = re.compile(rb"\bdefine\b[^\n]*(?:#|%:|\?\?=)")


def precompiled_doubt(
    compiled: Compile, top: Scan, found: Candidates, chain: tuple[str, ...], disk: Disk
) -> Opaque | None:
    """Return the first precompiled header of unknown content, noting all places where there is none.

    top is the scan of the source. One of known content counts only beside its header: else
    the search for the header would go on. gcc uses none while it makes one.
    """
    if compiled.makes_precompiled and compiled.dialect is Dialect.GCC:
        return None
    names = _gcc_names(compiled, top, chain, disk) if compiled.dialect is Dialect.GCC else frozenset[str]()
    if isinstance(names, Opaque):
        return names
    forced = compiled.force_includes
    searches: list[tuple[Iterable[str], tuple[str, ...]]]
    if compiled.dialect is Dialect.CLANG:
        searches = [([f"{name}{end}" for name in forced for end in (".pch", ".gch")], (compiled.cwd,))]
    else:
        folder = os.path.dirname(plain(compiled.source))
        searches = [
            ([f"{name}.gch" for name in sorted(names)], (folder, *chain)),
            ([f"{name}.gch" for name in forced], (compiled.cwd, *chain)),
        ]
    for path in _there(searches, found):
        if path not in compiled.precompiled or not disk.is_file(path[:-4]):
            return Opaque(Reason.PRECOMPILED_HEADER, path)
    return None


def _there(searches: list[tuple[Iterable[str], tuple[str, ...]]], found: Candidates) -> Iterator[str]:
    """Yield the first place of each name where something is, and note those before it as absent."""
    for names, folders in searches:
        for name in names:
            is_absolute = name.startswith("/")
            there = found.find_or_note(grouped([name.lstrip("/")]), ("/",) if is_absolute else folders)
            if there is not None:
                yield there


def _gcc_names(compiled: Compile, top: Scan, chain: tuple[str, ...], disk: Disk) -> frozenset[str] | Opaque:
    """Return the names that can be those of the first header, the source itself among them."""
    read = {name for form, _, name in top.directives if form in {Form.READS, Form.READS_NEXT}}
    names = frozenset((*read, IMPLICIT, os.path.basename(compiled.source)))
    if not top.computed:
        return names
    # A depfile does not tell the name of a header that came precompiled, so no input shows what was computed.
    texts = [joined(disk.read(compiled.source) or b""), *map(os.fsencode, compiled.macro_values)]
    if any(map(_GLUING.search, texts)):
        doubt = _glued_doubt(compiled, top, chain, texts, disk)
        if doubt is not None:
            return Opaque(Reason.COMPUTED_INCLUDE, doubt)
    inputs = {plain(path) for path in compiled.inputs}
    return (
        names
        | computed_names(inputs, chain, disk)
        | {os.fsdecode(name) for text in texts for name in _LITERAL.findall(text)}
    )


def _glued_doubt(
    compiled: Compile, top: Scan, chain: tuple[str, ...], texts: list[bytes], disk: Disk
) -> str | None:
    """Return what a name put together from pieces may have been, where that is no input.

    Where a header was read as it is, its name is the end of an input's. Where it came
    precompiled, that lies in a folder of the list, or the name has a folder part.
    """
    pieces = [os.fsencode(text) for text in (*top.computed, *compiled.macro_values)]
    pieces += [line for text in texts for line in _DEFINITION.findall(text)]
    for piece in {word for text in pieces for word in _WITH_FOLDER.findall(text)}:
        if not any(path.endswith(os.fsdecode(piece)) for path in compiled.inputs):
            return os.fsdecode(piece)
    for folder in (os.path.dirname(plain(compiled.source)), *chain):
        listing = disk.listing(folder)
        if listing is None and not disk.is_folder(folder):
            continue
        if listing is None or any(name.endswith(".gch") for name in listing):
            return folder
    return None
