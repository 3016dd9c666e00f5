extension Schema {
    /// What drift detection found, and which live values were accepted.
    static let driftReports = """
        CREATE TABLE drift_reports (
            id INTEGER PRIMARY KEY,
            stack_key INTEGER NOT NULL REFERENCES stacks (id),
            report_id TEXT NOT NULL UNIQUE,
            serial INTEGER NOT NULL,
            checked_at INTEGER NOT NULL,
            checked_by TEXT NOT NULL,
            status TEXT NOT NULL,
            in_sync INTEGER NOT NULL,
            modified INTEGER NOT NULL,
            deleted INTEGER NOT NULL,
            not_checked INTEGER NOT NULL,
            ignored INTEGER NOT NULL,
            accepted INTEGER NOT NULL,
            body INTEGER NOT NULL REFERENCES blobs (id)
        ) STRICT;
        CREATE INDEX drift_reports_by_time ON drift_reports (stack_key, checked_at);

        CREATE TABLE drifted_resources (
            body INTEGER NOT NULL REFERENCES blobs (id),
            logical_id TEXT NOT NULL,
            type TEXT NOT NULL,
            status TEXT NOT NULL,
            PRIMARY KEY (body, logical_id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX drifted_resources_by_name ON drifted_resources (logical_id, body);

        CREATE TABLE accepted_drift (
            deployment INTEGER NOT NULL REFERENCES deployments (id),
            stack_key INTEGER NOT NULL REFERENCES stacks (id),
            logical_id TEXT NOT NULL,
            path TEXT NOT NULL,
            value TEXT,
            reason TEXT NOT NULL,
            accepted_by TEXT NOT NULL,
            accepted_at INTEGER NOT NULL,
            PRIMARY KEY (deployment, logical_id, path)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX accepted_drift_by_stack ON accepted_drift (stack_key, logical_id, path);
        """

    /// A stack of which nothing could be checked was said to be in sync before.
    static let driftStatus = """
        UPDATE drift_reports SET status = 'NOT_CHECKED'
        WHERE status = 'IN_SYNC' AND not_checked > 0 AND in_sync + modified + deleted + ignored + accepted = 0;
        """
}
