"""What no model may learn is found, and figures that only look like it are not."""

import csv
import random
from pathlib import Path
from uuid import UUID

import pytest
from stdnum import iban, luhn
from stdnum.kr import rrn

from training import demo
from training.case_text import render_facts
from training.gate.forbidden_content import find_forbidden

DEMO = Path(demo.__path__[0]) / "hmda.csv"
KEY = "-----BEGIN {}PRIVATE KEY-----"
LETTERS = "abcdefghijKLMNOPQRST0123456789uvwxyz"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (KEY.format(""), "private_key"),
        (KEY.format("RSA "), "private_key"),
        (KEY.format("OPENSSH "), "private_key"),
        ("-----BEGIN PGP PRIVATE KEY BLOCK-----", "private_key"),
        ("key AKIA" + "IOSFODNN7EXAMPLE", "access_token"),
        ("use ghp_" + LETTERS + " here", "access_token"),
        ("github_pat_" + LETTERS, "access_token"),
        ("xoxb-" + "123456789012-abcdefABCDEF", "access_token"),
        ("glpat-" + LETTERS[:20], "access_token"),
        ("pml_" + LETTERS + "ABCDEFG", "access_token"),
        ("eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "access_token"),
        ("Authorization: Bearer " + LETTERS, "access_token"),
        ("api_key = 'q8Zr4Tt0" + "vX2mN7bL1'", "access_token"),
        ("client_secret: q8Zr4Tt0" + "vX2mN7bL1", "access_token"),
        ("password=hunter", "password"),
        ("Password: s3cret!x", "password"),
        ("비밀번호: abcd1234", "password"),
        ("postgres://app:pa55@db/loans", "password"),
        ("4111111111111111", "payment_card"),
        ("card 4111 1111 1111 1111.", "payment_card"),
        ("5555-5555-5555-4444", "payment_card"),
        ("3782 822463 10005", "payment_card"),
        ("378282246310005", "payment_card"),
        ("2223003122003222", "payment_card"),
        ("Visa card 4222222222222", "payment_card"),
        ("\uff14111 1111 1111 1111", "payment_card"),
        ("card: 4111111111111111.0", "payment_card"),
        ("971013-9019902 is old, 900101-1234568 is one", "resident_number"),
        ("주민번호 210315-3999999", "resident_number"),
        ("외국인 900101-5234567", "resident_number"),
        ("SSN 536-90-4399", "us_social_security_number"),
        ("DE89370400440532013000", "iban"),
        ("to GB82 WEST 1234 5698 7654 32 GBP", "iban"),
        ("iban de89 3704 0044 0532 0130 00, please", "iban"),
    ],
)
def test_it_is_found_and_only_its_kind_is_told(text, kind):
    assert find_forbidden(f"A reason. {text}\nMore words.") == [kind]


def test_a_resident_number_without_hyphen_needs_its_check_digit_and_its_name():
    twelve = "900101123456"
    right = twelve + rrn.calc_check_digit(twelve)
    wrong = twelve + str((int(right[-1]) + 1) % 10)
    assert find_forbidden(f"주민등록번호: {right}") == ["resident_number"]
    assert find_forbidden(f"Resident number {right}") == ["resident_number"]
    assert find_forbidden(f"주민등록번호: {wrong}") == []
    assert find_forbidden(f"amount: {right}") == []


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111112",  # check digit
        "9999999999999995",  # no issuer
        "4222222222222",  # an amount may be as long
        "0.4111111111111111",
        "income: 4111111111111111.75",
        "4,111,111,111,111,111",
        "APP-4111111111111111",
        "4111 1111 1111",
        "901301-1234567",  # no such month
        "990101-9234567",  # born in the nineteenth century
        "991231-3234567",  # not yet born
        "110-234-567890",
        "000-12-3456",
        "666-12-3456",
        "912-12-3456",
        "12-3456-7890",
        "DE89370400440532013001",  # mod 97
        "DE8937040044",
        "password: yes",
        "password=********",
        "Password reset requested: yes",
        "The secret of success is patience.",
        "token: none",
        "token: aaaaaaaaaaaaaaaaaaaa1",
        "secretary: Alexandra Montgomery-Smith",
        "public key: -----BEGIN PUBLIC KEY-----",
        "https://example.org:8080/path",
        "1700000000000 1700000000",
        "2024-03-15T10:30:00Z",
        "010-1234-5678",
        "대출 3억 5천만원, 소득 1조 2,000억",
    ],
)
def test_what_only_looks_like_it_is_not(text):
    assert find_forbidden(f"A reason. {text}\nMore words.") == []


def test_no_case_of_the_demo_trips_it():
    with DEMO.open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 1000
    for row in rows:
        facts = [{"name": name, "value": value} for name, value in row.items()]
        assert find_forbidden(render_facts(facts)) == []


def test_ids_and_amounts_of_finance_do_not_trip_it():
    dice = random.Random(4)
    for _ in range(3000):
        facts = {
            "application_id": f"APP-{dice.randrange(10**16):016}",
            "case": f"2026{dice.randrange(1, 13):02}-{dice.randrange(10**6):06}",
            "customer": dice.randrange(10**11),
            "uuid": str(UUID(int=dice.getrandbits(128))),
            "won": f"{dice.randrange(10**15):,}",
            "amount": dice.randrange(10**12) * 1000,
            "ratio": dice.random(),
            "moment": 1_600_000_000_000 + dice.randrange(2 * 10**11),
            "business": f"{dice.randrange(1000):03}-{dice.randrange(100):02}-"
            f"{dice.randrange(10**5):05}",
        }
        rendered = [{"name": name, "value": value} for name, value in facts.items()]
        assert find_forbidden(render_facts(rendered)) == [], facts


def test_each_card_and_account_with_one_wrong_digit_is_let_through():
    for place in range(15):
        digits = list("4111111111111111")
        digits[place] = str((int(digits[place]) + 1) % 10)
        assert not luhn.is_valid("".join(digits))
        assert find_forbidden("".join(digits)) == []
    assert iban.is_valid("DE89370400440532013000")
    for place in range(4, 22):
        digits = list("DE89370400440532013000")
        digits[place] = str((int(digits[place]) + 1) % 10)
        assert find_forbidden("".join(digits)) == []
