"""What a flood of refused requests leaves behind, beside an older build.

    .venv/bin/python -m benchmarks.refusals [--requests N] [--counted N]
        [--only sqlite] [--old COMMIT]

Calls the WSGI application in process: without a token, with a wrong one, with a forged
form, each from another address and for another case. Told are how long it took, how
many statements it asked of the database, how many rows each table got, and what became
of an error that was logged before it. Then ``--counted`` more refusals go through the
middleware that counts them alone, since a whole request takes milliseconds and it some
microseconds.
"""

import sys
from pathlib import Path

from benchmarks.parts.installation import (
    PARTS,
    ROOT,
    Parser,
    call,
    databases,
    installation,
    older_build,
)


def main() -> None:
    parser = Parser(__doc__, databases=True)
    parser.add_old()
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--counted", type=int, default=1_000_000)
    options = parser.read(requests=6, counted=6, old=str(ROOT))
    numbers = [str(options.requests), str(options.counted)]
    for database in databases(options):
        print(f"== {database}, {options.requests:,} requests")
        if options.old:
            with older_build(options.old, options.old_python) as tree:
                run("older build", database, (options.old_python, tree), numbers)
        run("this build", database, (sys.executable, ROOT), numbers)


def run(name: str, database: str, build: tuple[str, Path], numbers: list[str]) -> None:
    python, tree = build
    side = [python, str(PARTS / "refusals_side.py"), *numbers]
    with installation(database, tree, python) as values:
        print(f"{name}:\n{call(side, values, tree)}", end="", flush=True)


if __name__ == "__main__":
    main()
