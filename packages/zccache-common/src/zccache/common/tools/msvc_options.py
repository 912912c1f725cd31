"""Knows the options of cl that can be cached, of clang-cl and of Microsoft's own, as data.

Spellings are without the dash or slash that begins them; case matters.
"""

from enum import Enum, auto
from typing import Final

from zccache.common.reasons import Reason
from zccache.common.tools.flags import Takes, spelled
from zccache.common.values import dataclass


class Part(Enum):
    """What a word of cl means to a cache."""

    KEPT = auto()
    SEARCH = auto()
    DEFINE = auto()
    FORCE_INCLUDE = auto()
    INPUT = auto()
    C_SOURCE = auto()
    CXX_SOURCE = auto()
    ALL_C = auto()
    ALL_CXX = auto()
    COMPILE = auto()
    OBJECT = auto()
    LISTING = auto()
    LISTING_NAME = auto()
    PROGRAM_DATABASE = auto()
    MAKE_PRECOMPILED = auto()
    USE_PRECOMPILED = auto()
    NO_PRECOMPILED = auto()
    PRECOMPILED_NAME = auto()
    RECORDS_WORDS = auto()
    SHOW_INCLUDES = auto()
    FOR_CLANG = auto()
    FOR_LLVM = auto()
    FOR_DRIVER = auto()
    REFUSED = auto()


@dataclass(frozen=True, slots=True)
class Option:
    """One option: its part, where its value stands, and for which compiler it is (None: for both)."""

    part: Part
    takes: Takes = Takes.NOTHING
    reason: Reason | None = None
    is_clangs: bool | None = None


_NEXT: Final = Takes.NEXT
_GLUED: Final = Takes.GLUED
_EITHER: Final = Takes.EITHER


def _refused(reason: Reason, takes: Takes = Takes.NOTHING) -> Option:
    return Option(Part.REFUSED, takes, reason)


_GROUPS: Final[tuple[tuple[Option, str], ...]] = (
    (Option(Part.COMPILE), "c"),
    (Option(Part.DEFINE, _EITHER), "D"),
    (Option(Part.KEPT, _EITHER), "U"),
    (Option(Part.SEARCH, _EITHER), "I external:I"),
    (Option(Part.SEARCH, _EITHER, is_clangs=True), "imsvc"),
    (Option(Part.SEARCH), "X"),
    (Option(Part.FORCE_INCLUDE, _EITHER), "FI"),
    (Option(Part.C_SOURCE, _EITHER), "Tc"),
    (Option(Part.CXX_SOURCE, _EITHER), "Tp"),
    (Option(Part.ALL_C), "TC"),
    (Option(Part.ALL_CXX), "TP"),
    (Option(Part.OBJECT, _GLUED), "Fo"),
    (Option(Part.OBJECT, _EITHER, is_clangs=True), "o"),
    (Option(Part.LISTING), "FA FAc FAs FAu FAcs FAsc FAcu FAsu FAcsu"),
    (Option(Part.LISTING_NAME, _GLUED), "Fa"),
    (Option(Part.KEPT, _GLUED), "Fd Fe"),
    (Option(Part.PRECOMPILED_NAME, _GLUED), "Fp"),
    (Option(Part.MAKE_PRECOMPILED, _GLUED), "Yc"),
    (Option(Part.USE_PRECOMPILED, _GLUED), "Yu"),
    (Option(Part.NO_PRECOMPILED), "Y-"),
    (Option(Part.RECORDS_WORDS), "Z7"),
    (Option(Part.PROGRAM_DATABASE), "Zi ZI"),
    (Option(Part.SHOW_INCLUDES), "showIncludes"),
    (Option(Part.KEPT, is_clangs=True), "showIncludes:user showFilenames showFilenames-"),
    (Option(Part.FOR_CLANG, _NEXT, is_clangs=True), "Xclang"),
    (Option(Part.FOR_LLVM, _NEXT, is_clangs=True), "mllvm"),
    (Option(Part.FOR_DRIVER, _GLUED, is_clangs=True), "clang:"),
    (
        Option(Part.KEPT),
        """nologo bigobj FS FC sdl sdl- J kernel hotpatch utf-8 Brepro Brepro- permissive permissive- await w
        W0 W1 W2 W3 W4 Wall WX WX- WL Wp64 Wv Za Ze Zf Zg Zl ZW:nostdlib Zo Zo- Zs- JMC JMC- analyze- Gm-
        MD MDd MT MTd LD LDd GA GB Gd GF GF- GL GL- GR GR- GS GS- GT GX GX- GZ Ge Gh GH Gr Gregcall Gv Gw
        Gw- Gy Gy- Gz Gs G5 G6 G7 QIfist QIntel-jcc-erratum Qfast_transcendentals Qimprecise_fwaits Qpar
        Qpar- Qspectre Qspectre- Qspectre-load Qvec Qvec- Qsafe_fp_loads RTC1 RTCc RTCs RTCu RTCcsu RTCsu
        vmb vmg vmm vms vmv openmp openmp- fsanitize=address Zp MP Oi Oi- Oy Oy- Od Og Os Ot Ox O1 O2 Ob0
        Ob1 Ob2 Ob3 cgthreads1 homeparams external:anglebrackets external:templates- external:templates""",
    ),
    (
        Option(Part.KEPT, _GLUED),
        """EH std: volatile: vd Zc: Zp Zm guard: arch: tune: favor: fp: diagnostics: errorReport: external:W
        experimental:external cgthreads openmp: execution-charset: MP Gs wd we wo w1 w2 w3 w4 d2
        jumptablerdata constexpr: RTC Wv: Qpar-report: Qvec-report: await: feature: options: presetPadding
        QIntel-jcc-erratum- validate-charset vlen""",
    ),
    (_refused(Reason.PREPROCESS_ONLY), "E EP P PH C d1PP"),
    (_refused(Reason.PREPROCESS_ONLY, _GLUED), "Fi"),
    (_refused(Reason.NOT_A_COMPILE), "Zs ? help HELP v -version -help ### link"),
    (_refused(Reason.NOT_A_COMPILE, _GLUED), "print- -print-"),
    (_refused(Reason.CHANGING_OUTPUT), "Bt Bt+ Bv d1reportTime time"),
    (_refused(Reason.CHANGING_OUTPUT, _GLUED), "d1report"),
    (_refused(Reason.UNMODELLED_OUTPUT, _GLUED), "FR Fr Fm FT Fx doc analyze"),
    (
        _refused(Reason.UNMODELLED_OUTPUT),
        "Gm Yd Zx scanDependencies sourceDependencies sourceDependencies:directives",
    ),
    (_refused(Reason.UNMODELLED_OUTPUT, _GLUED), "scanDependencies- sourceDependencies- Zy"),
    (_refused(Reason.PRECOMPILED_HEADER, _GLUED), "Yl YX YI"),
    (
        _refused(Reason.UNSEEN_INPUT, _GLUED),
        "AI FU clr ZW external:env: vctools winsdk winsysroot diasdkdir fastfail",
    ),
    (
        _refused(Reason.MODULES, _GLUED),
        "module: headerUnit exportHeader reference interface internalPartition ifc translateInclude",
    ),
    (_refused(Reason.SEVERAL_TARGETS, _GLUED), "openmp-targets -offload"),
)

# clang-cl says of a word that it has no use for it, once for a command: each step would say it again.
QUIET_GLUED: Final = frozenset(spelled("U EH std: wd Fd"))
LOUD: Final = frozenset(
    spelled(
        """G5 G6 G7 GB GH GL GL- GT GZ Ge Gh Gm- JMC JMC- LD LDd MP Ob3 QIfist Qfast_transcendentals
        Qimprecise_fwaits Qpar Qpar- Qsafe_fp_loads Qspectre Qspectre- Qspectre-load WL Wall Wp64 Wv
        ZW:nostdlib Za Ze Zf Zg Zs- await external:anglebrackets external:templates external:templates-
        homeparams kernel showFilenames showFilenames- showIncludes:user vmb vmg vmm vms vmv Gr Gregcall Gv Gz
        Gd openmp openmp- permissive"""
    )
)

# A set of letters behind one O, as in /O2y-.
OPTIMIZE_LETTERS: Final = frozenset("12dgistxy-b03")
UTF_8: Final = frozenset(spelled("utf-8 UTF-8 .65001 65001"))

EXACT: Final[dict[str, Option]] = {}
GLUED: Final[dict[str, Option]] = {}

for _option, _spellings in _GROUPS:
    for _spelling in spelled(_spellings):
        if _option.takes is not Takes.GLUED:
            EXACT[_spelling] = _option
        if _option.takes in {Takes.GLUED, Takes.EITHER}:
            GLUED[_spelling] = _option
LONGEST: Final = max(map(len, GLUED))
