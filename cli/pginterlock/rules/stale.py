"""IL08, stale: the row is in the state that the caller of `interlock.fire` expects.

Judged by the compiled function behind `interlock.fire`, under the lock of the row.
"""

from pginterlock.errors import StaleState

ERROR = StaleState
CODE = StaleState.code
NAME = "stale"
HAS_MODE = False  # it answers a question of the caller: there is nothing to let through
