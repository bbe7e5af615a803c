"""Every address but the admin's, by its name, with something for its places."""

from django.urls import URLPattern, get_resolver


def routes(patterns, namespace=""):
    for entry in patterns:
        if isinstance(entry, URLPattern):
            if entry.name:
                yield (
                    f"{namespace}{entry.name}",
                    {
                        name: 1 if converter.regex == "[0-9]+" else "x"
                        for name, converter in entry.pattern.converters.items()
                    },
                )
        elif entry.namespace != "admin":
            prefix = f"{entry.namespace}:" if entry.namespace else ""
            yield from routes(entry.url_patterns, namespace + prefix)


ROUTES = dict(routes(get_resolver().url_patterns))
