#!/usr/bin/env bash
# Guess: libraries for canonical JSON write the same value as the same bytes, so that
# who hashes a record with one can check it with another.
#
# Seen with rfc8785 0.1.4, jcs 0.2.1 (both RFC 8785) and canonicaljson 2.0.0 (Matrix):
# - 9007199254740993 (2**53 + 1; an id from a database): jcs writes the next double,
#   9007199254740992, without a word; rfc8785 refuses the number, as it refuses
#   9007199254740992 itself; canonicaljson writes it as it is.
# - 1.0 is `1` for the two, `1.0` for canonicaljson; -0.0 is `0` and `-0.0`; 1e-07 is
#   `1e-7` and `1e-07`.
# - Two keys of which one lies outside the basic plane come in another order.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  rfc8785==0.1.4 jcs==0.2.1 canonicaljson==2.0.0
"$folder/venv/bin/python" - <<'PY'
import canonicaljson
import jcs
import rfc8785


def written(value):
    results = []
    for write in (
        rfc8785.dumps,
        jcs.canonicalize,
        canonicaljson.encode_canonical_json,
    ):
        try:
            results.append(write(value))
        except Exception as error:
            results.append(type(error).__name__)
    print(ascii(value), *results, sep=" | ")
    return results


print("value | rfc8785 | jcs | canonicaljson")
large, larger = {"id": 2**53}, {"id": 2**53 + 1}
assert written(large) == [
    "IntegerDomainError",
    b'{"id":9007199254740992}',
    b'{"id":9007199254740992}',
]
assert written(larger) == [
    "IntegerDomainError",
    b'{"id":9007199254740992}',
    b'{"id":9007199254740993}',
]
assert written(1.0) == [b"1", b"1", b"1.0"]
assert written(-0.0) == [b"0", b"0", b"-0.0"]
assert written(1e-07) == [b"1e-7", b"1e-7", b"1e-07"]
utf16, again, code_points = written({"\ue000": 1, "\U00010000": 2})
assert utf16 == again != code_points
PY
echo "as found"
