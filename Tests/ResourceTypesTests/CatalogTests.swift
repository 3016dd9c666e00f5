import Foundation
import ResourceTypes
import Testing

struct CatalogTests {
    let types = ResourceTypeCatalog.bundled

    @Test func `the catalog has the types it was made from`() {
        #expect(types.count == 1898)
        #expect(types.typeNames.count == types.count)
        #expect(types.typeNames == types.typeNames.sorted())
    }

    @Test(.enabled(if: PackageSchemas.found != nil))
    func `the catalog has every type of the cfn-lint that is installed`() throws {
        let names = try #require(PackageSchemas.found).typeNames()
        #expect(names.subtracting(types.typeNames) == [])
        #expect(Set(types.typeNames).subtracting(names) == [])
    }

    @Test func `every type and every schema in it can be read`() throws {
        var seen: Set<ObjectIdentifier> = []
        for name in types.typeNames {
            let type = try #require(try types.type(named: name))
            #expect(type.name == name)
            #expect(!type.region.isEmpty)
            visit(type.properties, &seen)
        }
        // One schema is shared by every type that says the same.
        #expect(seen.count > 20_000)
    }

    @Test func `every path of a type leads to a schema`() throws {
        for name in types.typeNames {
            let type = try #require(types[name])
            let paths =
                type.createOnlyPaths + type.conditionallyCreateOnlyPaths + type.readOnlyPaths + type.writeOnlyPaths
                + type.deprecatedPaths + type.primaryIdentifier + [type.tagProperty, type.refProperty].compactMap(\.self)
            for path in paths {
                #expect(type.schema(at: path) != nil, "\(name) \(path)")
            }
        }
    }

    @Test(arguments: ["", "AWS", "AWS::S3::Bucke", "AWS::S3::Bucket ", "aws::s3::bucket", "Zzz::Zzz::Zzz", "AWS::S3::Bücket"])
    func `a name that is no type has no facts`(name: String) throws {
        #expect(try types.type(named: name) == nil)
    }

    @Test func `every custom resource has the facts of AWS CloudFormation CustomResource`() throws {
        let custom = try #require(types["Custom::Anything"])
        #expect(custom.name == "AWS::CloudFormation::CustomResource")
        #expect(custom.updateBehavior(at: PropertyPath(["ServiceToken"])) == .replacement)
        #expect(custom.updateBehavior(at: PropertyPath(["Anything"])) == .noInterruption)
        #expect(custom.requiredProperties == ["ServiceToken"])
        #expect(ResourceTypeCatalog.isCustomResource("Custom::Anything"))
        #expect(ResourceTypeCatalog.isCustomResource("AWS::CloudFormation::CustomResource"))
        #expect(!ResourceTypeCatalog.isCustomResource("AWS::S3::Bucket"))
    }

    @Test func `a type that us-east-1 lacks is taken from a region that has it`() throws {
        #expect(types["AWS::S3::Bucket"]?.region == "us-east-1")
        #expect(types["AWS::Serverless::Function"]?.region == "sam")
        let elsewhere = types.typeNames.filter { types[$0]?.region != "us-east-1" }
        #expect(elsewhere.count == 44)
    }

    @Test func `many tasks may ask at once`() async {
        let names = types.typeNames
        let counts = await withTaskGroup(of: Int.self, returning: [Int].self) { group in
            for _ in 0..<8 {
                group.addTask { names.count { types[$0]?.schema(at: PropertyPath(["Tags", "*", "Key"])) != nil } }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(counts).count == 1)
        #expect(counts.allSatisfy { $0 > 800 })
    }

    private func visit(_ schema: PropertySchema, _ seen: inout Set<ObjectIdentifier>) {
        var waiting = [schema]
        while let schema = waiting.popLast() {
            guard seen.insert(ObjectIdentifier(schema)).inserted else { continue }
            #expect(schema.properties.count == schema.propertyNames.count)
            waiting += schema.children
        }
    }
}

/// The schemas inside the cfn-lint of this checkout's Python environment.
private struct PackageSchemas: Sendable {
    let providers: URL

    static let found: PackageSchemas? = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let libraries = root.appending(path: ".venv/lib")
        let versions = (try? FileManager.default.contentsOfDirectory(at: libraries, includingPropertiesForKeys: nil)) ?? []
        return versions.map { $0.appending(path: "site-packages/cfnlint/data/schemas/providers") }
            .first { FileManager.default.fileExists(atPath: $0.path()) }.map(PackageSchemas.init)
    }()

    func typeNames() throws -> Set<String> {
        let files = try FileManager.default.contentsOfDirectory(at: providers, includingPropertiesForKeys: nil)
        return try files.filter { $0.pathExtension == "json" }.reduce(into: []) { names, file in
            let types = try JSONDecoder().decode([String: String].self, from: Data(contentsOf: file))
            names.formUnion(types.keys)
        }
    }
}
