"""What a network has to beat, one file for each kind of problem."""
