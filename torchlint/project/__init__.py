"""The project: links the facts of all files and predicts, for each class, what torch will register."""
