"""A cache root that knows the compilers of this machine and nothing else."""

from pathlib import Path

from orders import SYSTEM_PATH
from source_tree import SourceTree
from zccache.common.layout import Layout
from zccache.common.rooms import open_rooms


def make_template(root: Path, base: Path) -> Path:
    """Ask the compilers what they are, as projects at base will, and return the root."""
    tree = SourceTree(base)
    env = {"PATH": f"{base}/bin:{SYSTEM_PATH}", "HOME": str(base)}
    rooms = open_rooms(Layout(str(root)))
    try:
        for program in (str(tree.base / "bin" / "cc"), "/usr/bin/gcc", "/usr/bin/clang"):
            rooms.toolchains.identify(program, str(base), env)
    finally:
        rooms.index.close()
    return root
