#!/usr/bin/env bash
# Guess: a line of cron means the same days to whatever reads it, and the sentence of a
# describer tells those days.
#
# Seen with cronsim 2.8, croniter 7.0.0 and cron-descriptor 2.2.1: where a day of the
# month that begins with a star stands beside a day of the week (`0 0 */2 * MON`),
# cronsim takes both ("every second day if it is a Monday": two days of March 2026, as
# Debian's cron does), croniter takes either (nineteen days), and
# cron-descriptor says "every 2 days, or on Monday". Written as a range of the same days
# (`1-31/2`), all three mean either.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  cronsim==2.8 croniter==7.0.0 cron-descriptor==2.2.1
"$folder/venv/bin/python" - <<'PY'
from datetime import datetime
from itertools import islice

from croniter import croniter
from cronsim import CronSim
from cron_descriptor import get_description

START = datetime(2026, 2, 28, 12)  # the 2nd of March 2026 is a Monday


def days(expression):
    simulated = islice(CronSim(expression, START), 25)
    iterated = islice(croniter(expression, START, ret_type=datetime), 25)
    one, two = (
        [at.day for at in times if (at.year, at.month) == (2026, 3)]
        for times in (simulated, iterated)
    )
    print(expression, "| cronsim", one, "| croniter", two)
    print("   ", get_description(expression))
    return one, two


both, either = days("0 0 */2 * MON")
assert both == [9, 23], both
assert either[:5] == [1, 2, 3, 5, 7], either
assert get_description("0 0 */2 * MON") == "At 12:00 AM, every 2 days, or on Monday"
spelled_out, again = days("0 0 1-31/2 * MON")
assert spelled_out == again == either
PY
echo "as found"
