"""The folders of ld.so.conf."""

from pathlib import Path

from zccache.common.links.so_conf import SoConf, so_conf


def read(path: str) -> bytes | None:
    """Return a file's bytes, or None."""
    return Path(path).read_bytes() if Path(path).is_file() else None


def test_folders_are_found_through_included_files(tmp_path: Path) -> None:
    main, inner = tmp_path / "ld.so.conf", tmp_path / "d" / "x.conf"
    inner.parent.mkdir()
    main.write_text(
        "# comment\ninclude d/*.conf /no/where/*.conf\n/opt/a, /opt/b:/opt/c # more\nhwcap 1 nosegneg\n"
    )
    inner.write_text("/opt/inner\n")

    found = so_conf(str(main), read)

    assert found.files == (str(main), str(inner))
    assert set(found.folders) == {"/opt/inner", "/opt/a", "/opt/b", "/opt/c"}
    assert found.listed == (str(inner.parent), "/")


def test_a_file_that_includes_itself_ends(tmp_path: Path) -> None:
    main = tmp_path / "ld.so.conf"
    main.write_text(f"include {main}\n/opt/a\n")

    assert set(so_conf(str(main), read).folders) == {"/opt/a"}


def test_a_missing_file_names_nothing(tmp_path: Path) -> None:
    assert so_conf(str(tmp_path / "none"), read) == SoConf()


def test_folders_that_a_pattern_may_come_to_are_listed(tmp_path: Path) -> None:
    main = tmp_path / "ld.so.conf"
    (tmp_path / "a1").mkdir()
    main.write_text("include a*/*.conf\n")

    assert set(so_conf(str(main), read).listed) == {str(tmp_path / "a1"), str(tmp_path)}
