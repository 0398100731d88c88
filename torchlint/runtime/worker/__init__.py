"""What runs in the process of the user's code: it needs torch and nothing else, not even the rest of torchlint.

So it also runs in an interpreter in which torchlint is not installed: `process` starts it by its folder's path. Its
modules import each other relatively, and nothing of torchlint.
"""
