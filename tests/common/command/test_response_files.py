"""Response files: what gcc and clang read alike is expanded, all else is refused."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools import require_tool
from zccache.common.command.plan import Dialect, Refusal
from zccache.common.command.response_files import MAX_BYTES, MAX_DEPTH, Expanded, expand
from zccache.common.reasons import Reason

CWD = "/src"


def expanded(*args: str, files: dict[str, bytes]) -> Expanded | Refusal:
    return expand(args, read=files.get, dialect=Dialect.GCC, cwd=CWD)


CLEAR = [
    (b"-c a.c", ("-c", "a.c")),
    (b"", ()),
    (b" \n\t\r\n", ()),
    (b"-c\na.c\r\n", ("-c", "a.c")),
    (b'-DX="a b" y', ("-DX=a b", "y")),
    (b"-DX='a b'", ("-DX=a b",)),
    (b"'-DX=\"a\"'", ('-DX="a"',)),
    (b'"-DX=\\"a\\""', ('-DX="a"',)),
    (b'-DX=\\"a\\"', ('-DX="a"',)),
    (b"a\\ b c", ("a b", "c")),
    (b"a\"b\"c'd'e", ("abcde",)),
    (b'-DX="" y', ("-DX=", "y")),
    (b"-DX=\\\\", ("-DX=\\",)),
    (b"caf\xe9.c", ("caf\udce9.c",)),
]


@pytest.mark.parametrize(("text", "words"), CLEAR, ids=[repr(text) for text, _ in CLEAR])
def test_a_clear_file_is_expanded(text: bytes, words: tuple[str, ...]) -> None:
    assert expanded("-O2", "@r", "-g", files={"/src/r": text}) == Expanded(("-O2", *words, "-g"), ("/src/r",))


UNCLEAR = [
    b'""',
    b"-c ''",
    b'"open',
    b"'open",
    b"'a\\b'",
    b'"a\\n"',
    b'"a\\\nb"',
    b"a\\\nb",
    b"a\\",
    b"a\0b",
    b"a\vb",
    b"\xef\xbb\xbf-c",
    b"\xff\xfe-\0c\0",
    b"@gone",
    b"@r",
]


@pytest.mark.parametrize("text", UNCLEAR)
def test_a_file_that_compilers_read_differently_is_refused(text: bytes) -> None:
    refusal = expanded("@r", files={"/src/r": text})

    assert isinstance(refusal, Refusal)
    assert refusal.reason is Reason.BAD_RESPONSE_FILE


def test_nested_files_are_named_from_the_working_folder() -> None:
    files = {"/src/one": b"@sub/two", "/src/sub/two": b"-c @/abs/three", "/abs/three": b"a.c"}

    answer = expanded("@one", files=files)

    assert answer == Expanded(("-c", "a.c"), ("/src/one", "/src/sub/two", "/abs/three"))


def test_a_file_may_come_twice_but_not_within_itself() -> None:
    files = {"/src/a": b"@b", "/src/b": b"@a", "/src/c": b"-DX"}

    assert expanded("@c", "@c", files=files) == Expanded(("-DX", "-DX"), ("/src/c",))
    assert isinstance(expanded("@a", files=files), Refusal)


def test_depth_and_size_have_a_limit() -> None:
    deep = {f"/src/{level}": f"@{level + 1}".encode() for level in range(MAX_DEPTH + 1)}

    assert isinstance(expanded("@0", files={**deep, f"/src/{MAX_DEPTH + 1}": b""}), Refusal)
    assert isinstance(expanded("@2", files={**deep, f"/src/{MAX_DEPTH + 1}": b""}), Expanded)
    assert isinstance(expanded("@r", files={"/src/r": b" " * (MAX_BYTES + 1)}), Refusal)


def test_words_without_a_file_stay_as_they_are() -> None:
    assert expanded("-c", "a@b.c", "@", files={}) == Expanded(("-c", "a@b.c", "@"), ())


@given(st.binary(max_size=80))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_expanded_or_refused(text: bytes) -> None:
    answer = expanded("@r", files={"/src/r": text})

    assert isinstance(answer, Expanded | Refusal)
    if isinstance(answer, Expanded):
        assert all(answer.words)


@pytest.mark.parametrize("program", ["gcc", "clang"])
@pytest.mark.parametrize(
    "text",
    [
        "'-DX=\"a b\"'",
        '"-DX=\\"a\\""',
        '-DX=\\"q\\"',
        "-DX=a\\ b",
        '-DX="" -DY',
        "-DX='a'\"b\"c",
        '-DX="\\$HOME"',
        '"-DX=\\\\"',
        "@inner -DY",
    ],
)
def test_the_compiler_reads_the_same_words(program: str, text: str, tmp_path: Path) -> None:
    compiler = require_tool(program, program)
    (tmp_path / "sub").mkdir()
    (tmp_path / "inner").write_text("-DX=right")
    (tmp_path / "sub" / "inner").write_text("-DX=wrong")
    (tmp_path / "sub" / "r").write_text(text)
    (tmp_path / "a.c").write_text("X Y\n")

    answer = expand(
        ("@sub/r",),
        read=lambda path: Path(path).read_bytes(),
        dialect=Dialect(program),
        cwd=str(tmp_path),
    )

    assert isinstance(answer, Expanded)
    by_file, by_words = (
        subprocess.run(
            [compiler, "-E", "-P", "a.c", *words], cwd=tmp_path, check=True, capture_output=True, timeout=60
        ).stdout
        for words in (("@sub/r",), answer.words)
    )
    assert by_file == by_words


@pytest.mark.parametrize(
    "mark", [("", "utf-8"), ("\ufeff", "utf-8"), ("\ufeff", "utf-16-le"), ("\ufeff", "utf-16-be")]
)
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("/c a.c\r\n/DX", ["/c", "a.c", "/DX"]),
        ('"/DS=a b" x"y z"w', ["/DS=a b", "xy zw"]),
        ('/DS=\\"a\\" "/DT=\\"q r\\""', ['/DS="a"', '/DT="q r"']),
        ("/Foa\\b\\ C:\\x\\\\y", ["/Foa\\b\\", "C:\\x\\\\y"]),
        ('"C:\\a b\\\\" "x\\\\\\"y"', ["C:\\a b\\", 'x\\"y']),
        ("'a b' ä", ["'a", "b'", "ä"]),
    ],
)
def test_windows_words_are_read_in_every_encoding(mark: tuple[str, str], text: str, words: list[str]) -> None:
    data = (mark[0] + text).encode(mark[1])

    answer = expand(("@r",), read=lambda path: data, dialect=Dialect.CLANG_CL, cwd="/src")

    assert answer == Expanded(tuple(words), ("/src/r",))


@pytest.mark.parametrize(
    "data", [b'"open', b'""', b'"a""b"', b"a\0b", b"\xff\xfea", b"\xef\xbb\xbf\xff", b"@r", b"@missing"]
)
def test_windows_words_that_are_not_clear_are_refused(data: bytes) -> None:
    files = {"/src/r": data}

    answer = expand(("@r",), read=files.get, dialect=Dialect.MSVC, cwd="/src")

    assert isinstance(answer, Refusal)
    assert answer.reason is Reason.BAD_RESPONSE_FILE


@pytest.mark.parametrize(
    "text", ['"-DX=a b"', '-DX=\\"q\\"', "-DX=a\\b", '"-DX=c\\\\"', "-DX='a", '-DX="a"b"c"']
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_clang_cl_reads_the_same_words(text: str, encoding: str, tmp_path: Path) -> None:
    compiler = require_tool("clang-cl-14", "clang-14")
    (tmp_path / "r").write_text(text, encoding=encoding)
    (tmp_path / "a.c").write_text("X\n")

    answer = expand(
        ("@r",), read=lambda path: Path(path).read_bytes(), dialect=Dialect.CLANG_CL, cwd=str(tmp_path)
    )

    assert isinstance(answer, Expanded)
    by_file, by_words = (
        subprocess.run(
            [compiler, "/EP", "/X", "a.c", *words], cwd=tmp_path, check=True, capture_output=True, timeout=60
        ).stdout
        for words in (("@r",), answer.words)
    )
    assert by_file == by_words
