"""A test that asks for a `case` runs for each of the `CASES` of its module."""


def pytest_generate_tests(metafunc):
    if "case" in metafunc.fixturenames and hasattr(metafunc.module, "CASES"):
        metafunc.parametrize("case", metafunc.module.CASES, ids=lambda case: case.name)
