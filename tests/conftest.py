"""What every test stands on: no way to the user's own cache, and a cache root that ends with its test."""

import os
import signal
import sys
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from daemons import kill, processes_below, stop_daemon
from tools import tools_are_required


@pytest.fixture(autouse=True, scope="session")
def _away_from_the_users_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give the whole run a home of its own and no setting of the person who started it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith("ZCCACHE_") and name != "ZCCACHE_REQUIRE_TOOLS":
                patch.delenv(name)
        patch.delenv("XDG_CONFIG_HOME", raising=False)
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(autouse=True, scope="session")
def _signals_as_at_a_terminal() -> None:
    """Undo what nohup and background jobs of shells leave: signals that all our children would ignore too."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


@pytest.fixture(autouse=True, scope="session")
def _nothing_outlives_the_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Fail when a process with a cache root of this run is still there, whichever test left it."""
    yield
    left = processes_below(tmp_path_factory.getbasetemp()) if sys.platform == "linux" else set()
    kill(left)
    assert not left, f"processes outlived the run: {sorted(left)}"


@pytest.fixture
def cache_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Hand out a cache root that no other test sees; its daemon is stopped, a process left over fails."""
    root = tmp_path / "cache"
    monkeypatch.setenv("ZCCACHE_CACHE_DIR", str(root))
    yield root
    left = stop_daemon(root)
    assert not left, f"processes of {root} outlived the test: {sorted(left)}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure where every tool is promised to be there."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and tools_are_required():
        report.outcome = "failed"
        report.longrepr = f"skipped where ZCCACHE_REQUIRE_TOOLS=1 forbids it: {report.longrepr}"
    return report
