"""The registry: a version answers raw text wherever MLflow loads it, and has one champion."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.usefixtures("root")


@pytest.fixture(scope="module")
def registry():
    from pipelines.tracking import registry

    return registry


@pytest.fixture(scope="module")
def register(registry, trained, session_root):
    """Registers the trained export under a name of the test's own."""

    def register(name):
        answer = {"label": "positive", "scores": [0.1, 0.9]}
        example = {"text": "a fine film"}
        return registry.register(name, trained.run_id, trained.folder, example, answer)

    return register


@pytest.mark.slow
def test_a_registered_version_takes_raw_text_from_a_table(register, registry, root, trained):
    import mlflow

    from pipelines.serving.loaded import LoadedModel

    version = register("raw")
    model = mlflow.pyfunc.load_model(f"models:/raw/{version}")
    texts = ["the whole film is boring", "a story is superb", "größer 好 🙂", ""]
    answers: Any = model.predict(pd.DataFrame({"text": texts}))
    assert list(answers["label"])[:2] == ["negative", "positive"]
    assert all(type(label) is str for label in answers["label"])
    assert list(answers["classes"][0]) == ["negative", "positive"]
    assert all(type(token) is str for row in answers["tokens"] for token in row)
    direct = LoadedModel(trained.folder).answer({"text": texts})
    np.testing.assert_allclose(np.array(answers["scores"].tolist()), direct["scores"], atol=1e-6)
    assert [name.name for name in model.metadata.get_input_schema().inputs] == ["text"]
    assert model.metadata.run_id == trained.run_id


@pytest.mark.slow
def test_the_logged_model_needs_no_code_of_ours_and_no_pickle(register, registry, root):
    register("plain")
    registry.promote("plain", 1)
    champion = registry.champion("plain")
    assert champion is not None
    logged = champion.saved_model.parents[1]
    files = [file for file in logged.rglob("*") if file.is_file()]
    assert not [file for file in files if file.suffix in (".pkl", ".pickle", ".joblib")]
    source = next(logged.rglob("pyfunc.py")).read_text("utf-8")
    assert "pipelines" not in source
    requirements = (logged / "requirements.txt").read_text().split()
    assert {line.partition("==")[0] for line in requirements} == {"mlflow", "tensorflow", "pandas"}


@pytest.mark.slow
def test_versions_count_up_and_only_promotion_moves_the_champion(register, registry, trained):
    assert registry.champion("counted") is None
    assert register("counted") == 1
    assert registry.champion("counted") is None
    registry.promote("counted", 1)
    assert register("counted") == 2
    first = registry.champion("counted")
    assert (first.version, first.run_id) == (1, trained.run_id)
    assert (first.saved_model / "saved_model.pb").exists()
    registry.promote("counted", 2)
    assert registry.champion("counted").version == 2


def test_a_version_says_what_it_was_judged_by(register, registry):
    from pipelines.tracking import store

    version = register("judged")
    registry.describe("judged", version, {"accuracy": "0.9000", "dataset_digest": "0123"})
    tags = store.client().get_model_version("judged", str(version)).tags
    assert {"accuracy": "0.9000", "dataset_digest": "0123"}.items() <= tags.items()


@pytest.mark.parametrize("status", ["KILLED", "FAILED", "FINISHED", "RUNNING"])
def test_registering_leaves_the_state_of_the_run_alone(registry, trained, examples, status):
    """An export of what an interrupted run kept does not make the run a finished one."""
    from pipelines.config import resolve
    from pipelines.tracking import runs

    run = runs.Run.start(resolve("states", "many_to_one"), examples)
    if status != "RUNNING":
        run.client.set_terminated(run.id, status)
    registry.register("states", run.id, trained.folder, {"text": "a"}, {"label": "b"})
    assert run.client.get_run(run.id).info.status == status


@pytest.fixture(scope="module")
def examples():
    from pipelines.data.examples import Examples, Provenance

    split = {"text": np.array(["a"], object)}
    return Examples({"train": split}, (), Provenance("yours", "x.csv", "", "0"))
