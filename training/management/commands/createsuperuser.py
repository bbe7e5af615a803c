"""`manage.py createsuperuser`: Django's, with the event that tells who was made."""

from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.contrib.auth.models import User

from training.services.people.user_accounts import record_person_made_in_shell


class Command(createsuperuser.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        newest = User.objects.order_by("-pk").values_list("pk", flat=True).first()
        super().handle(*args, **options)
        for person in User.objects.filter(pk__gt=newest or 0, is_superuser=True):
            record_person_made_in_shell(person)
