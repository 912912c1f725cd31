"""Knows the tables of the index and their version. docs/cache-layout.md explains them column by column."""

from typing import Final

VERSION: Final = 3
"""PRAGMA user_version. Another number, older or newer, is another format: that file is set aside."""

RECORDS_KEPT: Final = 16
"""Records kept for one context, newest first: as many branches can be switched between."""

BLOCK_BYTES: Final = 4096
"""What a blob costs on disk is counted in whole blocks: a 300-byte depfile takes one."""

# Totals are kept by triggers, so that neither `status` nor eviction ever has to sum up the cache.
TABLES: Final = f"""
CREATE TABLE entries (
  result BLOB PRIMARY KEY, used_ns INTEGER NOT NULL, blobs BLOB NOT NULL, value BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX entries_by_use ON entries (used_ns);
CREATE TABLE records (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, context BLOB NOT NULL, result BLOB NOT NULL, value BLOB NOT NULL
);
CREATE INDEX records_by_context ON records (context, seq);
CREATE INDEX records_by_result ON records (result);
CREATE TABLE artifacts (
  digest BLOB PRIMARY KEY, size_bytes INTEGER NOT NULL, holders INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE memo (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, UNIQUE (kind, key)
);
CREATE TABLE commands (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, context BLOB NOT NULL UNIQUE, source BLOB NOT NULL,
  name BLOB NOT NULL, stored_ns INTEGER NOT NULL, value BLOB NOT NULL
);
CREATE INDEX commands_by_source ON commands (source);
CREATE INDEX commands_by_name ON commands (name);
CREATE TABLE misses (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, at_ns INTEGER NOT NULL, context BLOB NOT NULL, value BLOB NOT NULL
);
CREATE TABLE sessions (
  id TEXT PRIMARY KEY, started_ns INTEGER NOT NULL, used_ns INTEGER NOT NULL, value BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE session_counts (
  id TEXT NOT NULL, name TEXT NOT NULL, value INTEGER NOT NULL, PRIMARY KEY (id, name)
) WITHOUT ROWID;
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE totals (entries INTEGER NOT NULL, artifacts INTEGER NOT NULL, bytes INTEGER NOT NULL);
INSERT INTO totals VALUES (0, 0, 0);
CREATE TRIGGER entry_in AFTER INSERT ON entries BEGIN UPDATE totals SET entries = entries + 1; END;
CREATE TRIGGER entry_out AFTER DELETE ON entries BEGIN UPDATE totals SET entries = entries - 1; END;
CREATE TRIGGER artifact_in AFTER INSERT ON artifacts BEGIN
  UPDATE totals SET artifacts = artifacts + 1,
    bytes = bytes + (NEW.size_bytes + {BLOCK_BYTES - 1}) / {BLOCK_BYTES} * {BLOCK_BYTES};
END;
CREATE TRIGGER artifact_out AFTER DELETE ON artifacts BEGIN
  UPDATE totals SET artifacts = artifacts - 1,
    bytes = bytes - (OLD.size_bytes + {BLOCK_BYTES - 1}) / {BLOCK_BYTES} * {BLOCK_BYTES};
END;
"""
