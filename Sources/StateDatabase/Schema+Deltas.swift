extension Schema {
    /// Superseded texts are kept as what tells them from the one that came after.
    static let deltas = """
        ALTER TABLE blobs ADD COLUMN base INTEGER REFERENCES blobs (id);
        CREATE INDEX blobs_by_base ON blobs (base) WHERE base IS NOT NULL;
        """
}
