import Foundation
import GRDB
import Model

/// Finds and reads the rows of deployments.
struct DeploymentStore {
    let db: Database

    func deployment(id: Int64) throws -> Deployment? { try first(where: "d.id = ?", [id]) }

    func deployment(stackKey: Int64, serial: Int) throws -> Deployment? {
        try first(where: "d.stack_key = ? AND d.serial = ?", [stackKey, serial])
    }

    func open(stackKey: Int64) throws -> Deployment? {
        // Of a stack that was deployed offline, others may have left one open, too: that one comes first.
        try first(where: "d.stack_key = ? AND d.finished_at IS NULL ORDER BY d.serial", [stackKey])
    }

    func deployment(stackKey: Int64, offlineID: String) throws -> Deployment? {
        try first(where: "d.stack_key = ? AND d.offline_id = ?", [stackKey, offlineID])
    }

    func settled(stackKey: Int64, after serial: Int) throws -> [Deployment] {
        try fetch(
            "\(Self.select)d.stack_key = ? AND d.serial > ? AND d.finished_at IS NOT NULL ORDER BY d.serial", [stackKey, serial])
    }

    func deployments(_ filter: DeploymentFilter) throws -> [Deployment] {
        let (sql, arguments) = try query(filter)
        let deployments = try fetch(sql, arguments)
        guard Set(deployments.map(\.address)).count > 1 else { return deployments }
        // Those of one instant are in one order in every copy of the log, whatever came into it first.
        return deployments.sorted { ($1.startedAt, $0.address, $1.serial) < ($0.startedAt, $1.address, $0.serial) }
    }

    func query(_ filter: DeploymentFilter) throws -> (sql: String, arguments: StatementArguments) {
        let condition = try Condition(filter, self)
        let limit = filter.limit.map { max($0, 0) } ?? -1
        return ("\(Self.select)\(condition.text) ORDER BY \(condition.order) LIMIT \(limit)", condition.arguments)
    }

    func count(_ filter: DeploymentFilter) throws -> Int {
        let condition = try Condition(filter, self)
        let sql = "SELECT count(*) FROM deployments d JOIN stacks s ON s.id = d.stack_key WHERE \(condition.text)"
        return try Int.fetchOne(db, sql: sql, arguments: condition.arguments) ?? 0
    }

    /// The row of an address; `nil` for one that was never deployed.
    func stackKey(of address: StackAddress) throws -> Int64? {
        let statement = try db.cachedStatement(sql: "SELECT id FROM stacks WHERE stack = ? AND environment = ?")
        return try Int64.fetchOne(statement, arguments: [address.stack, address.environment ?? ""])
    }

    fileprivate func stackKeys(stack: String, environment: String?) throws -> [Int64] {
        if let environment { return try stackKey(of: StackAddress(stack: stack, environment: environment)).map { [$0] } ?? [] }
        return try Int64.fetchAll(db, sql: "SELECT id FROM stacks WHERE stack = ?", arguments: [stack])
    }

    private func first(where condition: String, _ arguments: StatementArguments) throws -> Deployment? {
        try fetch("\(Self.select)\(condition) LIMIT 1", arguments).first
    }

    private func fetch(_ sql: String, _ arguments: StatementArguments) throws -> [Deployment] {
        let statement = try db.cachedStatement(sql: sql)
        let rows = try Row.fetchCursor(statement, arguments: arguments)
        var deployments: [Deployment] = []
        while let row = try rows.next() { deployments.append(try Deployment(row)) }
        return deployments
    }

    static let select = """
        SELECT d.id, d.stack_key, s.stack, s.environment, d.serial, d.kind, d.status, c.stack_name, c.region, c.account_id,
            d.started_at, d.actor_arn, d.actor_user, d.actor_host, d.git_commit, d.git_branch, d.git_dirty, d.git_remote,
            d.tool_version, d.command_line, d.approval, d.planned_against, d.change_set_name, d.client_token,
            d.offline_id, d.unpublished IS NOT NULL, t.digest, p.digest, d.step, d.change_set_id, d.stack_id, d.finished_at, d.stack_status, d.effect,
            d.failure_logical_id, d.failure_type, d.failure_message,
            d.resumed_by_arn, d.resumed_by_user, d.resumed_by_host, d.hash
        FROM deployments d JOIN stacks s ON s.id = d.stack_key JOIN configurations c ON c.id = d.configuration
        JOIN blobs t ON t.id = d.template LEFT JOIN blobs p ON p.id = d.plan
        WHERE

        """
}

/// A filter as SQL.
private struct Condition {
    private(set) var text = "TRUE"
    private(set) var arguments = StatementArguments()
    private(set) var order = "d.started_at DESC, d.id DESC"

    init(_ filter: DeploymentFilter, _ store: DeploymentStore) throws {
        if let stack = filter.stack {
            let keys = try store.stackKeys(stack: stack, environment: filter.environment)
            // Of one stack, the serials are in order of time, and the index by serial gives them without sorting.
            if keys.count == 1 { order = "d.serial DESC" }
            require("d.stack_key", oneOf: keys)
        } else if let environment = filter.environment {
            require("s.environment = ?", [environment])
        }
        if let statuses = filter.statuses { require("d.status", oneOf: statuses.map(\.rawValue).sorted()) }
        if let kinds = filter.kinds { require("d.kind", oneOf: kinds.map(\.rawValue).sorted()) }
        if let since = filter.since { require("d.started_at >= ?", [since.milliseconds]) }
        if let until = filter.until { require("d.started_at < ?", [until.milliseconds]) }
        if let who = filter.who {
            let names = ["actor_user || '@' || d.actor_host", "actor_arn", "resumed_by_user || '@' || d.resumed_by_host", "resumed_by_arn"]
            let tests = names.map { "instr(lower(d.\($0)), ?) > 0" }
            require("(\(tests.joined(separator: " OR ")))", StatementArguments(names.map { _ in who.lowercased() }))
        }
        if let resource = filter.resource {
            let name = resource.split(separator: "/").last.map(String.init) ?? resource
            require(
                """
                (d.failure_logical_id = ? OR EXISTS (
                    SELECT 1 FROM resources r WHERE r.stack_key = d.stack_key AND r.logical_id = ? AND d.serial IN (r.since, r.until)
                ) OR EXISTS (SELECT 1 FROM events e WHERE e.deployment = d.id AND e.logical_id = ?))
                """, [resource, resource, name])
        }
    }

    private mutating func require(_ condition: String, _ values: StatementArguments) {
        text = text == "TRUE" ? condition : "\(text) AND \(condition)"
        arguments += values
    }

    private mutating func require(_ column: String, oneOf values: [some DatabaseValueConvertible]) {
        require("\(column) IN (\(values.map { _ in "?" }.joined(separator: ", ")))", StatementArguments(values))
    }
}

extension StackAddress {
    /// From the columns `stack` and `environment`, which is empty for a stack without environments.
    init(columns: inout RowReader) throws {
        let stack = try columns.text()
        let environment = try columns.text()
        self.init(stack: stack, environment: environment.isEmpty ? nil : environment)
    }
}

extension Deployment {
    /// From a row of `DeploymentStore.select`.
    fileprivate init(_ row: Row) throws {
        var columns = RowReader(row)
        id = try columns.key()
        stackKey = try columns.key()
        address = try StackAddress(columns: &columns)
        serial = try columns.integer()
        kind = try columns.name(DeploymentKind.self, "kind of deployment")
        status = try columns.name(DeploymentStatus.self, "status of a deployment")
        stackName = try columns.text()
        region = try columns.text()
        accountID = try columns.optionalText()
        startedAt = try columns.time()
        actor = DeploymentActor(
            identityArn: try columns.optionalText(), user: try columns.text(), host: try columns.text())
        let (commit, branch) = (try columns.optionalText(), try columns.optionalText())
        let (isDirty, remote) = (try columns.next(Bool?.self), try columns.optionalText())
        git = commit.map { GitState(commit: $0, branch: branch, isDirty: isDirty ?? false, remote: remote) }
        toolVersion = try columns.text()
        commandLine = try columns.text()
        approval = try columns.text()
        plannedAgainst = try columns.optionalInteger()
        changeSetName = try columns.optionalText()
        clientToken = try columns.optionalText()
        offlineID = try columns.optionalText()
        isUnpublished = try columns.next(Bool.self)
        templateDigest = try columns.digest()
        planDigest = try columns.optionalDigest()
        step = try columns.optionalText()
        changeSetID = try columns.optionalText()
        stackID = try columns.optionalText()
        finishedAt = try columns.optionalTime()
        stackStatus = try columns.optionalText().map(StackStatus.init(rawValue:))
        effect = try columns.optionalName(DeploymentEffect.self, "effect of a deployment")
        let (failedResource, failedType, message) = (
            try columns.optionalText(), try columns.optionalText(), try columns.optionalText()
        )
        failure = message.map { DeploymentFailure(logicalID: failedResource, resourceType: failedType, message: $0) }
        let (resumerArn, resumer, resumerHost) = (
            try columns.optionalText(), try columns.optionalText(), try columns.optionalText()
        )
        resumedBy = resumer.map { DeploymentActor(identityArn: resumerArn, user: $0, host: resumerHost ?? "") }
        hash = try columns.digest()
    }
}
