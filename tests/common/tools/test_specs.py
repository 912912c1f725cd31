"""Which specs files can be followed, by their text."""

import pytest

from zccache.common.tools.specs import doubt_about

_FOLLOWED = {
    "newlib-nano": """%rename link                nano_link
%rename cpp_unique_options\t\tnano_cpp_unique_options

*cpp_unique_options:
-isystem /usr/include/newlib/nano %(nano_cpp_unique_options)

*nano_libgloss:
%{specs=rdimon.specs:-lrdimon_nano} %{specs=nosys.specs:-lnosys}

*link_gcc_c_sequence:
%(nano_link_gcc_c_sequence) --start-group %G %(nano_libgloss) --end-group

*link:
%(nano_link) %:replace-outfile(-lc -lc_nano) %:replace-outfile(-lg -lg_nano)

*lib:
%{!shared:%{g*:-lg_nano} %{!p:%{!pg:-lc_nano}}%{p:-lc_p}%{pg:-lc_p}}

""",
    "picolibc": """*link:
-L%{-prefix=*:%*/lib/%M; -type=*:/usr/lib/%*/%M; :/usr/lib/%M} %{!T:-Tpicolibc.ld} --gc-sections

*lib:
--start-group %(libgcc)  -lc %{-oslib=*:-l%*} --end-group

*endfile:


*startfile:
%{-prefix=*:%*/crt0%{-crt0=*:-%*%O;:%O}%s; :/usr/lib/%M/crt0%{-crt0=*:-%*%O;:%O}%s}

""",
    "hardening": "*cc1_options:\n+ %{!r:%{!fpie:%{!fPIE:-fPIE}}}\n\n*link:\n+ -z now\n",
    "comments": "# one\n# two\n\n*asm:\n+ --noexecstack\n",
    "removal": "*self_spec:\n%<fno-ident -fident\n",
    "nothing": "",
}

_PASSED = {
    "environment": "*cpp:\n-I%:getenv(HOME /include)\n",
    "inclusion on the way": "*lib:\n%:include(other.spec)\n",
    "conditional file": "*libgcc:\n%:if-exists(libgcc_eh.a%s)\n",
    "plugin": "*cc1:\n+ %{!fno-plugin:-fplugin=annobin}\n",
    "output": "*cc1:\n-fdump-tree-all\n",
    "output behind a condition": "*cc1:\n%{O2:-O2}-aux-info x\n",
    "output behind two conditions": "*cc1:\n%{O2:-fident}%{O1:-fdump-tree-all}\n",
    "forced header": "*cpp:\n-include forced.h\n",
    "macro that names a header": "*cpp:\n-DHEADER=<x.h>\n",
    "folder that -E does not tell": "*cc1:\n-isystem include\n",
    "folder that is sought": "*cpp:\n-isystem include%s\n",
    "response file": "*cc1:\n@words\n",
    "word of the user": "*cc1:\n%{own=*:-%*}\n",
    "value of the user": "*cc1:\n%{own=*:%*}\n",
    "debug information": "*cc1:\n-g\n",
    "this machine": "*cc1:\n-march=native\n",
    "map": "*link:\n-Map=x.map\n",
    "map through a section": "*link:\n%(mine)\n\n*mine:\n-Map x.map\n",
    "compiler's word through a section": "*cc1:\n%(mine)\n\n*mine:\n--start-group\n",
    "linker's word in the compiler": "*cc1:\n%(lib)\n\n*lib:\n-fplugin=x\n",
    "other linker": "*linker:\nmyld\n",
    "command": "*asm_final:\nobjcopy %i\n",
    "two commands": "*asm:\n--32\nobjcopy\n",
    "pipe": "*asm:\n--32 | tee x\n",
    "suffix": ".c:\ncc2 %i\n",
    "language": "@c:\ncc2 %i\n",
    "temporary file": "*cc1:\n-fident %g.s\n",
    "unknown command": "%print x\n",
    "open condition": "*cc1:\n%{O2:-fident\n",
    "start file by a folder": "*startfile:\n%M/crt0.o%s\n",
    "condition on what is made": "*cc1:\n%{c:-fident}\n",
    "condition on a word of ours": "*link:\n%{!Xlinker*:-s}\n",
    "condition on a depfile": "*cpp:\n%{MMD|M*:-DX}\n",
    "carriage return": "*cc1:\r\n-fident\r\n",
}


@pytest.mark.parametrize("text", _FOLLOWED.values(), ids=_FOLLOWED)
def test_what_a_user_could_type_is_followed(text: str) -> None:
    assert doubt_about(text) == ""


@pytest.mark.parametrize("text", _PASSED.values(), ids=_PASSED)
def test_what_reads_or_writes_more_is_in_doubt(text: str) -> None:
    assert doubt_about(text)
