import pytest

from zccache.common.includes.scanner import Trait, scan
from zccache.common.includes.traits import unit_traits


def traits(text: str) -> frozenset[Trait]:
    """Return the traits of a text."""
    return scan(text.encode()).traits


@pytest.mark.parametrize(
    ("text", "trait"),
    [
        ("const char *now = __TIME__;", Trait.TIME),
        ("const char *now = __DATE__;", Trait.DATE),
        ("const char *now = __TIMESTAMP__;", Trait.TIMESTAMP),
        ("const char *now = __TI\\\nME__;", Trait.TIME),
        ('char s[] = "/*"; char *t = __TIME__; char u[] = "*/";', Trait.TIME),
        ("long n = 1'0; char q = '\"'; char *t = __TIME__; // \"", Trait.TIME),
        ('char r[] = R"x(/*)x"; char *t = __DATE__; /* */', Trait.DATE),
        ("CAT(__TI, ME__)", Trait.TIME),
        ("CAT(__TIM, E__)", Trait.TIME),
        ("CAT(__TIME, __)", Trait.TIME),
        ("CAT(_, _DATE__)", Trait.DATE),
        ("CAT(__TIMESTAM, P__)", Trait.TIMESTAMP),
        ('#pragma GCC dependency "other.h"', Trait.TIMESTAMP),
        ('asm(".incbin \\"blob\\"");', Trait.INCBIN),
        ('asm(".inc" "bin \\"blob\\"");', Trait.INCBIN),
        ('asm(".inc\\\\()bin \\"blob\\"");', Trait.INCBIN),
        ('.macro load a\n.inc\\a "blob"\n.endm', Trait.INCBIN),
        ("#define D STR(.inc##bin)", Trait.INCBIN),
        ('asm(".include \\"part.s\\"");', Trait.ASM_INCLUDE),
        ('.include "part.s"', Trait.ASM_INCLUDE),
        ('asm(".data\\n.include \\"part.s\\"");', Trait.ASM_INCLUDE),
        ('asm(".data\\x0a.include \\"part.s\\"");', Trait.ASM_INCLUDE),
        ('asm(".data\\012.include \\"part.s\\"");', Trait.ASM_INCLUDE),
        ('asm("nop\\n.in" "clude \\"part.s\\"");', Trait.INCBIN),
        ('asm("nop\\n.macro m x");', Trait.INCBIN),
        ('asm(".INCBIN \\"blob\\"");', Trait.INCBIN),
        ('asm("nop\\n.Include \\"part.s\\"");', Trait.ASM_INCLUDE),
        ("#pragma GCC system_header", Trait.SYSTEM_HEADER),
        ('_Pragma("clang system_header")', Trait.SYSTEM_HEADER),
        ("import std;", Trait.MODULES),
        ("export import parts:one;", Trait.MODULES),
        ("/* a */ import <vector>;", Trait.MODULES),
        ("export module house.room;", Trait.MODULES),
        ("module;", Trait.MODULES),
        ("@import Foundation;", Trait.MODULES),
        ('#embed "blob"', Trait.EMBED),
        ("#if __has_embed(<blob>)", Trait.EMBED),
        ('#pragma GCC pch_preprocess "x.gch"', Trait.PCH),
        ("// zccache:disable\n", Trait.DISABLE_CACHE),
    ],
)
def test_a_trait_is_found(text: str, trait: Trait) -> None:
    assert trait in traits(text)


@pytest.mark.parametrize(
    "text",
    [
        "// built at __TIME__ on __DATE__",
        "/* __TIMESTAMP__ */",
        "int MY__TIME__X, __TIME__S, TIME__2;",
        "enum Unit { DATE, TIME };",
        "int __LITTLE_ENDIAN__;",
        "struct S { int macro; } s; int a = s.macro;",
        'const char *pattern = "\\\\(a\\\\)"; const char *set = ".[\\\\()*+?{";',
        'const char *name = "table.inc";',
        "std::string import_name; int module = 1; import_it();",
        "int embedded; auto embed = 1;",
        "x.include(y);",
        "int x;" * 1000 + "// zccache:disable",
    ],
)
def test_ordinary_text_has_no_trait(text: str) -> None:
    assert traits(text) - {Trait.CLOCK_WORD} == frozenset()


def test_a_clock_pasted_in_one_header_from_a_word_of_another_is_found() -> None:
    paster = traits("#define CLOCK(word) __##word##__\n")
    caller = traits("const char *now = CLOCK(TIME);\n")

    together = unit_traits([paster, caller])

    assert Trait.TIME not in paster | caller
    assert {Trait.TIME, Trait.DATE, Trait.TIMESTAMP} <= together


def test_texts_that_paste_no_clock_together_have_only_their_own_traits() -> None:
    assert unit_traits([frozenset({Trait.EMBED}), frozenset({Trait.CLOCK_WORD})]) == {
        Trait.EMBED,
        Trait.CLOCK_WORD,
    }


@pytest.mark.parametrize(
    "text",
    [
        "const char *f = __FILE__;",
        "const char *f = __BASE_FILE__;",
        "const char *f = __FILE_NAME__;",
        "const char *f = __builtin_FILE();",
        "auto l = std::source_location::current();",
        "#define CAT(a, b) a##b",
        "%:define CAT(a, b) a %:%: b",
    ],
)
def test_a_text_that_could_know_its_name_says_so(text: str) -> None:
    assert Trait.OWN_NAME in traits(text)
