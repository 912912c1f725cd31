"""Real builds use the bench's demo project and its counting compilers, which no package installs."""

import os
import sys
from pathlib import Path

import pytest

from fronts import Front, make_front
from repository import ROOT
from tools import require_tool

if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))


@pytest.fixture
def front(tmp_path: Path, cache_root: Path) -> Front:
    """Hand out the native front; its daemon ends with the test."""
    assert os.environ["ZCCACHE_CACHE_DIR"] == str(cache_root)
    (tmp_path / "bin").mkdir()
    require_tool("gcc", "gcc")
    return make_front("native", tmp_path / "bin")
