"""The script that a worker process runs: `start.py serve`, or `start.py answer REQUEST REPLY`.

The worker's folder becomes a package by its path: torchlint need not be installed where the user's torch is.
"""

from __future__ import annotations

import importlib.util
import os
import sys


def _main() -> None:
    folder = os.path.dirname(os.path.abspath(__file__))
    if sys.path and os.path.abspath(sys.path[0]) == folder:
        del sys.path[0]  # the worker's own modules must not hide the user's
    spec = importlib.util.spec_from_file_location(
        "torchlint_worker", os.path.join(folder, "__init__.py"), submodule_search_locations=[folder]
    )
    assert spec is not None
    assert spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules["torchlint_worker"] = package
    spec.loader.exec_module(package)
    mode, *files = sys.argv[1:]
    sys.argv[1:] = []
    module = importlib.import_module(f"torchlint_worker.{'server' if mode == 'serve' else 'serve'}")
    module.main(*files)


if __name__ == "__main__":
    _main()
