/// When a change to a property replaces the resource, for the properties of which that depends on more than the property.
///
/// The conditions are those on the types' pages in the CloudFormation template reference, in fewer words. Properties whose page
/// names no condition are answered with the page.
package enum ConditionalReplacement {
    /// When a change at this path replaces a resource of the type, in a short sentence; `nil` where the type has no such path.
    package static func condition(of typeName: String, at path: PropertyPath) -> String? {
        guard let type = ResourceTypeCatalog.bundled[typeName], type.updateBehavior(at: path) == .conditionalReplacement else { return nil }
        let known = type.conditionallyCreateOnlyPaths.filter(path.isAtOrBelow).compactMap { conditions[Place(type: typeName, path: $0)] }
        return known.first ?? "see “Update requires” on \(page(of: typeName))"
    }

    /// The page that documents the type.
    package static func page(of typeName: String) -> String {
        let parts = typeName.lowercased().split(separator: ":", omittingEmptySubsequences: true).dropFirst()
        return "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-\(parts.joined(separator: "-")).html"
    }

    /// The places that have a condition here, for a test to compare with the catalog.
    package static var places: [(typeName: String, path: PropertyPath)] { conditions.keys.map { ($0.type, $0.path) } }

    private struct Place: Hashable {
        var type: String
        var path: PropertyPath
    }

    private static let conditions: [Place: String] = {
        var result: [Place: String] = [:]
        for (type, properties, condition) in table {
            for property in properties {
                result[Place(type: type, path: PropertyPath(attribute: property))] = condition
            }
        }
        return result
    }()

    private static let table: [(type: String, properties: [String], condition: String)] = [
        // EC2
        (
            "AWS::EC2::Instance", ["InstanceType"],
            "in place (stop and start) for an EBS-backed instance, where the two types are compatible; replaced for one with an instance-store root"
        ),
        (
            "AWS::EC2::Instance", ["UserData"],
            "in place (stop and start) for an EBS-backed instance; replaced for one with an instance-store root"
        ),
        (
            "AWS::EC2::Instance", ["EbsOptimized", "KernelId", "RamdiskId"],
            "in place (stop and start) for an EBS-backed instance; replaced for one with an instance-store root"
        ),
        (
            "AWS::EC2::Instance", ["BlockDeviceMappings"],
            "in place where only DeleteOnTermination changes; replaced for anything else about the volumes"
        ),
        (
            "AWS::EC2::Instance", ["SecurityGroupIds"],
            "in place for an instance in a VPC; replaced otherwise"
        ),
        (
            "AWS::EC2::VPC", ["InstanceTenancy"], "in place from dedicated to default; replaced from default to dedicated"
        ),

        // Load balancing and scaling
        (
            "AWS::ElasticLoadBalancing::LoadBalancer", ["AvailabilityZones"],
            "replaced where there was no Availability Zone before, or all are removed; in place otherwise"
        ),
        (
            "AWS::ElasticLoadBalancing::LoadBalancer", ["Subnets"],
            "replaced where there was no subnet before, or all are removed; in place otherwise"
        ),
        (
            "AWS::ElasticLoadBalancing::LoadBalancer", ["HealthCheck"],
            "replaced where there was no health check before, or it is removed; in place otherwise"
        ),
        (
            "AWS::AutoScaling::AutoScalingGroup",
            ["LaunchConfigurationName", "LaunchTemplate", "MixedInstancesPolicy", "VPCZoneIdentifier"],
            "in place, unless UpdatePolicy has AutoScalingReplacingUpdate with WillReplace: true; running instances are replaced as UpdatePolicy says"
        ),
        (
            "AWS::Batch::ComputeEnvironment",
            [
                "AllocationStrategy", "BidPercentage", "Ec2Configuration", "Ec2KeyPair", "ImageId", "InstanceRole", "InstanceTypes",
                "LaunchTemplate", "PlacementGroup", "SecurityGroupIds", "Subnets", "Tags", "Type",
            ].map { "ComputeResources.\($0)" },
            "replaced unless ReplaceComputeEnvironment is false; always in place for Fargate"
        ),

        // Databases and caches
        (
            "AWS::RDS::DBInstance", ["DBSnapshotIdentifier"],
            "replaced by a new database where it is added, removed or changed: one that was restored must keep it"
        ),
        (
            "AWS::RDS::DBInstance", ["SourceDBInstanceIdentifier"],
            "in place where it is removed, which promotes the replica; replaced where it is added or names another source"
        ),
        (
            "AWS::RDS::DBInstance", ["Engine"],
            "in place (with an interruption) from oracle-ee to oracle-ee-cdb and from oracle-se2 to oracle-se2-cdb; replaced otherwise"
        ),
        (
            "AWS::RDS::DBInstance", ["DBParameterGroupName"],
            "in place; the instance may be restarted, and is where the group has static parameters"
        ),
        (
            "AWS::Neptune::DBInstance", ["DBParameterGroupName"],
            "in place; the instance may be restarted, and is where the group has static parameters"
        ),
        ("AWS::Neptune::DBInstance", ["AutoMinorVersionUpgrade"], "in place; there may be some interruption"),
        ("AWS::ElastiCache::ReplicationGroup", ["AuthToken"], "replaced where it is added; in place where it changes"),
        (
            "AWS::ElastiCache::ReplicationGroup", ["NodeGroupConfiguration"],
            "in place where UpdatePolicy has UseOnlineResharding: true; replaced otherwise"
        ),
        (
            "AWS::OpenSearchService::Domain", ["EncryptionAtRestOptions.Enabled", "EncryptionAtRestOptions.KmsKeyId"],
            "in place where the template had no encryption at rest before; replaced where it had, and loses its indices"
        ),

        // Others
        (
            "AWS::SSM::Document", ["Attachments", "Content", "DocumentFormat", "Requires", "TargetType", "VersionName"],
            "a new version of the document where UpdateMethod is NewVersion; replaced otherwise"
        ),
        (
            "AWS::SNS::Subscription", ["Region"],
            "refused where nothing else changes, unless it only comes or goes with the stack's own Region"
        ),
        ("AWS::SES::DedicatedIpPool", ["ScalingMode"], "in place from STANDARD to MANAGED; the other way is not supported"),
    ]
}
