#!/usr/bin/env bash
# Guess: who reads a workbook can tell an empty cell from one that holds an error or a
# formula that was never calculated, and gets a post code as it is shown.
#
# Seen with python-calamine 0.9.1 on a workbook of openpyxl 3.1.5: a cell that is empty,
# one that holds #DIV/0! and one that holds =B2*2 without a saved value all come as the
# same empty text. 501, shown as 00501 by its display format, comes as 501.0. openpyxl
# itself gives '#DIV/0!' and None (or the formula), and 501 with the format beside it.
# So an amount that a spreadsheet could not calculate reads as "not known", and a code
# loses its zeros, without an error anywhere.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  openpyxl==3.1.5 python-calamine==0.9.1
cd "$folder"
"$folder/venv/bin/python" - <<'PY'
import openpyxl
from python_calamine import CalamineWorkbook

book = openpyxl.Workbook()
sheet = book.active
sheet.append(["code", "amount", "ratio", "twice", "note"])
sheet.append([501, 10, "#DIV/0!", "=B2*2", None])
sheet["A2"].number_format = "00000"
sheet["C2"].data_type = "e"
book.save("loans.xlsx")

row = CalamineWorkbook.from_path("loans.xlsx").get_sheet_by_index(0).to_python()[1]
print("python-calamine:", row)
cells = openpyxl.load_workbook("loans.xlsx", data_only=True).active[2]
print("openpyxl:       ", [cell.value for cell in cells], cells[0].number_format)

assert row == [501.0, 10.0, "", "", ""]
assert [cell.value for cell in cells] == [501, 10, "#DIV/0!", None, None]
assert cells[0].number_format == "00000"
PY
echo "As seen."
