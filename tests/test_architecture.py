"""The rules of the house, read off the source: who may import whom, what nobody may do."""

import ast
from pathlib import Path

import pytest

from models.spec import MODES
from pipelines import tasks

PROJECT = Path(__file__).parents[1]
CODE = sorted(
    file for folder in ("models", "pipelines") for file in (PROJECT / folder).rglob("*.py")
)
MODELS = [file for file in CODE if file.is_relative_to(PROJECT / "models")]
LONGEST_FILE, LONGEST_FUNCTION, MOST_ENTRIES = 300, 50, 13

CATALOGUES = {"pipelines/tasks", "pipelines/data/datasets", "tests/pipelines/data/datasets"}
"""Lists that grow by one entry per task or data set; every entry is made alike."""

LOOPS = {"models/kernels"}
"""Compiled loops: a function that is called from a loop costs registers, and so its time."""

# From the bottom to the top. A module imports from rows below its own, or from its own entry.
LAYERS = (
    "models",
    "pipelines.runtime",
    "pipelines.data.examples pipelines.data.buckets pipelines.data.ragged pipelines.data.raw"
    " pipelines.data.waves pipelines.data.conll pipelines.evaluation.metric"
    " pipelines.evaluation.bootstrap pipelines.evaluation.markdown",
    "pipelines.data.splits pipelines.evaluation.metrics",
    "pipelines.config pipelines.data.kinds pipelines.data.datasets pipelines.evaluation.figures"
    " pipelines.serving.server",
    "pipelines.inputs",
    "pipelines.outputs pipelines.evaluation.baselines",
    "pipelines.task",
    "pipelines.data.preprocessing",
    "pipelines.data.batching pipelines.data.card pipelines.data.sources pipelines.tracking"
    " pipelines.tasks",
    "pipelines.training",
    "pipelines.serving",
    "pipelines.stages",
    "pipelines.cli",
)
RANKS = {name: rank for rank, layer in enumerate(LAYERS) for name in layer.split()}

DECLARATIONS = ("pipelines.inputs", "pipelines.outputs")
WORK = ("fitted", "reports", "tokenizers")
"""Rooms of the declarations in which the work is done, imported on use."""

HEAVY = {"tensorflow", "keras", "numpy", "matplotlib", "sklearn", "tensorflow_datasets", "mlflow"}


def module_of(file):
    parts = file.relative_to(PROJECT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def name_of(file):
    return str(file.relative_to(PROJECT))


def parsed(file):
    return ast.parse(file.read_text("utf-8"))


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


def runs_on_import(tree):
    """The statements that are executed when a module is imported, types left out."""
    for node in tree.body:
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            yield node


def at_import(tree):
    """Of these, those outside of functions and classes."""
    definitions = ast.FunctionDef | ast.ClassDef
    return [node for node in runs_on_import(tree) if not isinstance(node, definitions)]


def unit(module):
    """The entry of `LAYERS` that a module belongs to: the longest that fits."""
    parts = module.split(".")
    prefixes = (".".join(parts[:n]) for n in range(len(parts), 0, -1))
    return next((prefix for prefix in prefixes if prefix in RANKS), None)


@pytest.mark.parametrize("file", CODE, ids=name_of)
def test_arrows_point_one_way(file):
    module = module_of(file)
    # A type in a signature is no dependency of what runs.
    tree = ast.Module(list(runs_on_import(parsed(file))), [])
    own = unit(module)
    for imported in imports_of(tree):
        if imported.split(".")[0] not in ("models", "pipelines") or imported == "pipelines":
            continue
        other = unit(imported)
        assert own, f"{module} has no place in LAYERS"
        assert other, f"{imported} has no place in LAYERS"
        if other != own:
            assert RANKS[other] < RANKS[own], f"{module} imports {imported}, which is above it"


@pytest.mark.parametrize("package", ["models", "pipelines"])
def test_no_package_imports_in_a_circle(package):
    """Modules, as they import each other when they are imported."""
    arrows = {}
    for file in CODE:
        names = set(imports_of(ast.Module(at_import(parsed(file)), [])))
        arrows[module_of(file)] = {name for name in names if name.startswith(package)}
    done = set()

    def visit(module, path):
        assert module not in path, " -> ".join([*path[path.index(module) :], module])
        if module in done:
            return
        for other in arrows.get(module, ()):
            visit(other, [*path, module])
        done.add(module)

    for module in arrows:
        visit(module, [])


@pytest.mark.parametrize("file", CODE, ids=name_of)
def test_only_the_tracking_knows_mlflow(file):
    if not module_of(file).startswith("pipelines.tracking"):
        assert not [name for name in imports_of(parsed(file)) if name.split(".")[0] == "mlflow"]


@pytest.mark.parametrize("file", MODELS, ids=name_of)
def test_models_know_neither_files_of_data_nor_tasks_nor_tracking(file):
    foreign = {"pipelines", "mlflow", "pandas", "tensorflow_datasets", "matplotlib"}
    assert not {name.split(".")[0] for name in imports_of(parsed(file))} & foreign


@pytest.mark.parametrize("file", CODE, ids=name_of)
def test_a_declaration_of_an_input_or_output_imports_nothing_heavy(file):
    module = module_of(file)
    if not module.startswith(DECLARATIONS) or set(module.split(".")) & set(WORK):
        return
    names = set(imports_of(ast.Module(at_import(parsed(file)), [])))
    assert not {name.split(".")[0] for name in names} & HEAVY
    assert not [name for name in names if set(name.split(".")) & set(WORK)]


@pytest.mark.parametrize("kind", ["inputs", "outputs"])
def test_each_declaration_has_one_fitted_half_and_no_pair_has_a_file(kind):
    """N inputs and M outputs are N + M files: neither names the other's kinds."""
    folder = PROJECT / "pipelines" / kind
    declared = {file.stem for file in folder.glob("*.py")} - {"__init__", "base", "text"}
    fitted = {file.stem for file in (folder / "fitted").glob("*.py")} - {"__init__", "base"}
    assert declared - fitted == set()
    for file in (PROJECT / "pipelines" / "inputs").rglob("*.py"):
        assert "pipelines.outputs" not in file.read_text("utf-8"), "an input knows no output"


@pytest.mark.parametrize("file", CODE, ids=name_of)
def test_a_file_is_a_room(file):
    assert len(file.read_text("utf-8").splitlines()) <= LONGEST_FILE


@pytest.mark.parametrize("file", CODE, ids=name_of)
def test_a_function_fits_a_screen(file):
    if name_of(file).startswith(tuple(LOOPS)):
        return
    for node in ast.walk(parsed(file)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = node.end_lineno - node.lineno + 1
            assert length <= LONGEST_FUNCTION, f"{node.name} has {length} lines"


def test_no_folder_has_more_entries_than_one_can_take_in():
    for top in ("models", "pipelines", "tests"):
        for folder in [PROJECT / top, *(p for p in (PROJECT / top).rglob("*") if p.is_dir())]:
            if folder.name == "__pycache__" or name_of(folder) in CATALOGUES:
                continue
            entries = [p for p in folder.iterdir() if p.name not in ("__init__.py", "__pycache__")]
            assert len(entries) <= MOST_ENTRIES, f"{name_of(folder)} has {len(entries)} entries"


def test_tests_mirror_the_code():
    """Each folder of tests stands where the folder, or the file, that it tests stands."""
    for top in ("models", "pipelines"):
        for file in (PROJECT / "tests" / top).rglob("test_*.py"):
            tested = PROJECT / file.parent.relative_to(PROJECT / "tests")
            assert tested.is_dir() or tested.with_suffix(".py").is_file(), name_of(file)


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
        assert name != "numpy_function" or module_of(file) == "models.layers.recurrent.graph"
        for keyword in node.keywords:
            argument = (keyword.arg, ast.unparse(keyword.value))
            forbidden = [("allow_pickle", "True"), ("safe_mode", "False"), ("shell", "True")]
            assert argument not in forbidden, called


@pytest.mark.parametrize("task", tasks.names())
def test_no_stage_and_no_network_asks_for_a_task(task):
    above = {"pipelines/tasks", "pipelines/data/datasets"}
    for file in CODE:
        if name_of(file).startswith(tuple(above)):
            continue
        # A task may have the name of something else, such as the memory that a decoder reads.
        for node in ast.walk(parsed(file)):
            if isinstance(node, ast.Compare | ast.MatchValue):
                constants = [n for n in ast.walk(node) if isinstance(n, ast.Constant)]
                assert task not in [constant.value for constant in constants], file


NETWORKS = {f"models.modes.{mode}" for mode in MODES}
KNOW_MODES = {"models.spec", "models.build", "models.modes"}


@pytest.mark.parametrize("file", MODELS, ids=name_of)
def test_a_cell_does_not_know_its_mode(file):
    if module_of(file).startswith(tuple(KNOW_MODES)) or module_of(file) == "models":
        return
    assert "spec.mode" not in file.read_text("utf-8")
    assert not set(imports_of(parsed(file))) & NETWORKS
