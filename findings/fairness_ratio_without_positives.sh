#!/usr/bin/env bash
# Guess: a ratio of fairness is 1 where two groups are treated exactly alike, and says
# "cannot be told" where a group has no case to tell it by; ratio and difference agree.
#
# Seen with fairlearn 0.15.0 (scikit-learn 1.9.1, numpy 2.4.6):
# - A model that grants nobody anything: demographic_parity_ratio is nan beside a
#   demographic_parity_difference of 0.0 (exactly alike).
# - A model that is right in every single case, where one group happens to hold no case
#   with a positive label: equalized_odds_ratio is 0.0 and equalized_odds_difference 1.0,
#   the worst values there are, and no warning.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  fairlearn==0.15.0 scikit-learn==1.9.1 numpy==2.4.6
"$folder/venv/bin/python" - <<'PY'
import math
import warnings

from fairlearn.metrics import (
    demographic_parity_difference,
    demographic_parity_ratio,
    equalized_odds_difference,
    equalized_odds_ratio,
)

group = ["a", "a", "b", "b"]
label = [1, 0, 1, 0]
nobody = [0, 0, 0, 0]
ratio = demographic_parity_ratio(label, nobody, sensitive_features=group)
difference = demographic_parity_difference(label, nobody, sensitive_features=group)
print("nobody is granted anything: ratio", ratio, "difference", difference)
assert math.isnan(ratio)
assert difference == 0.0

label = [1, 0, 0, 0]  # nobody in group b should be granted anything, and nobody is
with warnings.catch_warnings(record=True) as warned:
    warnings.simplefilter("always")
    ratio = equalized_odds_ratio(label, label, sensitive_features=group)
    difference = equalized_odds_difference(label, label, sensitive_features=group)
print("every answer is right: ratio", ratio, "difference", difference, "warnings", len(warned))
assert (ratio, difference, len(warned)) == (0.0, 1.0, 0)
PY
echo "as found"
