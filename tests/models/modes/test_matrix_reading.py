"""The matrix of the networks with one answer, or an answer for each step."""

import pytest

from tests.models.modes import matrix
from tests.models.modes.matrix_checks import *  # noqa: F403

pytestmark = pytest.mark.slow
CASES = matrix.cases(("one_to_one", "many_to_one", "many_to_many"))
