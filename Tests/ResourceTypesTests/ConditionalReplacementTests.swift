import ResourceTypes
import Testing

@Suite struct `Conditions of a replacement` {
    private let types = ResourceTypeCatalog.bundled

    @Test func `every condition is about a path that the catalog has as conditionally create-only`() {
        let wrong = ConditionalReplacement.places.filter { place in
            types[place.typeName]?.conditionallyCreateOnlyPaths.contains(place.path) != true
        }
        #expect(wrong.map { "\($0.typeName) \($0.path)" } == [])
        #expect(ConditionalReplacement.places.count > 40)
    }

    @Test func `every path that the catalog has is answered, with a condition or a page`() {
        for name in types.typeNames {
            for path in types[name]?.conditionallyCreateOnlyPaths ?? [] where types[name]?.updateBehavior(at: path) != .replacement {
                let condition = ConditionalReplacement.condition(of: name, at: path)
                #expect(condition?.isEmpty == false, "\(name) \(path)")
            }
        }
    }

    @Test(
        arguments: [
            ("AWS::EC2::Instance", ["InstanceType"], "in place (stop and start) for an EBS-backed instance"),
            // Below the path that the catalog names.
            ("AWS::EC2::Instance", ["BlockDeviceMappings", "*", "Ebs", "VolumeSize"], "only DeleteOnTermination"),
            ("AWS::Batch::ComputeEnvironment", ["ComputeResources", "Subnets", "*"], "ReplaceComputeEnvironment"),
            ("AWS::ElastiCache::ReplicationGroup", ["NodeGroupConfiguration"], "UseOnlineResharding"),
            (
                "AWS::SageMaker::Domain", ["VpcId"],
                "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sagemaker-domain.html"
            ),
        ] as [(String, [String], String)])
    func `the condition is said`(typeName: String, path: [String], expected: String) throws {
        let condition = try #require(ConditionalReplacement.condition(of: typeName, at: PropertyPath(path)))
        #expect(condition.contains(expected))
    }

    @Test(
        arguments: [
            ("AWS::EC2::Instance", ["ImageId"]), ("AWS::EC2::Instance", ["Tags"]), ("AWS::EC2::Instance", []), ("AWS::Made::Up", ["Name"]),
            ("", []), ("Custom::Thing", ["Name"]),
        ] as [(String, [String])])
    func `there is none where the replacement does not depend on one`(typeName: String, path: [String]) {
        #expect(ConditionalReplacement.condition(of: typeName, at: PropertyPath(path)) == nil)
    }
}
