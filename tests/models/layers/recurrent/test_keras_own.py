"""Keras's own tests of its recurrent layers, with the layers of this package in their place."""

import types

import pytest
from keras.src import layers
from keras.src.layers.rnn import bidirectional_test, gru_test, lstm_test, simple_rnn_test

from models.layers import recurrent


@pytest.fixture(autouse=True)
def ours(monkeypatch):
    substituted = types.SimpleNamespace(**vars(layers))
    for name in ("SimpleRNN", "LSTM", "GRU", "Bidirectional"):
        setattr(substituted, name, getattr(recurrent, name))
    for module in (bidirectional_test, gru_test, lstm_test, simple_rnn_test):
        monkeypatch.setattr(module, "layers", substituted)


class TestSimpleRNN(simple_rnn_test.SimpleRNNTest):
    pass


class TestLSTM(lstm_test.LSTMTest):
    pass


class TestGRU(gru_test.GRUTest):
    pass


class TestBidirectional(bidirectional_test.SimpleRNNTest):
    pass
