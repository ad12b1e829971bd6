"""The matrix of the networks with an answer of its own length."""

import pytest

from tests.models import matrix
from tests.models.matrix_checks import *  # noqa: F403

pytestmark = pytest.mark.slow
CASES = matrix.cases(("one_to_many", "encoder_decoder"))
