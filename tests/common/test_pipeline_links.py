"""Links by drivers: what is linked again, what is not, and what a hit leaves."""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from link_project import LINKERS, linker, objects, put_archive, put_objects, run
from tools import require_tool
from waiting import wait_until
from walk import TO_AND_FRO, Walk
from zccache.common.reasons import Reason


@pytest.fixture
def project(walk: Walk) -> Walk:
    """Hand out a walk with objects, an archive, and a folder for libraries that is searched first."""
    put_objects(walk, main__o="main", f__o="f", g__o="g")
    (walk.folder / "first").mkdir()
    (walk.folder / "lib").mkdir()
    put_archive(walk, "lib/libf.a", "f.o")
    return walk


@pytest.fixture(params=sorted(LINKERS))
def fuse(request: pytest.FixtureRequest) -> str:
    """Name each linker as a driver wants it."""
    return linker(request.param)


def changed_archive(walk: Walk) -> None:
    """Make the archive of another f."""
    put_objects(walk, f__o="f2")
    put_archive(walk, "lib/libf.a", "f.o")


def first_archive(walk: Walk) -> None:
    """Make the archive as it was."""
    put_objects(walk, f__o="f")
    put_archive(walk, "lib/libf.a", "f.o")


def new_folder(walk: Walk) -> None:
    """Make the folder that was missing, with an archive in it."""
    (walk.folder / "none").mkdir()
    put_archive(walk, "none/libf.a", "g.o", "f.o")


LIBRARY_CHANGES: dict[str, tuple[Callable[[Walk], object], Callable[[Walk], object]]] = {
    "a member": (changed_archive, first_archive),
    "an archive that comes before": (
        lambda walk: put_archive(walk, "first/libf.a", "g.o", "f.o"),
        lambda walk: (walk.folder / "first/libf.a").unlink(),
    ),
    "a shared library beside the archive": (
        lambda walk: run(walk, "gcc", "-shared", "f.o", "-o", "lib/libf.so"),
        lambda walk: (walk.folder / "lib/libf.so").unlink(),
    ),
    "a folder that comes to be": (
        new_folder,
        lambda walk: run(walk, "rm", "-r", "none"),
    ),
}


@pytest.mark.parametrize("change", LIBRARY_CHANGES)
def test_a_library_that_is_found_elsewhere_is_linked_anew(change: str, project: Walk, fuse: str) -> None:
    make, undo = LIBRARY_CHANGES[change]
    command = ["gcc", fuse, "main.o", "-Lnone", "-Lfirst", "-Llib", "-lf", "-o", "app"]

    hows = project.to_and_fro(command, partial(make, project), partial(undo, project))

    assert hows == TO_AND_FRO


def test_an_archive_in_the_place_of_a_folder_of_its_name_is_seen(project: Walk) -> None:
    """GNU ld passes over the folder; the other linkers give up."""
    put_objects(project, f2__o="f2")
    early = project.folder / "first/libf.a"
    early.mkdir()

    def archive() -> None:
        early.rmdir()
        put_archive(project, "first/libf.a", "f2.o")

    def folder() -> None:
        early.unlink()
        early.mkdir()
        project.settle()

    hows = project.to_and_fro(
        ["gcc", linker("bfd"), "main.o", "-Lfirst", "-Llib", "-lf", "-o", "app"], archive, folder
    )

    assert hows == TO_AND_FRO


@pytest.mark.parametrize("name", ["bfd", "gold", "mold"])
def test_a_library_for_another_machine_is_passed_over(name: str, project: Walk) -> None:
    """These linkers read it, say so, and look on; lld gives up."""
    require_tool("clang", "clang")
    put_objects(project, f2__o="f2")
    project.put("other.c", "int f(void) { return 1; }\n")
    run(project, "clang", "--target=i386-linux-gnu", "-c", "other.c")
    put_archive(project, "first/libf.a", "other.o")

    hows = project.to_and_fro(
        ["gcc", linker(name), "main.o", "-Lfirst", "-Llib", "-lf", "-o", "app"],
        lambda: put_archive(project, "first/libf.a", "f2.o"),
        lambda: put_archive(project, "first/libf.a", "other.o"),
    )

    assert hows == TO_AND_FRO


def test_an_object_that_changes_is_linked_anew(project: Walk, fuse: str) -> None:
    hows = project.to_and_fro(
        ["gcc", fuse, "main.o", "f.o", "-o", "app"],
        lambda: put_objects(project, f__o="f2"),
        lambda: put_objects(project, f__o="f"),
    )

    assert hows == TO_AND_FRO


def test_a_file_behind_a_thin_archive_is_an_input(project: Walk, fuse: str) -> None:
    put_archive(project, "lib/libf.a", "f.o", letters="rcsT")

    hows = project.to_and_fro(
        ["gcc", fuse, "main.o", "lib/libf.a", "-o", "app"],
        lambda: put_objects(project, f__o="f2"),
        lambda: put_objects(project, f__o="f"),
    )

    assert hows == TO_AND_FRO


def test_what_a_linker_script_names_is_an_input(project: Walk, fuse: str) -> None:
    project.put("lib/libs.so", "INPUT(-lf g.o)\n")
    command = ["gcc", fuse, "main.o", "-L.", "-Lfirst", "-Llib", "-ls", "-o", "app"]

    hows = project.to_and_fro(command, partial(changed_archive, project), partial(first_archive, project))
    again = project.to_and_fro(
        command,
        lambda: project.put("lib/libs.so", "INPUT(-lf)\n"),
        lambda: project.put("lib/libs.so", "INPUT(-lf g.o)\n"),
    )

    assert hows == TO_AND_FRO
    assert again == ["hit", "hit", *TO_AND_FRO[2:]]


def test_a_library_of_a_script_that_comes_before_is_seen(project: Walk, fuse: str) -> None:
    project.put("lib/libs.so", "INPUT(-lf)\n")

    hows = project.to_and_fro(
        ["gcc", fuse, "main.o", "-Lfirst", "-Llib", "-ls", "-o", "app"],
        lambda: put_archive(project, "first/libf.a", "g.o", "f.o"),
        (project.folder / "first/libf.a").unlink,
    )

    assert hows == TO_AND_FRO


VERSIONS = "V1 {{ global: f; {} local: *; }};\n"


@pytest.mark.parametrize("option", ["--version-script=", "--dynamic-list=", "--retain-symbols-file="])
def test_a_list_of_symbols_is_an_input(option: str, project: Walk, fuse: str) -> None:
    texts = {
        "--version-script=": (VERSIONS.format(""), VERSIONS.format("g;")),
        "--dynamic-list=": ("{ f; };\n", "{ f; g; };\n"),
        "--retain-symbols-file=": ("f\n", "f\ng\n"),
    }[option]
    project.put("list", texts[0])

    hows = project.to_and_fro(
        ["gcc", fuse, "-shared", "f.o", "g.o", f"-Wl,{option}list", "-o", "libx.so"],
        lambda: project.put("list", texts[1]),
        lambda: project.put("list", texts[0]),
    )

    if "mold" in fuse and "retain" in option:
        assert set(hows) <= {"compile_failed", "unseen_input", "stored", "hit"}
    else:
        assert hows == TO_AND_FRO


SCRIPT = "SECTIONS {{ .text : {{ *(.text*) }} {} /DISCARD/ : {{ *(.note* .comment*) }} }}\n"


@pytest.mark.parametrize("name", ["bfd", "lld"])
def test_a_script_and_what_it_includes_are_inputs(name: str, project: Walk) -> None:
    fuse = linker(name)
    project.put("x.ld", "INCLUDE inner.ld\n")
    project.put("lib/inner.ld", SCRIPT.format(""))
    command = [
        "gcc",
        fuse,
        "-nostdlib",
        "-static",
        "-Wl,-e,f",
        "f.o",
        "-Lfirst",
        "-Llib",
        "-T",
        "x.ld",
        "-o",
        "app",
    ]

    changed = project.to_and_fro(
        command,
        lambda: project.put("lib/inner.ld", SCRIPT.format("added = 1;")),
        lambda: project.put("lib/inner.ld", SCRIPT.format("")),
    )
    before = project.to_and_fro(
        command,
        lambda: project.put("first/inner.ld", SCRIPT.format("added = 2;")),
        (project.folder / "first/inner.ld").unlink,
    )

    assert changed == TO_AND_FRO
    assert before == ["hit", "hit", *TO_AND_FRO[2:]]


def test_what_an_at_file_says_counts(project: Walk, fuse: str) -> None:
    project.put("words", "main.o f.o")

    hows = project.to_and_fro(
        ["gcc", fuse, "@words", "-o", "app"],
        lambda: project.put("words", "main.o f.o g.o"),
        lambda: project.put("words", "main.o f.o"),
    )

    assert hows == TO_AND_FRO


@pytest.mark.parametrize("name", ["LD_RUN_PATH", "LIBRARY_PATH"])
def test_variables_that_linkers_read_count(name: str, project: Walk) -> None:
    hows = project.to_and_fro(
        ["gcc", "main.o", "-Llib", "-lf", "-o", "app"],
        lambda: project.env.update({name: "/opt/zccache"}),
        lambda: project.env.pop(name),
    )

    assert hows == TO_AND_FRO


def test_what_lld_is_to_call_itself_counts(project: Walk) -> None:
    hows = project.to_and_fro(
        ["gcc", linker("lld"), "main.o", "f.o", "-o", "app"],
        lambda: project.env.update({"LLD_VERSION": "mine"}),
        lambda: project.env.pop("LLD_VERSION"),
    )

    assert hows == TO_AND_FRO


def test_mold_is_passed_on_while_it_writes_its_words_into_the_output(project: Walk) -> None:
    """The words that are added would stand there too."""
    project.env["MOLD_DEBUG"] = "1"

    walked = project.walk("gcc", linker("mold"), "main.o", "f.o", "-o", "app")

    assert walked.how == Reason.ENVIRONMENT_OUTPUT.word


def test_a_map_on_standard_output_is_replayed(project: Walk, fuse: str) -> None:
    assert project.twice("gcc", fuse, "main.o", "f.o", "-Wl,-Map=-", "-o", "app") == ["stored", "hit"]


def test_a_start_file_that_comes_before_is_seen(project: Walk) -> None:
    project.env["LIBRARY_PATH"] = str(project.folder / "first")
    asked = subprocess.run(["gcc", "-print-file-name=crti.o"], capture_output=True, check=True, text=True)

    hows = project.to_and_fro(
        ["gcc", "main.o", "f.o", "-o", "app"],
        lambda: project.put("first/crti.o", Path(asked.stdout.strip()).read_bytes()),
        (project.folder / "first/crti.o").unlink,
    )

    assert hows == TO_AND_FRO


def test_a_library_that_a_library_needs_is_an_input(project: Walk) -> None:
    put_objects(project, fg__o="f_of_g")
    run(project, "gcc", "-shared", "g.o", "-o", "lib/libg.so", "-Wl,-soname,libg.so")
    run(project, "gcc", "-shared", "fg.o", "-Llib", "-lg", "-o", "lib/libfg.so")

    def other() -> None:
        run(project, "gcc", "-shared", "g.o", "f.o", "-o", "first/libg.so", "-Wl,-soname,libg.so")

    hows = project.to_and_fro(
        ["gcc", "main.o", "lib/libfg.so", "-Wl,-rpath-link,first:lib", "-o", "app"],
        other,
        (project.folder / "first/libg.so").unlink,
    )

    assert hows == TO_AND_FRO


FORMS = [
    "-shared f.o g.o -o libx.so",
    "-shared f.o g.o -Wl,-soname,libx.so.1 -Wl,-Map=x.map -o libx.so",
    "-static main.o f.o -lm -o app",
    "-static-pie main.o f.o -o app",
    "-no-pie main.o f.o -o app",
    "-pie -rdynamic -s main.o f.o -o app",
    "-r f.o g.o -o fg.o",
    "main.o f.o",
    "-pthread main.o -Wl,--start-group -lf -lm -Wl,--end-group -Llib -o app",
    "main.o -Wl,--whole-archive lib/libf.a -Wl,--no-whole-archive -Wl,-rpath,/opt -Wl,-z,now -o d/app",
    "main.o -L lib -l f -Xlinker --gc-sections -o app -Wl,-O1 -Wl,--as-needed -Wl,--build-id=sha1",
    "main.o -Llib -l:libf.a -Wl,--dependency-file=app.d -Wl,--hash-style=gnu -o app",
    "main.o f.o -Wl,-Bstatic -lm -Wl,-Bdynamic -lpthread -o app -Wl,--defsym=x=1 -u f",
]


@pytest.mark.parametrize(
    ("driver", "line"),
    [
        *(("gcc", line) for line in FORMS),
        *((other, line) for other in ("clang", "g++") for line in FORMS[:4]),
    ],
)
def test_a_hit_leaves_what_the_link_leaves(line: str, driver: str, project: Walk) -> None:
    require_tool(driver, driver)
    (project.folder / "d").mkdir()

    assert project.twice(driver, *line.split()) == ["stored", "hit"]


@pytest.mark.parametrize("driver", ["gcc", "clang"])
def test_every_linker_hits_behind_every_driver(driver: str, project: Walk, fuse: str) -> None:
    require_tool(driver, driver)

    assert project.twice(driver, fuse, "main.o", "-Llib", "-lf", "-Wl,-Map=m", "-o", "app") == [
        "stored",
        "hit",
    ]


def test_warnings_of_the_linker_are_replayed(walk: Walk) -> None:
    put_objects(walk, a__o="warned")

    assert walk.twice("gcc", "a.o", "-o", "app") == ["stored", "hit"]
    assert b"dangerous" in walk.walk("gcc", "a.o", "-o", "app").left.stderr


def test_a_link_that_fails_is_never_kept(walk: Walk) -> None:
    put_objects(walk, a__o="undefined")

    assert walk.twice("gcc", "a.o", "-o", "app") == ["compile_failed", "compile_failed"]


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_an_output_has_the_mode_of_the_users_umask(umask: int, project: Walk) -> None:
    command = ("gcc", "main.o", "f.o", "-o", "app")

    assert [project.same(*command, umask=umask), project.same(*command, umask=umask)] == ["stored", "hit"]


def test_an_output_with_another_name_is_not_written_into(project: Walk) -> None:
    def old() -> None:
        old_app = project.put("app", "old")
        (project.folder / "other").unlink(missing_ok=True)
        os.link(old_app, project.folder / "other")
        old_app.chmod(0o600)

    command = ("gcc", "main.o", "f.o", "-o", "app")

    assert [project.same(*command, given=old), project.same(*command, given=old)] == ["stored", "hit"]


def test_an_empty_file_that_is_there_is_left_to_the_linker(project: Walk, fuse: str) -> None:
    command = ("gcc", fuse, "main.o", "f.o", "-o", "app")

    how = project.same(*command, given=lambda: project.put("app", "").chmod(0o600))

    assert how == Reason.OUTPUT_NOT_A_FILE.word


def test_a_running_program_is_replaced(project: Walk) -> None:
    put_objects(project, main__o="main")
    command = ("gcc", "main.o", "f.o", "-o", "app")
    assert project.walk(*command).how == "stored"
    (project.folder / "app").unlink()
    (project.folder / "app").write_bytes(Path("/bin/sleep").read_bytes())
    (project.folder / "app").chmod(0o755)
    sleeper = os.posix_spawn(project.folder / "app", ["app", "60"], os.environ)
    try:
        walked = project.walk(*command)
    finally:
        os.kill(sleeper, signal.SIGKILL)
        os.waitpid(sleeper, 0)

    assert walked.how == "hit"
    assert (project.folder / "app").read_bytes()[:4] == b"\x7fELF"


WRITER = "while :; do for name in app.map app.pdb libapp.so written; do echo $$ > $name; done; done"


@contextmanager
def writer(folder: Path) -> Iterator[Callable[[], object]]:
    """Have another process write files again and again; what is handed out waits for the next round."""
    process = subprocess.Popen(["sh", "-c", WRITER], cwd=folder)
    written = folder / "written"

    def one_round() -> None:
        written.unlink(missing_ok=True)
        assert wait_until(written.exists)

    try:
        yield one_round
    finally:
        process.kill()
        process.wait()


def test_what_another_process_writes_beside_the_output_is_not_kept(project: Walk, tmp_path: Path) -> None:
    """A hundred links, each while another process writes."""
    out = tmp_path / "out"
    out.mkdir()
    commands = [
        ("ld", "f.o", "-e", "f", f"--defsym=round={number}", "-o", str(out / "app")) for number in range(100)
    ]

    with writer(out) as one_round:
        first = [
            project.walk(*command, meanwhile=one_round, afterwards=one_round).how for command in commands
        ]
    shutil.rmtree(out)
    out.mkdir()
    second = [project.walk(*command).how for command in commands]

    assert first == ["stored"] * 100
    assert second == ["hit"] * 100
    assert [path.name for path in out.iterdir()] == ["app"]


def test_a_linker_that_changes_links_anew(project: Walk) -> None:
    own = project.folder / "own"
    own.mkdir()
    (own / "ld").symlink_to("/usr/bin/ld.bfd")
    command = ("gcc", "main.o", "f.o", "-o", "app")
    first = project.twice(*command)

    project.env["COMPILER_PATH"] = str(own)
    (own / "ld").unlink()
    (own / "ld").symlink_to("/usr/bin/ld.gold")
    project.settle()
    by_gold = project.twice(*command)
    (own / "ld").unlink()
    (own / "ld").symlink_to("/usr/bin/ld.bfd")
    project.settle()
    by_bfd = project.same(*command)

    assert first == ["stored", "hit"]
    assert by_gold == ["stored", "hit"]
    assert by_bfd == "stored"


def test_a_linker_behind_a_script_is_passed_on(project: Walk) -> None:
    own = project.folder / "own"
    script = project.put("own/ld", '#!/bin/sh\nexec /usr/bin/ld "$@"\n')
    script.chmod(0o755)
    project.env["COMPILER_PATH"] = str(own)

    assert project.same("gcc", "main.o", "f.o", "-o", "app") == Reason.UNKNOWN_LINKER.word


def test_an_input_that_is_rewritten_meanwhile_is_not_recorded(project: Walk) -> None:
    walked = project.walk(
        "gcc",
        "main.o",
        "f.o",
        "-o",
        "app",
        afterwards=lambda: (project.folder / "f.o").write_bytes(objects()["f2.o"]),
    )

    assert walked.how == "input_changed"


def test_the_questions_that_we_ask_leave_other_files_alone(project: Walk) -> None:
    """GNU ld removes a.out when it fails for want of inputs."""
    project.put("a.out", "of the user")
    project.restart(is_warm=False)

    walked = project.walk("gcc", "main.o", "f.o", "-o", "app")

    assert walked.how == "stored"
    assert (project.folder / "a.out").read_text() == "of the user"


@pytest.mark.parametrize("driver", ["gcc", "clang"])
def test_a_program_is_compiled_and_linked_from_the_cache(driver: str, project: Walk) -> None:
    require_tool(driver, driver)
    project.put("p.c", "int f(void); int main(void) { return f(); }\n")
    command = [driver, "p.c", "f.o", "-o", "app"]

    first = project.twice(*command)
    put_objects(project, f__o="f2")
    other_object = project.same(*command)
    project.put("p.c", "int f(void); int main(void) { return f() + 1; }\n")
    other_source = project.same(*command)

    assert first == ["stored stored", "hit"]
    assert other_object == "hit stored"
    assert other_source == "stored stored"


def test_an_object_with_an_odd_name_is_an_input(project: Walk, fuse: str) -> None:
    odd = "o d'd #$.o"
    project.put(odd, objects()["f.o"])

    hows = project.to_and_fro(
        ["gcc", fuse, "main.o", odd, "-o", "app"],
        lambda: project.put(odd, objects()["f2.o"]),
        lambda: project.put(odd, objects()["f.o"]),
    )

    assert hows == TO_AND_FRO


@pytest.mark.parametrize("driver", ["gcc", "clang"])
def test_link_time_optimization_hits_behind_every_driver(driver: str, project: Walk) -> None:
    require_tool(driver, driver)
    fuse = linker("lld") if driver == "clang" else linker("gold")
    project.put("m.c", "int f(void); int main(void) { return f(); }\n")
    project.put("n.c", "int f(void) { return 0; }\n")
    run(project, driver, "-flto", "-O1", "-c", "m.c", "n.c")

    hows = project.twice(driver, fuse, "-flto", "-O1", "m.o", "n.o", "-o", "app")
    project.put("n.c", "int f(void) { return 1; }\n")
    run(project, driver, "-flto", "-O1", "-c", "n.c")
    again = project.twice(driver, fuse, "-flto", "-O1", "m.o", "n.o", "-o", "app")

    assert hows == again == ["stored", "hit"]


@pytest.mark.parametrize("driver", ["gcc", "clang"])
def test_the_linker_behind_a_front_on_the_path_counts(driver: str, project: Walk) -> None:
    require_tool(driver, driver)
    front = project.put("bin/zccache", f"#!/bin/sh\nexec '{project.folder}/real/ld' \"$@\"\n")
    front.chmod(0o755)
    (project.folder / "bin/ld").symlink_to("zccache")
    (project.folder / "real").mkdir()
    real = project.folder / "real/ld"
    real.symlink_to("/usr/bin/ld.bfd")
    project.env["PATH"] = f"{project.folder}/bin:{project.folder}/real:{project.env['PATH']}"
    # clang looks beside itself before it looks along PATH.
    command = (driver, "main.o", "f.o", "-o", "app")

    first = project.twice(*command)
    real.unlink()
    real.symlink_to("/usr/bin/ld.gold")
    project.settle()
    second = project.walk(*command).how

    assert first == ["stored", "hit"]
    assert second == ("stored" if driver == "gcc" else "hit")
