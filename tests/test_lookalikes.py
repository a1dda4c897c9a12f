from nerlink.lookalikes import did_you_mean, missing_column, nearest


def test_the_nearest_name_is_found_whatever_the_case():
    assert nearest("LABLE", ["entity", "label"]) == "label"
    assert nearest("lable", ["entity", "label"], alike=0.9) is None
    assert did_you_mean("id", ["name", "Id"]) == " Did you mean 'Id'?"
    assert did_you_mean("id", ["name"]) == ""


def test_missing_column_names_the_nearest():
    error = missing_column("start", ["begin", "strat", "end"], where="a.csv:2")
    assert str(error).startswith("a.csv:2: column 'start' is missing; there are begin, strat, end.")
    assert str(error).endswith("Did you mean 'strat'?")
