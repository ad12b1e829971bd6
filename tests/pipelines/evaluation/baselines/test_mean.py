import numpy as np

from pipelines.evaluation.baselines.mean import predict


def test_every_answer_is_the_mean_of_training():
    values = [np.array(each, np.float32) for each in ([1.0, 2.0], [9.0, 9.0, 9.0])]
    found = predict({"value": values[0]}, {"value": values[1]}, ())
    assert found["mean"]["value"].tolist() == [1.5, 1.5, 1.5]
