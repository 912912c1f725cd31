"""Knows for which words a rustc command is passed on, and why, as data.

The tables also make the examples in docs/limits.md.
"""

from collections.abc import Mapping
from typing import Final

from zccache.common.command.plan import Refusal
from zccache.common.reasons import Reason
from zccache.common.tools.flags import spelled
from zccache.common.tools.rust_environment import refused_variable
from zccache.common.tools.rust_words import RustWords

QUERIES: Final = ("print", "version", "help", "explain")
"""What asks rustc for a word, and compiles nothing: how cargo sounds out a compiler."""

_CODEGEN: Final = frozenset(
    spelled(
        """ar code-model codegen-units collapse-macro-debuginfo control-flow-guard debug-assertions debuginfo
        default-linker-libraries dwarf-version embed-bitcode extra-filename force-frame-pointers
        force-unwind-tables incremental inline-threshold instrument-coverage jump-tables link-arg link-args
        link-dead-code link-self-contained linker linker-features linker-flavor linker-plugin-lto lto
        metadata no-prepopulate-passes no-redzone no-stack-check no-vectorize-loops no-vectorize-slp
        opt-level overflow-checks panic passes prefer-dynamic profile-generate profile-use relocation-model
        relro-level remark rpath soft-float split-debuginfo strip symbol-mangling-version target-cpu
        target-feature unsafe-allow-abi-mismatch"""
    )
)
_UNSTABLE: Final = frozenset(
    spelled(
        """allow-features binary-dep-depinfo fmt-debug function-sections inline-mir location-detail
        macro-backtrace mir-opt-level next-solver panic-abort-tests polonius remap-cwd-prefix share-generics
        threads tune-cpu unstable-options virtual-function-elimination"""
    )
)

CODEGEN_REFUSED: Final[Mapping[str, Reason]] = {
    "help": Reason.NOT_A_COMPILE,
    "save-temps": Reason.UNMODELLED_OUTPUT,
    "llvm-args": Reason.UNKNOWN_OPTION,
    "dlltool": Reason.SEVERAL_TARGETS,
}


def refusal_of(words: RustWords, env: Mapping[str, str]) -> Refusal | None:
    """Return the first cause for which a command is no compile, or none that is cached."""
    query = next((name for name in QUERIES if words.has(name)), None)
    if query is not None:
        return Refusal(Reason.NOT_A_COMPILE, f"--{query}")
    if not words.inputs:
        return Refusal(Reason.NO_SOURCE)
    if "-" in words.inputs:
        return Refusal(Reason.STDIN_SOURCE)
    if len(words.inputs) > 1:
        return Refusal(Reason.BAD_COMMAND_LINE, words.inputs[1])
    if words.has("sysroot"):
        return Refusal(Reason.UNSEEN_INPUT, "--sysroot")
    variable = refused_variable(env)
    if variable is not None:
        return Refusal(Reason.ENVIRONMENT_OUTPUT, variable)
    return _refused_codegen(words) or _refused_unstable(words)


def describe_refused() -> Mapping[Reason, tuple[str, ...]]:
    """Return the spellings for the people's page."""
    examples: dict[Reason, tuple[str, ...]] = {
        Reason.NOT_A_COMPILE: tuple(f"rustc --{name}" for name in QUERIES)
    }
    for name, reason in CODEGEN_REFUSED.items():
        examples[reason] = (*examples.get(reason, ()), f"rustc -C {name}")
    return examples


def _refused_codegen(words: RustWords) -> Refusal | None:
    for name, values in words.codegen().items():
        if name in CODEGEN_REFUSED:
            return Refusal(CODEGEN_REFUSED[name], f"-C {name}")
        if name not in _CODEGEN:
            return Refusal(Reason.UNKNOWN_OPTION, f"-C {name}")
        if name == "split-debuginfo" and "unpacked" in values:
            # The names of its files come from within rustc.
            return Refusal(Reason.UNMODELLED_OUTPUT, "-C split-debuginfo=unpacked")
        if name == "linker-plugin-lto" and any("/" in value or "." in value for value in values):
            return Refusal(Reason.UNSEEN_INPUT, "-C linker-plugin-lto with a plugin")
    return None


def _refused_unstable(words: RustWords) -> Refusal | None:
    names = (value.partition("=")[0].replace("_", "-") for value in words.values("unstable"))
    refused = next((name for name in names if name not in _UNSTABLE), None)
    return None if refused is None else Refusal(Reason.UNKNOWN_OPTION, f"-Z {refused}")
