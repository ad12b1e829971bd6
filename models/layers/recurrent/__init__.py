"""SimpleRNN, LSTM and GRU: Keras's layers, weights and numbers, faster on a CPU."""

from models.layers.recurrent.bidirectional import Bidirectional
from models.layers.recurrent.gru import GRU
from models.layers.recurrent.lstm import LSTM
from models.layers.recurrent.paths import Path, path_of, plain
from models.layers.recurrent.simple_rnn import SimpleRNN

__all__ = ["GRU", "LSTM", "Bidirectional", "Path", "SimpleRNN", "path_of", "plain"]
