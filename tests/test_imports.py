import ast
import subprocess
import sys
from pathlib import Path

import pytest

import models

FILES = sorted(Path(models.__file__).parent.rglob("*.py"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_models_know_nothing_of_pipelines_and_tracking(file):
    named = []
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            named += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            named.append(node.module or "")
    tops = {name.partition(".")[0] for name in named}
    assert not tops & {"pipelines", "mlflow", "tensorflow_datasets"}


@pytest.mark.parametrize("module", ["models.spec", "models.export", "pipelines.config"])
def test_what_answers_a_wrong_setting_imports_no_tensorflow(module):
    heavy = "{'tensorflow', 'keras', 'numpy'}"
    code = f"import sys, {module}; print(sorted({heavy} & set(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
