"""Knows the options of linkers (GNU ld, gold, lld, mold, wasm-ld) as data: what each takes and means.

A word that is not here is refused: linkers have many ways to read and write files. Where
linkers differ on whether a value follows, the reading is the one that leaves the next word
an input: it is then looked for and not found.
"""

from enum import Enum, auto
from typing import Final

from zccache.common.command.plan import OutputKind
from zccache.common.reasons import Reason
from zccache.common.values import dataclass


class Value(Enum):
    """Where the value of an option stands: NEEDED after `=` or in the next word, GLUED after `=` only."""

    NOTHING = auto()
    NEEDED = auto()
    GLUED = auto()


class Meaning(Enum):
    """What an option means to a cache."""

    KEPT = auto()
    LIBRARY = auto()
    FOLDER = auto()
    RUN_FOLDERS = auto()
    SCRIPT = auto()
    READ_FILE = auto()
    OUTPUT = auto()
    WRITTEN = auto()
    DEPFILE = auto()
    PLUGIN = auto()
    STATIC = auto()
    DYNAMIC = auto()
    SHARED = auto()
    RELOCATABLE = auto()
    EMULATION = auto()
    SYSROOT = auto()
    REFUSED = auto()


@dataclass(frozen=True, slots=True)
class LinkOption:
    """One option; kind belongs to one that writes a file, reason to a refused one."""

    meaning: Meaning
    value: Value = Value.NOTHING
    kind: OutputKind | None = None
    reason: Reason | None = None


_NEEDED: Final = Value.NEEDED
_GLUED: Final = Value.GLUED

# Each stands for itself and for its contrary with `no-` before it.
_TOGGLES: Final = """
    accept-unknown-input-arch add-needed allow-multiple-definition allow-shlib-undefined
    apply-dynamic-relocs as-needed call-graph-profile-sort check-sections color-diagnostics
    copy-dt-needed-entries cref ctf-variables ctors-in-init-array define-common demangle
    detect-odr-violations dynamic-linker eh-frame-hdr emit-stub-syms enum-size-warning export-dynamic
    fatal-warnings fix-arm1176 fix-cortex-a8 fix-cortex-a53-843419 fix-cortex-a53-835769 fork
    gc-keep-exported gc-sections gdb-index gnu-unique ignore-data-address-equality
    ignore-function-address-equality insert-timestamp keep-files-mapped keep-memory
    ld-generated-unwind-info leading-underscore long-plt map-whole-files merge-exidx-entries
    mmap-output-file nmagic omagic optimize-bb-jumps pcrel-optimize pic-executable pie pipeline-knowledge
    plt-align plt-localentry posix-fallocate power10-stubs print-gc-sections print-icf-sections
    print-map-discarded quick-exit relax rosegment strip-discarded stub-group-multi text-reorder threads
    tls-get-addr-optimize tls-optimize toc-optimize toc-sort undefined undefined-version
    use-android-relr-tags warn-backrefs warn-common warn-execstack warn-ifunc-textrel warn-mismatch
    warn-rwx-segments warn-search-mismatch warn-symbol-ordering warn-textrel warnings wchar-size-warning
    whole-archive check-features fat-lto-objects merge-data-segments
    """
_PLAIN: Final = """
    be8 Bdynamic-list Bgroup Bno-symbolic Bsymbolic Bsymbolic-functions Bsymbolic-non-weak
    Bsymbolic-non-weak-functions build-id compress-debug-sections d dc default-imported-symver
    default-symver disable-multiple-abs-defs disable-new-dtags discard-all discard-locals discard-none dp
    dy dynamic-list-cpp-new dynamic-list-cpp-typeinfo dynamic-list-data E EB EL embedded-relocs
    emit-relocs enable-new-dtags enable-non-contiguous-regions enable-non-contiguous-regions-warnings
    end-group end-lib error-unresolved-symbols execute-only fix-v4bx fix-v4bx-interworking flto
    force-exe-suffix force-group-allocation g lto-O0 lto-O1 lto-O2 lto-O3 lto-whole-program-visibility M M
    n N noinhibit-exec nostdlib package-metadata pic-veneer pop-state preread-archive-symbols print-map
    print-memory-usage print-output-format print-sysroot push-state q qmagic Qy reduce-memory-overheads s
    S secure-plt bss-plt sort-common split-by-file split-by-reloc start-group start-lib strip-all
    strip-debug strip-debug-gdb strip-debug-non-line strip-lto-sections t target1-abs target1-rel trace
    traditional-format unique use-blx verbose w warn-alternate-em warn-constructors warn-multiple-gp
    warn-once warn-section-align warn-shared-textrel warn-unresolved-symbols x X ( ) add-stdcall-alias
    appcontainer compat-implib disable-auto-image-base disable-auto-import disable-dynamicbase
    disable-forceinteg disable-high-entropy-va disable-large-address-aware disable-long-section-names
    disable-no-bind disable-no-isolation disable-no-seh disable-nxcompat disable-reloc-section
    disable-runtime-pseudo-reloc disable-stdcall-fixup disable-tsaware disable-wdmdriver dll dynamicbase
    enable-auto-image-base enable-auto-import enable-extra-pe-debug enable-extra-pep-debug
    enable-long-section-names enable-reloc-section enable-runtime-pseudo-reloc
    enable-runtime-pseudo-reloc-v2 enable-stdcall-fixup exclude-all-symbols export-all-symbols forceinteg
    high-entropy-va kill-at large-address-aware no-bind no-isolation no-seh nxcompat tsaware
    warn-duplicate-exports wdmdriver allow-undefined compress-relocations experimental-pic export-memory
    export-all export-table growable-table import-memory import-table import-undefined no-entry shared-memory
    stack-first
    """
_WITH_VALUE: Final = """
    A a assert architecture auxiliary base-address defsym delayload dynamic-linker e entry exclude-libs
    exclude-modules-for-implib exclude-symbols export export-if-defined export-dynamic-symbol f F features
    file-alignment filter fini global-base gpsize h hash-bucket-empty-fraction hash-size hash-style heap I icf
    icf-iterations ignore-unresolved-symbol image-base init initial-memory keep-unique major-image-version
    major-os-version major-subsystem-version max-cache-size max-memory minor-image-version
    minor-os-version minor-subsystem-version mllvm oformat optimize orphan-handling pack-dyn-relocs
    require-defined rosegment-gap section-alignment section-start sort-section soname spare-dynamic-tags
    split-stack-adjust-size stack stub-group-size subsystem table-base target2 task-link Tbss Tdata
    Tldata-segment Trodata-segment Ttext Ttext-segment thread-count thread-count-final
    thread-count-initial thread-count-middle trace-symbol u undefined unresolved-symbols
    version-exports-section wrap Y y z build-id-chunk-size-for-treehash
    build-id-min-file-size-for-treehash ctf-share-types
    """
_WITH_GLUED: Final = """
    build-id color-diagnostics compress-debug-sections demangle dll-search-prefix dynamic-reloc
    enable-auto-image-base error-limit flto flto-partition fuse-ld lto-O lto-partitions package-metadata
    plt-align power10-stubs sort-common split-by-file split-by-reloc threads unique verbose
    """


def _refused(reason: Reason, value: Value = Value.NOTHING) -> LinkOption:
    return LinkOption(Meaning.REFUSED, value, reason=reason)


_TABLE: Final[tuple[tuple[LinkOption, str], ...]] = (
    (LinkOption(Meaning.KEPT), _TOGGLES),
    (LinkOption(Meaning.KEPT), _PLAIN),
    (LinkOption(Meaning.KEPT, _NEEDED), _WITH_VALUE),
    (LinkOption(Meaning.KEPT, _GLUED), _WITH_GLUED),
    (LinkOption(Meaning.LIBRARY, _NEEDED), "l library"),
    (LinkOption(Meaning.FOLDER, _NEEDED), "L library-path"),
    (LinkOption(Meaning.RUN_FOLDERS, _NEEDED), "rpath rpath-link R just-symbols"),
    (
        LinkOption(Meaning.SCRIPT, _NEEDED),
        "T script version-script dynamic-list export-dynamic-symbol-list",
    ),
    (
        LinkOption(Meaning.READ_FILE, _NEEDED),
        """retain-symbols-file symbol-ordering-file section-ordering-file call-graph-ordering-file
        allow-undefined-file""",
    ),
    (LinkOption(Meaning.OUTPUT, _NEEDED), "o output"),
    (LinkOption(Meaning.WRITTEN, _NEEDED, OutputKind.OTHER), "Map out-implib output-def base-file"),
    (LinkOption(Meaning.DEPFILE, _NEEDED), "dependency-file"),
    (LinkOption(Meaning.PLUGIN, _NEEDED), "plugin"),
    (LinkOption(Meaning.STATIC), "static Bstatic dn non_shared"),
    (LinkOption(Meaning.DYNAMIC), "Bdynamic call_shared"),
    (LinkOption(Meaning.SHARED), "shared Bshareable"),
    (LinkOption(Meaning.RELOCATABLE), "r relocatable i Ur"),
    (LinkOption(Meaning.EMULATION, _NEEDED), "m"),
    (LinkOption(Meaning.SYSROOT, _GLUED), "sysroot"),
    (_refused(Reason.NOT_A_COMPILE), "v V version help target-help"),
    (_refused(Reason.CHANGING_OUTPUT), "stats perf"),
    (_refused(Reason.RANDOM_OUTPUT, _GLUED), "shuffle-sections"),
    (
        _refused(Reason.UNMODELLED_OUTPUT, _NEEDED),
        "reproduce print-symbol-counts print-archive-stats print-symbol-order why-extract",
    ),
    (
        _refused(Reason.UNMODELLED_OUTPUT, _GLUED),
        "save-temps time-trace thinlto-index-only thinlto-cache-dir lto-obj-path opt-remarks-filename debug",
    ),
    (
        _refused(Reason.UNMODELLED_OUTPUT),
        "save-temps time-trace thinlto-index-only thinlto-emit-imports-files repro incremental",
    ),
    (
        _refused(Reason.UNSEEN_INPUT, _NEEDED),
        "mri-script c b format default-script dT error-handling-script plugin-opt chroot",
    ),
)

LONG: Final[dict[str, LinkOption]] = {}
"""Options by their long names, or their letters, without dashes."""

GLUED: Final[dict[str, LinkOption]] = {}
"""Options that take a value only behind an equals sign."""

LETTERS: Final = "AaeFfhILlmoRTuYyz"
"""Letters whose value may be glued to them."""

for _option, _names in _TABLE:
    for _name in _names.split():
        if _option.value is _GLUED:
            GLUED[_name] = _option
        else:
            LONG[_name] = _option
LONG.update({f"no-{_name}": LONG[_name] for _name in _TOGGLES.split()})
