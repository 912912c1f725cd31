"""Knows how an emcc command with several sources, or with a link behind them, comes apart.

Alone, a compile would warn of what only a link uses: each step is given what it takes, and a
command with a word of which that is not known stays whole.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from zccache.common.command.invocation import Invocation
from zccache.common.command.plan import Dialect, Refusal, Step
from zccache.common.tools.emscripten_words import APPENDED, sort_words
from zccache.common.tools.flags import spelled
from zccache.common.tools.several import steps_of
from zccache.common.tools.words import INPUT, in_order
from zccache.common.values import replace

_FOR_COMPILING: Final = frozenset(
    spelled(
        """STRICT USE_PTHREADS MEMORY64 DISABLE_EXCEPTION_CATCHING DISABLE_EXCEPTION_THROWING SUPPORT_LONGJMP
        USE_SDL USE_SDL_IMAGE USE_SDL_MIXER USE_SDL_TTF USE_SDL_NET USE_SDL_GFX USE_ZLIB USE_BZIP2 USE_LIBPNG
        USE_LIBJPEG USE_FREETYPE USE_HARFBUZZ USE_ICU USE_VORBIS USE_OGG USE_BULLET USE_BOOST_HEADERS"""
    )
)
_FOR_LINKING: Final = frozenset(
    spelled(
        """EXPORTED_FUNCTIONS EXPORTED_RUNTIME_METHODS EXTRA_EXPORTED_RUNTIME_METHODS EXPORT_NAME
        EXPORT_ES6 EXPORT_ALL MODULARIZE ENVIRONMENT EXIT_RUNTIME INVOKE_RUN ASSERTIONS ALLOW_MEMORY_GROWTH
        INITIAL_MEMORY MAXIMUM_MEMORY TOTAL_MEMORY STACK_SIZE TOTAL_STACK ALLOW_TABLE_GROWTH FILESYSTEM
        FORCE_FILESYSTEM NODERAWFS SINGLE_FILE WASM WASM_BIGINT ASYNCIFY MALLOC ERROR_ON_UNDEFINED_SYMBOLS
        WARN_ON_UNDEFINED_SYMBOLS STANDALONE_WASM FETCH USE_WEBGL2 MIN_WEBGL_VERSION MAX_WEBGL_VERSION
        FULL_ES2 PTHREAD_POOL_SIZE DYNAMIC_EXECUTION TEXTDECODER DEMANGLE_SUPPORT SAFE_HEAP EVAL_CTORS
        DEFAULT_LIBRARY_FUNCS_TO_INCLUDE LEGACY_GL_EMULATION ABORTING_MALLOC"""
    )
)
# What these do to a compile is not only what clang does with them, or emcc says a word to each.
_NEVER_SPLIT: Final = re.compile(
    r"--tracing|--memoryprofiler|-g4|-x.*|-O(?![0123sz]?$).*|-W\w*absolute-paths"
)


def emscripten_steps(invocation: Invocation, dialect: Dialect, *, is_cxx: bool) -> tuple[Step, ...] | Refusal:
    """Return the commands that a command of emcc comes to; one that is not to be split comes to itself."""
    whole = (Step(invocation),)
    args = invocation.args
    words = sort_words(args)
    if isinstance(words, Refusal) or invocation.env.get(APPENDED) or any(map(_NEVER_SPLIT.fullmatch, args)):
        return whole
    settings = list(_settings(words.settings))
    names = {name for name, _ in settings}
    steps = steps_of(replace(invocation, args=tuple(words.for_clang)), dialect, is_cxx=is_cxx)
    if isinstance(steps, Refusal) or len(steps) == 1 or names - _FOR_COMPILING - _FOR_LINKING:
        return whole
    if not steps[-1].needs_all:
        # Of what only a link uses, bare it warns once.
        own = len(args) - len(words.for_clang) - len(words.settings)
        return whole if own or names - _FOR_COMPILING else _with_settings(steps, settings)
    *compiles, link = steps
    objects = dict(
        zip(_inputs(words.for_clang, dialect), _inputs(link.invocation.args, dialect), strict=True)
    )
    placed = {name: given for name, given in objects.items() if given != name}
    if len(placed) != len(compiles) or any(args.count(source) != 1 for source in placed):
        return whole
    linked = tuple(placed.get(word, word) for word in args)
    return (*_with_settings(compiles, settings), replace(link, invocation=replace(invocation, args=linked)))


def _settings(words: Sequence[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each setting by its name, with the words that it stands in."""
    position = 0
    while position < len(words):
        length = 2 if words[position] == "-s" else 1
        taken = tuple(words[position : position + length])
        yield taken[-1].removeprefix("-s").partition("=")[0], taken
        position += length


def _with_settings(steps: Sequence[Step], settings: list[tuple[str, tuple[str, ...]]]) -> tuple[Step, ...]:
    """Return compiles with the settings that a compile takes, before their own words."""
    added = [word for name, words in settings if name in _FOR_COMPILING for word in words]
    return tuple(
        replace(step, invocation=replace(step.invocation, args=(*added, *step.invocation.args)))
        for step in steps
    )


def _inputs(args: Sequence[str], dialect: Dialect) -> list[str]:
    terms = in_order(args, dialect)
    return [] if isinstance(terms, Refusal) else [term.value for term in terms if term.option is INPUT]
