"""What a ranking leaves behind: JSON, CSV and a page."""

from __future__ import annotations

from pathlib import Path

from acclimate.transferability.recommendation import Ranking
from acclimate.workflow.console import Console
from acclimate.workflow.run_folder import write_json, write_text

JSON, TABLE, PAGE = "ranking.json", "ranking.csv", "ranking.html"


def write_ranking(found: Ranking, out: Path, console: Console) -> None:
    """Write the three files; those of an earlier ranking are replaced.

    Raises:
        InputError: They cannot be written.
    """
    from acclimate.report.ranking_page import write_ranking_page

    out.mkdir(parents=True, exist_ok=True)
    write_json(out / JSON, found.to_json())
    write_text(out / TABLE, ranking_csv(found))
    write_ranking_page(found, out / PAGE)
    console.say(f"Wrote {out / JSON}, {out / TABLE} and {out / PAGE}.")


def ranking_csv(found: Ranking) -> str:
    """One line for each model and score, best model first."""
    import pandas as pd

    rows = [
        {
            "model": model["name"],
            "features": model["features"],
            "parameters": model["parameters"],
            "imagenet": model["imagenet"],
            "score": key,
            **score,
        }
        for model in found.to_json()["models"]
        for key, score in model["scores"].items()
    ]
    return pd.DataFrame(rows).to_csv(index=False, float_format="%.6g")
