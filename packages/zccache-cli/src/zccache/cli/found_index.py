"""The index of a cache, opened by a command that only reads it, with everything written down before."""

import contextlib
import os
from collections.abc import Iterator

from zccache.cli.control import Daemon, control, find_daemon
from zccache.cli.place import Place
from zccache.common.index.database import Index
from zccache.common.layout import Layout


@contextlib.contextmanager
def found_index(place: Place) -> Iterator[Index | None]:
    """Hand out the index; None where nothing was ever cached."""
    daemon = find_daemon(place)
    layout = Layout(daemon.root if isinstance(daemon, Daemon) else place.root.path)
    if not os.path.exists(layout.index):
        yield None
        return
    # A daemon writes down first what it has seen.
    control(place, daemon, "status")
    index = Index(layout)
    try:
        yield index
    finally:
        index.close()
