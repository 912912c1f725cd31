"""Every variable that a compiler asks for is in the key, stops caching, or was proven idle."""

import os
import subprocess
from pathlib import Path

import pytest

from tools import require_tool
from zccache.common.tools.environment import NAMES, refused_variable

# Notes each name that is asked for, in the file that ASKED names.
LISTENER = r"""
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

static char *look(const char *name) {
    size_t length = strlen(name);
    for (char **entry = environ; entry != NULL && *entry != NULL; entry++)
        if (strncmp(*entry, name, length) == 0 && (*entry)[length] == '=') return *entry + length + 1;
    return NULL;
}

static void note(const char *name) {
    const char *path = look("ASKED");
    int fd = path == NULL ? -1 : open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) return;
    (void)!write(fd, name, strlen(name));
    (void)!write(fd, "\n", 1);
    (void)close(fd);
}

char *getenv(const char *name) { note(name); return look(name); }
char *secure_getenv(const char *name) { note(name); return look(name); }
"""
IDLE = {
    "PATH": "in the identity of the compiler",
    "PWD": "in the key where it names the working folder",
    "TMPDIR": "where temporary files go, which leaves no trace",
    "TMP": "as TMPDIR",
    "TEMP": "as TMPDIR",
    "TEMPDIR": "as TMPDIR",
    "TERM": "of a terminal, where the compiler does not write",
    "NO_COLOR": "as TERM",
    "COLUMNS": "as TERM",
    "MAKEFLAGS": "tells of the jobserver, for links",
    "CLANG_CRASH_DIAGNOSTICS_DIR": "of a crash, which is not kept",
    "bar": "asked for by LLVM itself, so that a linker keeps what is linked in",
    "ASKED": "ours",
}
WORDS = [
    "-c -g a.c -MD -Wall",
    "-c a.cc -O2",
    "-c a.s",
    "-c -g a.S",
    "-c -flto a.c",
    "-c --coverage a.c",
    "-S -save-temps a.c",
]
CLANG_WORDS = [
    "-c -fno-integrated-as a.c",
    "-c -fno-integrated-cc1 a.c",
    "-c -target x86_64-apple-darwin a.c",
    "-c -target x86_64-windows-msvc a.c",
]


@pytest.fixture(scope="module")
def listener(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compile the listener, and sources beside it."""
    folder = tmp_path_factory.mktemp("listener")
    (folder / "listener.c").write_text(LISTENER)
    (folder / "a.c").write_text("int f(void) { int unused; return __LINE__; }\n")
    (folder / "a.cc").write_text("namespace { int hidden; }\nint f() { return hidden; }\n")
    for name in ("a.s", "a.S"):
        (folder / name).write_text(".globl f\nf:\n")
    gcc = require_tool("gcc", "gcc")
    words = [gcc, "-shared", "-fPIC", "-o", "listener.so", "listener.c"]
    subprocess.run(words, cwd=folder, check=True)
    return folder / "listener.so"


@pytest.mark.parametrize(
    ("compiler", "package"), [("gcc", "gcc"), ("g++", "g++"), ("clang", "clang"), ("clang-19", "clang-19")]
)
def test_every_variable_that_a_compiler_asks_for_is_known(
    compiler: str, package: str, listener: Path, tmp_path: Path
) -> None:
    """hazard 54, hazard 55, hazard 57, hazard 58, hazard 59"""
    program = require_tool(compiler, package)
    asked = tmp_path / "asked"
    env = {"PATH": os.environ["PATH"], "ASKED": str(asked), "LD_PRELOAD": str(listener)}

    for words in [*WORDS, *(CLANG_WORDS if "clang" in compiler else ())]:
        subprocess.run([program, *words.split()], cwd=listener.parent, env=env, capture_output=True)

    names = set(asked.read_text().split())
    assert {"CPATH", "COMPILER_PATH"} <= names
    assert {name for name in names if not refused_variable({name: "x"})} <= {*NAMES, *IDLE}
