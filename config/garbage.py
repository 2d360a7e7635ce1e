"""How often a process that works in batches looks for garbage.

Thousands of small objects live as long as a batch does; by default Python walks all of them, and
every module, many times before there is anything to find.
"""

import gc

YOUNG, MIDDLE, OLD = 100_000, 20, 20


def calm() -> None:
    """Set aside what has been loaded so far, and look again only after many more objects."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
