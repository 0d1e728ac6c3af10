"""The tables of the index, a tuple of statements for each version; the version stands in SQLite's user_version.

Notes, albums and results name a study by its identity, not by its row: they outlive the row and find it again.
"""

from __future__ import annotations

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
        "INSERT INTO meta VALUES ('revision', 0)",
        """CREATE TABLE study (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            identity TEXT NOT NULL UNIQUE,
            edition INTEGER NOT NULL,
            study_instance_uid TEXT NOT NULL,
            study_date TEXT NOT NULL,
            study_time TEXT NOT NULL,
            study_description TEXT NOT NULL,
            accession_number TEXT NOT NULL,
            institution_name TEXT NOT NULL,
            patient_name TEXT NOT NULL,
            patient_id TEXT NOT NULL,
            patient_birth_date TEXT NOT NULL,
            patient_sex TEXT NOT NULL,
            date_key TEXT NOT NULL,
            name_key TEXT NOT NULL,
            modalities TEXT NOT NULL,
            series_count INTEGER NOT NULL,
            image_count INTEGER NOT NULL,
            object_count INTEGER NOT NULL,
            size_bytes INTEGER NOT NULL,
            copied_bytes INTEGER NOT NULL,
            files_missing INTEGER NOT NULL DEFAULT 0,
            files_changed INTEGER NOT NULL DEFAULT 0,
            added_s REAL NOT NULL,
            opened_s REAL)""",
        "CREATE INDEX study_by_date ON study (date_key, study_time)",
        """CREATE TABLE search (
            study_id INTEGER PRIMARY KEY REFERENCES study ON DELETE CASCADE,
            everything TEXT NOT NULL,
            name TEXT NOT NULL,
            patient_id TEXT NOT NULL,
            description TEXT NOT NULL,
            accession TEXT NOT NULL)""",
        # the study as a scan found it, so that it opens without one
        """CREATE TABLE packed (
            study_id INTEGER PRIMARY KEY REFERENCES study ON DELETE CASCADE,
            format TEXT NOT NULL,
            content BLOB NOT NULL)""",
        """CREATE TABLE series (
            study_id INTEGER NOT NULL REFERENCES study ON DELETE CASCADE,
            position INTEGER NOT NULL,
            key TEXT NOT NULL,
            stamp TEXT NOT NULL,
            facts TEXT NOT NULL,
            PRIMARY KEY (study_id, position)) WITHOUT ROWID""",
        """CREATE TABLE thumbnail (
            study_id INTEGER NOT NULL REFERENCES study ON DELETE CASCADE,
            key TEXT NOT NULL,
            stamp TEXT NOT NULL,
            picture BLOB NOT NULL,
            PRIMARY KEY (study_id, key))""",
        # path: of a folder in the store, relative to the store
        """CREATE TABLE folder (
            id INTEGER PRIMARY KEY,
            in_store INTEGER NOT NULL,
            path NOT NULL,
            UNIQUE (in_store, path))""",
        # mtime_ns: what `study_files.time_mark` gives, once the time of change alone
        # kind: FileKind; state: FileState; sop: a number made of the SOP Instance UID, NULL where there is none
        """CREATE TABLE file (
            folder_id INTEGER NOT NULL REFERENCES folder,
            name NOT NULL,
            size INTEGER NOT NULL,
            mtime_ns INTEGER NOT NULL,
            study_id INTEGER REFERENCES study ON DELETE CASCADE,
            sop INTEGER,
            kind INTEGER NOT NULL,
            state INTEGER NOT NULL DEFAULT 0,
            said TEXT,
            PRIMARY KEY (folder_id, name)) WITHOUT ROWID""",
        "CREATE INDEX file_by_study ON file (study_id)",
        "CREATE INDEX file_by_sop ON file (sop) WHERE sop IS NOT NULL",
        # folders that were looked through (deep: with all below them), for a rebuild
        "CREATE TABLE root (path NOT NULL PRIMARY KEY, deep INTEGER NOT NULL) WITHOUT ROWID",
        """CREATE TABLE note (
            identity TEXT PRIMARY KEY,
            status TEXT NOT NULL DEFAULT 'unread',
            comment TEXT NOT NULL DEFAULT '',
            folded TEXT NOT NULL DEFAULT '',
            kept INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID""",
        "CREATE TABLE album (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, query TEXT)",
        """CREATE TABLE album_member (
            album_id INTEGER NOT NULL REFERENCES album ON DELETE CASCADE,
            identity TEXT NOT NULL,
            PRIMARY KEY (album_id, identity)) WITHOUT ROWID""",
        "CREATE INDEX album_member_by_study ON album_member (identity)",
        """CREATE TABLE result (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            identity TEXT NOT NULL,
            kind TEXT NOT NULL,
            name TEXT NOT NULL,
            path TEXT,
            made_s REAL NOT NULL,
            sent INTEGER NOT NULL)""",
        "CREATE INDEX result_by_study ON result (identity, sent)",
    ),
)
