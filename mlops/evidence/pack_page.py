"""The page of an evidence pack for people: one HTML file, to be read and printed.

In English like the rest of the pack, whoever packs it, so that equal states give equal
bytes. It needs nothing from anywhere: no script, no picture, no font. Everything that
came from outside is escaped.
"""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Any

from mlops.evidence.pack_format import Item

Json = dict[str, Any]
ROWS_ON_PAGE = 200  # rows of a list; all of them are in the file that the page names
STYLE = """
body{font:15px/1.5 system-ui,sans-serif;color:#1a1d21;max-width:60rem;margin:2rem auto;
padding:0 1rem}h1{font-size:1.6rem}h2{font-size:1.15rem;margin-top:2rem;
border-bottom:1px solid #c9ced6}table{border-collapse:collapse;width:100%;
font-size:.85rem}th,td{text-align:left;vertical-align:top;padding:.25rem .6rem .25rem 0;
border-bottom:1px solid #e6e9ee;overflow-wrap:anywhere}th{font-weight:600}
tr{break-inside:avoid}h2{break-after:avoid}code{font-size:.85em;overflow-wrap:anywhere}
@media print{body{margin:0;max-width:none;font-size:10pt}@page{margin:18mm}}
"""


def page(content: Json, lists: Json, items: Iterable[Item]) -> Iterator[bytes]:
    """The page, in pieces.

    ``content``: the JSON items by name; ``lists``: a summary of each long list.
    """
    version, title = content["version"], _title(content["version"])
    yield (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>Evidence: {title}</title><style>{STYLE}</style></head><body>"
        f"<h1>Evidence: {title}</h1>"
    ).encode()
    sections = [
        ("The model version", _facts(version)),
        ("How good it is", _metrics(content["metrics"])),
        ("Beside the model that served then", _comparison(content["metrics"])),
        ("Right answers group by group", _segments(content["metrics"])),
        ("When it served", _serving(content["serving"])),
        ("Whether it took over by itself", _promotion(content["promotion"])),
        ("The training run", _run(content["run"])),
        ("The dataset", _facts(content["dataset"])),
        ("Who approved what it was made of", _approvals(lists["approvals"])),
        ("The model files", _table(["path", "size", "sha256"], _files(content))),
        ("What the audit trail says", _audit(lists["audit"])),
        ("How this pack is held together", _held(items)),
    ]
    for heading, html in sections:
        yield f"<h2>{heading}</h2>{html}\n".encode()
    yield b"</body></html>\n"


def _title(version: Json) -> str:
    return escape(f"{version['name']} v{version['version']}")


def _cell(value: Any) -> str:
    if value is None or value in ("", {}, []):
        return "&ndash;"
    if isinstance(value, dict):
        parts = (f"{escape(str(k))}: {_cell(v)}" for k, v in value.items())
        return "; ".join(parts)
    if isinstance(value, list):
        return ", ".join(_cell(each) for each in value)
    if isinstance(value, float):
        return f"{value:.4g}"
    return escape(str(value))


def _table(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    cells = "".join(f"<th>{escape(name)}</th>" for name in names)
    head = f"<thead><tr>{cells}</tr></thead>" if any(names) else ""
    body = "".join(
        "<tr>" + "".join(f"<td>{_cell(cell)}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    return f"<table>{head}<tbody>{body}</tbody></table>"


def _facts(content: Json) -> str:
    rows = ((name.replace("_", " "), value) for name, value in content.items())
    return _table(["", ""], rows)


def _none(what: str) -> str:
    return f"<p>{what}</p>"


def _metrics(content: Json) -> str:
    commonest = content["evaluation"].get("commonest") or {}
    served = content["evaluation"].get("champion") or {}
    champion = served.get("metrics") or {}
    own, other = (
        each.get("intervals") or {} for each in (content["evaluation"], served)
    )
    rows = [
        (name, value, *_ends(own.get(name)), champion.get(name),
         *_ends(other.get(name)), commonest.get(name))
        for name, value in content["metrics"].items()
    ]  # fmt: skip
    if not rows:
        return _none("Not measured: there was no held-out case.")
    between = ["95 % from", "to"]
    names = ["measure", "this version", *between, "served then", *between]
    names.append("always the commonest")
    return _table(names, rows)


def _ends(interval: Json | None) -> tuple[Any, Any]:
    return (interval["low"], interval["high"]) if interval else (None, None)


def _segments(content: Json) -> str:
    """As they are kept: cases and right answers are counts."""
    groups = (content["evaluation"].get("segments") or {}).get("groups")
    if not groups:
        return _none("Not looked at: there were too few held-out cases.")
    names = ["fact", "kind", "value", "low", "high", "cases", "candidate", "champion",
             "gained", "lost"]  # fmt: skip
    return _table(names, [[group.get(name) for name in names] for group in groups])


def _comparison(content: Json) -> str:
    comparison = content["comparison"]
    if not comparison:
        return _none("Not compared: nothing served then, or it could not be measured.")
    differences = [
        (name, each["value"], each["low"], each["high"])
        for name, each in comparison.get("differences", {}).items()
        if each
    ]
    rest = {name: value for name, value in comparison.items() if name != "differences"}
    names = ["difference (this minus that)", "value", "95 % from", "to"]
    return _table(names, differences) + _facts(rest)


def _serving(periods: list[Json]) -> str:
    if not periods:
        return _none("It never served.")
    rows = [
        (p["since"], p["until"] or "now", p["kind"], p["by"], p["reason"])
        for p in periods
    ]
    return _table(["since", "until", "how", "by", "reason"], rows)


def _promotion(decision: Json | None) -> str:
    if decision is None:
        return _none("Automatic promotion never judged it.")
    fields = {name: value for name, value in decision.items() if name != "rules"}
    rules = [
        (rule.get("rule"), rule.get("ok"), rule.get("value"), rule.get("limit"))
        for rule in decision["rules"]
    ]
    return _facts(fields) + _table(["rule", "holds", "value", "limit"], rules)


def _run(run: Json) -> str:
    job = run["job"]
    fields = {k: v for k, v in job.items() if k not in ("history", "attempts")}
    moves = [
        (e["at"], e["attempt"], f"{e['was']} > {e['became']}", e["by"], e["reason"])
        for e in job["history"]
    ]
    tries = [
        (a["number"], a["worker"], a["started_at"], a["ended_at"], a["outcome"])
        for a in job["attempts"]
    ]
    return (
        _facts({**{k: v for k, v in run.items() if k != "job"}, "job": fields})
        + _table(["when", "attempt", "move", "by", "reason"], moves)
        + _table(["attempt", "worker", "began", "ended", "outcome"], tries)
    )


def _approvals(summary: Json) -> str:
    names = ["review", "case", "action", "decision", "by", "at", "sha256"]
    rows = [[review[name] for name in names] for review in summary["first"]]
    people = _table(["by", "action", "reviews"], summary["people"])
    return people + _part(summary, "approvals.ndjson") + _table(names, rows)


def _part(summary: Json, path: str) -> str:
    if summary["count"] <= len(summary["first"]):
        return ""
    n, listed = summary["count"], len(summary["first"])
    return f"<p>The first {listed} of {n}; all are in <code>{path}</code>.</p>"


def _files(content: Json) -> list[Sequence[Any]]:
    return [(f["path"], f["size"], f["sha256"]) for f in content["artifacts"]["files"]]


def _audit(summary: Json) -> str:
    rows = []
    for line in summary["first"]:
        event, link = line["event"], line["link"] or {}
        place = link.get("position", "not chained yet")
        rows.append(
            (place, event["at"], event["actor_label"], event["action"],
             event["subject"][2], link.get("hash"))
        )  # fmt: skip
    names = ["link", "when", "who", "what", "about", "hash of the link"]
    return _part(summary, "audit.ndjson") + _table(names, rows)


def _held(items: Iterable[Item]) -> str:
    rows = [(item.path, item.size, item.sha256, item.chain) for item in items]
    return (
        "<p>Each line covers the one before it; this page comes after them, and the "
        "hash of its own line is the head of the pack, which the audit trail has too. "
        "Check it with <code>python -m mlops.verify</code>.</p>"
    ) + _table(["item", "bytes", "sha256", "chain"], rows)
