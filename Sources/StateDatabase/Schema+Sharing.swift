extension Schema {
    /// What this copy of the log knows to be on a share, so that a sync asks only for news, and what is not there yet is known offline.
    static let sharing = """
        CREATE TABLE share_syncs (
            share TEXT PRIMARY KEY,
            synced_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE shared (
            share TEXT NOT NULL,
            stack_key INTEGER NOT NULL REFERENCES stacks (id),
            serial INTEGER NOT NULL,
            part TEXT NOT NULL,
            tag TEXT,
            epoch INTEGER NOT NULL,
            PRIMARY KEY (share, stack_key)
        ) STRICT, WITHOUT ROWID;
        """
}
