"""The abstract interpreter: follows a construction over the lattice of `values`, function by function."""
