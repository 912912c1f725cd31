"""Every setting of zccache: its name, its values, and where a value comes from."""

from .loading import Loaded, Problem, home_of, load
from .table import BY_KEY, TABLE, Setting, Settings, Value

__all__ = ["BY_KEY", "TABLE", "Loaded", "Problem", "Setting", "Settings", "Value", "home_of", "load"]
