import AWS
import Foundation
import Model
import Synchronization
import TestSupport
import Testing

@testable import StateSharing

/// Every kind of place that a share can be in.
enum StorageKind: String, CaseIterable, Sendable { case directory, moto, miniStack }

/// A place for one test, held for as long as that runs.
struct TestPlace: Sendable {
    let storage: any ShareStorage
    private let folder: TemporaryFolder?
    private let server: RunningServer?

    init(_ kind: StorageKind) async throws {
        switch kind {
        case .directory:
            let folder = try TemporaryFolder()
            self.folder = folder
            server = nil
            storage = DirectoryShareStorage(folder)
        case .moto, .miniStack:
            let server = try await (kind == .moto ? SharedServer.atomicMoto : SharedServer.miniStack).running()
            self.server = server
            folder = nil
            storage = try await Self.s3(server.endpoint, bucketAt: server.endpoint)
        }
    }

    /// A bucket of its own.
    static func s3(_ endpoint: String, bucketAt direct: String) async throws -> S3ShareStorage {
        let bucket = "share-" + UUID().uuidString.lowercased()
        let script = """
            import boto3
            boto3.client('s3', endpoint_url='\(direct)', region_name='us-east-1', aws_access_key_id='test',
                aws_secret_access_key='test').create_bucket(Bucket='\(bucket)')
            """
        let made = try await inBackground { try run(Repository.python("python"), ["-c", script], in: Repository.root) }
        #expect(made.status == 0, "\(made.errors)")
        let environment = [
            "AWS_ENDPOINT_URL": endpoint, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        ]
        let session = try AWSSession(context: .test(in: "/", environment: environment))
        return S3ShareStorage(name: "s3://\(bucket)/team/", client: try session.s3(), bucket: bucket, prefix: "team/")
    }
}

@Suite struct `Where a share is kept` {
    @Test(arguments: StorageKind.allCases)
    func `of many who create one object at the same time exactly one does, and all know who`(_ kind: StorageKind) async throws {
        let place = try await TestPlace(kind)
        for round in 0..<5 {
            let path = "stacks/web/lease/00000\(round).json"
            let results = try await withThrowingTaskGroup(of: (Int, Creation).self) { group in
                for writer in 0..<12 {
                    group.addTask { (writer, try await place.storage.create(Data("writer \(writer)".utf8), at: path, .system)) }
                }
                var results: [Int: Creation] = [:]
                for try await (writer, creation) in group { results[writer] = creation }
                return results
            }
            let winners = results.filter { $0.value == .created }.keys
            #expect(winners.count == 1)
            let body = Data("writer \(try #require(winners.first))".utf8)
            #expect(results.values.allSatisfy { $0 == .created || $0 == .exists(body) })
            #expect(try await place.storage.get(path) == body)
        }
    }

    @Test(arguments: StorageKind.allCases)
    func `a listing has one folder's objects behind a name, with tags that change`(_ kind: StorageKind) async throws {
        let storage = try await TestPlace(kind)
        for path in ["a/000001.x", "a/000002.x", "a/b/000003.x", "ab/1", "a/000003.x"] {
            #expect(try await storage.storage.create(Data(path.utf8), at: path, .system) == .created)
        }
        let all = try await storage.storage.list("a", after: nil)
        #expect(all.map(\.name) == ["000001.x", "000002.x", "000003.x"])
        #expect(try await storage.storage.list("a", after: "000001.x").map(\.name) == ["000002.x", "000003.x"])
        #expect(try await storage.storage.list("none", after: nil) == [])
        #expect(try await storage.storage.get("a/none") == nil)
        try await storage.storage.put(Data("other".utf8), at: "a/000002.x")
        let changed = try await storage.storage.list("a", after: nil)
        #expect(zip(all, changed).map { $0.tag == $1.tag } == [true, false, true])
    }

    @Test(arguments: ["reset-after", "close-after", "internal-after", "twice"])
    func `an answer of S3 that is lost or comes twice does not hide who has created the object`(fault: String) async throws {
        let server = try await SharedServer.atomicMoto.running()
        let rules = try TemporaryFolder()
        try rules.write(#"[{"action": "PUT", "calls": {"every": 2}, "fault": "\#(fault)"}]"#, to: "rules.json")
        let proxy = try await inBackground { try RunningServer.faultyProxy(to: server.endpoint, rules: rules.path + "/rules.json") }
        let storage = try await TestPlace.s3(proxy.endpoint, bucketAt: server.endpoint)
        for number in 0..<6 {
            #expect(try await storage.create(Data("own \(number)".utf8), at: "object-\(number)", .system) == .created)
            let other = try await storage.create(Data("other \(number)".utf8), at: "object-\(number)", .system)
            #expect(other == .exists(Data("own \(number)".utf8)))
        }
    }

    @Test func `a folder that is not there is no empty share`() async throws {
        let folder = try TemporaryFolder()
        let storage = DirectoryShareStorage(name: "share", root: "\(folder.path)/gone") { "aside" }
        #expect(try await problem { _ = try await storage.get("share.json") }?.code == "share-unreachable")
        #expect(try await problem { _ = try await storage.list("heads", after: nil) }?.code == "share-unreachable")
        #expect(try await problem { _ = try await storage.createIfAbsent(Data(), at: "x") }?.code == "share-unreachable")
    }

    @Test func `what can't be listed is told with the system's reason, and is no empty folder`() async throws {
        let folder = try TemporaryFolder()
        try folder.write("", to: "heads")
        let refusal = try #require(try await problem { _ = try await DirectoryShareStorage(folder).list("heads", after: nil) })
        #expect(refusal.code == "share-denied")
        #expect("\(refusal.summary) \(refusal.detail)".contains("Not a directory"))
    }

    @Test func `what the group may do with a shared folder, it may with all in it`() async throws {
        let folder = try TemporaryFolder()
        #expect(chmod(folder.path, 0o2770) == 0)
        let storage = DirectoryShareStorage(folder)
        _ = try await storage.createIfAbsent(Data("{}".utf8), at: "stacks/web/000001.intent.json")
        func mode(_ path: String) -> mode_t {
            var status = stat()
            return stat("\(folder.path)/\(path)", &status) == 0 ? status.st_mode & 0o7777 : 0
        }
        #expect(mode("stacks") == 0o2770 && mode("stacks/web") == 0o2770 && mode(".aside") == 0o2770)
        #expect(mode("stacks/web/000001.intent.json") == 0o660)
        // And others nothing, whatever they may do with the folder.
        #expect(chmod(folder.path, 0o755) == 0)
        _ = try await storage.createIfAbsent(Data("{}".utf8), at: "stacks/shop/000001.intent.json")
        #expect(mode("stacks/shop") == 0o750 && mode("stacks/shop/000001.intent.json") == 0o640)
    }

    @Test func `a store that says no is told from one that can't be reached`() async throws {
        func isDenied(_ storage: any ShareStorage) async throws -> Bool? {
            do {
                _ = try await storage.list("heads", after: nil)
                return nil
            } catch let failure as ShareUnavailable { return failure.isDenied }
        }
        func storage(_ endpoint: String) throws -> S3ShareStorage {
            let environment = [
                "AWS_ENDPOINT_URL": endpoint, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_MAX_ATTEMPTS": "1",
            ]
            let session = try AWSSession(context: .test(in: "/", environment: environment))
            return S3ShareStorage(name: "s3://none", client: try session.s3(), bucket: "no-such-bucket", prefix: "")
        }
        let server = try await SharedServer.miniStack.running()
        #expect(try await isDenied(try storage(server.endpoint)) == true)
        // Nothing listens there.
        #expect(try await isDenied(try storage("http://127.0.0.1:9")) == false)
        #expect(try await isDenied(DirectoryShareStorage(name: "x", root: "/dev/null") { "x" }) == true)
        #expect(try await isDenied(DirectoryShareStorage(name: "x", root: NSTemporaryDirectory() + UUID().uuidString) { "x" }) == false)
    }

    @Test func `names of stacks become names of objects and back`() {
        for address in [StackAddress.web, .network, StackAddress(stack: "a b/ü%@x.", environment: "..")] {
            let key = ShareLayout.key(address)
            #expect(ShareLayout.address(key) == address)
            #expect(!key.contains("/") && !key.hasPrefix("."))
        }
        for key in ["", "@", "a@", "a@b@c", "a%", "a%zz", "a b", "%61"] { #expect(ShareLayout.address(key) == nil, "\(key)") }
    }

    @Test(arguments: [
        ("s3://team/state", "s3://team/state/"), ("s3://team", "s3://team/"), ("s3://team/a/?region=eu-west-1&profile=ops", "s3://team/a/"),
        ("shared/./state", "/project/shared/state"), ("/mnt/team/", "/mnt/team"),
        ("../team/state", "/team/state"), ("/mnt/a/../../../team", "/team"),
    ])
    func `a share is named by an address or a path`(text: String, name: String) throws {
        #expect(try ShareLocation(text, relativeTo: "/project").name == name)
    }

    @Test(arguments: ["", "s3://", "https://team/state", "s3://team?colour=red"])
    func `what names no share is refused`(text: String) async throws {
        #expect(try await problem { _ = try ShareLocation(text, relativeTo: "/") }?.code == "bad-share")
    }
}
