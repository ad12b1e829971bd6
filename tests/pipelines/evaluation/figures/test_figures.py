import warnings

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from pipelines.evaluation import figures
from pipelines.evaluation.figures import attention, style
from pipelines.evaluation.metric import Directions, Metric, UndeclaredMetric

LARGER = ("accuracy", "macro_f1", "roc_auc", "f1")
DIRECTIONS = Directions(*(Metric(n, "larger") for n in LARGER), Metric("rmse", "smaller"))


@pytest.fixture(autouse=True)
def no_warnings():
    """Missing glyphs, failed layouts and the like are warnings of matplotlib."""
    before = dict(mpl.rcParams)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield
    assert dict(mpl.rcParams) == before


def texts(figure):
    return [text.get_text() for text in figure.findobj(Text) if text.get_visible()]


def title(figure):
    return figure.get_suptitle().replace("\n", " ")


def is_drawn_inside(figure):
    """Draws, and finds no ink at the picture's border, where something would be cut off."""
    figure.canvas.draw()
    picture = np.asarray(figure.canvas.buffer_rgba())
    return all(
        (side == 255).all() for side in (picture[0], picture[-1], picture[:, 0], picture[:, -1])
    )


def history(epochs):
    return [
        {
            "loss": 0.7 / i,
            "val_loss": 0.5 + abs(i - 3) / 10,
            "accuracy": 0.5 + i / 20,
            "val_accuracy": [0.6, 0.7, 0.75, 0.8, 0.8, 0.79][i - 1],
            "gradient_norm": 1.0,
            "gradient_norm_max": 2.0,
            "learning_rate": 0.001,
        }
        for i in range(1, epochs + 1)
    ]


@pytest.mark.parametrize(
    ("epochs", "monitor", "said"),
    [
        (6, "val_accuracy", "Epoch 4 of 6 is the best: validation accuracy 0.8000"),
        (6, "val_loss", "Epoch 3 of 6 is the best: validation loss 0.5000"),
        (1, "val_accuracy", "Epoch 1 of 1 is the best: validation accuracy 0.6000"),
    ],
)
def test_learning_curve_marks_the_best_epoch(epochs, monitor, said):
    figure = figures.learning_curve(history(epochs), DIRECTIONS.metric(monitor))
    assert title(figure) == said
    assert len(figure.axes) == (3 if monitor == "val_loss" else 4)
    assert is_drawn_inside(figure)


def test_confusion_matrix_has_counts_and_shares_of_the_row():
    figure = figures.confusion_matrix(
        np.array([0, 0, 0, 0, 1]), np.array([0, 0, 0, 1, 1]), ("bad", "good")
    )
    assert {"3\n75 %", "1\n25 %", "0\n0 %", "1\n100 %"} <= set(texts(figure))
    assert title(figure) == "80.0 % right; most often 'bad' is taken for 'good' (1 ×)"
    assert is_drawn_inside(figure)


@pytest.mark.parametrize("classes", [5, 20, 77])
def test_confusion_matrix_of_many_classes(classes):
    rng = np.random.default_rng(0)
    labels, predicted = rng.integers(0, classes, size=(2, 500))
    names = tuple(f"a class with a long name, number {i}" for i in range(classes))
    figure = figures.confusion_matrix(labels, predicted, names)
    assert ("The 40 of 77 classes" in title(figure)) == (classes == 77)
    assert is_drawn_inside(figure)


def test_confusion_matrix_where_nothing_is_wrong_and_a_class_is_absent():
    figure = figures.confusion_matrix(np.array([0, 2]), np.array([0, 2]), ("a", "b", "c"))
    assert title(figure) == "100.0 % right"


@pytest.mark.parametrize(
    ("right", "said"),
    [(10, "Less sure than right by 20.0 points"), (8, "On average"), (5, "Surer than right by 30")],
)
def test_reliability_says_which_way_it_errs(right, said):
    scores = np.tile([0.8, 0.2], (10, 1))
    labels = (np.arange(10) >= right).astype(np.int64)
    figure = figures.reliability(scores, labels)
    assert title(figure).startswith(said)
    assert is_drawn_inside(figure)


def measured(accuracy):
    names = ("accuracy", "macro_f1", "roc_auc")
    return {
        f"{name}{end}": accuracy + more
        for name in names
        for end, more in (("", 0.0), ("_low", -0.02), ("_high", 0.02))
    }


@pytest.mark.parametrize(
    ("accuracy", "said"),
    [(0.85, "7.0 points above"), (0.75, "3.0 points below"), (0.78, "as good as")],
)
def test_comparison_is_with_the_strongest_baseline(accuracy, said):
    baselines = {"majority": measured(0.5), "linear": measured(0.78)}
    figure = figures.comparison_with_baselines(measured(accuracy), baselines, DIRECTIONS)
    assert f"{said} the strongest baseline, 'linear'" in title(figure)
    assert {"this model", "majority", "linear", f"{accuracy:.3f}"} <= set(texts(figure))
    assert is_drawn_inside(figure)


def test_comparison_without_an_undefined_roc_auc():
    metrics = {name: value for name, value in measured(1.0).items() if "roc" not in name}
    figure = figures.comparison_with_baselines(metrics, {"majority": metrics}, DIRECTIONS)
    assert len(figure.axes) == 2


def test_comparison_by_f1_where_there_is_one():
    model, baseline = (
        {f"f1{end}": value + more for end, more in (("", 0.0), ("_low", -0.1), ("_high", 0.1))}
        for value in (0.8, 0.5)
    )
    figure = figures.comparison_with_baselines(
        model | measured(0.9), {"other": baseline | measured(1.0)}, DIRECTIONS
    )
    assert title(figure).startswith("80.0 % F1: 30.0 points above")
    assert len(figures.comparison_with_baselines(model, {"other": baseline}, DIRECTIONS).axes) == 1


def test_the_strongest_baseline_by_an_error_is_the_one_with_the_smallest():
    baselines = {"mean": {"rmse": 3.0}, "last value": {"rmse": 2.0}}
    figure = figures.comparison_with_baselines({"rmse": 2.5}, baselines, DIRECTIONS)
    assert title(figure) == "2.50 rmse: 0.50 above the strongest baseline, 'last value'"
    assert "rmse (less is better)" in texts(figure)


def test_comparison_by_a_metric_of_no_declared_direction_is_refused():
    with pytest.raises(UndeclaredMetric, match="bleu"):
        figures.comparison_with_baselines({"bleu": 1.0}, {"copy": {"bleu": 2.0}}, DIRECTIONS)


def shades(figure):
    boxes = figure.axes[0].findobj(Rectangle)
    return [box.get_facecolor() for box in boxes if box.get_height() == attention.LINE - 0.04]


def test_attention_shades_each_word_relative_to_the_heaviest():
    figure = figures.attention_words([(["a", "good", "film"], [0.1, 0.4, 0.0], "good", "good")])
    assert shades(figure) == [attention.SHADES(share) for share in (0.25, 1.0, 0.0)]
    assert {"✓ good", "a", "good", "film"} <= set(texts(figure))


def test_attention_wraps_texts_and_says_what_is_wrong():
    short = (["ok"], [1.0], "good", "bad")
    long = (["word"] * 100, [0.01] * 100, "good", "good")
    figure = figures.attention_words([short, long])
    assert "✗ predicted good, truly bad" in texts(figure)
    lefts = [box.get_x() for box in figure.axes[0].findobj(Rectangle)]
    assert max(lefts) < style.WIDTH
    assert is_drawn_inside(figure)


def test_attention_shows_the_heaviest_stretch_of_a_long_text():
    words = [str(i) for i in range(500)]
    weights = np.zeros(500)
    weights[300:310] = 0.1
    shown = texts(figures.attention_words([(words, weights.tolist(), "a", "a")]))
    assert {"300", "309"} <= set(shown)
    assert "…" in shown
    assert "0" not in shown


def test_attention_without_weight_is_blank():
    figure = figures.attention_words([(["a", "b"], [0.0, 0.0], "x", "x")])
    assert shades(figure) == [attention.SHADES(0.0)] * 2


def test_any_text_can_be_drawn():
    words = ["$5", "and", "$10", "x" * 200, "tab\tnew\nline", "\U000e0001", "\U0001fae8", "电影"]
    figure = figures.attention_words([(words, [0.1] * len(words), "$a$", "b_c^d")])
    assert is_drawn_inside(figure)
    assert is_drawn_inside(
        figures.confusion_matrix(np.array([0, 1]), np.array([1, 1]), ("$x_1$", "电影"))
    )


def test_what_no_font_has_is_replaced_and_explained(monkeypatch):
    monkeypatch.setattr(style, "_drawable", lambda: frozenset(map(ord, "abc □")))
    assert style.legible("ab 电") == "ab □"
    figure = figures.attention_words([(["a", "电"], [0.1, 0.9], "a", "a")])
    assert any("no font on this machine" in text for text in texts(figure))


def test_length_histogram_tells_what_is_cut():
    lengths = np.array([2] * 6 + [8] * 3 + [40])
    figure = figures.length_histogram(lengths, (2, 8, 10), 10)
    assert title(figure).startswith("Half of the texts have at most 2 tokens; 10.0 % are cut")
    assert {"bucket edges: 2, 8, 10", "cut at 10"} <= set(texts(figure))
    bars = figure.axes[0].findobj(Rectangle)
    assert sum(bar.get_height() for bar in bars if bar is not figure.axes[0].patch) == 10
    assert is_drawn_inside(figure)


def test_length_histogram_of_one_short_text():
    figure = figures.length_histogram(np.array([3]), (3,), 400)
    assert "cut" not in title(figure)
    assert is_drawn_inside(figure)
