extension Schema {
    /// Deployments that were made while the share could not be reached, and which drift reports are known to be there.
    static let offline = """
        ALTER TABLE deployments ADD COLUMN offline_id TEXT;
        ALTER TABLE deployments ADD COLUMN unpublished INTEGER;
        DROP INDEX deployments_open;
        CREATE UNIQUE INDEX deployments_open ON deployments (stack_key, unpublished IS NULL) WHERE finished_at IS NULL;
        CREATE INDEX deployments_unpublished ON deployments (stack_key, serial) WHERE unpublished IS NOT NULL;

        ALTER TABLE shared ADD COLUMN drift_tag TEXT;
        ALTER TABLE shared ADD COLUMN drift_name TEXT;
        ALTER TABLE shared ADD COLUMN drift_row INTEGER;
        CREATE INDEX drift_reports_by_stack ON drift_reports (stack_key);
        """
}
