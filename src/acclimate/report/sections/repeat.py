"""What repeats the run."""

from __future__ import annotations

import json
from collections.abc import Mapping

from acclimate.report.markup import Html, element, join
from acclimate.report.numbers import count, duration
from acclimate.report.record import DomainRecord, RepeatRecord, RunRecord
from acclimate.report.sections.section import Section, facts

_OPEN_LINES = 30


def repeat(record: RunRecord) -> Section:
    """Command, configuration, versions, seeds, and the files left out."""
    run = record.repeat
    body = [
        element("pre", element("code", run.command)) if run.command else None,
        facts(_run_facts(run)),
        _configuration(run.configuration),
        *(_skipped(domain) for domain in (record.source, record.target)),
    ]
    return Section("repeat", "To repeat this run", join(body))


def _run_facts(run: RepeatRecord) -> dict[str, object]:
    return {
        "Started": run.started,
        "Took": "" if run.seconds is None else duration(run.seconds),
        "Seeds": _listed(run.seeds),
        "Versions": _listed(run.versions),
        "Protocol": element("code", run.protocol_hash) if run.protocol_hash else "",
    }


def _listed(values: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())


def _configuration(configuration: Mapping[str, object]) -> Html | None:
    if not configuration:
        return None
    text = json.dumps(configuration, indent=2, default=str, ensure_ascii=False)
    is_open = "" if text.count("\n") < _OPEN_LINES else None
    return element("details", element("summary", "Configuration"), element("pre", element("code", text)), open=is_open)


def _skipped(domain: DomainRecord) -> Html | None:
    if not domain.skipped:
        return None
    title = f"{domain.name}: {count(len(domain.skipped), 'file')} could not be read and were left out"
    files = [element("li", element("code", path)) for path in domain.skipped]
    return element("details", element("summary", title), element("ul", *files))
