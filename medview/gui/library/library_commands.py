"""What can be done in the library beside looking: menus, and the questions before what cannot be undone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QFileDialog, QInputDialog, QMenu, QWidget
from shiboken6 import isValid

from medview.errors import Sentence
from medview.gui.icon import icon
from medview.gui.language import say, tr
from medview.gui.library.import_form import ImportForm
from medview.gui.library.own_jobs import OwnJobs
from medview.gui.library.study_table import STATUS_TITLES, size_text
from medview.gui.notice_bar import confirmed
from medview.gui.one_line import one_line
from medview.jobs.job import Job
from medview.library.album import Album
from medview.library.query import Query
from medview.library.study_row import STATUSES, StudyRow
from medview.progress import Progress
from medview.session.import_studies import Imported, import_studies
from medview.session.open_from_library import open_from_library
from medview.session.session import Session
from medview.session.tend_library import delete_copies, forget_studies, make_room, rebuild_library, verify_library
from medview.session.use_library import use_library

if TYPE_CHECKING:
    from medview.library.library import Library

_MOST_GB = 100_000
_JOINING = {
    "link": Sentence("Joins the list, linked in place"),
    "copy": Sentence("Is copied into the library"),
    "no": Sentence("Does not join the list"),
}
Change = Callable[["Library"], object]


class LibraryCommands(QObject):
    """The commands of the library page."""

    def __init__(self, session: Session, page: QWidget) -> None:
        super().__init__(page)
        self._session = session
        self._page = page
        self._waiting: list[Job] = []
        self._jobs = OwnJobs()  # questions

    def take_changed(self) -> bool:
        """Whether something that was begun here has ended since the last call: then the list is another one."""
        left = [job for job in self._waiting if not job.is_finished]
        changed = len(left) < len(self._waiting)
        self._waiting = left
        return changed

    def release(self) -> None:
        """Want no more answers; what has been begun goes on."""
        self._jobs.release()

    # import

    def import_menu(self, parent: QWidget, take: Callable[[Sequence[Path]], None]) -> QMenu:
        """Return the menu of what can be imported."""
        menu = QMenu(parent)
        menu.addAction(icon("open-folder"), tr("Folder…"), partial(self._ask_folder, take))
        menu.addAction(icon("study"), tr("Files or ZIP archives…"), partial(self._ask_files, take))
        return menu

    def import_paths(self, paths: Sequence[Path], opened: Callable[[], None]) -> None:
        """Ask how, and import; `opened` is called where the images are to be shown."""
        if not paths:
            return
        form = ImportForm(paths, self._session.settings, self._page)
        if form.exec():
            opens = form.opens.isChecked()

            def done(imported: Imported) -> None:
                if opens and imported.added.study_ids:
                    open_from_library(self._session, imported.added.study_ids)
                    if isValid(self):
                        opened()

            self._wait(import_studies(self._session, paths, copy=form.copy.isChecked(), on_done=done))
        form.deleteLater()

    def _ask_folder(self, take: Callable[[Sequence[Path]], None]) -> None:
        last = self._session.settings["last_folder"]
        folder = QFileDialog.getExistingDirectory(self._page, tr("Import a folder of images"), last)
        if folder:
            self._session.settings["last_folder"] = folder
            take([Path(folder)])

    def _ask_files(self, take: Callable[[Sequence[Path]], None]) -> None:
        last = self._session.settings["last_folder"]
        names, _ = QFileDialog.getOpenFileNames(self._page, tr("Import image files or ZIP archives"), last)
        if names:
            self._session.settings["last_folder"] = str(Path(names[0]).parent)
            take([Path(name) for name in names])

    # the whole list

    def care_menu(self, parent: QWidget) -> QMenu:
        """Return the menu of what looks after the whole list."""
        menu = QMenu(parent)
        menu.addAction(icon("check"), tr("Look for missing files"), lambda: self._wait(verify_library(self._session)))
        menu.addAction(tr("Rebuild the list from the files…"), self.ask_rebuild)
        menu.addMenu(self._joining_menu(menu))
        menu.addAction(tr("Disk quota…"), self.ask_quota)
        menu.addAction(tr("Make room…"), self.ask_room)
        return menu

    def _joining_menu(self, parent: QWidget) -> QMenu:
        """Return the choice of what becomes of studies that are opened from a folder."""
        menu = QMenu(tr("What is opened"), parent)
        group = QActionGroup(menu)
        for how, title in _JOINING.items():
            action = menu.addAction(say(title))
            action.setCheckable(True)
            action.setChecked(self._session.settings["library_add"] == how)
            action.triggered.connect(partial(self._session.settings.__setitem__, "library_add", how))
            group.addAction(action)
        return menu

    def ask_rebuild(self) -> None:
        """Rebuild the list, after asking."""
        question = tr(
            "Rebuild the list from the library's copies and from all folders that were imported? "
            "No file is changed; comments, statuses and albums stay. This can take a while."
        )
        if confirmed(self._page, question, tr("Rebuild")):
            self._wait(rebuild_library(self._session))

    def ask_quota(self) -> None:
        """Ask how much room copies may take."""

        def ask(quota_bytes: int) -> None:
            gigabytes, is_set = QInputDialog.getInt(
                self._page,
                tr("Disk quota"),
                tr("Room for copies in GB (0: no limit). Studies with unsent results are never removed."),
                round(quota_bytes / 1e9),
                0,
                _MOST_GB,
            )
            if is_set:
                self._change(lambda library: setattr(library, "quota_bytes", gigabytes * 10**9))

        self._jobs.add(use_library(self._session, lambda library, _: library.quota_bytes, on_done=ask))

    def ask_room(self) -> None:
        """Delete copies until the quota is kept, after asking."""
        question = tr(
            "Delete copies for good until the disk quota is kept, the studies that were not opened for the longest "
            "time first? Files outside the library, studies marked to be kept and studies with results that were not "
            "exported are not touched."
        )
        if confirmed(self._page, question, tr("Make room")):
            self._wait(make_room(self._session))

    # studies

    def study_menu(self, studies: Sequence[StudyRow], album: Album | None, parent: QWidget) -> QMenu:
        """Return the menu of studies that are selected."""
        ids = [study.id for study in studies]
        menu = QMenu(parent)
        status = menu.addMenu(tr("Status"))
        for name in STATUSES:
            change = partial(_set_status, ids, name)
            status.addAction(say(STATUS_TITLES[name]), partial(self._change, change))
        albums = menu.addMenu(tr("Add to album"))
        fill = partial(self._fill, albums, ids)
        self._jobs.replace(use_library(self._session, lambda library, _: library.albums(), on_done=fill))
        if album is not None and not album.is_smart:
            take_out = partial(_remove_from_album, album.id, ids)
            menu.addAction(tr("Take out of this album"), partial(self._change, take_out))
        keep = menu.addAction(tr("Keep copies whatever the quota says"))
        keep.setCheckable(True)
        keep.setChecked(all(study.is_kept for study in studies))
        keep.triggered.connect(lambda on: self._change(lambda library: library.set_kept(ids, kept=on)))
        menu.addSeparator()
        menu.addAction(tr("Take off the list…"), partial(self.ask_forget, studies))
        delete = menu.addAction(icon("trash"), tr("Delete copies…"), partial(self.ask_delete, studies))
        delete.setEnabled(any(study.copied_bytes for study in studies))
        return menu

    def ask_forget(self, studies: Sequence[StudyRow]) -> None:
        """Take studies off the list, after asking."""
        question = tr(
            "Take {count} {count:study|studies} off the list? No file is deleted, and {count:it comes|they come} back "
            "when imported again.",
            count=len(studies),
        )
        if studies and confirmed(self._page, question, tr("Take off the list")):
            self._wait(forget_studies(self._session, [study.id for study in studies]))

    def ask_delete(self, studies: Sequence[StudyRow]) -> None:
        """Delete copies for good, after asking."""
        question = tr(
            "Delete the library's copies of {count} {count:study|studies} for good ({size})? Files outside the library "
            "are not "
            "touched. Studies with results that were not exported are left as they are.",
            count=len(studies),
            size=size_text(sum(study.copied_bytes for study in studies)),
        )
        if studies and confirmed(self._page, question, tr("Delete copies")):
            self._wait(delete_copies(self._session, [study.id for study in studies]))

    # albums

    def album_menu(self, album: Album, parent: QWidget) -> QMenu:
        """Return the menu of an album."""
        menu = QMenu(parent)
        menu.addAction(tr("Rename…"), partial(self._ask_rename, album))
        menu.addAction(icon("trash"), tr("Delete album"), partial(self._ask_delete_album, album))
        return menu

    def ask_album(self, query: Query | None) -> None:
        """Ask for a name and make an album, a smart one of a query."""
        title = tr("New album") if query is None else tr("New smart album")
        name, is_given = QInputDialog.getText(self._page, title, tr("Name"))
        if is_given and name.strip():
            self._change(lambda library: library.create_album(name.strip(), query))

    def _ask_rename(self, album: Album) -> None:
        name, is_given = QInputDialog.getText(self._page, tr("Rename album"), tr("Name"), text=album.name)
        if is_given and name.strip():
            self._change(lambda library: library.rename_album(album.id, name.strip()))

    def _ask_delete_album(self, album: Album) -> None:
        question = tr("Delete the album {name}? Its studies stay in the library.", name=one_line(album.name))
        if confirmed(self._page, question, tr("Delete album")):
            self._change(lambda library: library.delete_album(album.id))

    def _fill(self, menu: QMenu, ids: list[int], albums: tuple[Album, ...]) -> None:
        if not isValid(menu):  # chosen from, or closed, before the answer came
            return
        plain = [album for album in albums if not album.is_smart]
        for album in plain:
            menu.addAction(one_line(album.name), partial(self._change, partial(_add_to_album, album.id, ids)))
        if not plain:
            menu.addAction(tr("There is no album yet")).setEnabled(False)

    def _change(self, change: Change, *_: object) -> None:
        """Submit a change that takes no time; the page follows when it is done."""

        def work(library: Library, progress: Progress) -> None:
            change(library)

        self._wait(use_library(self._session, work, title=Sentence("Changing the library")))

    def _wait(self, job: Job) -> None:
        self._waiting.append(job)


def _set_status(ids: list[int], status: str, library: Library) -> None:
    library.set_status(ids, next(known for known in STATUSES if known == status))


def _add_to_album(album: int, ids: list[int], library: Library) -> None:
    library.add_to_album(album, ids)


def _remove_from_album(album: int, ids: list[int], library: Library) -> None:
    library.remove_from_album(album, ids)
