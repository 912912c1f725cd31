"""Knows the words that a driver hands to another program: -Wp, -Wa, -Xclang, -mllvm and their kin.

They reach grammars with many ways to read and write files, so only known ones are accepted.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

_ASSEMBLER: Final = re.compile(
    r"""-W|--fatal-warnings|--no-warn|--warn|--noexecstack|--execstack|-g|--gdwarf-\d|--gdwarf-cie-version=\d
    |--(?:no)?compress-debug-sections(?:=[\w-]+)?|--generate-missing-build-notes=(?:yes|no)|--divide
    |--32|--64|--x32|-EL|-EB|-mbig-obj|-m(?!llvm)[a-z][\w+=.-]*""",
    re.VERBOSE,
)
# With g there is a date in it.
_LISTING: Final = re.compile(r"-a[cdhlmns]*(?:=(?P<path>.+))?")
_CLANG: Final = re.compile(
    r"""-W[a-z][\w+=-]*|-disable-llvm-passes|-disable-O0-optnone|-disable-llvm-verifier|-no-opaque-pointers
    |-opaque-pointers|-fno-[a-z-]+|-mrelax-relocations=\w+|-mno-constructor-aliases|-mconstructor-aliases
    |-ffake-address-space-map|-fexperimental-[a-z-]+|-fcxx-exceptions|-fexceptions|-std=[\w+]+""",
    re.VERBOSE,
)
_CLANG_WITH_VALUE: Final = frozenset({"-fdebug-compilation-dir", "-target-feature", "-target-cpu"})
# What cmake hands over so: clang's driver knows -include and -include-pch as well.
_CLANG_INCLUDES: Final = frozenset({"-include", "-include-pch"})
_LLVM: Final = re.compile(
    r"""-(?:asan|hwasan|msan|tsan|inline|unroll|sanitizer-coverage|vectorize|slp|x86|arm|aarch64|riscv|enable|disable
    )(?:-[\w-]+)?(?:=[\w+-]+)?""",
    re.VERBOSE,
)
# Halves of names that do print or write, whatever they start with.
_LLVM_LOUD: Final = re.compile(
    r"print|dump|stats|trace|remark|report|debug|output|file|profile|time|dot|view"
)


def preprocessor_words(value: str, *, glued: bool) -> Iterator[tuple[str, str]]:
    """Yield (option, value) of the words for the preprocessor.

    The options are -D, -U, -MD and -MMD; a word that is none of them comes as ("", word).
    """
    items = iter(value.split(",") if glued else [value])
    for item in items:
        if item[:2] in {"-D", "-U"} and len(item) > 2:
            yield item[:2], item[2:]
        elif glued and item in {"-MD", "-MMD"}:
            target = next(items, "")
            yield (item, target) if target else ("", item)
        else:
            yield "", item


def assembler_words(value: str) -> Iterator[tuple[str, str]]:
    """Yield (option, value) of the words of -Wa, or -Xassembler that are not harmless by themselves.

    The option is -a, with the path of a listing; a word that is none comes as ("", word).
    """
    words = value.split(",")
    listings = [found for word in words if (found := _LISTING.fullmatch(word))]
    paths = [found["path"] for found in listings if found["path"]]
    if listings:
        # They are about one listing; without a name it is printed.
        yield ("-a", paths[0]) if len(paths) == 1 else ("", listings[0][0])
    yield from (("", word) for word in words if not (_LISTING.fullmatch(word) or _ASSEMBLER.fullmatch(word)))


def clang_words(values: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield (option, value) of the words behind -Xclang, in order, that are not harmless by themselves.

    The options are -include, -include-pch and -emit-pch; a word that is none of them comes
    as ("", word).
    """
    words = iter(values)
    for word in words:
        if word == "-emit-pch":
            yield word, ""
        elif word in _CLANG_WITH_VALUE or word in _CLANG_INCLUDES:
            value = next(words, None)
            if value is None:
                yield "", word
            elif word in _CLANG_INCLUDES:
                yield word, value
        elif not _CLANG.fullmatch(word):
            yield "", word


def bad_llvm_word(value: str) -> str | None:
    """Return the word behind -mllvm if it is not known to be harmless."""
    return None if _LLVM.fullmatch(value) and not _LLVM_LOUD.search(value) else value
