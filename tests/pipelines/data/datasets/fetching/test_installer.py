import pytest

from pipelines.data.datasets.fetching import installer

HELP = (
    "  -i, --index-url <url>       Base URL of the Python Package Index "
    "(default https://public.example/simple). This should point to\n"
    "  --extra-index-url <url>     Extra URLs of package indexes\n"
)


@pytest.fixture
def answers(monkeypatch):
    """What the installers print, by the first distinct word of the question."""
    texts = {"config": "", "install": HELP, "compile": ""}
    monkeypatch.setattr(
        installer, "_ask", lambda command: next(t for w, t in texts.items() if w in command)
    )
    return texts


def test_the_environment_counts_before_files(answers):
    answers["config"] = (
        ":env:.index-url='https://env.example/simple/'\n"
        "download.index-url='https://download.example/simple'\n"
        "global.index-url='https://global.example/simple'\n"
        "global.extra-index-url='https://one.example/s\\nhttps://two.example/s'\n"
        "global.find-links='/some/wheels'\n"
        "global.cert='/some/bundle.pem'\n"
        "list.index-url='https://list.example/simple'\n"
    )
    assert installer.places() == installer.Places(
        links=("/some/wheels",),
        indexes=("https://env.example/simple", "https://one.example/s", "https://two.example/s"),
        certificate="/some/bundle.pem",
    )


def test_the_order_of_the_lines_does_not_matter(answers):
    answers["config"] = (
        "global.index-url='https://g.example/s'\n:env:.index-url='https://e.example/s'"
    )
    assert installer.places().indexes == ("https://e.example/s",)


def test_what_uv_is_configured_for_comes_after(answers):
    answers["config"] = "global.index-url='https://mirror.example/simple'"
    answers["compile"] = (
        "--index-url https://mirror.example/simple\n"
        "--extra-index-url https://uv.example/simple\n"
        "--find-links /uv/wheels\n\n"
    )
    assert installer.places() == installer.Places(
        links=("/uv/wheels",),
        indexes=("https://mirror.example/simple", "https://uv.example/simple"),
    )


def test_with_nothing_configured_pip_says_its_default(answers):
    assert installer.places().indexes == ("https://public.example/simple",)


def test_no_index_is_respected(answers):
    answers["config"] = "global.no-index='true'\nglobal.index-url='https://g.example/s'"
    assert installer.places().indexes == ()
    answers["config"] = "global.no-index='false'\nglobal.index-url='https://g.example/s'"
    assert installer.places().indexes == ("https://g.example/s",)


def test_without_any_installer_there_are_no_places(answers):
    answers.update(config="", install="", compile="")
    assert installer.places() == installer.Places((), ())


def test_a_command_that_cannot_run_says_nothing():
    assert installer._ask(["/no/such/program"]) == ""
    assert installer._ask(["sh", "-c", "echo half; exit 1"]) == ""
