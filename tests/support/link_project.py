"""A small program to link: objects, made once with a real compiler, and archives of them."""

import shutil
import subprocess
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from tools import require_tool
from walk import Walk

LINKERS = {"bfd": "binutils", "gold": "binutils", "lld": "lld", "mold": "mold"}
SOURCES = {
    "main.c": "int f(void); int main(void) { return f(); }\n",
    "f.c": "int f(void) { return 0; }\n",
    "f2.c": "int f(void) { return 2; }\n",
    "g.c": "int g(void) { return 7; }\n",
    "f_of_g.c": "int g(void); int f(void) { return g(); }\n",
    "warned.c": "char *tmpnam(char *); int main(void) { return tmpnam(0) != 0; }\n",
    "undefined.c": "int nowhere(void); int main(void) { return nowhere(); }\n",
}


@cache
def objects() -> dict[str, bytes]:
    """Return what gcc makes of the sources, by the names of the objects."""
    require_tool("gcc", "gcc")
    folder = Path(mkdtemp(prefix="zccache-link-"))
    try:
        for name, text in SOURCES.items():
            (folder / name).write_text(text)
        subprocess.run(["gcc", "-c", "-fPIC", *SOURCES], cwd=folder, check=True)
        return {path.name: path.read_bytes() for path in folder.glob("*.o")}
    finally:
        shutil.rmtree(folder)


def linker(name: str) -> str:
    """Return the word by which gcc and clang run a linker."""
    require_tool(f"ld.{name}", LINKERS[name])
    return f"-fuse-ld={name}"


def put_objects(walk: Walk, **names: str) -> None:
    """Write objects into the walk's folder: a name (`a__o` is a.o) and the object that it is to be."""
    for name, which in names.items():
        walk.put(name.replace("__", "."), objects()[f"{which}.o"])


def put_archive(walk: Walk, archive: str, *members: str, letters: str = "rcs") -> None:
    """Make an archive anew of files in the walk's folder."""
    (walk.folder / archive).unlink(missing_ok=True)
    run(walk, "ar", letters, archive, *members)


def run(walk: Walk, *argv: str) -> None:
    """Run a tool in the walk's folder, and let its tick pass."""
    subprocess.run(argv, cwd=walk.folder, check=True, capture_output=True)
    walk.settle()
