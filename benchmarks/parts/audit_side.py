"""One build's side of benchmarks/audit.py; it knows nothing of the one beside it.

python audit_side.py            a round of approvals for each line that comes in
python audit_side.py EVENTS     so many events, chained and checked
"""

import json
import sys
import time
from typing import Any

APPROVALS, PIECE = 20, 1000


def set_up() -> Any:
    import django

    django.setup()
    from django.contrib.auth.models import User

    return User.objects.create_superuser("bench")


def approve() -> None:
    """Rounds of approvals, one for each line that comes in."""
    user = set_up()
    from django.db import connection

    try:
        from training.services.cases import approvals, intake
    except ImportError:  # an older build has its services in one folder
        from training.services import approvals

    number = 0
    for _go in sys.stdin:
        made = []
        for _case in range(APPROVALS):
            number += 1
            facts = [{"name": f"fact {n}", "value": n * number} for n in range(20)]
            content = intake.parse_case({"external_id": f"B-{number}", "facts": facts})
            made.append(intake.post_case(content, by=user)[0])
        count = 0

        def counted(execute: Any, *arguments: Any) -> Any:
            nonlocal count
            count += 1
            return execute(*arguments)

        milliseconds = []
        # An older build calls it Verdict.
        review_input = getattr(approvals, "ReviewInput", None) or approvals.Verdict
        verdict = review_input("yes", "Fact 1 is enough.", "", 0.9)
        with connection.execute_wrapper(counted):
            for case in made:
                started = time.perf_counter()
                approvals.approve_case(case, verdict, by=user)
                milliseconds.append((time.perf_counter() - started) * 1000)
        answer = {"statements": count / APPROVALS, "ms": milliseconds}
        print(json.dumps(answer), flush=True)


def verify(events: int) -> None:
    user = set_up()
    from training.models import AuditEvent
    from training.services.audit.chain import chain_events
    from training.services.audit.chain_check import verify_chain

    records = [
        {"id": 1, "type": kind, "sha256": "ab" * 32}
        for kind in ("case", "review", "sample")
    ]
    detail = {"decision": "yes", "review": 1, "sample": 1, "gate": "candidate"}
    for start in range(0, events, PIECE):
        AuditEvent.objects.bulk_create(
            AuditEvent(
                action="case.approved", actor=user, actor_label="bench",
                subject_type="case", subject_id=str(number), detail=detail,
                subject_label=f"B-{number}", request_id=f"{number:032x}", via="page",
                records=[{**record, "id": number} for record in records],
            )
            for number in range(start + 1, min(start + PIECE, events) + 1)
        )  # fmt: skip
        chain_events(PIECE)
    started = time.process_time()
    report = verify_chain(records=False)
    seconds = time.process_time() - started
    print(
        f"{report.length} events checked, {report.problem or 'ok'}, in {seconds:.1f} s "
        f"of processor: {report.length / seconds:,.0f} events a second"
    )
    started = time.process_time()
    report = verify_chain()
    rest = time.process_time() - started - seconds
    print(f"and {3 * report.length} records beside no rows: {rest:.1f} s more")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        verify(int(sys.argv[1]))
    else:
        approve()
