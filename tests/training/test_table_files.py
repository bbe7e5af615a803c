"""Files as companies have them: what they are, where their table lies, what it says."""

import csv
import gzip
import io
import json
import zipfile
from datetime import date
from decimal import Decimal

import openpyxl
import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings, strategies

from training.tables import containers, proposals, sources
from training.tables.problems import UnreadableFile
from training.tables.recipes import Recipe, RefusedRow, RowReader, TableRow

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
LEDGER = (
    "접수번호,업종,신청금액,부채비율,신청일,결정\n"
    "A-001,제조업,3억5천만,85%,2025-03-02,승인\n"
    'A-002,도소매,"12,000,000",120.5%,2025.03.03,보류\n'
    "A-003,서비스,5000만원,45%,2025/3/4,승인\n"
)


@pytest.fixture
def left_out():
    """The rows that are no cases, of what ``read`` has read."""
    return []


@pytest.fixture
def read(tmp_path, left_out):
    """Reads bytes as a file of this name by the recipe that is proposed for it."""

    def _read(content, name="file.csv", language="en"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        with containers.opened(path) as file:
            source = sources.source_of(file, sources.form_of(file, language))
            proposal = proposals.propose(source, prefix="prefix-")
            reader = RowReader(proposal.recipe, source.layout.names)
            rows = list(reader.rows(source))
        left_out.extend([*source.layout.left_out, *reader.left_out])
        return proposal, rows

    return _read


def facts(row):
    return {fact["name"]: fact["value"] for fact in row.case["facts"]}


def roles(proposal):
    return {column.column.name: column.column.role for column in proposal.columns}


@pytest.mark.parametrize("encoding", ["cp949", "utf-16", "utf-8", "utf-8-sig"])
@pytest.mark.parametrize("language", ["en", "ko", "ja"])
def test_a_korean_ledger_is_read_in_whatever_encoding(read, encoding, language):
    _proposal, rows = read(LEDGER.encode(encoding), language=language)

    assert [row.case["external_id"] for row in rows] == ["A-001", "A-002", "A-003"]
    assert [row.decision for row in rows] == ["승인", "보류", "승인"]
    assert facts(rows[0]) == {
        "업종": "제조업",
        "신청금액": 350_000_000,
        "부채비율": 0.85,
        "신청일": "2025-03-02",
    }
    assert [facts(row)["신청금액"] for row in rows] == [35e7, 12e6, 5e7]
    assert rows[0].case["facts"][1]["unit"] == "KRW"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("番号,結果\n1,承認\n2,否決\n", "cp932"),
        ("Größe;Entscheid\nMüller;ja\nÖzil;nein\n", "cp1252"),
        ("id,name\n" + "1,abc\n" * 90_000 + "2,김철수\n", "cp949"),
    ],
)
def test_the_encoding_is_told_from_little_text(read, text, encoding):
    proposal, _ = read(text.encode(encoding))
    assert proposal.source.form.encoding == encoding
    assert not proposal.source.form.is_certain


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "^"])
def test_the_delimiter_is_found(read, delimiter):
    text = "\n".join(
        delimiter.join(f'"{cell}"' for cell in cells)
        for cells in (["id", "amount", "note", "decision"], ["A1", "5", "a, b", "yes"])
    )
    proposal, rows = read(text)
    assert proposal.source.form.delimiter == delimiter
    assert facts(rows[0]) == {"amount": 5, "note": "a, b"}


def test_the_separator_line_of_excel_says_the_delimiter(read):
    _proposal, rows = read("sep=;\nid;amount\nA1;1,5\nA2;2,5\n")
    assert [facts(row) for row in rows] == [{"amount": 1.5}, {"amount": 2.5}]
    assert rows[0].line == 3


def test_lines_that_end_in_returns_alone_are_lines(read):
    _, rows = read("id,amount\rA1,5\rA2,6\r")
    assert [facts(row)["amount"] for row in rows] == [5, 6]


def test_titles_totals_and_footers_are_left_out_and_told(read, left_out):
    _, rows = read(
        "Loans as of 2025-01-31,,,\n,,,\nid,amount,rate,decision\n"
        "T1,5000,6.1,yes\n\nT2,6000,7.2,no\nTotal,11000,,\nSource: core system,,,\n"
    )
    assert [row.line for row in rows] == [4, 6]
    assert [(row.line, row.why) for row in left_out] == [
        (1, "title"),
        (2, "blank"),
        (8, "footer"),
        (7, "total"),
    ]


def test_a_header_over_two_lines_is_one_header(read):
    _proposal, rows = read(
        "id,Income,,Debt,\n,monthly,yearly,monthly,yearly\nA1,5,60,1,12\nA2,6,72,2,24\n"
    )
    assert facts(rows[0]) == {
        "Income monthly": 5,
        "Income yearly": 60,
        "Debt monthly": 1,
        "Debt yearly": 12,
    }


def test_a_file_without_a_header_gets_names(read):
    _proposal, rows = read("5,6.5,2025-01-02\n7,8.5,2025-01-03\n")
    assert [facts(row) for row in rows] == [
        {"column 1": 5, "column 2": 6.5, "column 3": "2025-01-02"},
        {"column 1": 7, "column 2": 8.5, "column 3": "2025-01-03"},
    ]


def test_a_name_that_stands_twice_becomes_two_names(read):
    proposal, rows = read("id,amount,amount\nA1,5,6\n")
    assert facts(rows[0]) == {"amount": 5, "amount (2)": 6}
    assert proposal.source.layout.renamed == ("amount (2)",)


def test_rows_without_an_id_are_named_by_their_content(read):
    equal = "1200,36 months,yes\n"
    text = f"amount,term,decision\n{equal}900,60 months,no\n{equal}"
    _, rows = read(text)
    ids = [row.case["external_id"] for row in rows]
    assert len(set(ids)) == 3
    assert [row.case["external_id"] for row in read(text)[1]] == ids
    turned = "term,decision,amount\n36 months,yes,1200\n"
    assert read(turned)[1][0].case["external_id"] == ids[0]


def test_ids_that_only_count_rows_get_the_prefix_of_their_file(read):
    assert read("id,amount\n1,5\n2,6\n")[1][0].case["external_id"] == "prefix-1"
    assert read("id,amount\n4711,5\n4799,6\n")[1][0].case["external_id"] == "4711"


def test_decisions_that_differ_in_case_or_blanks_are_proposed_as_one(read):
    proposal, rows = read("id,x,decision\nA,1,Yes\nB,2,yes\nC,3, yes\nD,4,YES\n")
    assert {row.decision for row in rows} == {"yes"}
    assert proposal.recipe.decisions == {"Yes": "yes", "yes": "yes", "YES": "yes"}


def test_what_is_known_only_afterwards_is_left_out_with_the_reason(read):
    lines = ["id,income,charged_off_amount,decision"]
    lines += [
        f"K{n},{2000 + n},{n % 3 and 100 + n},{'bad' if n % 3 else 'good'}"
        for n in range(60)
    ]
    proposal, _rows = read("\n".join(lines))
    assert roles(proposal)["charged_off_amount"] == "leave_out"
    column = next(c for c in proposal.columns if c.column.name == "charged_off_amount")
    assert [caution.code for caution in column.cautions] == ["gives_decision_away"]
    assert roles(proposal)["income"] == "fact"


def test_persons_are_left_out_and_protected_attributes_kept_apart(read):
    proposal, rows = read(
        "id,성명,card,gender,email,income\n"
        "A1,김철수,4111 1111 1111 1111,male,a@example.com,5\n"
        "A2,이영희,5555 5555 5555 4444,female,b@example.com,6\n"
    )
    assert roles(proposal) == {
        "id": "id",
        "성명": "leave_out",
        "card": "leave_out",
        "gender": "protected",
        "email": "leave_out",
        "income": "fact",
    }
    assert rows[0].case["protected"] == {"gender": "male"}


def workbook(**sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    return book


def saved(book):
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def test_a_workbook_is_read_whatever_its_name(read):
    book = workbook(
        Loans=[["id", "amount", "decision"], ["A1", 10.5, "yes"], ["A2", 20, "no"]]
    )
    _, rows = read(saved(book), "loans.csv")
    assert [facts(row) for row in rows] == [{"amount": 10.5}, {"amount": 20}]


def test_the_longest_visible_sheet_is_proposed(read):
    book = workbook(
        Notes=[["made by", "Kim"]],
        Hidden=[["id", "amount"], ["X1", 1], ["X2", 2], ["X3", 3], ["X4", 4]],
        Loans=[["id", "amount"], ["A1", 10], ["A2", 20]],
    )
    book["Hidden"].sheet_state = "hidden"
    proposal, _rows = read(saved(book), "loans.xlsx")
    assert proposal.source.form.sheet == "Loans"


def test_zeros_that_only_the_display_format_shows_are_kept(read):
    book = workbook(Loans=[["id", "zip", "amount"], ["A1", 501, 5], ["A2", 1010, 6]])
    for row in (2, 3):
        book["Loans"].cell(row, 2).number_format = "00000"
    _, rows = read(saved(book), "loans.xlsx")
    assert [facts(row)["zip"] for row in rows] == ["00501", "01010"]


def test_an_error_and_a_formula_without_a_value_are_refused_by_their_cell(read):
    book = workbook(
        Loans=[["id", "amount"], ["A1", 5], ["A2", "#DIV/0!"], ["A3", "=1+1"]]
    )
    book["Loans"]["B3"].data_type = "e"
    _, rows = read(saved(book), "loans.xlsx")
    assert [type(row) for row in rows] == [TableRow, RefusedRow, RefusedRow]
    assert [(m.address, m.expected) for row in rows[1:] for m in row.misfits] == [
        ("B3", "error"),
        ("B4", "formula"),
    ]


def test_a_whole_number_of_a_workbook_is_a_whole_id(read):
    book = workbook(Loans=[["id", "amount"], [4711, 5], [4799, 6]])
    _, rows = read(saved(book), "loans.xlsx")
    assert [row.case["external_id"] for row in rows] == ["4711", "4799"]


def test_parquet_keeps_ids_that_no_float_holds(read):
    table = pyarrow.table(
        {
            "id": [2**60 + 1, 2**60 + 3],
            "amount": [1.5, None],
            "limit": [Decimal("10.50"), Decimal("7.00")],
            "day": [date(2025, 3, 2), date(2025, 3, 3)],
        }
    )
    target = io.BytesIO()
    pyarrow.parquet.write_table(table, target)

    _, rows = read(target.getvalue(), "loans.parquet")

    assert [row.case["external_id"] for row in rows] == [
        "1152921504606846977",
        "1152921504606846979",
    ]
    assert facts(rows[0]) == {"amount": 1.5, "limit": 10.5, "day": "2025-03-02"}
    assert facts(rows[1]) == {"limit": 7, "day": "2025-03-03"}


@pytest.mark.parametrize("form", ["lines", "array"])
def test_json_objects_are_rows(read, form):
    objects = [
        {"id": "A1", "rate": "10.65%", "zip": "00501"},
        {"id": "A2", "rate": "7.90%", "zip": "01010", "more": {"inner": 5}},
    ]
    text = (
        json.dumps(objects, indent=1)
        if form == "array"
        else "\n".join(json.dumps(item) for item in objects)
    )
    _, rows = read(text, "loans.json")
    assert facts(rows[0]) == {"rate": 0.1065, "zip": "00501"}
    assert facts(rows[1])["more.inner"] == 5


def packed(name, content):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("__MACOSX/._" + name, b"x")
        archive.writestr(name, content)
    return target.getvalue()


@pytest.mark.parametrize(
    "pack", [gzip.compress, lambda content: packed("ledger.csv", content)]
)
def test_a_packed_file_is_unpacked(read, pack):
    _, rows = read(pack(LEDGER.encode("cp949")), "ledger.zip")
    assert len(rows) == 3


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"\x1f\x8b damaged", "damaged"),
        (packed("inner.zip", packed("a.csv", b"id,x\n1,2\n")), "packed_twice"),
        (b"%PDF-1.7 ...", "no_table"),
        (b"PK\x03\x04 no zip at all", "damaged"),
        (bytes(range(256)) * 40, "no_text"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "password"),
    ],
)  # fmt: skip
def test_what_holds_no_table_is_refused_by_a_code(read, content, code):
    with pytest.raises(UnreadableFile) as refused:
        read(content)
    assert refused.value.code == code


def test_a_zip_of_several_files_is_refused_with_their_names(read):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("a.csv", "id\n")
        archive.writestr("b.csv", "id\n")
    with pytest.raises(UnreadableFile) as refused:
        read(target.getvalue())
    assert refused.value.params == {"count": 2, "names": ["a.csv", "b.csv"]}


def test_a_recipe_is_the_same_after_it_was_kept(read):
    proposal, _ = read('id,rate,betrag\nA1,"3,75%","1.250,50"\n')
    assert Recipe.from_json(json.loads(json.dumps(proposal.recipe.as_json()))) == (
        proposal.recipe
    )


def test_a_line_that_cannot_be_read_is_refused_where_it_stands_and_not_left_out(
    read, left_out
):
    good = "".join(f"A{n},{n},제조업\n" for n in range(20)).encode()
    damaged = b"A20,20,\xec\xa0\xff\n"
    _, rows = read(b"id,amount,note\n" + good + damaged + b'A21,21,"open\n')
    assert [type(row) for row in rows] == [TableRow] * 20 + [RefusedRow] * 2
    assert [row.line for row in rows[20:]] == [22, 23]
    assert left_out == []


def test_an_id_that_stands_twice_stays_an_id(read):
    lines = ["loan_id,amount", *(f"L-{n},{n}" for n in range(40)), "L-0,99"]
    proposal, rows = read("\n".join(lines))
    assert roles(proposal)["loan_id"] == "id"
    assert rows[-1].case["external_id"] == "L-0"


def test_a_number_of_a_customer_with_many_cases_names_no_case(read):
    lines = ["customer no,amount", *(f"C-{n % 7},{n}" for n in range(40))]
    proposal, _ = read("\n".join(lines))
    assert roles(proposal) == {"customer no": "leave_out", "amount": "fact"}


def test_more_columns_than_a_case_has_facts_are_refused(read):
    with pytest.raises(UnreadableFile) as refused:
        read(",".join(f"c{n}x" for n in range(10_000)) + "\n")
    assert refused.value.code == "too_many_columns"


def test_a_long_file_is_judged_by_rows_from_all_of_it(read):
    lines = ["id,rate,note", *(f"A{n},{n % 90}.5%,{'x' * 60}" for n in range(60_000))]
    lines += [f"B{n},unknown,{'x' * 60}" for n in range(30_000)]
    proposal, rows = read("\n".join(lines))
    rate = next(c for c in proposal.columns if c.column.name == "rate")
    assert rate.column.reading.kind != "percent"
    assert len(rows) == 90_000


CELLS = strategies.text(
    strategies.characters(
        codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufeff"
    )
    | strategies.just("\n"),
    max_size=8,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    strategies.lists(strategies.tuples(CELLS, CELLS), min_size=1, max_size=6),
    strategies.sampled_from(["utf-8", "utf-16"]),
)
def test_a_table_written_and_read_again_is_the_same_table(tmp_path, rows, encoding):
    path = tmp_path / "table.csv"
    with path.open("w", encoding=encoding, newline="") as target:
        writer = csv.writer(target, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerow(["first name", "second name"])
        writer.writerows(rows)
    with containers.opened(path) as file:
        form = sources.form_of(file)
        source = sources.source_of(file, form)
        read = [list(cells) for _, cells in source.records()]
    assert form.delimiter == ","
    assert read == [list(row) for row in rows]
