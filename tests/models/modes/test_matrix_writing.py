"""The matrix of the networks with an answer of its own length."""

import pytest

from tests.models.modes import matrix
from tests.models.modes.matrix_checks import *  # noqa: F403

pytestmark = pytest.mark.slow
CASES = matrix.cases(("one_to_many", "encoder_decoder"))
