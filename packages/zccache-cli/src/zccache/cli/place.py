"""Where a command acts: the environment, the settings, the cache root and the daemon's endpoint."""

import os
from collections.abc import Mapping

from zccache.cli import origin
from zccache.cli.options import Options
from zccache.common.errors import BadSetting, RootUnusable, ZccacheError
from zccache.common.layout import Layout, Root, find_root
from zccache.common.settings import BY_KEY, Loaded, home_of, load
from zccache.common.spawn import endpoint_of
from zccache.common.values import dataclass
from zccache.common.wire.endpoint import Endpoint


class NoFolder(ZccacheError):
    """The current folder has been deleted; cd to one that exists."""

    def __init__(self) -> None:
        super().__init__("the current folder has been deleted; cd to one that exists")


@dataclass(frozen=True, slots=True)
class Place:
    """What all commands stand on; raising nothing for a bad setting is up to each of them."""

    env: Mapping[str, str]
    cwd: str
    loaded: Loaded
    root: Root
    layout: Layout
    endpoint: Endpoint

    @staticmethod
    def of(options: Options) -> "Place":
        """Return the place of this process; --endpoint goes before ZCCACHE_ENDPOINT.

        Raises BadSetting for an --endpoint that is none: the default is another daemon's.
        """
        env = origin.decoded(origin.environment())
        named = options.get("--endpoint")
        if isinstance(named, str):
            env["ZCCACHE_ENDPOINT"] = _checked(named)
        try:
            cwd = os.getcwd()
        except FileNotFoundError:
            raise NoFolder from None
        loaded = load(env, cwd, home_of(env))
        # One that cannot be used is among the problems already; like a compile, go on with the default.
        env["ZCCACHE_ENDPOINT"] = loaded.settings.endpoint
        root = find_root(env, cwd)
        return Place(env, cwd, loaded, root, Layout(root.path), endpoint_of(env, cwd))

    @property
    def root_trouble(self) -> str:
        """What keeps compiles from using the root; empty: nothing does."""
        try:
            self.layout.check()
        except RootUnusable as error:
            return str(error)
        return ""

    def refuse_bad_settings(self) -> "Place":
        """Return this place, or raise BadSetting for the first value that cannot be used."""
        for problem in self.loaded.problems:
            raise BadSetting(problem.setting, problem.value, problem.allowed)
        return self


def _checked(endpoint: str) -> str:
    setting = BY_KEY["endpoint"]
    try:
        setting.parse(endpoint)
    except ValueError as error:
        raise BadSetting("--endpoint", endpoint, setting.allowed) from error
    return endpoint
