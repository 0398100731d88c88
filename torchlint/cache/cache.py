"""The cache of one run: what it can take over from earlier ones, and what it leaves to the next."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from torchlint.cache.changes import Changes
from torchlint.cache.codec import decode, encode, is_encodable
from torchlint.cache.folder import results_file, used, write
from torchlint.cache.key import key_of
from torchlint.cache.plain import load, to_parts
from torchlint.cache.stored import Group, Stored
from torchlint.checker.outcome import FileOutcome
from torchlint.files.source import SourceError, read_bytes
from torchlint.project.reads import Notes, Remembered, digest_of

if TYPE_CHECKING:
    from torchlint.cache.facts import Facts


class Cache:
    """Results in a folder. They go by `told`, what the run was told, and by the settings of each file.

    `list_files` gives the files below a folder that a run would check. Nothing that goes wrong here is an error: what
    is not kept is found again.
    """

    def __init__(
        self,
        folder: Path,
        told: object,
        list_files: Callable[[str], Sequence[str]],
        settings_of: Callable[[str], object],
    ) -> None:
        self._folder, self._key = folder, key_of(told)
        self._list_files, self._settings_of = list_files, settings_of
        self._settings: dict[str, str] = {}
        """By folder."""
        self._stored = Stored()
        self._worth_writing = False
        self._facts: Facts | None = None

    def known(self, files: Sequence[str]) -> dict[str, FileOutcome]:
        """The outcomes that still hold, by path."""
        path = results_file(self._folder, self._key)
        stored = load(path)
        try:
            return {} if stored is None else self._still_known(stored, files)
        except (ValueError, TypeError, KeyError, IndexError, AttributeError):  # whole, but not ours
            self._stored = Stored()
            return {}
        finally:
            used(path)

    @property
    def remembered(self) -> Remembered:
        """What else earlier runs have found that still holds, once `known` has been asked."""
        return self._stored

    def _settings_for(self, path: str) -> str:
        folder = os.path.dirname(path)
        if folder not in self._settings:
            settings = repr(self._settings_of(path))
            self._settings[folder] = digest_of(settings.encode("utf-8", "surrogateescape"))
        return self._settings[folder]

    def _still_known(self, stored: Stored, files: Sequence[str]) -> dict[str, FileOutcome]:
        changes = Changes(stored, self._list_files)
        self._worth_writing = changes.noted
        self._stored = stored
        if changes.broken:
            self._worth_writing = True
            stored.open_groups()
            stored.without(changes.broken)
            for position in changes.broken:
                stored.forget(stored.sources[position])
        found = {}
        for path in files:
            kept = stored.outcomes.get(path)
            if kept is not None and kept[0] == self._settings_for(path):
                outcome = self._with_bytes(decode(path, kept[1]))
                if outcome is not None:
                    found[path] = outcome
        if self._worth_writing or len(found) < len(files):  # here, where what is not ours does no harm
            stored.open_groups()
        return found

    def _with_bytes(self, outcome: FileOutcome) -> FileOutcome | None:
        """An outcome with the bytes that it is about, where it needs them; None where they are others just now."""
        if not outcome.findings:
            return outcome
        try:
            data = read_bytes(Path(outcome.path))
        except SourceError:
            return None
        stamp = self._stored.files.get(os.path.abspath(outcome.path))
        return replace(outcome, data=data) if stamp and stamp.digest == digest_of(data) else None

    def keep(self, outcomes: Iterable[FileOutcome], notes: Notes) -> None:
        """Keep outcomes that were found together, and what they come from; of errors, those of what a file says."""
        stored = self._stored
        self._worth_writing = True
        positions = {bit: stored.position(source) for bit, source in notes.sources.items()}
        group = Group(positions, {}, whole=False)  # some may be only those of errors
        for outcome in outcomes:
            stored.drop(outcome.path)
            if is_encodable(outcome):
                stored.outcomes[outcome.path] = self._settings_for(outcome.path), encode(outcome)
                group.used[outcome.path] = outcome.used
        if group.used:
            stored.groups.append(group)
        broken = stored.learn(notes)
        if broken:  # something was changed during the run
            stored.without(broken)
            for position in broken:
                stored.forget(stored.sources[position])
                stored.files.pop(str(stored.sources[position].what), None)

    def facts(self) -> Facts:
        """The facts of files that earlier runs have read for the sake of others."""
        if self._facts is None:
            from torchlint.cache.facts import Facts  # the database is not needed where nothing has changed

            self._facts = Facts(self._folder, self._key)
        return self._facts

    def save(self) -> None:
        """Leave the results to the next run."""
        if self._facts is not None:
            self._facts.save()
        if self._worth_writing:
            write(self._folder, self._key, to_parts(self._stored))
