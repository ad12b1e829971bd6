"""Releases: what is registered, who is champion, and that a failed one leaves nothing."""

import dataclasses

import numpy as np
import pytest

from pipelines.data.preprocessing import Preprocessing
from pipelines.outputs.fitted.classes import FittedClasses
from pipelines.serving import champion as contest
from pipelines.serving import parity, release, versions
from pipelines.tracking import registry, store
from pipelines.training import setup

pytestmark = pytest.mark.slow


@pytest.fixture
def make(parts, monkeypatch, capsys):
    """Releases under a name of its own; the gate, tested elsewhere, stands open."""
    monkeypatch.setattr(parity, "check", lambda *_, **__: 33)

    def make(name, least=0.0, **changes):
        task = dataclasses.replace(parts.task, name=name, thresholds={"accuracy": least})
        given = dataclasses.replace(parts, task=task, **changes)
        folder = release.release(*(getattr(given, f.name) for f in dataclasses.fields(given)))
        return folder, capsys.readouterr().out.splitlines()[-1]

    return make


def registered(name):
    return store.client().search_model_versions(f"name='{name}'")


def champion(name):
    found = registry.champion(name)
    return found.version if found else None


def metrics(parts):
    return parts.run.client.get_run(parts.run.id).data.metrics


def test_the_first_version_is_logged_and_the_first_champion(make, parts):
    folder, said = make("first")
    assert said == "registered as first version 1, the first champion"
    assert champion("first") == 1
    (version,) = registered("first")
    assert version.tags["export_version"] == folder.name == "1"
    assert version.tags["accuracy"] == "1.0000"
    assert version.tags["dataset_digest"] == parts.examples.provenance.digest
    assert version.run_id == parts.run.id
    # And what was found is logged with the run.
    found = metrics(parts)
    assert found["test/accuracy"] == 1.0
    assert found["test/accuracy_low"] <= 1.0 <= found["test/accuracy_high"]
    assert found["baseline/majority/accuracy"] == 0.5
    assert found["baseline/linear/accuracy"] > 0.9
    assert found["export/parity_requests"] == 33
    kept = {item.path for item in parts.run.client.list_artifacts(parts.run.id, "figures")}
    assert {
        "figures/confusion_matrix.png",
        "figures/calibration.png",
        "figures/attention.png",
        "figures/baselines.png",
    } <= kept
    assert "report/mistakes.md" in {
        item.path for item in parts.run.client.list_artifacts(parts.run.id, "report")
    }


def test_an_equal_version_leaves_the_champion_and_a_better_one_replaces_it(make, parts):
    untrained = setup.network(parts.config, parts.preprocessing)
    make("contest", model=untrained)
    assert champion("contest") == 1

    _, said = make("contest")
    assert champion("contest") == 2
    assert said.startswith("registered as contest version 2, the new champion: accuracy 1.0000")

    _, said = make("contest")
    assert champion("contest") == 2
    assert "version 3; the champion (version 2) stays: its accuracy on this test split" in said
    assert len(registered("contest")) == 3


def test_below_the_thresholds_it_is_exported_and_not_registered(make, parts):
    folder, said = make("weak", least=1.01)
    missed = "accuracy 1.0000 does not reach 1.01"
    assert said == f"not registered: {missed} (the thresholds of task weak)"
    assert versions.numbers("weak") == [int(folder.name)]
    assert registered("weak") == []
    assert champion("weak") is None
    assert parts.run.client.get_run(parts.run.id).data.tags["registered"] == "no"


def test_a_champion_of_other_labels_is_not_compared(make, parts):
    """As many labels, of the same names even: their order is part of what scores mean."""
    name, labels = "labels", ("positive", "negative")
    make(name)
    output = FittedClasses(labels, parts.config, "", (1.0, 1.0))
    _, said = make(
        name,
        preprocessing=Preprocessing(parts.preprocessing.input, output),
        examples=dataclasses.replace(parts.examples, labels=labels),
    )
    assert champion(name) == 1
    assert "the champion (version 1) stays: it cannot be evaluated" in said
    assert "negative, positive" in said


def entries(folder):
    return sorted(entry.name for entry in folder.iterdir())


def test_a_release_that_fails_at_the_gate_leaves_nothing(make, parts, monkeypatch, root):
    def fail(*_, **__):
        raise parity.ParityError("scores: differs")

    monkeypatch.setattr(parity, "check", fail)
    with pytest.raises(parity.ParityError):
        make("gated")
    assert entries(root / "exports" / "gated") == []
    assert registered("gated") == []


def test_a_release_that_fails_in_the_evaluation_leaves_nothing(make, parts, monkeypatch, root):
    def fail(*_, **__):
        raise MemoryError

    monkeypatch.setattr(release.assessment, "assess", fail)
    with pytest.raises(MemoryError):
        make("unassessed")
    assert entries(root / "exports" / "unassessed") == []
    assert registered("unassessed") == []


def test_raw_numbers_are_not_needed_to_be_of_python(parts):
    assert contest._plain(np.array([b"a", "größer".encode()], object)) == ["a", "größer"]
    assert contest._plain(np.float32(0.5)) == 0.5
    assert contest._plain(np.array([[1, 2]])) == [[1, 2]]
    assert contest._plain(b"\xff") == "\ufffd"
