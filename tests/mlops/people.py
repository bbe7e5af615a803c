"""People in front of a browser: signed in, with or without htmx."""

import re

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
    """The HTML of an answer, in one line (``in_one_line``)."""
    return in_one_line(response.content.decode())


BLOCK = "dd|div|dl|dt|form|h[1-3]|li|ol|p|section|t[dhr]|tbody|thead|ul"


def in_one_line(html):
    """HTML without the line breaks and indentation of its templates.

    White space counts once, and not at all within a tag, around blocks and at the
    edges of an element's text. Within a sentence a browser would show the latter: that
    no template has it there, tests/architecture/test_shape.py holds.
    """
    html = re.sub(r"\s+", " ", html)
    html = re.sub(r"(<[a-z][^<>]*?) >", r"\1>", html)
    html = re.sub(rf"(<[a-z][^<>]*>|</(?:{BLOCK})>) ", r"\1", html)
    return re.sub(rf" (</|<(?:{BLOCK})\b)", r"\1", html)
