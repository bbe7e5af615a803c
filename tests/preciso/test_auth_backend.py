"""The one query answers what Django's own backend does."""

import pytest
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser, Group, Permission, User

from preciso.auth_backend import OneQueryBackend

pytestmark = pytest.mark.django_db


@pytest.fixture
def rita():
    user = User.objects.create_user("rita")
    user.groups.set(Group.objects.filter(name__in=["Reviewer", "Integration"]))
    user.user_permissions.add(Permission.objects.get(codename="train"))
    return user


def again(user):
    """The same person in another request."""
    return User.objects.get(pk=user.pk)


def both(user):
    return (
        OneQueryBackend().get_all_permissions(again(user)),
        ModelBackend().get_all_permissions(again(user)),
    )


def test_rights_come_from_groups_and_from_the_person(rita):
    ours, djangos = both(rita)

    assert ours == djangos
    assert {"training.review_case", "training.import_case", "training.train"} <= ours


def test_one_query_tells_them(rita, django_assert_num_queries):
    user = again(rita)

    with django_assert_num_queries(1):
        assert OneQueryBackend().has_perm(user, "training.train")
        assert not OneQueryBackend().has_perm(user, "mlops.roll_back")


def test_a_right_that_was_taken_is_gone_in_the_next_request(rita):
    rita.user_permissions.clear()

    assert not again(rita).has_perm("training.train")


def test_an_administrator_may_everything_and_the_dismissed_nothing(rita):
    rita.is_superuser = True
    rita.save()
    ours, djangos = both(rita)
    assert ours == djangos
    assert "mlops.roll_back" in ours

    rita.is_active = False
    rita.save()

    assert both(rita) == (set(), set())


def test_a_stranger_and_a_single_object_have_none(rita):
    assert OneQueryBackend().get_all_permissions(AnonymousUser()) == set()
    assert OneQueryBackend().get_all_permissions(rita, obj=rita) == set()
