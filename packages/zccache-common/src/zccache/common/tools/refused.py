"""Knows the options for which a command of the gcc kind is passed on, and why, as data.

The tables also make the examples in docs/limits.md.
"""

from typing import Final

from zccache.common.reasons import Reason
from zccache.common.tools.flags import Group, Option, Role, Takes, group, spelled


def _refused(reason: Reason, spellings: str, takes: Takes = Takes.NOTHING) -> Group:
    return group(Option(Role.REFUSED, takes, reason), spellings)


_NEXT: Final = Takes.NEXT
_GLUED: Final = Takes.GLUED
_EITHER: Final = Takes.EITHER

REFUSED: Final[tuple[Group, ...]] = (
    _refused(
        Reason.NOT_A_COMPILE,
        """-### --version -dumpversion -dumpfullversion -dumpmachine -dumpspecs --target-help -help -emit-ast
        -fsyntax-only --analyze -fdriver-only -rewrite-objc -rewrite-legacy-objc -extract-api
        -module-file-info -emit-interface-stubs -emit-merged-ifs -verify-pch --migrate
        -fhelp -ftarget-help -fversion""",
    ),
    _refused(Reason.NOT_A_COMPILE, "--help -print- --print- -ccc- -fhelp= -fself-test", _GLUED),
    _refused(Reason.DEPENDENCIES_ONLY, "-M -MM --dependencies --user-dependencies"),
    _refused(Reason.BAD_COMMAND_LINE, "-MG"),
    _refused(
        Reason.CHANGING_OUTPUT,
        """-v --verbose -time -Q -fmem-report -fmem-report-wpa -fpre-ipa-mem-report -fpost-ipa-mem-report
        -fstats -fprofile-report -flto-report -flto-report-wpa -ftime-report-details""",
    ),
    _refused(Reason.CHANGING_OUTPUT, "-ftime-report -fproc-stat-report", _GLUED),
    _refused(
        Reason.UNMODELLED_OUTPUT,
        "-fcompare-debug -fcompare-debug-second -gen-reproducer -fvtv-counts -fvtv-debug",
    ),
    _refused(
        Reason.UNMODELLED_OUTPUT,
        """-save-stats --save-stats -fdump- -ftime-trace -fsave-optimization-record=
        -foptimization-record- -fprofile-note= -fprofile-dir= -fdeps- -fcompare-debug= -fthin-link-bitcode=
        -fdiagnostics-add-output= -fdiagnostics-set-output= -aux-info= -gen-cdb-fragment-path= -d""",
        _GLUED,
    ),
    _refused(
        Reason.UNMODELLED_OUTPUT,
        """-aux-info -MJ -gen-cdb-fragment-path -index-store-path -index-unit-output-path -dumpdir -dumpbase
        -dumpbase-ext -dependency-file -dependency-dot -module-dependency-dir -dsym-dir""",
        _NEXT,
    ),
    _refused(
        Reason.UNSEEN_INPUT,
        """-fauto-profile -fprofile-instr-use -fprofile-sample-use -remap
        -index-header-map -fms-compatibility""",
    ),
    _refused(
        Reason.UNSEEN_INPUT,
        """-fplugin -fpass-plugin= -fthinlto-index= -fbuild-session- -fapinotes -iapinotes
        -iplugindir= -fembed-offload-object= -working-directory= -fresolution= -fltrans -fwpa --config=
        --config- --warning-suppression-mappings=""",
        _GLUED,
    ),
    _refused(Reason.UNSEEN_INPUT, "--config -wrapper -ivfsoverlay -working-directory", _NEXT),
    _refused(Reason.UNSUPPORTED_LANGUAGE, "-fpreprocessed -fdirectives-only"),
    _refused(Reason.PRECOMPILED_HEADER, "-fpch-preprocess -fpch-deps -relocatable-pch"),
    _refused(Reason.PRECOMPILED_HEADER, "-fpch- --output-pch= -building-pch-", _GLUED),
    _refused(Reason.MODULES, "-fcxx-modules -fprebuilt-implicit-modules -gmodules -Mmodules"),
    _refused(
        Reason.MODULES,
        """-fmodule -fimplicit-module -fprebuilt-module-path= -fbuiltin-module-map -fsystem-module
        -flang-info-module-cmi -module-""",
        _GLUED,
    ),
    _refused(
        Reason.SEVERAL_TARGETS,
        "-Xarch_ -Xopenmp-target= -fopenmp-targets= -foffload --offload -fsycl --cuda- -fgpu- --hip- -fcuda-",
        _GLUED,
    ),
    _refused(Reason.SEVERAL_TARGETS, "-Xopenmp-target -Xcuda-fatbinary -Xcuda-ptxas", _NEXT),
    _refused(
        Reason.UNKNOWN_OPTION,
        "-I- -C -CC -P -traditional -traditional-cpp -A -lang-asm -ObjC -ObjC++ -via-file-asm --",
    ),
    _refused(Reason.UNKNOWN_OPTION, "-object -objcmt-", _GLUED),
)

VALUES: Final[dict[str, tuple[Reason, frozenset[str]]]] = {
    # A charset that is no superset of ASCII would hide #include from the scanner.
    "-finput-charset=": (
        Reason.UNSEEN_INPUT,
        frozenset(spelled("utf-8 UTF-8 utf8 UTF8 ascii ASCII US-ASCII iso-8859-1 ISO-8859-1 latin1")),
    ),
    "-fdiagnostics-format=": (
        Reason.UNMODELLED_OUTPUT,
        frozenset(spelled("text json json-stderr sarif-stderr clang msvc vi")),
    ),
    "-fbasic-block-sections=": (Reason.UNSEEN_INPUT, frozenset(("all", "labels", "none"))),
}
