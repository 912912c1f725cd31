"""What binds a result to its checkout though neither the root nor a name of it stands in the bytes."""

from pathlib import Path

import pytest

from walk import Walk

HASH = """
static constexpr unsigned hash(const char *s) { unsigned r = 5381; while (*s) r = r * 33 + *s++; return r; }
"""
CLOSURE = HASH + (
    "template <class T> constexpr unsigned id(T) { return hash(__PRETTY_FUNCTION__); }\n"
    "unsigned v = id([] {});\n"
)
PLAIN = "static int __attribute__((noinline)) k(int a) { return a + 1; }\nint g(int a) { return k(a); }\n"


class Siblings:
    """Two checkouts over one cache; what each is given is compared with what its compiler makes."""

    def __init__(self, folder: Path, **env: str) -> None:
        self.walks = [Walk(folder / place / "repo", folder / "cache", {**env}) for place in ("one", "two")]
        for walk in self.walks:
            walk.put(".git", "gitdir: elsewhere\n")

    def put(self, name: str, text: str) -> None:
        for walk in self.walks:
            walk.put(name, text)

    def hows(self, *argv: str, cwd: str = ".") -> list[str]:
        """Return how it went in each; ROOT stands for the checkout."""
        hows = []
        for walk in self.walks:
            words = [word.replace("ROOT", str(walk.folder.resolve())) for word in argv]
            hows.append(walk.same(*words, cwd=cwd))
            walk.close()
        return hows


NEVER = ["stored", "stored"]


@pytest.mark.parametrize("remap", ["", "auto"])
def test_the_type_of_a_closure_names_its_file(tmp_path: Path, remap: str) -> None:
    siblings = Siblings(tmp_path, ZCCACHE_PATH_REMAP=remap)
    siblings.put("a.cc", CLOSURE)
    maps = ["-ffile-prefix-map=ROOT=."] if remap else []

    assert siblings.hows("clang++", "-std=c++17", *maps, "-c", "ROOT/a.cc") == NEVER


@pytest.mark.parametrize("source", ["a.c", "ROOT/a.c"])
def test_gcc_packs_names_into_what_is_for_the_link(tmp_path: Path, source: str) -> None:
    siblings = Siblings(tmp_path)
    siblings.put("a.c", PLAIN)

    assert siblings.hows("gcc", "-O1", "-flto", "-frandom-seed=1", "-c", source) == NEVER


def test_clang_hashes_the_name_of_the_source_into_symbols(tmp_path: Path) -> None:
    siblings = Siblings(tmp_path)
    siblings.put("a.c", PLAIN)

    assert siblings.hows("clang", "-funique-internal-linkage-names", "-c", "ROOT/a.c") == NEVER


def test_gcc_seeks_words_in_the_names_of_files(tmp_path: Path) -> None:
    siblings = Siblings(tmp_path)
    siblings.put("a.c", PLAIN)
    words = ("-finstrument-functions", "-finstrument-functions-exclude-file-list=one/")

    assert siblings.hows("gcc", *words, "-c", "ROOT/a.c") == NEVER


def test_a_map_of_a_folder_above_hides_the_root_and_not_the_checkout(tmp_path: Path) -> None:
    siblings = Siblings(tmp_path, ZCCACHE_PATH_REMAP="auto")
    siblings.put("a.c", PLAIN)

    assert siblings.hows("gcc", "-g", f"-ffile-prefix-map={tmp_path.resolve()}=Z", "-c", "ROOT/a.c") == NEVER


def test_gcc_resolves_names_in_folders_of_the_system(tmp_path: Path) -> None:
    siblings = Siblings(tmp_path)
    deep = "/".join("d" * 60)
    siblings.put("inc/h.h", HASH + "static const unsigned own = hash(__FILE__);\n")
    siblings.put(f"{deep}/a.cc", "#include <h.h>\nunsigned g = own;\n")

    assert siblings.hows("g++", "-isystem", "../" * 60 + "inc", "-c", "a.cc", cwd=deep) == NEVER
