#!/usr/bin/env bash
# Guess: McNemar's test of two models that never disagree says that nothing speaks for a
# difference (p = 1), whichever of its forms is asked for.
#
# Seen with statsmodels 0.15.0: the exact form says p = 1.0. The chi-squared form with
# the continuity correction says statistic inf, p = 0.0 (significant beyond any doubt);
# without the correction both are nan. With one disagreement more the first is back at
# p = 1.0: the correction is not bounded at zero.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  statsmodels==0.15.0 numpy==2.4.6
"$folder/venv/bin/python" - <<'PY'
import math
import warnings

from statsmodels.stats.contingency_tables import mcnemar

warnings.simplefilter("ignore")  # "divide by zero"
never = [[120, 0], [0, 30]]  # both right 120 times, both wrong 30 times
exact = mcnemar(never, exact=True)
corrected = mcnemar(never, exact=False, correction=True)
plain = mcnemar(never, exact=False, correction=False)
once = mcnemar([[120, 1], [0, 30]], exact=False, correction=True)
for name, result in {
    "exact": exact,
    "corrected": corrected,
    "plain": plain,
    "corrected, one disagreement": once,
}.items():
    print(name, "statistic", result.statistic, "p", result.pvalue)
assert exact.pvalue == 1.0
assert math.isinf(corrected.statistic) and corrected.pvalue == 0.0
assert math.isnan(plain.pvalue)
assert once.pvalue == 1.0
PY
echo "as found"
