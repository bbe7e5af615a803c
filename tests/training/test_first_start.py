"""The two commands that fill a fresh installation."""

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.core.management import call_command

from training.management.commands import ensure_sample_cases
from training.models import Case

pytestmark = pytest.mark.django_db


@pytest.fixture
def few(monkeypatch):
    """The first rows are enough here."""
    monkeypatch.setattr(ensure_sample_cases, "DECIDED", 20)
    monkeypatch.setattr(ensure_sample_cases, "WAITING", 5)


def words(data_dir):
    lines = (data_dir / "sign-in.txt").read_text().splitlines()[1:]
    return dict(line.split() for line in lines)


def test_ensure_people_makes_each_role_once_with_the_password_it_keeps(data_dir):
    call_command("ensure_people")
    kept = words(data_dir)
    call_command("ensure_people")

    assert words(data_dir) == kept
    assert sorted(kept) == ["admin", "operator", "reviewer", "viewer"]
    for name, password in kept.items():
        person = authenticate(username=name, password=password)
        assert [group.name for group in person.groups.all()] == [name.capitalize()]
    assert User.objects.filter(is_superuser=True).get().username == "admin"
    staff = User.objects.filter(is_staff=True).values_list("username", flat=True)
    assert set(staff) == {"operator", "admin"}


def test_ensure_people_leaves_people_alone_who_are_there(data_dir):
    User.objects.create_user("admin", password="their own")
    call_command("ensure_people")
    assert "admin" not in words(data_dir)
    assert authenticate(username="admin", password="their own")
    assert not User.objects.get(username="admin").is_superuser


def test_ensure_sample_cases_imports_decided_and_waiting_cases_once(data_dir, few):
    call_command("ensure_people")
    call_command("ensure_sample_cases")

    assert Case.objects.filter(status="approved").count() == 20
    assert Case.objects.filter(status="awaiting_review").count() == 5
    waiting = Case.objects.filter(status="awaiting_review").first()
    assert "deny" not in {fact["name"] for fact in waiting.facts}
    assert "afam" not in {fact["name"] for fact in waiting.facts}

    Case.objects.filter(status="awaiting_review").delete()
    call_command("ensure_sample_cases")
    assert Case.objects.count() == 20


def test_ensure_sample_cases_goes_on_where_it_was_interrupted(data_dir, few):
    call_command("ensure_people")
    (data_dir / "sample-cases").write_text("started")
    call_command("ensure_sample_cases")
    assert Case.objects.count() == 25


def test_ensure_sample_cases_keeps_out_of_an_installation_in_use(data_dir):
    Case.objects.create(external_id="their own", facts=[])
    call_command("ensure_sample_cases")
    assert Case.objects.count() == 1
