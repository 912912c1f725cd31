"""Knows the options that gcc and clang share with their kin and that can be cached, as data.

What is refused stands in `refused`; the open families (-f -g -m -W ...) in `families`.
"""

from enum import Enum, auto
from typing import Final

from zccache.common.command.plan import OutputKind
from zccache.common.reasons import Reason
from zccache.common.values import dataclass


class Takes(Enum):
    """Where the value of an option stands."""

    NOTHING = auto()
    NEXT = auto()
    GLUED = auto()
    EITHER = auto()


class Role(Enum):
    """What an option means to a cache."""

    KEPT = auto()
    SEARCH = auto()
    DEFINE = auto()
    FORCE_INCLUDE = auto()
    INPUT = auto()
    LANGUAGE = auto()
    COMPILE = auto()
    ASSEMBLE = auto()
    PREPROCESS = auto()
    OUTPUT = auto()
    OUTPUT_FORMAT = auto()
    DEPFILE = auto()
    DEPFILE_NAME = auto()
    DEPFILE_DETAIL = auto()
    DEPFILE_INNER = auto()
    SIDE_OUTPUT = auto()
    SIDE_OUTPUT_OFF = auto()
    NAMED_OUTPUT = auto()
    SAVE_TEMPS = auto()
    OPTIMIZATION_RECORD = auto()
    LISTING = auto()
    LINK_TIME = auto()
    READ_FILE = auto()
    PROFILE_USE = auto()
    SPECS = auto()
    PREFIX = auto()
    FOLDER_WARNING = auto()
    PRECOMPILED = auto()
    EMIT_PRECOMPILED = auto()
    PRECOMPILE = auto()
    MODULE_FILE = auto()
    MODULE_OUTPUT = auto()
    DEBUG = auto()
    NO_DEBUG = auto()
    SANITIZE = auto()
    RECORD = auto()
    RECORD_ALL = auto()
    TARGET = auto()
    ARCHITECTURE = auto()
    COLOUR = auto()
    FOR_PREPROCESSOR = auto()
    FOR_ASSEMBLER = auto()
    FOR_CLANG = auto()
    FOR_LLVM = auto()
    REFUSED = auto()


@dataclass(frozen=True, slots=True)
class Option:
    """One option of the grammar; reason belongs to a refused one, kind to one that writes a file."""

    role: Role
    takes: Takes = Takes.NOTHING
    reason: Reason | None = None
    kind: OutputKind | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Options that mean the same to a cache, by their spellings."""

    option: Option
    spellings: tuple[str, ...]


def spelled(names: str) -> tuple[str, ...]:
    """Return the names of a table, written with blanks between."""
    return tuple(names.split())


def group(option: Option, spellings: str) -> Group:
    """Return a group from its spellings, written with blanks between."""
    return Group(option, spelled(spellings))


KEPT: Final = Option(Role.KEPT)
_NEXT: Final = Takes.NEXT
_GLUED: Final = Takes.GLUED
_EITHER: Final = Takes.EITHER

ACCEPTED: Final[tuple[Group, ...]] = (
    group(Option(Role.COMPILE), "-c"),
    group(Option(Role.ASSEMBLE), "-S"),
    group(Option(Role.PREPROCESS), "-E"),
    group(Option(Role.OUTPUT, _EITHER), "-o"),
    group(Option(Role.OUTPUT_FORMAT), "-emit-llvm"),
    group(Option(Role.LANGUAGE, _EITHER), "-x"),
    group(Option(Role.DEFINE, _EITHER), "-D"),
    group(Option(Role.FORCE_INCLUDE, _EITHER), "-include -imacros"),
    group(Option(Role.PRECOMPILED, _EITHER), "-include-pch"),
    group(Option(Role.EMIT_PRECOMPILED), "-emit-pch"),
    group(Option(Role.PRECOMPILE), "--precompile"),
    group(Option(Role.MODULE_FILE, _GLUED), "-fmodule-file="),
    group(Option(Role.MODULE_OUTPUT, _GLUED), "-fmodule-output="),
    group(KEPT, "-fpch-instantiate-templates -fno-pch-instantiate-templates"),
    group(Option(Role.DEPFILE), "-MD -MMD"),
    group(Option(Role.DEPFILE_NAME, _EITHER), "-MF"),
    group(Option(Role.DEPFILE_DETAIL, _EITHER), "-MT -MQ"),
    group(Option(Role.DEPFILE_DETAIL), "-MP -MV"),
    group(
        Option(Role.SEARCH, _EITHER),
        """-I -F -isystem -iquote -idirafter -iprefix -iwithprefix -iwithprefixbefore -isysroot
        -iframework -iframeworkwithsysroot -iwithsysroot -cxx-isystem -stdlib++-isystem""",
    ),
    group(Option(Role.SEARCH, _NEXT), "-imultilib -imultiarch -gcc-toolchain --sysroot -resource-dir"),
    group(
        Option(Role.SEARCH, _GLUED),
        """--sysroot= -std= --std= -stdlib= -resource-dir= -gcc-toolchain= --gcc-toolchain= --gcc-triple=
        --gcc-install-dir=""",
    ),
    group(
        Option(Role.SEARCH),
        """-nostdinc -nostdinc++ -nostdlibinc -nobuiltininc -ibuiltininc -ansi -pthread -EL -EB
        -fexceptions -fno-exceptions -frtti -fno-rtti -fpic -fPIC -fpie -fPIE -fno-pic -fno-PIC""",
    ),
    group(Option(Role.TARGET, _NEXT), "-target"),
    group(Option(Role.TARGET, _GLUED), "--target="),
    group(Option(Role.ARCHITECTURE, _NEXT), "-arch"),
    group(Option(Role.KEPT, _EITHER), "-U -L -l -T --param"),
    group(Option(Role.KEPT, _NEXT), "-u -z -e -Xlinker"),
    # What specs files of picolibc give a meaning to.
    group(Option(Role.KEPT, _GLUED), "--oslib= --crt0= --picolibc-prefix= --picolibc-buildtype="),
    group(Option(Role.KEPT, _GLUED), "--param= -Wl, -rtlib= --rtlib= -unwindlib= --unwindlib="),
    group(
        KEPT,
        """-w -p -pg -pipe -pthreads -pedantic -pedantic-errors -trigraphs -undef -H -Qunused-arguments -Qn
        -Qy -s -r -shared -static -static-libgcc -static-libstdc++ -static-libasan -static-libsan
        -shared-libsan -shared-libgcc -static-pie -pie -no-pie -nopie -rdynamic -symbolic -nostdlib
        -nostdlib++ -nodefaultlibs -nostartfiles -nolibc -no-canonical-prefixes -canonical-prefixes
        -no-integrated-as -integrated-as -pass-exit-codes
        --start-no-unused-arguments --end-no-unused-arguments""",
    ),
    group(Option(Role.SANITIZE, _GLUED), "-fsanitize="),
    group(
        Option(Role.READ_FILE, _GLUED),
        """-fsanitize-ignorelist= -fsanitize-blacklist= -fsanitize-system-ignorelist=
        -fsanitize-system-blacklist= -fsanitize-coverage-allowlist= -fsanitize-coverage-whitelist=
        -fsanitize-coverage-ignorelist= -fsanitize-coverage-blacklist= -fprofile-list= -fmemory-profile-use=
        -fexperimental-sanitize-metadata-ignorelist= -fprofile-remapping-file=
        -fprofile-sample-use= -fauto-profile=
        -fxray-always-instrument= -fxray-never-instrument= -fxray-attr-list=
        -frandomize-layout-seed-file=""",
    ),
    group(
        Option(Role.KEPT, _GLUED),
        """-fdebug-prefix-map= -ffile-prefix-map= -fmacro-prefix-map= -fcoverage-prefix-map=
        -fprofile-prefix-map= -fprofile-prefix-path= -fdebug-compilation-dir= -ffile-compilation-dir=
        -fcoverage-compilation-dir= -fsanitize-undefined-strip-path-components= -fconstexpr-cache-depth=
        -finstrument-functions-exclude-function-list= -finstrument-functions-exclude-file-list=
        -frandom-seed= -fprofile-generate= -fcs-profile-generate= -fprofile-instr-generate=
        -fmemory-profile= -fprofile-filter-files= -fprofile-exclude-files= -fuse-ld=
        -fcrash-diagnostics-dir= -fdiagnostics-path-format= -femit-struct-debug-detailed=""",
    ),
    group(
        KEPT,
        """-fuse-linker-plugin -fsanitize-stats -forder-file-instrumentation -fprofile-abs-path
        -femit-all-decls -femit-class-debug-always -femit-struct-debug-baseonly -femit-struct-debug-reduced
        -fforce-emit-vtables -fxray-always-emit-customevents -fxray-always-emit-typedevents
        -fdiagnostics-show-path-depths -fdiagnostics-show-note-include-stack -flarge-source-files
        -fsched-spec-load -fsched-spec-load-dangerous -fsched-critical-path-heuristic -fira-share-save-slots
        -faapcs-bitfield-load -fxray-link-deps""",
    ),
    group(
        Option(Role.COLOUR),
        """-fdiagnostics-color -fno-diagnostics-color -fcolor-diagnostics -fno-color-diagnostics
        -fansi-escape-codes -fdiagnostics-plain-output""",
    ),
    group(Option(Role.COLOUR, _GLUED), "-fdiagnostics-color="),
    group(Option(Role.RECORD), "-frecord-gcc-switches -frecord-command-line"),
    group(Option(Role.RECORD), "-grecord-gcc-switches -grecord-command-line"),
    group(
        Option(Role.RECORD_ALL),
        "-gcodeview -gcodeview-ghash -gcodeview-command-line -fembed-bitcode -fembed-bitcode-marker",
    ),
    group(Option(Role.RECORD_ALL, _GLUED), "-fembed-bitcode="),
    group(Option(Role.SIDE_OUTPUT, kind=OutputKind.SPLIT_DEBUG), "-gsplit-dwarf -gsplit-dwarf=split"),
    group(Option(Role.SIDE_OUTPUT, kind=OutputKind.COVERAGE_NOTES), "--coverage -coverage -ftest-coverage"),
    group(Option(Role.SIDE_OUTPUT, kind=OutputKind.STACK_USAGE), "-fstack-usage"),
    group(Option(Role.SIDE_OUTPUT, kind=OutputKind.CALL_GRAPH), "-fcallgraph-info"),
    group(Option(Role.SIDE_OUTPUT, _GLUED, kind=OutputKind.CALL_GRAPH), "-fcallgraph-info="),
    group(
        Option(Role.SIDE_OUTPUT_OFF),
        """-gno-split-dwarf -gsplit-dwarf=single -fno-test-coverage -fno-stack-usage -fno-callgraph-info
        -fno-profile-arcs""",
    ),
    group(
        Option(Role.NAMED_OUTPUT, _NEXT, kind=OutputKind.DIAGNOSTICS),
        "--serialize-diagnostics -serialize-diagnostics",
    ),
    group(Option(Role.SAVE_TEMPS), "-save-temps --save-temps"),
    group(Option(Role.SAVE_TEMPS, _GLUED), "-save-temps= --save-temps="),
    group(Option(Role.OPTIMIZATION_RECORD), "-fsave-optimization-record -fsave-optimization-record=yaml"),
    group(Option(Role.OPTIMIZATION_RECORD, _GLUED), "-foptimization-record-file="),
    group(Option(Role.KEPT, _GLUED), "-foptimization-record-passes="),
    group(Option(Role.LINK_TIME), "-flto"),
    group(Option(Role.LINK_TIME, _GLUED), "-flto="),
    group(Option(Role.SPECS, _GLUED), "-specs= --specs="),
    group(Option(Role.PREFIX, _EITHER), "-B"),
    group(Option(Role.SPECS, _NEXT), "-specs --specs"),
    group(
        Option(Role.FOLDER_WARNING, reason=Reason.UNSEEN_INPUT),
        "-Wmissing-include-dirs -Werror=missing-include-dirs -Weverything",
    ),
    group(Option(Role.NO_DEBUG), "-g0 -ggdb0"),
    group(Option(Role.FOR_PREPROCESSOR, _GLUED), "-Wp,"),
    group(Option(Role.FOR_PREPROCESSOR, _NEXT), "-Xpreprocessor"),
    group(Option(Role.FOR_ASSEMBLER, _GLUED), "-Wa,"),
    group(Option(Role.FOR_ASSEMBLER, _NEXT), "-Xassembler"),
    group(Option(Role.FOR_CLANG, _NEXT), "-Xclang"),
    group(Option(Role.FOR_LLVM, _NEXT), "-mllvm"),
)
