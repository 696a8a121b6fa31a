-- Times are milliseconds since the Unix epoch. States are the position in TASK_STATES of core/task.ts:
-- 0 pending, 1 claimed, 2 running, 3 complete, 4 failed, 5 killed.

CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE jobs (
  seq        INTEGER PRIMARY KEY AUTOINCREMENT, -- order of submission; tasks refer to it
  id         TEXT NOT NULL UNIQUE,
  name       TEXT NOT NULL,
  spec       TEXT NOT NULL,                     -- JSON of JobSpec (core/job.ts)
  ready      INTEGER NOT NULL DEFAULT 0,        -- 0 while its tasks are still being written; such jobs do not exist yet
  pending    INTEGER NOT NULL,
  claimed    INTEGER NOT NULL DEFAULT 0,
  running    INTEGER NOT NULL DEFAULT 0,
  complete   INTEGER NOT NULL DEFAULT 0,
  failed     INTEGER NOT NULL DEFAULT 0,
  killed     INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  ended_at   INTEGER,
  created_by TEXT                               -- id of the token
);
CREATE INDEX jobs_by_name ON jobs (name, seq);
CREATE INDEX jobs_unfinished ON jobs (seq) WHERE ended_at IS NULL;
CREATE INDEX jobs_hidden ON jobs (seq) WHERE ready = 0;

CREATE TABLE tasks (
  job            INTEGER NOT NULL,              -- jobs.seq
  idx            INTEGER NOT NULL,              -- counts from 1
  state          INTEGER NOT NULL DEFAULT 0,
  attempt        INTEGER NOT NULL DEFAULT 0,
  attempts       INTEGER NOT NULL DEFAULT 0,
  failures       INTEGER NOT NULL DEFAULT 0,
  losses         INTEGER NOT NULL DEFAULT 0,
  kill_requested INTEGER NOT NULL DEFAULT 0,
  host           TEXT,                          -- hosts.id of the current or last attempt
  exit_code      INTEGER,
  reason         TEXT,
  started_at     INTEGER,
  ended_at       INTEGER,
  parameters     TEXT,                          -- JSON array, in the order of the job's columns
  PRIMARY KEY (job, idx)
) WITHOUT ROWID;
CREATE INDEX tasks_failed ON tasks (job, idx) WHERE state IN (4, 5);

CREATE TABLE attempts (                         -- one row an ended attempt
  job           INTEGER NOT NULL,
  idx           INTEGER NOT NULL,
  attempt       INTEGER NOT NULL,
  state         TEXT NOT NULL,                  -- complete, failed, killed, lost
  host          TEXT,
  exit_code     INTEGER,
  reason        TEXT,
  started_at    INTEGER,
  ended_at      INTEGER,
  output_sha256 BLOB,                           -- 32 bytes; NULL for an empty output or none
  output_size   INTEGER,                        -- NULL where none was kept
  result        TEXT,                           -- JSON {files, usage}; NULL where there are no files and no figures
  PRIMARY KEY (job, idx, attempt)
) WITHOUT ROWID;

CREATE TABLE events (
  seq    INTEGER PRIMARY KEY,
  at     INTEGER NOT NULL,
  kind   TEXT NOT NULL,
  job    INTEGER,                               -- jobs.seq
  idx    INTEGER,
  host   TEXT,
  data   TEXT                                   -- JSON object, or NULL for {}
);
CREATE INDEX events_by_job ON events (job);     -- and by seq, which every index ends with

CREATE TABLE blobs (
  sha256     BLOB NOT NULL UNIQUE,
  size       INTEGER NOT NULL,
  data       BLOB,                              -- up to 16 KiB; NULL: a file under blobs/
  created_at INTEGER NOT NULL
);

CREATE TABLE hosts (
  id            TEXT PRIMARY KEY,
  name          TEXT NOT NULL UNIQUE,
  state         TEXT NOT NULL,                  -- away, lost, draining, removed; `ready` is never stored: a session makes it
  facts         TEXT,                           -- JSON of HostFacts; NULL before its first session
  labels        TEXT NOT NULL DEFAULT '{}',
  agent_version TEXT NOT NULL DEFAULT '',
  machine_id    TEXT,
  key_sha256    BLOB NOT NULL,                  -- of the public key it enrolled with
  last_seen_at  INTEGER,
  created_at    INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE tokens (
  id           TEXT PRIMARY KEY,
  name         TEXT NOT NULL,
  role         TEXT NOT NULL,
  sha256       BLOB NOT NULL UNIQUE,            -- of the token; the token itself is not stored
  created_at   INTEGER NOT NULL,
  expires_at   INTEGER,
  revoked_at   INTEGER,
  last_used_at INTEGER
) WITHOUT ROWID;

CREATE TABLE idempotency (                      -- answers to POST with an Idempotency-Key, kept 24 h
  token      TEXT NOT NULL,
  key        TEXT NOT NULL,
  request    BLOB NOT NULL,                     -- SHA-256 of method, path and body
  status     INTEGER NOT NULL,
  body       TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (token, key)
) WITHOUT ROWID;
