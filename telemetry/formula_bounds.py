"""How much people may write of a formula. Apart from `telemetry.expression`, which needs numpy: the
columns of tables need no more than these.
"""

MAX_LENGTH = 1_000  # characters of a formula
MAX_NAME = 40  # characters of a name
