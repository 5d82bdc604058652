"""TensorBoard gets what stats.jsonl has, where it is installed and asked for."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from train_fixtures import train, workspace

from curate.errors import MissingExtra
from train.board import open_board


@pytest.mark.filterwarnings("default")  # what TensorBoard's own dependencies say of themselves
def test_numbers_verdicts_and_samples_are_events(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="the extra `watch` is not installed")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    summary = train(workspace(tmp_path), "lowres", tensorboard=True)
    events = EventAccumulator(str(Path(summary.run) / "tensorboard"))
    events.Reload()
    tags = events.Tags()
    assert {"critic", "adversarial", "images_per_second", "health/generator_gradient"} <= set(tags["scalars"])
    assert [event.step for event in events.Scalars("critic")] == [12]
    assert tags["images"] == ["samples"]
    assert "verdict/text_summary" in tags["tensors"]


def test_whoever_lacks_tensorboard_is_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(MissingExtra, match=r"swipegan\[watch\]"):
        open_board(tmp_path, 0)


def test_nobody_is_made_to_have_events(tmp_path: Path) -> None:
    assert not (Path(train(workspace(tmp_path), "lowres", images=4).run) / "tensorboard").exists()
