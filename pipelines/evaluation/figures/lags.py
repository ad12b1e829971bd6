"""How far back a network remembers."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.figure import Figure

from pipelines.evaluation.figures.style import BLUE, GREEN, GREY, blank, headline, styled


@styled
def error_by_lag(
    errors: Mapping[int, float],
    chance: Mapping[str, Mapping[int, float]],
    solved: float,
    longest: int,
    name: str,
) -> Figure:
    """The error against the lag, beside chance and the line below which a lag counts as solved.

    Args:
        errors: lag -> mean error of the network.
        chance: the same for each baseline, by name.
        solved: that line.
        longest: the longest lag that is solved; 0 for none.
        name: of the error.
    """
    figure = blank(3.9)
    axes = figure.subplots()
    lags = sorted(errors)
    for baseline, chance_errors in chance.items():
        axes.plot(
            lags, [chance_errors[lag] for lag in lags], "s--", color=GREY, ms=4, label=baseline
        )
    axes.plot(lags, [errors[lag] for lag in lags], "o-", color=BLUE, label="this model")
    axes.axhline(solved, color=GREEN, linestyle=":", label=f"solved: below {solved:g}")
    # Linear next to zero, where no error may be at all.
    axes.set_yscale("symlog", linthresh=solved / 10)
    axes.set_ylim(bottom=0)
    axes.set_xscale("log", base=2)
    axes.set_xticks(lags, [f"{lag:,}" for lag in lags])
    axes.minorticks_off()
    axes.set_xlabel("lag in steps")
    axes.set_ylabel(name.replace("_", " "))
    figure.legend(loc="outside lower left", ncols=3, fontsize=9)
    verdict = f"Solved up to a lag of {longest:,} steps" if longest else "No lag is solved"
    headline(figure, f"{verdict}, of those that were tested")
    return figure
