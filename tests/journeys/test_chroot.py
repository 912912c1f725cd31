"""A front below another root: mounts and folder are the daemon's, and yet other paths lead elsewhere."""

import os
import subprocess
from pathlib import Path

import pytest

from fronts import native_front, python_front
from mounted import may_mount

# The root holds what / holds, but other headers; what is mounted later on one side is not on the other.
_PREPARE = """
set -e
mkdir root && mount -t tmpfs none root
for folder in /*; do
    [ -d "$folder" ] && [ ! -L "$folder" ] && [ "$folder" != /proc ] || continue
    mkdir "root$folder" && mount --rbind "$folder" "root$folder"
done
for link in bin lib lib64 sbin; do [ ! -L "/$link" ] || cp -P "/$link" "root/$link"; done
mkdir root/proc && { [ -z "$HAS_PROC" ] || mount -t proc none root/proc; }
for side in / root/; do mount -t tmpfs none "${side}usr/local/include"; done
echo 'int outside;' > /usr/local/include/where.h
echo 'int inside;' > root/usr/local/include/where.h
"""
_COMPILE = """
"$FRONT" gcc -c a.c && nm a.o && rm a.o
"$FRONT" gcc -c a.c && nm a.o && rm a.o
"""


@pytest.mark.parametrize("has_proc", ["1", ""], ids=["proc", "no proc"])
@pytest.mark.parametrize("name", ["native", "twin"])
def test_a_front_below_another_root_walks_without_the_daemon(
    cache_root: Path, tmp_path: Path, name: str, has_proc: str
) -> None:
    """hazard 115"""
    if not may_mount():
        pytest.skip("needs root and CAP_SYS_ADMIN: mounts")
    front = native_front() if name == "native" else python_front(tmp_path)
    (tmp_path / "a.c").write_text("#include <where.h>\n")
    inside = f"chroot root sh -ec 'cd {tmp_path}; {_COMPILE}'"
    lines = [_PREPARE, _COMPILE, inside, _COMPILE]

    done = subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", "\n".join(lines)],
        cwd=tmp_path,
        env={**os.environ, "FRONT": str(front), "HAS_PROC": has_proc, "ZCCACHE_CACHE_DIR": str(cache_root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.stdout.split()[2::3] == ["outside"] * 2 + ["inside"] * 2 + ["outside"] * 2, done.stdout
