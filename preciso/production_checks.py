"""What a start that others can reach is refused for."""

from collections.abc import Iterator, Sequence

LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]
SHORTEST_KEY, FEWEST_LETTERS = 50, 10  # what `make up` generates has 67 letters
MAKES_ONE = "python3 -c 'import secrets; print(secrets.token_urlsafe(50))'"


def faults(*, debug: bool, key: str, hosts: Sequence[str], tls: bool) -> Iterator[str]:
    """One sentence for each; none on a developer's machine and on loopback."""
    if debug and tls:
        yield (
            "DEBUG=on with BEHIND_TLS=on: error pages would show settings and cases to "
            "everybody; switch one of them off."
        )
    if debug or set(hosts) <= set(LOOPBACK):
        return
    if "*" in hosts:
        yield (
            "ALLOWED_HOSTS=* answers to any name, so a forged one gets into links; "
            "name the hosts."
        )
    if key and _is_weak(key):
        yield (
            f"SECRET_KEY is short or guessable, and who knows it signs in as anybody: "
            f"at least {SHORTEST_KEY} random letters, such as `{MAKES_ONE}` prints."
        )


def _is_weak(key: str) -> bool:
    if key.startswith("django-insecure-"):
        return True
    return len(key) < SHORTEST_KEY or len(set(key)) < FEWEST_LETTERS
