"""Knows every tool family: a new one is a file and a line here.

A family is imported when no earlier one knows the program: most builds need the first alone.
"""

from collections.abc import Iterator

from zccache.common.tools.gcc import GccLike
from zccache.common.tools.protocol import Tool


def tool_for(program: str) -> Tool | None:
    """Return the family that knows the program (a name or a path), if one does."""
    return next((tool for tool in _tools() if tool.recognizes(program)), None)


def _tools() -> Iterator[Tool]:
    """Yield the families, each when it is asked for."""
    yield GccLike()
    from zccache.common.tools.rustc import Rustc

    yield Rustc()
    from zccache.common.tools.linker import Linker

    yield Linker()
    from zccache.common.tools.archiver import Archiver

    yield Archiver()
    from zccache.common.tools.msvc import Cl, ClangCl

    yield ClangCl()
    yield Cl()
    from zccache.common.tools.msvc_linker import LldLink, MsLink

    yield LldLink()
    yield MsLink()
    from zccache.common.tools.emscripten import Emscripten

    yield Emscripten()
    from zccache.common.tools.rustfmt import Rustfmt

    yield Rustfmt()
    from zccache.common.tools.assembler import Assembler

    yield Assembler()
    from zccache.common.tools.clang_tidy import ClangTidy

    yield ClangTidy()
    from zccache.common.tools.iwyu import IncludeWhatYouUse

    yield IncludeWhatYouUse()
