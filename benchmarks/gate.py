"""What the gate's verdict on one text costs, in an old build and in this one.

    .venv/bin/python -m benchmarks.gate [OLD] [--most 200000]

OLD is the directory of another build, such as a git worktree; both read the same cases
in one run, each in a process of its own, with this Python. A case of 200,000 characters
has nine tenths in its facts and a tenth in the answer, as the bounds allow it (texts of
20,000 characters); the answer states a number that the facts are searched for.
Milliseconds of processor time, the best of three; a build that took longer than ten
seconds is asked about nothing larger. The last column says by how much the time grew
for the last doubling: 2 is in proportion, 4 with the square.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from time import process_time
from typing import Any

ROOT = Path(__file__).parent.parent
SIZES = (25_000, 50_000, 100_000, 200_000)
LONGEST = 20_000  # characters of one text
TOO_LONG = 10.0  # seconds
AIM_MS = 50.0
KINDS = {
    "prose": "The applicant has a stable income of 45,000 USD since 2019, a loan to "
    "value ratio of 0.81 and two late payments; the branch asks for a second look. ",
    "Korean prose": "신청인의 연소득은 4,500만원이며 담보인정비율은 81.5%로 "
    "규정 제3조에 부합한다. 최근 2년간 연체가 2회 있었다. ",
    "words alone": "the applicant is known to the branch and asks for a second look ",
    "one word": "a",
    "addresses": "a.b@c.example http://d.example/e?f ",
    "a table of numbers": "1,234.5 6.7 89 0.12 ",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("old", nargs="?", help="The directory of another build.")
    parser.add_argument("--most", type=int, default=SIZES[-1])
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    sizes = [size for size in SIZES if size <= options.most]
    if options.inside:
        print(json.dumps({kind: measured(kind, sizes) for kind in KINDS}))
        return
    heads = "".join(f"{f'{size // 1000} KB':>10}" for size in sizes)
    print(f"{'ms':<28}{heads}{'growth':>9}")
    builds = {"old": Path(options.old)} if options.old else {}
    for name, build in {**builds, "new": ROOT}.items():
        for kind, times in ask(build, options.most).items():
            show(f"{name}: {kind}", times)


def ask(build: Path, most: int) -> dict[str, list[float | None]]:
    """This file, run beside the code of that build."""
    command = [sys.executable, str(Path(__file__)), "--inside", f"--most={most}"]
    answer = subprocess.run(
        command,
        cwd=build,
        env={
            "PYTHONPATH": str(build),
            "DJANGO_SETTINGS_MODULE": "preciso.settings_test",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, list[float | None]] = json.loads(answer.stdout)
    return found


def measured(kind: str, sizes: list[int]) -> list[float | None]:
    times: list[float | None] = []
    for size in sizes:
        is_hopeless = bool(times) and (times[-1] is None or times[-1] > TOO_LONG)
        times.append(None if is_hopeless else best(kind, size))
    return times


def best(kind: str, size: int) -> float:
    from training.gate import GateLimits, judge_sample

    sample = a_sample(kind, size)
    times: list[float] = []
    while len(times) < 3 and sum(times) < TOO_LONG:
        begin = process_time()
        judge_sample(sample, GateLimits())
        times.append(process_time() - begin)
    return min(times)


def a_sample(kind: str, size: int) -> Any:
    from training.gate import GateInput
    from training.rendering import render_facts

    words = KINDS[kind]
    text = (words * (size // len(words) + 1))[:size]
    answer, rest = text[: size // 10], text[size // 10 :]
    facts = [
        {"name": f"note {start}", "value": rest[start : start + LONGEST]}
        for start in range(0, len(rest), LONGEST)
    ]
    return GateInput(
        decision="no",
        input=render_facts(facts),
        output=f"no\n0.5 {answer}",
        source="api",
        facts=facts,
    )


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
