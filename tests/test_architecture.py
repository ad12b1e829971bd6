"""The rules of the house, read off the source: who may import whom, what nobody may do."""

import ast
import importlib.util
from pathlib import Path

import pytest

from models.spec import MODES
from pipelines import config, tasks
from pipelines.sources.assemble import INPUTS

PROJECT = Path(__file__).parents[1]
CODE = sorted(
    file for folder in ("models", "pipelines") for file in (PROJECT / folder).rglob("*.py")
)
LONGEST = 300

# From the bottom to the top. A module imports from rows below its own, or from its own package.
LAYERS = (
    "models",
    "pipelines.allocator pipelines.errors pipelines.paths pipelines.splits pipelines.buckets",
    "pipelines.runtime pipelines.evaluation pipelines.ragged pipelines.raw pipelines.saved_model"
    " pipelines.waves pipelines.conll",
    "pipelines.config pipelines.examples pipelines.datasets pipelines.figures pipelines.server",
    "pipelines.task pipelines.data_card",
    "pipelines.features pipelines.batching pipelines.baselines pipelines.card_text",
    "pipelines.sources pipelines.tracking pipelines.training pipelines.problems",
    "pipelines.tasks",
    "pipelines.workbench",
    "pipelines.exporting",
    "pipelines.assessment",
    "pipelines.exporting.release",
    "pipelines.stages",
    "pipelines.cli",
)
RANKS = {name: rank for rank, layer in enumerate(LAYERS) for name in layer.split()}


def module_of(file):
    parts = file.relative_to(PROJECT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_module(name):
    path = PROJECT.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").exists()


def imports_of(tree):
    """Everything that is imported anywhere in a module, by full name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "relative imports hide where an arrow points"
            module = node.module or ""
            for alias in node.names:
                full = f"{module}.{alias.name}"
                inner = module.split(".")[0] in ("models", "pipelines") and is_module(full)
                yield full if inner else module


def unit(module):
    """The entry of the table that a module belongs to: the longest that fits."""
    parts = module.split(".")
    prefixes = (".".join(parts[:n]) for n in range(len(parts), 0, -1))
    return next((prefix for prefix in prefixes if prefix in RANKS), None)


def parsed(file):
    return ast.parse(file.read_text("utf-8"))


def name_of(file):
    return str(file.relative_to(PROJECT))


@pytest.mark.parametrize("file", CODE, ids=name_of)
def test_arrows_point_one_way(file):
    module = module_of(file)
    if module == "pipelines":
        return
    own = unit(module)
    assert own, f"{module} has no place in the table of this test"
    for imported in imports_of(parsed(file)):
        if imported.split(".")[0] not in ("models", "pipelines") or imported == "pipelines":
            continue
        other = unit(imported)
        assert other, f"{imported} has no place in the table of this test"
        if other != own:
            assert RANKS[other] < RANKS[own], f"{module} imports {imported}, which is above it"


@pytest.mark.parametrize("file", CODE, ids=name_of)
def test_only_the_tracking_knows_mlflow(file):
    if module_of(file).startswith("pipelines.tracking"):
        return
    assert not [name for name in imports_of(parsed(file)) if name.split(".")[0] == "mlflow"]


@pytest.mark.parametrize("file", CODE, ids=name_of)
def test_models_know_neither_files_of_data_nor_tasks_nor_tracking(file):
    if not module_of(file).startswith("models"):
        return
    foreign = {"pipelines", "mlflow", "pandas", "tensorflow_datasets", "matplotlib"}
    assert not {name.split(".")[0] for name in imports_of(parsed(file))} & foreign


@pytest.mark.parametrize("file", CODE, ids=name_of)
def test_a_file_is_a_room(file):
    assert len(file.read_text("utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("file", CODE, ids=name_of)
def test_nothing_unpickles_or_makes_code_of_data(file):
    tree = parsed(file)
    unsafe = {"pickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}
    assert not {name.split(".")[0] for name in imports_of(tree)} & unsafe
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        assert called not in ("eval", "exec"), called
        name = called.rpartition(".")[2]
        assert name not in ("Lambda", "py_function"), called
        # Compiled kernels: `test_an_export_calls_no_python` keeps them out of exports.
        assert name != "numpy_function" or name_of(file) == "models/recurrent/graph.py", called
        for keyword in node.keywords:
            said = (keyword.arg, ast.unparse(keyword.value))
            assert said not in [
                ("allow_pickle", "True"),
                ("safe_mode", "False"),
                ("shell", "True"),
            ], called


@pytest.mark.parametrize("task", tasks.names())
def test_no_stage_and_no_network_asks_for_a_task(task):
    neutral = ("models", "pipelines/stages", "pipelines/tracking", "pipelines/exporting")
    folders = (*neutral, "pipelines/training", "pipelines/features")
    files = [file for folder in folders for file in (PROJECT / folder).rglob("*.py")]
    for file in [*files, PROJECT / "pipelines" / "cli.py"]:
        # A task may have the name of something else, such as the memory that a decoder reads.
        for node in ast.walk(parsed(file)):
            if isinstance(node, ast.Compare | ast.MatchValue):
                constants = [n for n in ast.walk(node) if isinstance(n, ast.Constant)]
                assert task not in [constant.value for constant in constants], file


NETWORKS = {f"models.{mode}" for mode in MODES}
ABOVE = {"models.spec", "models.rules", "models.build", "models.writing", "models.ctc", *NETWORKS}


@pytest.mark.parametrize(
    "file", [f for f in CODE if module_of(f).startswith("models.")], ids=name_of
)
def test_a_cell_does_not_know_its_mode(file):
    if module_of(file) in ABOVE:
        return
    assert "spec.mode" not in file.read_text("utf-8")
    assert not set(imports_of(parsed(file))) & NETWORKS


@pytest.mark.parametrize("name", tasks.names())
def test_a_task_is_whole(name):
    task = tasks.get(name)
    assert task.name == name
    assert task.mode in MODES
    assert importlib.util.find_spec(f"models.{task.mode}"), "its mode has no network"
    assert task.description.strip()
    assert "\n" not in task.description
    assert importlib.util.find_spec(f"pipelines.datasets.{task.embedded}")
    assert task.thresholds
    assert task.monitor.startswith("val_")
    read = {column.name for column in task.problem.columns if column.kind in INPUTS}
    assert set(task.example) <= read, "the example holds raw inputs, not the answer"


@pytest.mark.parametrize("name", tasks.names())
def test_the_defaults_of_a_task_resolve(name):
    task = tasks.get(name)
    resolved = config.resolve(name, task.mode, task.defaults, input=task.input).flat()
    assert resolved["mode"] == task.mode
    assert task.defaults.items() <= resolved.items()
    best = config.resolve(name, task.mode, task.defaults, task.best, input=task.input).flat()
    assert {**task.defaults, **task.best}.items() <= best.items()


def test_a_column_of_a_task_is_named_by_a_setting_of_the_same_name():
    for name in tasks.names():
        problem = tasks.get(name).problem
        for column in problem.columns if problem.formats else ():
            assert column.optional or column.name in config.settings(), column.name
