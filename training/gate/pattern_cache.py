"""Patterns that are compiled when they are first used.

Compiling the long ones takes a start longer, and few processes judge samples.
"""

import re
from functools import cache


@cache
def compiled(pattern: str, flags: int = 0) -> re.Pattern[str]:
    return re.compile(pattern, flags)
