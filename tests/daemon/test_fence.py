"""The fence: it sees every change that events tell, and covers nothing that they do not."""

import errno
import mmap
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tools import require_tool
from waiting import wait_until
from zccache.common.digests import Digest, signature_of
from zccache.common.freshness import FileDigests, Known, tick_ns
from zccache.common.request import Facts, Guard
from zccache.common.witness import look_into
from zccache.daemon import inotify
from zccache.daemon.fence import Fence
from zccache.daemon.inotify import Inotify
from zccache.daemon.watched import Proof, Uncovered

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")


@pytest.fixture
def fence() -> Iterator[Fence]:
    made = Fence()
    yield made
    made.close()


def settle() -> None:
    """Let the tick of the last change pass."""
    now_ns = tick_ns()
    assert wait_until(lambda: tick_ns() > now_ns)


def known(path: Path) -> Known:
    found = FileDigests().known(str(path))
    assert found is not None
    return found


def guard(folder: Path, *names: str) -> Guard:
    return Guard(str(folder), signature_of(folder.stat()), frozenset(names))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A header in a folder two levels deep, settled."""
    folder = tmp_path / "project" / "include"
    folder.mkdir(parents=True)
    (folder / "a.h").write_text("int a;")
    (folder / "b.h").write_text("int b;")
    settle()
    return folder


def proof_of(fence: Fence, *paths: Path, guards: tuple[Guard, ...] = ()) -> Proof:
    return fence.prove(Facts(tuple(known(path) for path in paths), guards))


def test_while_nothing_happens_a_proof_holds(fence: Fence, project: Path) -> None:
    proof = proof_of(fence, project / "a.h", guards=(guard(project, "new.h"),))

    assert all(fence.holds(proof) for _ in range(100))


CHANGES: dict[str, Callable[[Path], object]] = {
    "rewritten": lambda folder: (folder / "a.h").write_text("int z;"),
    "rewritten with its times put back": lambda folder: rewrite_with_old_times(folder / "a.h"),
    "replaced by rename": lambda folder: replace(folder / "a.h"),
    "deleted": lambda folder: (folder / "a.h").unlink(),
    "moved away": lambda folder: (folder / "a.h").rename(folder / "c.h"),
    "made a link": lambda folder: make_link(folder / "a.h"),
    "its folder moved": lambda folder: folder.rename(folder.with_name("moved")),
    "its folder closed": lambda folder: folder.chmod(0),
    "a folder above moved": lambda folder: folder.parent.rename(folder.parent.with_name("moved")),
    "truncated": lambda folder: os.truncate(folder / "a.h", 0),
    "appended to": lambda folder: append(folder / "a.h"),
}


def rewrite_with_old_times(path: Path) -> None:
    before = path.stat()
    path.write_text("int z;")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def replace(path: Path) -> None:
    other = path.with_name("other")
    other.write_text("int z;")
    other.rename(path)


def make_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("b.h")


def append(path: Path) -> None:
    with path.open("a") as file:
        file.write("x")


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_is_changed_breaks_its_proof(change: str, fence: Fence, project: Path) -> None:
    proof = proof_of(fence, project / "a.h")
    other = proof_of(fence, Path("/etc/passwd"))

    CHANGES[change](project)

    assert not fence.holds(proof)
    assert not fence.holds(proof)
    assert fence.holds(other)


@pytest.mark.parametrize("change", CHANGES)
def test_what_a_file_held_is_known_until_it_changes(change: str, fence: Fence, project: Path) -> None:
    before, other = known(project / "a.h"), known(project / "b.h")
    fence.prove(Facts((before, other), ()))
    paths = [before.path, str(project / "new.h"), before.path]
    assert fence.files(paths) == [before, None, before]

    CHANGES[change](project)

    assert fence.files(paths) == [None, None, None]


def test_a_file_is_known_again_when_it_was_proven_anew(fence: Fence, project: Path) -> None:
    proof_of(fence, project / "a.h")
    (project / "a.h").write_text("int z;")
    settle()

    proof_of(fence, project / "a.h")

    assert fence.files([str(project / "a.h")]) == [known(project / "a.h")]


def test_a_file_of_which_only_the_place_was_proven_is_not_known(fence: Fence, project: Path) -> None:
    found = known(project / "a.h")
    fence.prove(Facts((found._replace(digest=Digest(b"")),), ()))
    assert fence.files([found.path]) == [None]

    fence.prove(Facts((found,), ()))

    assert fence.files([found.path]) == [found]


def test_what_is_behind_a_link_is_known_until_the_link_leads_elsewhere(fence: Fence, project: Path) -> None:
    (project / "twin").symlink_to("a.h")
    (project.parent / "way").symlink_to("include")
    settle()
    found = [known(project / "twin"), known(project.parent / "way" / "b.h")]
    fence.prove(Facts(tuple(found), ()))
    assert fence.files(known.path for known in found) == found

    (project / "twin").unlink()
    (project / "twin").symlink_to("b.h")

    assert fence.files(known.path for known in found) == [None, None]
    proof_of(fence, project / "twin", project.parent / "way" / "b.h")
    assert fence.files([found[0].path]) == [known(project / "twin")]


def test_a_watched_folder_is_listed_anew_when_something_has_come(fence: Fence, project: Path) -> None:
    proof_of(fence, guards=(guard(project, "new.h"),))
    (before,) = fence.folders([str(project)])
    assert before == look_into(str(project))

    (project / "new.h").touch()

    (after,) = fence.folders([str(project)])
    assert after is not None
    assert after.names == frozenset({"a.h", "b.h", "new.h"})


def test_a_folder_that_is_still_is_not_listed_again(
    fence: Fence, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proof_of(fence, guards=(guard(project, "new.h"),))
    before = fence.folders([str(project)])
    (project / "a.h").write_text("changed, and nothing has come")
    monkeypatch.setattr("zccache.daemon.fence.look_into", None)

    assert fence.folders([str(project)]) == before


FOLDERS: dict[str, Callable[[Path], object]] = {
    "moved": lambda folder: folder.rename(folder.with_name("moved")),
    "closed": lambda folder: folder.chmod(0),
    "below a folder that moved": lambda folder: folder.parent.rename(folder.parent.with_name("moved")),
    "another": lambda folder: folder.rename(folder.with_name("moved")).parent.joinpath("include").mkdir(),
}


@pytest.mark.parametrize("change", FOLDERS)
def test_of_a_folder_that_is_elsewhere_nothing_is_known(change: str, fence: Fence, project: Path) -> None:
    proof_of(fence, guards=(guard(project, "new.h"),))
    assert fence.folders([str(project)]) != [None]

    FOLDERS[change](project)

    assert fence.folders([str(project)]) == [None]


def test_of_what_is_not_watched_nothing_is_known(fence: Fence, project: Path) -> None:
    assert fence.files([str(project / "a.h")]) == [None]
    assert fence.folders([str(project)]) == [None]


def test_a_folder_whose_file_system_tells_no_events_is_not_covered(fence: Fence) -> None:
    """hazard 116"""
    with pytest.raises(Uncovered, match="file_system"):
        fence.prove(Facts((), (guard(Path("/proc/self"), "new.h"),)))


def test_what_happens_to_other_files_breaks_nothing(fence: Fence, project: Path) -> None:
    proof = proof_of(fence, project / "a.h", guards=(guard(project, "new.h"),))

    (project / "b.h").write_text("changed")
    (project / "elsewhere.h").write_text("new")
    (project / "a.h").read_text()

    assert fence.holds(proof)


def test_a_file_that_appears_breaks_the_proof_of_its_place(fence: Fence, project: Path) -> None:
    proof = proof_of(fence, project / "a.h", guards=(guard(project, "new.h"),))

    (project / "new.h").write_text("int n;")

    assert not fence.holds(proof)


def test_a_file_that_is_moved_into_an_empty_place_is_seen(
    fence: Fence, project: Path, tmp_path: Path
) -> None:
    proof = proof_of(fence, project / "a.h", guards=(guard(project, "new.h"),))
    (tmp_path / "away.h").write_text("int n;")

    (tmp_path / "away.h").rename(project / "new.h")

    assert not fence.holds(proof)


def test_a_guard_without_names_breaks_with_anything_that_appears(fence: Fence, project: Path) -> None:
    nameless = Guard(str(project), signature_of(project.stat()), None)
    proof = proof_of(fence, project / "a.h", guards=(nameless,))

    (project / "whatever").write_text("")

    assert not fence.holds(proof)


def test_a_file_that_is_new_again_needs_a_new_proof(fence: Fence, project: Path) -> None:
    old = proof_of(fence, project / "a.h")
    (project / "a.h").write_text("int z;")
    settle()

    new = proof_of(fence, project / "a.h")

    assert fence.holds(new)
    assert not fence.holds(old)


def test_facts_that_were_outdated_before_are_not_proven(fence: Fence, project: Path) -> None:
    facts = Facts((known(project / "a.h"),), ())
    (project / "a.h").write_text("int z;")

    with pytest.raises(Uncovered, match="changed_meanwhile"):
        fence.prove(facts)


def test_a_place_that_was_filled_before_is_not_proven(fence: Fence, project: Path) -> None:
    facts = Facts((known(project / "a.h"),), (guard(project, "new.h"),))
    (project / "new.h").write_text("")

    with pytest.raises(Uncovered, match="changed_meanwhile"):
        fence.prove(facts)


def test_a_link_that_is_retargeted_breaks_the_proof(fence: Fence, project: Path) -> None:
    (project / "link.h").symlink_to("a.h")
    settle()
    proof = proof_of(fence, project / "link.h")

    (project / "link.h").unlink()
    (project / "link.h").symlink_to("b.h")

    assert not fence.holds(proof)


def test_the_target_of_a_link_is_watched_where_it_lies(fence: Fence, project: Path, tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "t.h").write_text("int t;")
    (project / "link.h").symlink_to(tmp_path / "far" / "t.h")
    settle()
    proof = proof_of(fence, project / "link.h")

    (tmp_path / "far" / "t.h").write_text("int u;")

    assert not fence.holds(proof)


def test_a_linked_folder_on_the_way_is_watched(fence: Fence, project: Path, tmp_path: Path) -> None:
    (tmp_path / "way").symlink_to(project)
    other = tmp_path / "other"
    other.mkdir()
    (other / "a.h").write_text("int other;")
    settle()
    proof = proof_of(fence, tmp_path / "way" / "a.h")

    (tmp_path / "way").unlink()
    (tmp_path / "way").symlink_to(other)

    assert not fence.holds(proof)


def test_a_store_through_another_hard_link_breaks_the_proof(
    fence: Fence, project: Path, tmp_path: Path
) -> None:
    """hazard 116"""
    os.link(project / "a.h", tmp_path / "outside.h")
    settle()
    proof = proof_of(fence, project / "a.h")

    (tmp_path / "outside.h").write_text("int z;")

    assert not fence.holds(proof)


def test_a_hard_link_made_later_from_outside_breaks_the_proof(
    fence: Fence, project: Path, tmp_path: Path
) -> None:
    proof = proof_of(fence, project / "a.h")

    os.link(project / "a.h", tmp_path / "outside.h")
    (tmp_path / "outside.h").write_text("int z;")

    assert not fence.holds(proof)


def test_a_file_that_somebody_can_store_into_is_not_covered(fence: Fence, project: Path) -> None:
    with (project / "a.h").open("r+b") as file, mmap.mmap(file.fileno(), 0):
        settle()

        with pytest.raises(Uncovered, match="open_for_writing"):
            proof_of(fence, project / "a.h")


def test_a_mapping_made_later_breaks_the_proof_before_the_first_store(fence: Fence, project: Path) -> None:
    """hazard 116"""
    proof = proof_of(fence, project / "a.h")

    with (project / "a.h").open("r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
        assert not fence.holds(proof)
        memory[0:3] = b"INT"
        assert not fence.holds(proof)


def test_two_names_of_one_file_are_both_watched(fence: Fence, project: Path) -> None:
    os.link(project / "a.h", project / "same.h")
    settle()
    proofs = [proof_of(fence, project / name) for name in ("a.h", "same.h")]

    append(project / "same.h")

    assert not any(map(fence.holds, proofs))


def test_events_that_were_lost_break_every_proof(fence: Fence, project: Path) -> None:
    """hazard 116"""
    proof = proof_of(fence, project / "a.h")
    limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    names = (str(project / "one"), str(project / "two"))

    for number in range(limit // 2 + 100):
        os.close(os.open(names[number % 2], os.O_CREAT | os.O_WRONLY))
        os.unlink(names[number % 2])

    assert not fence.holds(proof)
    assert fence.holds(proof_of(fence, project / "a.h"))


def test_a_file_system_with_other_ways_to_change_is_not_covered(fence: Fence) -> None:
    """hazard 116"""
    status = Path("/proc/self/status")
    facts = Facts(
        (Known(str(status), known(Path("/etc/passwd")).digest, signature_of(status.stat()), True),), ()
    )

    with pytest.raises(Uncovered):
        fence.prove(facts)


def test_a_refused_watch_is_told_by_its_cause(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """hazard 116"""

    def refuse(self: Inotify, folder: str, mask: int) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(inotify.Inotify, "add", refuse)
    fence = Fence()

    with pytest.raises(Uncovered, match="watch_limit"):
        proof_of(fence, project / "a.h")

    fence.close()


OVERLAY = """
import sys
sys.path[:0] = sys.argv[2:]
import os
from pathlib import Path
from zccache.common.freshness import FileDigests
from zccache.common.request import Facts
from zccache.daemon.fence import Fence
from zccache.daemon.watched import Uncovered
base = Path(sys.argv[1])
fence = Fence()
known = FileDigests().known(str(base / "merged" / "a.h"))
try:
    fence.prove(Facts((known,), ()))
except Uncovered as cause:
    print(cause)
"""

MOUNT = """
import sys
sys.path[:0] = sys.argv[2:]
import subprocess
from pathlib import Path
from zccache.common.freshness import FileDigests
from zccache.common.request import Facts
from zccache.daemon.fence import Fence
base = Path(sys.argv[1])
fence = Fence()
proof = fence.prove(Facts((FileDigests().known(str(base / "lower" / "a.h")),), ()))
print(fence.holds(proof))
subprocess.run(["mount", "-t", "tmpfs", "none", base / "lower"], check=True)
print(fence.holds(proof))
"""


def in_a_namespace(script: str, base: Path, *before: str) -> str:
    """Run a script where mounts are its own affair; skip where that is not allowed."""
    unshare = require_tool("unshare", "util-linux")
    command = " && ".join((*before, 'exec "$0" -c "$@"'))
    done = subprocess.run(
        [unshare, "-m", "sh", "-c", command, sys.executable, script, str(base), *sys.path],
        capture_output=True,
        text=True,
        check=False,
    )
    if "ermission denied" in done.stderr or "not permitted" in done.stderr:
        pytest.skip("mounting needs rights that this user does not have")
    assert done.returncode == 0, done.stderr
    return done.stdout


def layers(tmp_path: Path) -> Path:
    for name in ("lower", "upper", "work", "merged"):
        (tmp_path / name).mkdir()
    (tmp_path / "lower" / "a.h").write_text("int a;")
    settle()
    return tmp_path


def test_an_overlay_whose_layers_could_change_is_not_covered(tmp_path: Path) -> None:
    """hazard 116"""
    base = layers(tmp_path)
    mount = (
        f"mount -t tmpfs none '{base}/upper' && mkdir '{base}/upper/u' '{base}/upper/w' && "
        f"mount -t overlay overlay -o 'lowerdir={base}/lower,upperdir={base}/upper/u,workdir={base}/upper/w' "
        f"'{base}/merged'"
    )

    assert in_a_namespace(OVERLAY, base, mount) == "file_system\n"


def test_a_mount_over_an_input_breaks_every_proof(tmp_path: Path) -> None:
    """hazard 115, hazard 116"""
    assert in_a_namespace(MOUNT, layers(tmp_path)) == "True\nFalse\n"
