"""Small trainers in other people's style: shell, and Python that misbehaves."""

LEAVE_A_MODEL = (
    "mkdir $PRECISO_OUTPUT_DIR/model; "
    'echo "{\\"flavor\\": \\"shell\\"}" > $PRECISO_OUTPUT_DIR/model/model.json'
)
GOOD = f"sh -c 'echo learning; {LEAVE_A_MODEL}'"
STUBBORN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen([sys.executable, "-c", "import signal, time\\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\\ntime.sleep(300)", "MARK"])
print("not listening", flush=True)
time.sleep(300)
"""


def slow(seconds, mark="slow"):
    """A good trainer that takes its time; ``mark`` finds it."""
    return f"sh -c ': {mark}; sleep {seconds}; {LEAVE_A_MODEL}'"


def stubborn(directory, mark):
    """A trainer that ignores SIGTERM, with a child of its own; ``mark`` finds both."""
    script = directory / f"stubborn-{mark}.py"
    script.write_text(STUBBORN.replace("MARK", mark))
    return f"python3 {script}"
