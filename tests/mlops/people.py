"""People in front of a browser: signed in, with or without htmx."""

from django.test import Client

from tests.apis import person

PAGES = {
    "overview": "/mlops/",
    "training": "/mlops/training/",
    "decisions": "/mlops/training/decisions/",
    "approvals": "/mlops/approvals/",
    "jobs": "/mlops/jobs/",
    "models": "/mlops/models/",
    "new cases": "/mlops/models/new-cases/",
    "ops": "/ops-console/",
    "logs": "/logs/",
    "settings": "/settings/",
    "rules": "/settings/rules/",
    "rule group": "/settings/rules/when-auto-trains/",
    "people": "/settings/people/",
    "roles": "/settings/people/roles/",
    "tokens": "/settings/tokens/",
    "setup": "/setup/",
}


def browser(role, name=""):
    """A signed-in client; ``client.user`` is who it is."""
    return signed_in(person(role, name))


def signed_in(user):
    client = Client()
    client.user = user
    client.force_login(user)
    return client


def by_htmx(client, path, **form):
    """What htmx sends when something is pressed."""
    return client.post(path, form, headers={"HX-Request": "true"})


def text(response):
    return response.content.decode()
