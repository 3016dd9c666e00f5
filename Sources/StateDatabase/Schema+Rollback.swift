extension Schema {
    /// The alarms that have CloudFormation roll back are compared by a plan, too.
    static let rollbackAlarms = """
        ALTER TABLE configurations ADD COLUMN rollback TEXT;
        """
}
