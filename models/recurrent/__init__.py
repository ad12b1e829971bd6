"""SimpleRNN, LSTM and GRU: Keras's layers, weights and numbers, faster on a CPU."""

from models.recurrent.bidirectional import Bidirectional
from models.recurrent.gru import GRU
from models.recurrent.lstm import LSTM
from models.recurrent.paths import Path, path_of, plain
from models.recurrent.simple_rnn import SimpleRNN

__all__ = ["GRU", "LSTM", "Bidirectional", "Path", "SimpleRNN", "path_of", "plain"]
