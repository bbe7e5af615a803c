"""The environment, read strictly: every wrong value is told, all at once.

The only module that touches `os.environ`. Values come from the process
environment and, under it, from the settings file `$PRECISO_DATA_DIR/env`.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar
from zoneinfo import available_timezones

from django.core.exceptions import ImproperlyConfigured

from preciso import secret_values

TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}
SETTINGS_FILE = "env"
# The currencies of ISO 4217 that people pay with, as of 2026.
CURRENCIES = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD
BTN BWP BYN BZD CAD CDF CHF CLF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD
EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR
ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP
LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD
NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR
SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP
TRY TTD TWD TZS UAH UGX USD UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XOF
XPF YER ZAR ZMW ZWG
"""

T = TypeVar("T")


class WrongEnvironment(ImproperlyConfigured):
    """One message that lists every wrong value; nothing may start."""


class WrongSettingsFile(ValueError):
    """The settings file holds a line that is not NAME=VALUE, or cannot be read."""


class Environment:
    """Typed readers over a set of values; what is wrong is kept until `check`.

    A reader answers its default where the value is wrong, so that reading goes on
    and one message can name every wrong value.
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self.problems: list[str] = []

    def refuse(self, problem: str) -> None:
        """Note one sentence about a wrong value."""
        self.problems.append(problem)

    def check(self) -> None:
        """Raise WrongEnvironment naming every wrong value, if there is any."""
        if self.problems:
            listed = "\n".join(f"  - {problem}" for problem in self.problems)
            raise WrongEnvironment(
                f"Preciso cannot start, {len(self.problems)} wrong value(s) "
                f"in the environment:\n{listed}"
            )

    def text(self, name: str, *, default: str = "") -> str:
        return self._values.get(name, "").strip() or default

    def names(self, name: str, *, default: Sequence[str] = ()) -> list[str]:
        """A list separated by commas."""
        parts = [part.strip() for part in self.text(name).split(",")]
        return [part for part in parts if part] or list(default)

    def flag(self, name: str, *, default: bool) -> bool:
        raw = self.text(name).lower()
        if not raw:
            return default
        if raw not in TRUE | FALSE:
            self.refuse(f"{name}={self.text(name)!r} is neither on nor off.")
            return default
        return raw in TRUE

    def number(self, name: str, *, default: int, low: int, high: int) -> int:
        raw = self.text(name)
        if not raw:
            return default
        value = int(raw) if raw.isascii() and raw.isdigit() else None
        if value is None or not low <= value <= high:
            self.refuse(f"{name}={raw!r} is not a whole number from {low} to {high}.")
            return default
        return value

    def choice(self, name: str, *, default: str, allowed: Sequence[str]) -> str:
        value = self.text(name, default=default)
        if value not in allowed:
            self.refuse(f"{name}={value!r} is not one of {', '.join(allowed)}.")
            return default
        return value

    def time_zone(self, name: str, *, default: str) -> str:
        value = self.text(name, default=default)
        if value != default and value not in available_timezones():
            self.refuse(f"{name}={value!r} is no time zone, such as Asia/Seoul.")
            return default
        return value

    def currency(self, name: str, *, default: str) -> str:
        """The code of a currency, as ISO 4217 writes it."""
        value = self.text(name, default=default)
        if value not in CURRENCIES.split():
            self.refuse(f"{name}={value!r} is no currency code, such as EUR or KRW.")
            return default
        return value

    def directory(self, name: str, *, default: Path) -> Path:
        path = Path(self.text(name, default=str(default))).expanduser().absolute()
        if path.exists() and not path.is_dir():
            self.refuse(f"{name}={str(path)!r} is not a directory.")
        return path

    def secrets(self) -> list[str]:
        """Values that must not be shown, whatever their variables are called."""
        return secret_values.among(self._values)

    def parsed(self, name: str, parse: Callable[[str], T], *, default: str = "") -> T:
        """What `parse` makes of the value; its ValueError is the sentence to show.

        `default` has to be a value that `parse` accepts.
        """
        try:
            return parse(self.text(name, default=default))
        except ValueError as wrong:
            self.refuse(f"{name} {wrong}")
            return parse(default)


_isolated: dict[str, str] | None = None


def isolate(values: Mapping[str, str]) -> None:
    """From here on `read` sees these values only: no environment, no file (tests)."""
    global _isolated
    _isolated = dict(values)


def read(*, default_data_dir: Path) -> Environment:
    """The environment of this process, with the settings file under it."""
    if _isolated is not None:
        return Environment(_isolated)
    data_dir = Environment(os.environ).directory(
        "PRECISO_DATA_DIR", default=default_data_dir
    )
    try:
        filed = read_settings_file(data_dir / SETTINGS_FILE)
    except WrongSettingsFile as wrong:
        environment = Environment(os.environ)
        environment.refuse(str(wrong))
        return environment
    return Environment({**filed, **os.environ})


def read_settings_file(path: Path) -> dict[str, str]:
    """NAME=VALUE lines; blank lines and # comments are skipped; {} if there is none.

    Raises WrongSettingsFile.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise WrongSettingsFile(f"{path} cannot be read: {error}.") from error
    values = {}
    for number, line in enumerate(lines, start=1):
        entry = line.strip()
        if not entry or entry.startswith("#"):
            continue
        name, equals, value = entry.partition("=")
        if not equals or not name.strip().isidentifier():
            raise WrongSettingsFile(f"{path}, line {number} is not NAME=VALUE.")
        values[name.strip()] = _unquoted(value.strip())
    return values


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value


def process_values() -> dict[str, str]:
    """A copy of this process' environment, to hand to a child process."""
    return dict(os.environ)


def set_default(name: str, value: str) -> None:
    """Set a variable of this process unless it is already set."""
    os.environ.setdefault(name, value)


def passed_on(names: Sequence[str]) -> dict[str, str]:
    """Those of the named variables that this process has, for a child process."""
    return {name: os.environ[name] for name in names if name in os.environ}
