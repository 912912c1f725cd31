import pytest

from zccache.common.includes.macros import asked_names
from zccache.common.includes.opaque import Opaque
from zccache.common.includes.scanner import Form, scan
from zccache.common.reasons import Reason


def resolve(*texts: str, values: tuple[str, ...] = ()) -> set[tuple[bool, str]] | Opaque:
    """Return the names that the questions of texts can come to ask for."""
    encoded = [text.encode() for text in texts]
    asked = [line for text in encoded for line in scan(text).asked]
    assert asked, "the texts ask nothing through macros"
    found = asked_names(asked, encoded, values)
    if isinstance(found, Opaque):
        return found
    return {(quoted, name) for form, quoted, name in found if form is Form.ASKS}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#define HDR <a.h>\n#if __has_include(HDR)\n#endif", {(False, "a.h")}),
        ('#define HDR "a.h" // why\n#define ALSO HDR\n#if __has_include(ALSO)\n#endif', {(True, "a.h")}),
        (
            "#if X\n#define HDR <a.h>\n#else\n#define HDR <b.h>\n#endif\n#if __has_include(HDR)\n#endif",
            {(False, "a.h"), (False, "b.h")},
        ),
        (
            '#define HAS(x) __has_include(x)\n#if HAS(<a.h>) && HAS("b.h")\n#endif',
            {(False, "a.h"), (True, "b.h")},
        ),
        ("#define HAS(v, x) (v && __has_include(x))\n#if HAS(1, <a.h>)\n#endif", {(False, "a.h")}),
        ("#define HAS(...) __has_include(__VA_ARGS__)\n#if HAS(<a,b.h>)\n#endif", {(False, "a,b.h")}),
        (
            "#define HAS(x) __has_include(x)\n#define ALSO(y) HAS(y)\n#if ALSO(<a.h>)\n#endif",
            {(False, "a.h")},
        ),
        ("#define HAS(x) __has_include(x)\n#if defined(HAS) && !defined HAS\n#endif", set()),
        (
            "#define HAS(x) __has_include(x)\n#if HAS(<linux/a.h>)\n#endif",
            {(False, "linux/a.h"), (False, "1/a.h")},
        ),
        ("%:define HDR <a.h>\n%:if __has_include(HDR)\n%:endif", {(False, "a.h")}),
        ("#if __has_include(NEVER_DEFINED)\n#endif", set()),
    ],
)
def test_names_are_followed_through_macros(text: str, expected: set[tuple[bool, str]]) -> None:
    assert resolve(text) == expected


def test_a_macro_of_one_text_is_followed_into_another() -> None:
    found = resolve("#define HAS(x) __has_include(x)\n", "#if HAS(OWN)\n#endif\n", "#define OWN <own.h>\n")

    assert found == {(False, "own.h")}


def test_a_value_from_the_command_line_can_be_any_macros() -> None:
    assert resolve("#if __has_include(HDR)\n#endif", values=("<a.h>", "2", '"b.h"')) == {
        (False, "a.h"),
        (True, "b.h"),
    }


@pytest.mark.parametrize(
    "text",
    [
        "#define STR(x) #x\n#if __has_include(STR(a.h))\n#endif",
        "#define S(x) <x.h>\n#define HDR S(a)\n#if __has_include(HDR)\n#endif",
        "#define VERSION v2\n#define HDR <VERSION/a.h>\n#if __has_include(HDR)\n#endif",
        "#define HAS(x) __has_include(x)\n#if HAS(<a##b.h>) || HAS(a b)\n#endif",
        "#define HAS __has_include\n#if HAS(<a.h>)\n#endif",
        "#define HAS(x) __has_include(x)\n#define ALSO HAS\n#if ALSO(<a.h>)\n#endif",
        "#if __has_include(__FILE__)\n#endif",
    ],
)
def test_a_name_that_cannot_be_known_is_given_up(text: str) -> None:
    found = resolve(text)

    assert isinstance(found, Opaque)
    assert found.reason is Reason.OPAQUE_HAS_INCLUDE
