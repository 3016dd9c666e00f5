import GRDB

/// The tables, as a list of steps from an empty database to this program's version. docs/state-schema.md explains them.
enum Schema {
    /// In the file's header: tells a state database from any other SQLite file. Reads `ppln`.
    static let applicationID = 0x7070_6C6E

    /// The version of the schema is the number of steps taken; the header has it too. A step that a release has made is
    /// never changed, and no step alters a stored value that a hash covers.
    static let steps = [firstVersion, secondVersion, deltas, driftReports, sharing, rollbackAlarms, offline, driftStatus]
    static var version: Int { steps.count }

    /// What a plan compares beside the template: the stack policy, what parameters named in the parameter store, nested templates.
    private static let secondVersion = """
        ALTER TABLE configurations ADD COLUMN stack_policy TEXT;
        ALTER TABLE parameters ADD COLUMN stored_value TEXT;
        ALTER TABLE deployments ADD COLUMN nested_templates INTEGER REFERENCES blobs (id);
        """

    private static let firstVersion = """
        CREATE TABLE origin (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            lineage TEXT NOT NULL,
            created_at INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE blobs (
            id INTEGER PRIMARY KEY,
            digest BLOB NOT NULL UNIQUE,
            size INTEGER NOT NULL,
            body BLOB
        ) STRICT;

        CREATE TABLE configurations (
            id INTEGER PRIMARY KEY,
            digest BLOB NOT NULL UNIQUE,
            stack_name TEXT NOT NULL,
            region TEXT NOT NULL,
            account_id TEXT,
            capabilities TEXT NOT NULL,
            notification_arns TEXT NOT NULL,
            termination_protection INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE parameters (
            configuration INTEGER NOT NULL REFERENCES configurations (id),
            name TEXT NOT NULL,
            position INTEGER NOT NULL,
            value TEXT,
            is_secret INTEGER NOT NULL,
            salt BLOB,
            digest BLOB,
            rounds INTEGER,
            PRIMARY KEY (configuration, name),
            CHECK (is_secret = 0 OR value IS NULL)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE tags (
            configuration INTEGER NOT NULL REFERENCES configurations (id),
            key TEXT NOT NULL,
            position INTEGER NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (configuration, key)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE stacks (
            id INTEGER PRIMARY KEY,
            stack TEXT NOT NULL,
            environment TEXT NOT NULL,
            left_by INTEGER REFERENCES deployments (id),
            in_effect INTEGER REFERENCES deployments (id),
            UNIQUE (stack, environment)
        ) STRICT;

        CREATE TABLE deployments (
            id INTEGER PRIMARY KEY,
            stack_key INTEGER NOT NULL REFERENCES stacks (id),
            serial INTEGER NOT NULL,
            kind TEXT NOT NULL,
            started_at INTEGER NOT NULL,
            actor_arn TEXT,
            actor_user TEXT NOT NULL,
            actor_host TEXT NOT NULL,
            git_commit TEXT,
            git_branch TEXT,
            git_dirty INTEGER,
            git_remote TEXT,
            tool_version TEXT NOT NULL,
            command_line TEXT NOT NULL,
            approval TEXT NOT NULL,
            planned_against INTEGER,
            configuration INTEGER NOT NULL REFERENCES configurations (id),
            template INTEGER NOT NULL REFERENCES blobs (id),
            plan INTEGER REFERENCES blobs (id),
            change_set_name TEXT,
            client_token TEXT,
            status TEXT NOT NULL,
            step TEXT,
            change_set_id TEXT,
            stack_id TEXT,
            finished_at INTEGER,
            stack_status TEXT,
            effect TEXT,
            failure_logical_id TEXT,
            failure_type TEXT,
            failure_message TEXT,
            resumed_by_arn TEXT,
            resumed_by_user TEXT,
            resumed_by_host TEXT,
            contents_digest BLOB,
            events_digest BLOB,
            hash BLOB NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX deployments_by_serial ON deployments (stack_key, serial);
        CREATE INDEX deployments_by_start ON deployments (started_at);
        CREATE UNIQUE INDEX deployments_open ON deployments (stack_key) WHERE finished_at IS NULL;

        CREATE TABLE resources (
            stack_key INTEGER NOT NULL REFERENCES stacks (id),
            logical_id TEXT NOT NULL,
            since INTEGER NOT NULL,
            until INTEGER,
            physical_id TEXT,
            type TEXT NOT NULL,
            status TEXT NOT NULL,
            status_reason TEXT,
            updated_at INTEGER,
            properties TEXT,
            PRIMARY KEY (stack_key, logical_id, since)
        ) STRICT, WITHOUT ROWID;
        CREATE UNIQUE INDEX resources_now ON resources (stack_key, logical_id) WHERE until IS NULL;

        CREATE TABLE outputs (
            stack_key INTEGER NOT NULL REFERENCES stacks (id),
            name TEXT NOT NULL,
            since INTEGER NOT NULL,
            until INTEGER,
            value TEXT NOT NULL,
            description TEXT,
            export_name TEXT,
            PRIMARY KEY (stack_key, name, since)
        ) STRICT, WITHOUT ROWID;
        CREATE UNIQUE INDEX outputs_now ON outputs (stack_key, name) WHERE until IS NULL;
        CREATE INDEX exports_now ON outputs (export_name) WHERE until IS NULL AND export_name IS NOT NULL;

        CREATE TABLE event_stacks (
            id INTEGER PRIMARY KEY,
            stack_id TEXT NOT NULL,
            stack_name TEXT NOT NULL,
            UNIQUE (stack_id, stack_name)
        ) STRICT;

        CREATE TABLE events (
            deployment INTEGER NOT NULL REFERENCES deployments (id),
            event_id TEXT NOT NULL,
            position INTEGER NOT NULL,
            event_stack INTEGER NOT NULL REFERENCES event_stacks (id),
            logical_id TEXT NOT NULL,
            physical_id TEXT,
            type TEXT NOT NULL,
            happened_at INTEGER NOT NULL,
            status TEXT NOT NULL,
            status_reason TEXT,
            client_token TEXT,
            PRIMARY KEY (deployment, event_id)
        ) STRICT, WITHOUT ROWID;

        CREATE VIEW history AS
        SELECT s.stack, s.environment, d.serial, d.kind, d.status,
            strftime('%Y-%m-%dT%H:%M:%SZ', d.started_at / 1000, 'unixepoch') AS started,
            (d.finished_at - d.started_at) / 1000.0 AS seconds,
            d.actor_user AS user, d.actor_host AS host, d.actor_arn AS identity, d.git_commit, d.git_dirty, d.command_line,
            d.effect, d.stack_status, d.failure_logical_id, d.failure_message,
            c.stack_name, c.region, c.account_id, d.id AS deployment, d.stack_key
        FROM deployments d JOIN stacks s ON s.id = d.stack_key JOIN configurations c ON c.id = d.configuration;
        """
}
