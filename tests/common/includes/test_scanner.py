import pytest

from zccache.common.includes.scanner import Directive, Form, scan


def names(text: str | bytes) -> list[tuple[str, bool, str]]:
    """Return form, quoted and name of each directive in a text."""
    data = text if isinstance(text, bytes) else text.encode()
    return [(form.value, quoted, name) for form, quoted, name in scan(data).directives]


@pytest.mark.parametrize(
    "text",
    [
        '#include "a.h"',
        '  #  include"a.h"',
        '\t#\tinclude\t"a.h"\t// because',
        '#/* why */include/* how */"a.h"',
        '#include /* over\ntwo lines */ "a.h"',
        '# /* over\ntwo lines */ include "a.h"',
        '/* over\ntwo lines */ #include "a.h"',
        '%:include "a.h"',
        '??=include "a.h"',
        '#incl\\\nude "a.h"',
        '#incl\\ \t\nude "a.h"',
        '#incl\\\r\nude "a.h"',
        '#incl??/\nude "a.h"',
        '#incl\\\rude "a.h"',
        '#\\\n\\\ninclude \\\n"a.h"',
        '#import "a.h"',
        '#embed "a.h" limit(3)',
        '\ufeff#include "a.h"',
        '#\0include "a.h"',
        'int a;\r#include "a.h"\rint b;',
        '#if 0\n#include "a.h"\n#endif',
        'char s[] = "/*";\n#include "a.h"\nchar t[] = "*/";',
        "int n = 1'000; // don't\n#include \"a.h\"\n",
        'char r[] = R"(\n/*)";\n#include "a.h"\n//)"',
        '// what??/\n#include "a.h"',
    ],
)
def test_an_include_is_found_however_it_is_written(text: str) -> None:
    assert names(text) == [("include", True, "a.h")]


def test_angled_names_and_include_next_are_told_apart() -> None:
    text = '#include <a.h>\n#include_next <a.h>\n#include_next "a.h"\n#include <a.h>\n'

    assert names(text) == [
        ("include", False, "a.h"),
        ("include_next", False, "a.h"),
        ("include_next", True, "a.h"),
    ]


def test_a_name_keeps_bytes_that_are_not_utf8() -> None:
    assert scan(b'#include "\xff.h"').directives == (Directive(Form.READS, quoted=True, name="\udcff.h"),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#if __has_include(<a.h>)", ("__has_include", False, "a.h")),
        ('#elif defined X && __has_include ( "a.h" )', ("__has_include", True, "a.h")),
        ("#if __has_include_next(<a.h>)", ("__has_include_next", False, "a.h")),
        ("#if __has_include__(<a.h>)", ("__has_include", False, "a.h")),
        ("#if __has_embed(<a.h> limit(1))", ("__has_include", False, "a.h")),
        ("#if __has_inc\\\nlude(/* x */<a.h>)", ("__has_include", False, "a.h")),
        ("#if /* over\ntwo lines */ __has_include(<a.h>)", ("__has_include", False, "a.h")),
    ],
)
def test_a_question_is_found_however_it_is_written(text: str, expected: tuple[str, bool, str]) -> None:
    assert names(text) == [expected]
    assert scan(text.encode()).asked == ()


@pytest.mark.parametrize(
    "text",
    [
        "#ifdef __has_include",
        "#ifndef __has_include",
        "#if defined(__has_include)",
        "#if defined __has_include && 1",
        "#elifdef __has_include",
        "#define __has_include(x) 0",
        "#undef __has_include",
        "#endif // __has_include",
        "#else /* __has_include(X) */",
        "// use __has_include(X) for this",
        "/* __has_include(X)\n#if __has_include(X)\n*/",
        "__has_include(X) in prose",
        "#if __has_included(X)",
    ],
)
def test_a_mention_is_no_question(text: str) -> None:
    assert scan(text.encode()).asked == ()


@pytest.mark.parametrize(
    "text",
    [
        "#if __has_include(NAME)",
        "#define HAS(x) __has_include(x)",
        "%:define HAS __has_include",
        "#if X /* why\nnot */ && __has_include(NAME)",
        "#if 1 // no\n#elif __has_include(NAME)",
    ],
)
def test_a_question_without_a_literal_is_kept_whole(text: str) -> None:
    asked = scan(text.encode()).asked

    assert len(asked) == 1
    assert "__has_include" in asked[0]


@pytest.mark.parametrize(
    "text", ["#include NAME", "#include STR(x.h)", '#include /**/ NAME // "a.h"', "%:include NAME"]
)
def test_a_computed_include_is_told(text: str) -> None:
    found = scan(text.encode())

    assert found.directives == ()
    assert len(found.computed) == 1


@pytest.mark.parametrize(
    "text",
    [
        "// #include order matters",
        "/*\n#include of this file is wrong\n*/",
        "int a; // see #include below",
        "#include\n",
        "#include // nothing\n",
        "#included NAME",
    ],
)
def test_prose_is_no_computed_include(text: str) -> None:
    assert scan(text.encode()).computed == ()


@pytest.mark.parametrize(
    "text",
    [
        "// a Macintosh's\r#include NAME\r",
        "#if 0\ndon't /* do\n#endif\n#include NAME\n/* not */\n",
        '#error "/* unclosed\n#include NAME\n/* not */\n',
        'char a[] = "\\"/*"; // \'\n#include NAME\n/* not */\n',
    ],
)
def test_no_odd_line_end_or_open_quote_hides_a_computed_include(text: str) -> None:
    assert scan(text.encode()).computed == ("NAME",)


def test_a_comment_after_a_closed_quote_still_hides_one() -> None:
    assert scan(b"char q = '\\''; /* don't\n#include NAME\n*/\n").computed == ()
