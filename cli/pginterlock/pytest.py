"""For tests: ``assert_refused``, ``assert_allowed``, and the type of the fixture `interlock_db`.

The fixtures come with the plugin, which pytest finds by itself once pginterlock is installed.
"""

from pginterlock.integrations.pytest.refusing import Caught, assert_allowed, assert_refused

__all__ = ["Caught", "assert_allowed", "assert_refused"]
