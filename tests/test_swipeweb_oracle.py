"""Dawid and Skene's model as crowd-kit computes it, where a Python that has crowd-kit is named by CROWDKIT_PYTHON.

crowd-kit wants transformers and pyarrow, which this does not need, so it has an environment of its own:

    python -m venv oracle
    oracle/bin/pip install numpy pandas attrs tqdm scikit-learn nltk
    oracle/bin/pip install --no-deps crowd-kit
    CROWDKIT_PYTHON=oracle/bin/python python -m pytest tests/test_swipeweb_oracle.py
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from curate.agreement import dawid_skene

ORACLE = """
import json, sys
import pandas as pd
from crowdkit.aggregation import DawidSkene
votes = pd.DataFrame(json.load(sys.stdin), columns=["task", "worker", "label"])
found = DawidSkene(n_iter=int(sys.argv[1]), tol=float("-inf")).fit_predict_proba(votes)
print(json.dumps(found[True].sort_index().tolist()))
"""


ROUNDS = 40  # of both: a likelihood can be so flat that hundreds do not reach its top


def python_of_the_oracle() -> str:
    """A Python that can import crowd-kit; skips where there is none."""
    if named := os.environ.get("CROWDKIT_PYTHON"):
        return named
    if importlib.util.find_spec("crowdkit"):
        return sys.executable
    pytest.skip("no crowd-kit: CROWDKIT_PYTHON may name a Python that has it")


def simulate(accuracies: tuple[float, ...], images: int, asked: float, seed: int):
    """Votes of people of known accuracy, each on a share of the images: (images, people, said)."""
    dice = np.random.default_rng(seed)
    truth = dice.random(images) < 0.6
    image, person = np.nonzero(dice.random((images, len(accuracies))) < asked)
    right = dice.random(len(image)) < np.array(accuracies)[person]
    return image, person, np.where(right, truth[image], ~truth[image])


@pytest.mark.parametrize(
    ("accuracies", "images", "asked", "seed"),
    [
        ((0.6, 0.65, 0.7, 0.8, 0.95), 1000, 1.0, 0),
        ((0.6, 0.65, 0.7, 0.8, 0.95), 400, 0.7, 1),
        ((0.9, 0.85, 0.75, 0.7, 0.65), 500, 1.0, 2),
        ((0.7,) * 9, 200, 0.5, 3),
    ],
)
def test_dawid_and_skene_equal_crowd_kit(accuracies, images, asked, seed):
    python = python_of_the_oracle()
    image, person, said = simulate(accuracies, images, asked, seed)
    seen, place = np.unique(image, return_inverse=True)
    votes = [[int(i), f"p{p}", bool(s)] for i, p, s in zip(image, person, said, strict=True)]
    answer = subprocess.run(
        [python, "-c", ORACLE, str(ROUNDS)], input=json.dumps(votes), capture_output=True, text=True, check=True
    )

    ours = dawid_skene(place, person, said, rounds=ROUNDS, smoothing=0.0).good

    theirs = np.array(json.loads(answer.stdout))
    assert len(theirs) == len(seen)
    np.testing.assert_allclose(ours, theirs, atol=1e-3)
