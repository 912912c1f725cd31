"""Every reason for not caching is shown by a test, and told to people."""

import re

from repository import modules_of_tests
from zccache.common.reasons import Reason


def test_every_reason_is_named_by_a_test() -> None:
    named = {
        name
        for path in modules_of_tests()
        if "house" not in path.parts
        for name in re.findall(r"\bReason\.([A-Z][A-Z0-9_]*)\b", path.read_text())
    }

    assert set(Reason.__members__) - named == set()
