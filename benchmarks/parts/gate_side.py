"""One build's side of benchmarks/gate.py; it knows nothing of the build it is beside.

    python gate_side.py SIZE ...

Prints JSON: for each kind of text the best of three in seconds, by size.
"""

import json
import sys
from time import process_time
from typing import Any

LONGEST = 20_000  # characters of one text
TOO_LONG = 10.0  # seconds
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
    from training.case_text import render_facts
    from training.gate import GateInput

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


if __name__ == "__main__":
    sizes = [int(size) for size in sys.argv[1:]]
    print(json.dumps({kind: measured(kind, sizes) for kind in KINDS}))
