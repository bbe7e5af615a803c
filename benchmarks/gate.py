"""What the gate's verdict on one text costs, in an old build and in this one.

    .venv/bin/python -m benchmarks.gate [--old COMMIT] [--most 200000]

COMMIT is an older build; both read the same cases in one run, each in a process of its
own. A case of 200,000 characters
has nine tenths in its facts and a tenth in the answer, as the bounds allow it (texts of
20,000 characters); the answer states a number that the facts are searched for.
Milliseconds of processor time, the best of three; a build that took longer than ten
seconds is asked about nothing larger. The last column says by how much the time grew
for the last doubling: 2 is in proportion, 4 with the square.
"""

import json
import sys
from pathlib import Path

from benchmarks.parts.installation import (
    PARTS,
    ROOT,
    Parser,
    call,
    older_build,
)

SIZES = (25_000, 50_000, 100_000, 200_000)
AIM_MS = 50.0


def main() -> None:
    parser = Parser(__doc__)
    parser.add_old()
    parser.add_argument("--most", type=int, default=SIZES[-1])
    options = parser.read(most=SIZES[0], old=str(ROOT))
    sizes = [size for size in SIZES if size <= options.most]
    heads = "".join(f"{f'{size // 1000} KB':>10}" for size in sizes)
    print(f"{'ms':<28}{heads}{'growth':>9}")
    if options.old:
        with older_build(options.old, options.old_python) as tree:
            show_all("old", ask(options.old_python, tree, sizes))
    show_all("new", ask(sys.executable, ROOT, sizes))


def ask(python: str, tree: Path, sizes: list[int]) -> dict[str, list[float | None]]:
    """What benchmarks/parts/gate_side.py says beside the code in ``tree``."""
    values = {
        "PYTHONPATH": str(tree),
        "DJANGO_SETTINGS_MODULE": "preciso.settings_test",
    }
    side = [python, str(PARTS / "gate_side.py"), *map(str, sizes)]
    found: dict[str, list[float | None]] = json.loads(call(side, values, tree))
    return found


def show_all(build: str, times: dict[str, list[float | None]]) -> None:
    for kind, row in times.items():
        show(f"{build}: {kind}", row)


def show(name: str, times: list[float | None]) -> None:
    cells = "".join(
        f"{'-' if each is None else f'{1000 * each:,.1f}':>10}" for each in times
    )
    known = [each for each in times if each is not None]
    growth = f"{known[-1] / known[-2]:>9.1f}" if len(known) > 1 else ""
    last = times[-1]
    aim = "" if last is None or 1000 * last >= AIM_MS else "  under 50"
    print(f"{name:<28}{cells}{growth}{aim}", flush=True)


if __name__ == "__main__":
    main()
