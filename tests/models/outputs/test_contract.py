"""What each output says of its targets."""

import pytest

from models.outputs.classes import Classes
from models.outputs.labels import Labels
from models.outputs.next_token import NextToken
from models.outputs.quantiles import Quantiles
from models.outputs.tags import Tags
from models.outputs.tokens import Tokens
from models.outputs.transcript import Transcript
from models.outputs.values import Values
from models.spec import HEADS

OUTPUTS = (Classes, Tags, Values, Quantiles, Labels, NextToken, Tokens, Transcript)
ALIGNED = {"labels", "crf", "next_token"}
RATED = {"next_token", "tokens"}


@pytest.mark.parametrize("head", HEADS)
def test_each_head_says_whether_targets_are_aligned_and_can_be_rated(head):
    (outputs,) = (outputs for outputs in OUTPUTS if head in outputs.heads)
    assert outputs.aligned is (head in ALIGNED)
    assert outputs.rates is (head in RATED)
