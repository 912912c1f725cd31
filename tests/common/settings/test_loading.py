"""Where a setting's value comes from, and what happens to values that cannot be used."""

import os
from pathlib import Path

import pytest

from zccache.common.settings import TABLE, Loaded, Settings, load


@pytest.fixture
def home(tmp_path: Path) -> Path:
    path = tmp_path / "home"
    (path / ".config" / "zccache").mkdir(parents=True)
    return path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    path = tmp_path / "project"
    (path / "src" / "deep").mkdir(parents=True)
    return path


def write_user_file(home: Path, text: str) -> Path:
    path = home / ".config" / "zccache" / "zccache.toml"
    path.write_text(text)
    return path


def load_in(project: Path, home: Path, **env: str) -> Loaded:
    return load(env, str(project), str(home))


def test_without_any_source_every_setting_has_its_default(project: Path, home: Path) -> None:
    loaded = load_in(project, home)

    assert loaded.settings == Settings.of({})
    assert set(loaded.provenance.values()) == {"default"}
    assert loaded.problems == ()


def test_the_environment_wins_over_the_project_and_the_project_over_the_user(
    project: Path, home: Path
) -> None:
    user_file = write_user_file(home, 'max_size = "1G"\nidle_timeout = 10\nlog_level = "error"\n')
    project_file = project / "zccache.toml"
    project_file.write_text('max_size = "2G"\nidle_timeout = 20\n')

    loaded = load_in(project / "src" / "deep", home, ZCCACHE_MAX_SIZE="3G")

    assert loaded.settings.max_size_bytes == 3 << 30
    assert loaded.settings.idle_timeout_s == 20
    assert loaded.settings.log_level == "error"
    assert loaded.provenance["max_size"] == "environment"
    assert loaded.provenance["idle_timeout"] == str(project_file)
    assert loaded.provenance["log_level"] == str(user_file)


def test_only_the_nearest_project_file_counts(project: Path, home: Path) -> None:
    (project / "zccache.toml").write_text("idle_timeout = 1\nmax_size = 1\n")
    (project / "src" / "zccache.toml").write_text("idle_timeout = 2\n")

    settings = load_in(project / "src" / "deep", home).settings

    assert settings.idle_timeout_s == 2
    assert settings.max_size_bytes == 10 << 30


def test_the_users_file_lies_below_xdg_config_home(project: Path, home: Path, tmp_path: Path) -> None:
    write_user_file(home, "idle_timeout = 1\n")
    elsewhere = tmp_path / "xdg" / "zccache"
    elsewhere.mkdir(parents=True)
    (elsewhere / "zccache.toml").write_text("idle_timeout = 2\n")

    loaded = load_in(project, home, XDG_CONFIG_HOME=str(tmp_path / "xdg"))

    assert loaded.settings.idle_timeout_s == 2


@pytest.mark.parametrize("setting", TABLE, ids=lambda setting: str(setting.key))
def test_an_empty_variable_counts_as_unset(setting: object, project: Path, home: Path) -> None:
    loaded = load({str(getattr(setting, "name", "")): ""}, str(project), str(home))

    assert loaded == load_in(project, home)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ZCCACHE_MAX_SIZE", "12Q"),
        ("ZCCACHE_MAX_SIZE", "-1"),
        ("ZCCACHE_MAX_SIZE", "nan"),
        ("ZCCACHE_IDLE_TIMEOUT", "soon"),
        ("ZCCACHE_IDLE_TIMEOUT", "-3"),
        ("ZCCACHE_LOG_LEVEL", "loud"),
        ("ZCCACHE_DISABLE", "perhaps"),
        ("ZCCACHE_ENDPOINT", "somewhere"),
    ],
)
def test_a_bad_value_is_named_with_what_is_allowed_and_not_used(
    name: str, value: str, project: Path, home: Path
) -> None:
    loaded = load_in(project, home, **{name: value})

    (problem,) = loaded.problems
    assert loaded.settings == Settings.of({})
    assert (problem.setting, problem.value, problem.source) == (name, value, "environment")
    assert name in str(problem)
    assert value in str(problem)
    assert next(setting.allowed for setting in TABLE if setting.name == name) in str(problem)


def test_behind_a_bad_value_the_next_source_counts(project: Path, home: Path) -> None:
    write_user_file(home, 'max_size = "1G"\n')

    loaded = load_in(project, home, ZCCACHE_MAX_SIZE="a lot")

    assert loaded.settings.max_size_bytes == 1 << 30
    assert len(loaded.problems) == 1


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('max_size = "12Q"', "12Q"),
        ("max_size = [1]", "[1]"),
        ('max_sice = "1G"', "max_sice"),
        ('endpoint = "/x"', "ZCCACHE_ENDPOINT in the environment"),
        ("max_size = ", "zccache.toml"),
    ],
)
def test_what_a_file_says_wrongly_is_named_with_the_file(
    line: str, expected: str, project: Path, home: Path
) -> None:
    (project / "zccache.toml").write_text(line + "\n")

    loaded = load_in(project, home)

    (problem,) = loaded.problems
    assert loaded.settings == Settings.of({})
    assert expected in str(problem)
    assert str(project / "zccache.toml") in str(problem)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_refused_and_named(project: Path, home: Path) -> None:
    """hazard 120"""
    path = project / "zccache.toml"
    path.write_text("idle_timeout = 5\n")
    os.chown(path, 12345, -1)

    loaded = load_in(project, home)

    assert loaded.settings.idle_timeout_s == 3600
    assert "owned by uid 12345" in str(loaded.problems[0])
    assert str(path) in str(loaded.problems[0])


def test_what_is_no_plain_small_file_is_refused_and_holds_nobody_up(project: Path, home: Path) -> None:
    path = project / "zccache.toml"

    def wrong() -> str:
        (problem,) = load_in(project, home).problems
        path.rmdir() if path.is_dir() else path.unlink()
        return problem.value

    os.mkfifo(path)
    fifo = wrong()
    path.symlink_to("/dev/zero")
    device = wrong()
    path.mkdir()
    folder = wrong()
    path.write_text("a = " + "[" * 100_000)
    deep = wrong()
    path.write_text("#" * (2 << 20))
    large = wrong()

    assert fifo == device == folder == "not a regular file"
    assert (deep, large) == ("nested too deeply", "2097152 bytes")


def test_a_file_where_everybody_may_write_is_refused_and_named(project: Path, home: Path) -> None:
    """hazard 120"""
    (project / "zccache.toml").write_text("idle_timeout = 5\n")
    project.chmod(0o777)

    loaded = load_in(project, home)

    assert loaded.settings.idle_timeout_s == 3600
    assert f"everybody may write to {project}" in str(loaded.problems[0])


def test_a_link_into_a_folder_where_everybody_may_write_is_refused(
    project: Path, home: Path, tmp_path: Path
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    (shared / "real.toml").write_text("idle_timeout = 5\n")
    (project / "zccache.toml").symlink_to(shared / "real.toml")

    loaded = load_in(project, home)

    assert loaded.settings.idle_timeout_s == 3600
    assert str(shared) in str(loaded.problems[0])


def test_a_refused_file_does_not_uncover_the_one_above_it(project: Path, home: Path) -> None:
    (project / "zccache.toml").write_text("idle_timeout = 5\n")
    (project / "src" / "zccache.toml").write_text("idle_timeout = 6\n")
    (project / "src").chmod(0o777)

    loaded = load_in(project / "src", home)

    assert loaded.settings.idle_timeout_s == 3600


def test_the_consulted_files_tell_when_the_answer_may_differ(project: Path, home: Path) -> None:
    path = project / "zccache.toml"
    path.write_text("idle_timeout = 5\n")
    before = load_in(project, home).files
    again = load_in(project, home).files

    path.write_text("idle_timeout = 50\n")

    assert again == before
    assert load_in(project, home).files != before
    assert dict(before)[str(path)] is not None
    assert dict(before)[str(home / ".config" / "zccache" / "zccache.toml")] is None
