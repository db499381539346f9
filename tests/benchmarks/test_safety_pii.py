"""How the finding of personal data is scored, and that it scores well on texts of our own."""

import json
from pathlib import Path

import pytest
from safety_parts.own_pii import cases
from safety_parts.pii import score, score_cases

MOBILE = {"start": 2, "end": 13, "type": "CN_MOBILE"}


def test_offsets_and_type_must_agree() -> None:
    text = "电话13912345678"
    assert score_cases([{"text": text, "spans": [MOBILE]}])["f1"] == 1.0
    assert score_cases([{"text": text, "spans": [{**MOBILE, "start": 3, "alt": [[2, 13]]}]}])["f1"] == 1.0
    assert score_cases([{"text": text, "spans": [{**MOBILE, "start": 3}]}])["f1"] == 0.0
    assert score_cases([{"text": text, "spans": [{**MOBILE, "type": "CN_ID"}]}])["f1"] == 0.0


def test_what_is_missed_and_what_is_wrong_count_for_their_types() -> None:
    figures = score_cases(
        [
            {"text": "电话13912345678", "spans": [MOBILE, {"start": 0, "end": 2, "type": "EMAIL"}]},
            {"text": "192.0.2.7", "spans": []},
            {"text": "好", "spans": []},
        ]
    )
    assert (figures["precision"], figures["recall"], figures["clean_flagged"]) == (0.5, 0.5, 0.5)
    assert figures["types"]["CN_MOBILE"]["f1"] == 1.0
    assert figures["types"]["EMAIL"]["recall"] == 0.0
    assert figures["types"]["IPV4"]["precision"] == 0.0


def test_a_directory_is_scored(tmp_path: Path) -> None:
    case = {"id": "1", "text": "电话13912345678", "spans": [MOBILE]}
    (tmp_path / "pii.jsonl").write_text(json.dumps(case, ensure_ascii=False) + "\n", encoding="utf-8")
    figures = score(tmp_path)
    assert figures["f1"] == 1.0
    assert figures["mb_per_s"] > 0


@pytest.mark.parametrize("seed", [1, 2])
def test_texts_of_our_own_are_read_rightly(seed: int) -> None:
    figures = score_cases(cases(seed))
    assert figures["f1"] >= 0.98
    assert figures["clean_flagged"] <= 0.01
    assert len(figures["types"]) == 10
    assert all(type_figures["f1"] >= 0.97 for type_figures in figures["types"].values())


def test_the_texts_are_labelled_where_they_say() -> None:
    kinds = {span["type"] for case in cases(1) for span in case["spans"]}
    assert len(kinds) == 10
    for case in cases(1, 300):
        for span in case["spans"]:
            assert 0 <= span["start"] < span["end"] <= len(case["text"])
