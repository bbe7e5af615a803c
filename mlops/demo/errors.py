"""How a step of the demo says that it failed."""


class DemoFailed(Exception):
    """One sentence on what did not happen."""
