"""The files that a text says its lines come from."""

import pytest

from zccache.common.includes.line_marks import COMPUTED_MARKER, UNKNOWABLE, line_marks


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (b'#line 5 "parse.y"\n', ("parse.y",)),
        (b'# 5 "a.c" 1 3 4\n#line 7 "a.c"\n# 1 "b.h"\n', ("a.c", "b.h")),
        (b' #  line /* why */ 5 /* not */ "a b.c"', ("a b.c",)),
        (b'%:line 5 "digraph.c"\n??=line 6 "trigraph.c"\n', ("digraph.c", "trigraph.c")),
        (b'# 1 "\\303\\244\\"\\\\.c"', ('ä"\\.c',)),
        (b'# 0 "<built-in>"\n# 1 "/folder//"\n#line 3 ""\n', ()),
        (b"#line 5\n# 6\n", ()),
        (b"#line LINE\n", (UNKNOWABLE,)),
        (b"#line 5 NAME\n", (UNKNOWABLE,)),
        (b"# 7 NAME\n", (COMPUTED_MARKER,)),
        (b" # 7 NAME(x) // why\n# 7 NAME 1 3\n", (COMPUTED_MARKER,)),
        (b"/*\n# 7 NAME\n*/\n// # 7 NAME\n# 7 of them\nx = y # 7 NAME\n", ()),
        (b'#lines 5 "x"\n#define x "y"\n# define line 5 "z"\n', ()),
    ],
)
def test_the_marked_names_are_found(text: bytes, names: tuple[str, ...]) -> None:
    assert line_marks(text) == names
