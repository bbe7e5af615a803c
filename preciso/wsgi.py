"""The WSGI application that gunicorn serves."""

from django.core.wsgi import get_wsgi_application

from preciso import env

env.set_default("DJANGO_SETTINGS_MODULE", "preciso.settings")

application = get_wsgi_application()

# The apps are needed:
from training.services.audit.rule_watch import watch_web_rules  # noqa: E402
from training.services.clocks import watch_web_clock  # noqa: E402

watch_web_clock()
watch_web_rules()
