import Foundation
import GRDB
package import Model

extension StateDatabase {
    /// Works out every hash and digest anew and compares it with the stored one; SQLite checks the file before.
    ///
    /// It never throws because of damage inside: that is what it tells of. It changes nothing.
    /// - Parameters:
    ///   - heads: hashes to look for among the records, such as one that was seen elsewhere.
    ///   - checksFile: whether SQLite looks through the whole file.
    package func verify(heads: Set<Digest> = [], checksFile: Bool = true) throws -> Verification {
        let seen = SeenHeads(beside: file).heads
        return try read { db in
            var verifier = Verifier(db: db, wanted: heads, lineage: lineage)
            return try verifier.run(checksFile: checksFile, seen: seen)
        }
    }
}

/// One walk through the log.
struct Verifier {
    let db: Database
    private let wanted: Set<Digest>
    private let lineage: String
    var result = Verification()

    /// Rows that are not what their digests say.
    private(set) var badTexts: Set<Int64> = []
    private var badConfigurations: Set<Int64> = []
    /// The hash of each settled record that was found good, by stack and serial.
    private var hashes: [StackAddress: [Int: Digest]] = [:]
    private var faultyStacks: Set<StackAddress> = []

    init(db: Database, wanted: Set<Digest> = [], lineage: String?) {
        self.db = db
        self.wanted = wanted
        self.lineage = lineage ?? ""
        result.lineage = lineage
    }

    mutating func run(checksFile: Bool, seen: [SeenHeads.Head]) throws -> Verification {
        if checksFile { try checkFile() }
        try checkTexts()
        try checkConfigurations()
        try checkStacks()
        try checkWhatBelongsToNothing()
        compare(seen)
        return result
    }

    mutating func note(_ summary: String, _ address: StackAddress? = nil, _ serial: Int? = nil) {
        // What follows from a record that was altered is altered, too.
        if let address, !faultyStacks.insert(address).inserted { return }
        result.faults.append(Verification.Fault(address: address, serial: serial, summary: summary))
    }

    private mutating func checkFile() throws {
        for line in try String.fetchAll(db, sql: "PRAGMA integrity_check(5)") where line != "ok" { note("SQLite says: \(line)") }
        let dangling = try Int.fetchOne(db, sql: "SELECT count(*) FROM pragma_foreign_key_check") ?? 0
        if dangling > 0 { note("\(dangling) rows refer to rows that are missing") }
        let origins = try Int.fetchOne(db, sql: "SELECT count(*) FROM origin") ?? 0
        if origins != 1, try Int.fetchOne(db, sql: "SELECT count(*) FROM deployments") != 0 { note("It has no lineage") }
    }

    private mutating func checkTexts() throws {
        let blobs = BlobStore(db: db)
        for id in try Int64.fetchAll(db, sql: "SELECT id FROM blobs") {
            result.records += 1
            do {
                if try blobs.text(id) == nil { result.removedTexts += 1 }
            } catch  where error is DamagedRecord || error is RowDecodingError {
                badTexts.insert(id)
            }
        }
    }

    private mutating func checkConfigurations() throws {
        let configurations = ConfigurationStore(db: db)
        for row in try Row.fetchAll(db, sql: "SELECT id, digest FROM configurations") {
            var columns = RowReader(row)
            let id = try columns.key()
            let digest = try columns.digest()
            result.records += 1
            let text = try? configurations.configuration(id).document.canonicalText
            if text.map({ Digest(of: $0) }) != digest { badConfigurations.insert(id) }
        }
    }

    /// What no record refers to is no reason to trust the others less, but neither is it as it was written.
    private mutating func checkWhatBelongsToNothing() throws {
        func isAny(of ids: Set<Int64>, in table: String, without references: String) throws -> Bool {
            if ids.isEmpty { return false }
            return try !ids.isDisjoint(with: Int64.fetchAll(db, sql: "SELECT id FROM \(table) WHERE id NOT IN (\(references))"))
        }
        let texts = ["template", "nested_templates", "plan"].map { "SELECT \($0) FROM deployments WHERE \($0) IS NOT NULL" }
        if try isAny(of: badTexts, in: "blobs", without: (texts + ["SELECT body FROM drift_reports"]).joined(separator: " UNION ")) {
            note("A text that no record refers to is not what its digest says")
        }
        if try isAny(of: badConfigurations, in: "configurations", without: "SELECT configuration FROM deployments") {
            note("A configuration that no record refers to is not what its digest says")
        }
        for table in ["parameters", "tags"] where try count("\(table) WHERE configuration NOT IN (SELECT id FROM configurations)") > 0 {
            note("There are \(table) of no configuration")
        }
        if try count("drifted_resources WHERE body NOT IN (SELECT body FROM drift_reports)") > 0 {
            note("There are drifted resources of no drift report")
        }
    }

    func count(_ rows: String) throws -> Int { try Int.fetchOne(db, sql: "SELECT count(*) FROM \(rows)") ?? 0 }

    // MARK: Chains

    private mutating func checkStacks() throws {
        let rows = try Row.fetchAll(db, sql: "SELECT stack, environment, id, left_by, in_effect FROM stacks ORDER BY stack, environment")
        for row in rows {
            var columns = RowReader(row)
            let address = try StackAddress(columns: &columns)
            let stack = Stack(
                key: try columns.key(), address: address, leftBy: try columns.next(Int64?.self), inEffect: try columns.next(Int64?.self))
            do {
                try check(stack)
                try checkUnpublished(of: stack)
                try checkDrift(of: stack.key, stack.address)
            } catch let damage as DamagedRecord {
                note(damage.message, address)
            } catch is RowDecodingError {
                note("A column holds what it can't", address)
            }
        }
    }

    /// What the share lacks is the end of a stack's log, and begins with what was made offline, or behind such a one.
    private mutating func checkUnpublished(of stack: Stack) throws {
        let first = try Int.fetchOne(
            db, sql: "SELECT min(serial) FROM deployments WHERE stack_key = ? AND unpublished IS NOT NULL", arguments: [stack.key])
        guard let first else { return }
        for index in result.heads.indices where result.heads[index].address == stack.address { result.heads[index].isUnpublished = true }
        let ofStack = "deployments WHERE stack_key = \(stack.key) AND"
        let begins = try count("\(ofStack) serial IN (\(first), \(first - 1)) AND offline_id IS NOT NULL") > 0
        if try !begins || count("\(ofStack) serial > \(first) AND unpublished IS NULL") > 0 {
            note("Deployments count as not published that were not made offline", stack.address, first)
        }
    }

    private struct Stack {
        var key: Int64
        var address: StackAddress
        var leftBy: Int64?
        var inEffect: Int64?
    }

    /// What a record says of itself beside the documents that its hash covers.
    private struct Record {
        var id: Int64
        var serial: Int
        var hash: Digest
        var isSettled: Bool
        var status: DeploymentStatus
        var isPartlySettled: Bool
        var effect: DeploymentEffect?
        var contentsDigest: Digest?
        var eventsDigest: Digest?
        var configuration: Int64
        var texts: [Int64]

        static let select = """
            SELECT id, serial, hash, finished_at IS NOT NULL, status,
                coalesce(effect, stack_status, failure_logical_id, failure_type, failure_message, resumed_by_arn, resumed_by_user,
                    resumed_by_host, contents_digest, events_digest) IS NOT NULL, effect, contents_digest, events_digest, configuration, template,
                nested_templates, plan
            FROM deployments d
            """

        init(_ row: Row) throws {
            var columns = RowReader(row)
            id = try columns.key()
            serial = try columns.integer()
            hash = try columns.digest()
            isSettled = try columns.next(Bool.self)
            status = try columns.name(DeploymentStatus.self, "status of a deployment")
            isPartlySettled = try columns.next(Bool.self)
            effect = try columns.optionalName(DeploymentEffect.self, "effect of a deployment")
            contentsDigest = try columns.optionalDigest()
            eventsDigest = try columns.optionalDigest()
            configuration = try columns.key()
            texts = [try columns.key()] + [try columns.next(Int64?.self), try columns.next(Int64?.self)].compactMap(\.self)
        }
    }

    /// The documents of a stack's records, by serial.
    private func documents(_ columns: String, of stack: Stack) throws -> [Int: [UInt8]] {
        let statement = try db.cachedStatement(sql: "SELECT d.serial AS n, \(columns) WHERE d.stack_key = ?")
        let form = RowDocument(columns: statement.columnNames, skipping: 1)
        var documents: [Int: [UInt8]] = [:]
        let rows = try Row.fetchCursor(statement, arguments: [stack.key])
        while let row = try rows.next() { documents[try row.decode(Int.self, atIndex: 0)] = form.text(row) }
        return documents
    }

    private mutating func check(_ stack: Stack) throws {
        let intents = try documents(RecordChain.intent, of: stack)
        let outcomes = try documents(RecordChain.outcome, of: stack)
        let contents = try ContentsDigests(db: db, stackKey: stack.key)
        result.records += contents.rows
        var previous = lineage
        var leftBy: Int64?
        var inEffect: Int64?
        let rows = try Row.fetchAll(db, sql: Record.select + " WHERE d.stack_key = ? ORDER BY d.serial", arguments: [stack.key])
        for (index, row) in rows.enumerated() {
            let record = try Record(row)
            result.deployments += 1
            result.records += 1
            guard record.serial == index + 1 else {
                note("Deployment \(index + 1) is missing", stack.address, index + 1)
                return
            }
            guard let fault = try fault(of: record, behind: previous, intents[record.serial], outcomes[record.serial], contents, stack)
            else {
                previous = record.hash.hex
                switch record.effect {
                case .untouched, nil: break
                case .kept: leftBy = record.id
                case .applied: (leftBy, inEffect) = (record.id, record.id)
                case .removed: (leftBy, inEffect) = (nil, nil)
                }
                result.heads.removeAll { $0.address == stack.address }
                result.heads.append(
                    Verification.Head(address: stack.address, serial: record.serial, hash: record.hash, isSettled: record.isSettled))
                continue
            }
            note(fault, stack.address, record.serial)
            return
        }
        if stack.leftBy != leftBy || stack.inEffect != inEffect {
            note("Which deployments the recorded stack is taken from does not follow from the records", stack.address)
        }
        if let serial = contents.serials.max(), serial > rows.count {
            note("Resources or outputs are there of deployment \(serial), which is not", stack.address, serial)
        }
    }

    /// What is wrong with a record; `nil` where nothing is.
    private mutating func fault(
        of record: Record, behind previous: String, _ intent: [UInt8]?, _ outcome: [UInt8]?, _ contents: ContentsDigests, _ stack: Stack
    ) throws -> String? {
        guard let intent, let outcome else { return "What the record refers to is missing" }
        if record.texts.contains(where: badTexts.contains) { return "Its template or plan is not what its digest says" }
        if badConfigurations.contains(record.configuration) { return "Its parameters, tags or settings are not what their digest says" }
        let intentHash = RecordChain.intentHash(behind: previous, intent)
        let hash = record.isSettled ? RecordChain.outcomeHash(of: intentHash, outcome) : intentHash
        guard hash == record.hash else { return "The record is not what its hash says, or does not follow from the one before it" }
        if !record.isSettled, record.isPartlySettled || !record.status.isOpen { return "It has not ended, and has parts of an outcome" }
        if contents.digest(at: record.serial) != (record.isSettled ? record.contentsDigest : nil) {
            return "The resources or outputs it left are not what their digest says"
        }
        if record.isSettled {
            let events = try RecordChain(db: db).eventsDigest(of: record.id)
            if events == nil, record.eventsDigest != nil {
                result.removedEventLists += 1
            } else if events != record.eventsDigest {
                return "Its events are not what their digest says"
            }
            hashes[stack.address, default: [:]][record.serial] = hash
        }
        result.records +=
            try Int.fetchOne(
                db.cachedStatement(sql: "SELECT count(*) FROM events WHERE deployment = ?"), arguments: [record.id]) ?? 0
        for found in [intentHash, hash] where wanted.contains(found) {
            result.found[found] = Verification.Head(
                address: stack.address, serial: record.serial, hash: found, isSettled: record.isSettled && found == hash)
        }
        return nil
    }

    // MARK: Heads seen before

    /// Holds the chains against what was their end once: who writes them anew can't write that anew.
    private mutating func compare(_ seen: [SeenHeads.Head]) {
        let own = seen.filter { $0.lineage == lineage }
        if own.isEmpty, let other = seen.last { note("This folder had the log \(other.lineage) before, not \(lineage)") }
        for head in own {
            guard let stack = hashes[head.address], let hash = stack[head.serial] else {
                note("Deployment \(head.serial) was seen here, and is not in the log any more", head.address, head.serial)
                continue
            }
            if hash == head.hash {
                result.confirmedHeads += 1
            } else {
                note(
                    "Deployment \(head.serial) is another one than was seen here before: the log was written anew", head.address,
                    head.serial)
            }
        }
    }
}

/// The digests over what each deployment of a stack changed in its resources and outputs, from the rows as they are now.
private struct ContentsDigests {
    private struct Change {
        var added: [(name: String, document: [UInt8])] = []
        var ended: [String] = []
    }

    private var resources: [Int: Change] = [:]
    private var outputs: [Int: Change] = [:]
    private(set) var rows = 0
    var serials: Set<Int> { Set(resources.keys).union(outputs.keys) }

    init(db: Database, stackKey: Int64) throws {
        (resources, rows) = try Self.changes(ContentsRecorder.Table.resources, db, stackKey)
        let (outputs, count) = try Self.changes(ContentsRecorder.Table.outputs, db, stackKey)
        self.outputs = outputs
        rows += count
    }

    private static func changes(_ table: ContentsRecorder.Table, _ db: Database, _ stackKey: Int64) throws -> ([Int: Change], Int) {
        let statement = try db.cachedStatement(
            sql: "SELECT since, until, \(table.columns.joined(separator: ", ")) FROM \(table.name) WHERE stack_key = ?")
        let form = RowDocument(columns: statement.columnNames, skipping: 2)
        var changes: [Int: Change] = [:]
        var count = 0
        let rows = try Row.fetchCursor(statement, arguments: [stackKey])
        while let row = try rows.next() {
            var columns = RowReader(row)
            let since = try columns.integer()
            let until = try columns.optionalInteger()
            let name = try columns.text()
            changes[since, default: Change()].added.append((name, form.text(row)))
            if let until { changes[until, default: Change()].ended.append(name) }
            count += 1
        }
        return (changes, count)
    }

    func digest(at serial: Int) -> Digest? {
        let (resources, outputs) = (resources[serial], outputs[serial])
        if resources == nil && outputs == nil { return nil }
        var text = Array(#"{"ended_outputs":"#.utf8)
        text += Self.list(outputs?.ended)
        text += #","ended_resources":"#.utf8
        text += Self.list(resources?.ended)
        text += #","outputs":"#.utf8
        text += Self.list(outputs?.added)
        text += #","resources":"#.utf8
        text += Self.list(resources?.added)
        text.append(UInt8(ascii: "}"))
        return Digest(of: text)
    }

    private static func list(_ names: [String]?) -> [UInt8] {
        Array(JSONValue.array((names ?? []).sorted().map(JSONValue.string)).canonicalText.utf8)
    }

    private static func list(_ rows: [(name: String, document: [UInt8])]?) -> [UInt8] {
        var text = [UInt8(ascii: "[")]
        for row in (rows ?? []).sorted(by: { $0.name < $1.name }) {
            if text.count > 1 { text.append(UInt8(ascii: ",")) }
            text += row.document
        }
        return text + [UInt8(ascii: "]")]
    }
}
