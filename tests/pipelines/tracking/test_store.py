"""Which records MLflow reads and writes."""

import mlflow

from pipelines.tracking import store


def test_mlflow_follows_from_project_to_project_and_back(root, tmp_path, monkeypatch):
    here = store.client()
    mine = store.experiment("followed")
    monkeypatch.setenv("UNROLLED_ROOT", str(tmp_path))
    store.experiment("elsewhere")
    monkeypatch.setenv("UNROLLED_ROOT", str(root))
    assert store.client() is here
    with mlflow.start_run(experiment_id=mine) as run:
        assert here.get_run(run.info.run_id).info.experiment_id == mine
