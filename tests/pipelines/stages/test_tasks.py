from pipelines import cli, tasks


def test_every_task_is_listed_with_its_champion(root, trained, capsys):
    assert cli.main(["tasks"]) == 0
    said = capsys.readouterr().out
    rows = {line.split()[0]: line for line in said.splitlines() if line.strip()}
    assert set(tasks.names()) <= set(rows)
    assert "many_to_one" in rows["sentiment"] and "movie_sentences" in rows["sentiment"]
    assert "(version " in rows["sentiment"] and "not prepared yet" in rows["sentiment"]
    assert "generated" in rows["memory"]
    assert f"sentiment: {tasks.get('sentiment').description}" in " ".join(said.split())
