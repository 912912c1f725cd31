"""Which failures may be no result."""

import pytest

from zccache.common.failures import is_of_the_machine


def test_a_finding_is_a_result() -> None:
    assert not is_of_the_machine(1, b"a.cpp:1:1: error: use nullptr [modernize-use-nullptr]\n", b"1 error\n")


@pytest.mark.parametrize(
    "said",
    [
        b"LLVM ERROR: out of memory\n",
        b"error: cannot open file 'x.h': Too many open files\n",
        b"error: unable to open output file 'x': 'No space left on device'\n",
        b"error: cannot open file 'x.h': permission denied\n",
    ],
)
def test_a_failure_for_want_of_something_is_none(said: bytes) -> None:
    assert is_of_the_machine(1, said, b"")
    assert is_of_the_machine(1, b"", said)


def test_a_program_that_did_not_run_has_no_result() -> None:
    assert is_of_the_machine(127, b"", b"")


def test_words_alone_are_no_failure() -> None:
    assert not is_of_the_machine(0, b"Permission denied\n", b"")
