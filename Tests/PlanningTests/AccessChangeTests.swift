import Model
import OrderedCollections
import ResourceTypes
import Templates
import Testing

@testable import Planning

/// A resource's properties as a template would say them; `nil` for no text.
func properties(_ yaml: String?) throws -> OrderedDictionary<String, Value>? {
    guard let yaml else { return nil }
    guard case .object(let members) = try value(yaml) else { return [:] }
    return members
}

@Suite struct `The table of access` {
    struct Case: Sendable, CustomStringConvertible {
        var description: String
        var type: String
        var before: String?
        var after: String?
        /// `+ Allow s3:GetObject → ${It} on *`, with `!` behind what widens.
        var rows: [String]
    }

    private static func rows(_ type: String, _ before: String?, _ after: String?) throws -> [String] {
        accessChanges(logicalID: "It", type: type, before: try properties(before), after: try properties(after)).map { row in
            let texts = [row.actions, row.principals, row.resources].map { $0.joined(separator: ", ") }
            return "\(row.kind == .added ? "+" : "-") \(row.effect) \(texts[0]) → \(texts[1]) on \(texts[2])"
                + (row.condition.map { " if \($0)" } ?? "") + (row.widens ? " !" : "")
        }
    }

    /// A policy of statements for a role with the ID `It`.
    private static func role(_ statements: String...) -> String {
        "{Policies: [{PolicyName: p, PolicyDocument: {Statement: [\(statements.joined(separator: ", "))]}}]}"
    }

    private static func attached(_ statement: String, _ roles: String = "[a]") -> String {
        "{PolicyName: p, Roles: \(roles), PolicyDocument: {Statement: [\(statement)]}}"
    }

    private static let read = "{Effect: Allow, Action: 's3:GetObject', Resource: '*'}"

    static let cases: [Case] = [
        Case(
            description: "an added role", type: "AWS::IAM::Role", before: nil,
            after: """
                AssumeRolePolicyDocument: {Statement: {Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}}
                Policies: [{PolicyName: p, PolicyDocument: {Statement: \(read)}}]
                ManagedPolicyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess']
                PermissionsBoundary: 'arn:aws:iam::aws:policy/PowerUserAccess'
                """,
            rows: [
                "+ Allow sts:AssumeRole → Service:lambda.amazonaws.com on ${It} !", "+ Allow s3:GetObject → ${It} on * !",
                "+ Allow arn:aws:iam::aws:policy/ReadOnlyAccess → ${It} on  !",
                "+ Boundary arn:aws:iam::aws:policy/PowerUserAccess → ${It} on ",
            ]),
        Case(
            description: "a removed role with a boundary and a Deny", type: "AWS::IAM::Role",
            before: """
                Policies: [{PolicyName: p, PolicyDocument: {Statement: [\(read), {Effect: Deny, Action: 'iam:*', Resource: '*'}]}}]
                PermissionsBoundary: b
                """, after: nil,
            rows: ["- Allow s3:GetObject → ${It} on *", "- Deny iam:* → ${It} on *", "- Boundary b → ${It} on "]),
        Case(
            description: "an action more", type: "AWS::IAM::Role", before: role(read),
            after: role("{Effect: Allow, Action: ['s3:PutObject', 's3:GetObject', 's3:DeleteObject'], Resource: '*'}"),
            rows: ["+ Allow s3:PutObject, s3:DeleteObject → ${It} on * !"]),
        Case(
            description: "an action that a wildcard had already", type: "AWS::IAM::Role",
            before: role("{Effect: Allow, Action: 's3:*', Resource: '*'}"),
            after: role("{Effect: Allow, Action: ['s3:*', 'S3:GetObject'], Resource: '*'}"), rows: ["+ Allow S3:GetObject → ${It} on *"]),
        Case(
            description: "a wildcard in place of an action", type: "AWS::IAM::Role", before: role(read),
            after: role("{Effect: Allow, Action: 's3:Get*', Resource: '*'}"),
            rows: ["- Allow s3:GetObject → ${It} on *", "+ Allow s3:Get* → ${It} on * !"]),
        Case(
            description: "an action in place of a wildcard", type: "AWS::IAM::Role",
            before: role("{Effect: Allow, Action: 's3:Get*', Resource: '*'}"), after: role(read),
            rows: ["- Allow s3:Get* → ${It} on *", "+ Allow s3:GetObject → ${It} on *"]),
        Case(
            description: "a part of a resource", type: "AWS::IAM::Role",
            before: role("{Effect: Allow, Action: 's3:*', Resource: !Sub '${Bucket.Arn}/*'}"),
            after: role("{Effect: Allow, Action: 's3:*', Resource: !Sub '${Bucket.Arn}/logs/*'}"),
            rows: ["- Allow s3:* → ${It} on ${Bucket.Arn}/*", "+ Allow s3:* → ${It} on ${Bucket.Arn}/logs/*"]),
        Case(
            description: "more of a resource", type: "AWS::IAM::Role",
            before: role("{Effect: Allow, Action: 's3:*', Resource: !Sub '${Bucket.Arn}/logs/*'}"),
            after: role("{Effect: Allow, Action: 's3:*', Resource: !Sub '${Bucket.Arn}/*'}"),
            rows: ["- Allow s3:* → ${It} on ${Bucket.Arn}/logs/*", "+ Allow s3:* → ${It} on ${Bucket.Arn}/* !"]),
        Case(
            description: "resources and actions by columns", type: "AWS::IAM::Role", before: role(read),
            after: role("{Effect: Allow, Action: ['a:B', 'a:C'], Resource: [x, y]}"),
            rows: ["- Allow s3:GetObject → ${It} on *", "+ Allow a:B, a:C → ${It} on x, y !"]),
        Case(
            description: "a removed Deny", type: "AWS::IAM::Role",
            before: role(read, "{Effect: Deny, Action: 's3:*', Resource: secret}"), after: role(read),
            rows: ["- Deny s3:* → ${It} on secret !"]),
        Case(
            description: "a Deny that goes up in a wider one", type: "AWS::IAM::Role",
            before: role(read, "{Effect: Deny, Action: 's3:*', Resource: secret}"),
            after: role(read, "{Effect: Deny, Action: 's3:*', Resource: '*'}"),
            rows: ["- Deny s3:* → ${It} on secret", "+ Deny s3:* → ${It} on *"]),
        Case(
            description: "a condition that is gone", type: "AWS::IAM::Role",
            before: role("{Effect: Allow, Action: 'a:B', Resource: x, Condition: {Bool: {'aws:MultiFactorAuthPresent': true}}}"),
            after: role("{Effect: Allow, Action: 'a:B', Resource: x}"),
            rows: ["- Allow a:B → ${It} on x if aws:MultiFactorAuthPresent Bool true", "+ Allow a:B → ${It} on x !"]),
        Case(
            description: "a condition that is new", type: "AWS::IAM::Role", before: role("{Effect: Allow, Action: 'a:B', Resource: x}"),
            after: role("{Effect: Allow, Action: 'a:B', Resource: x, Condition: {Bool: {'aws:MultiFactorAuthPresent': true}}}"),
            rows: ["- Allow a:B → ${It} on x", "+ Allow a:B → ${It} on x if aws:MultiFactorAuthPresent Bool true"]),
        Case(
            description: "fewer values of a condition", type: "AWS::IAM::Role",
            before: role("{Effect: Allow, Action: 'a:B', Resource: x, Condition: {StringEquals: {k: [u, v]}}}"),
            after: role("{Effect: Allow, Action: 'a:B', Resource: x, Condition: {StringEquals: {K: v}}}"),
            rows: ["- Allow a:B → ${It} on x if k StringEquals u, v", "+ Allow a:B → ${It} on x if K StringEquals v"]),
        Case(
            description: "fewer values of a negated condition", type: "AWS::IAM::Role",
            before: role("{Effect: Allow, Action: 'a:B', Resource: x, Condition: {StringNotEquals: {k: [u, v]}}}"),
            after: role("{Effect: Allow, Action: 'a:B', Resource: x, Condition: {StringNotEquals: {k: v}}}"),
            rows: ["- Allow a:B → ${It} on x if k StringNotEquals u, v", "+ Allow a:B → ${It} on x if k StringNotEquals v !"]),
        Case(
            description: "all but some", type: "AWS::IAM::Role",
            before: role("{Effect: Allow, NotAction: ['iam:*', 'sts:*'], Resource: '*'}"),
            after: role("{Effect: Allow, NotAction: 'iam:*', Resource: '*'}"),
            rows: ["- Allow all but iam:*, sts:* → ${It} on *", "+ Allow all but iam:* → ${It} on * !"]),
        Case(
            description: "all but some, where all was", type: "AWS::IAM::Role", before: role("{Effect: Allow, Action: '*', Resource: '*'}"),
            after: role("{Effect: Allow, NotAction: 'iam:*', NotResource: x}"),
            rows: ["- Allow * → ${It} on *", "+ Allow all but iam:* → ${It} on all but x"]),
        Case(
            description: "another way to write the same", type: "AWS::IAM::Role", before: role(read),
            after: role("{Sid: Read, Effect: Allow, Action: ['S3:getobject'], Resource: ['*']}"), rows: []),
        Case(
            description: "the order of policies and statements", type: "AWS::IAM::Role",
            before: "{Policies: [{PolicyName: p, PolicyDocument: {Statement: [\(read), {Effect: Deny, Action: 'a:B', Resource: x}]}}]}",
            after: """
                {Policies: [{PolicyName: r, PolicyDocument: {Statement: {Effect: Deny, Action: 'a:B', Resource: x}}},
                  {PolicyName: q, PolicyDocument: {Statement: \(read)}}]}
                """, rows: []),
        Case(
            description: "a managed policy more, and one less", type: "AWS::IAM::Role", before: "{ManagedPolicyArns: [a, b]}",
            after: "{ManagedPolicyArns: [b, !Ref Stage]}", rows: ["- Allow a → ${It} on ", "+ Allow ${Stage} → ${It} on  !"]),
        Case(
            description: "another boundary", type: "AWS::IAM::User", before: "{PermissionsBoundary: a}", after: "{PermissionsBoundary: b}",
            rows: ["- Boundary a → ${It} on  !", "+ Boundary b → ${It} on "]),
        Case(
            description: "a boundary where none was", type: "AWS::IAM::User", before: "{UserName: u}", after: "{PermissionsBoundary: b}",
            rows: ["+ Boundary b → ${It} on "]),
        Case(
            description: "a user in a group", type: "AWS::IAM::User", before: "{Groups: [a]}", after: "{Groups: [a, admins]}",
            rows: ["+ Allow what the group may → ${It} on admins !"]),
        Case(
            description: "users added to a group", type: "AWS::IAM::UserToGroupAddition", before: "{GroupName: g, Users: [a]}",
            after: "{GroupName: g, Users: [a, b]}", rows: ["+ Allow what the group may → b on g !"]),
        Case(
            description: "a policy attached to another role", type: "AWS::IAM::Policy", before: attached(read),
            after: attached(read, "[a, !Ref Bucket]"), rows: ["+ Allow s3:GetObject → ${Bucket} on * !"]),
        Case(
            description: "a removed policy that denied", type: "AWS::IAM::ManagedPolicy",
            before: attached("{Effect: Deny, Action: '*', Resource: '*'}"), after: nil, rows: ["- Deny * → a on * !"]),
        Case(
            description: "a role's policy apart", type: "AWS::IAM::RolePolicy", before: nil,
            after: "{RoleName: r, PolicyName: p, PolicyDocument: {Statement: \(read)}}", rows: ["+ Allow s3:GetObject → r on * !"]),
        Case(
            description: "a permission of a function", type: "AWS::Lambda::Permission", before: nil,
            after: """
                {Action: 'lambda:InvokeFunction', FunctionName: f, Principal: sns.amazonaws.com, SourceArn: !GetAtt Topic.TopicArn,
                  SourceAccount: !Ref 'AWS::AccountId'}
                """,
            rows: [
                "+ Allow lambda:InvokeFunction → Service:sns.amazonaws.com on f"
                    + " if aws:SourceArn ArnLike ${Topic.TopicArn} and aws:SourceAccount StringEquals ${AWS::AccountId} !"
            ]),
        Case(
            description: "a permission whose source is no longer said", type: "AWS::Lambda::Permission",
            before: "{Action: a, FunctionName: f, Principal: '123456789012', SourceArn: s}",
            after: "{Action: a, FunctionName: f, Principal: 'arn:aws:iam::123456789012:root'}",
            rows: ["- Allow a → AWS:123456789012 on f if aws:SourceArn ArnLike s", "+ Allow a → AWS:arn:aws:iam::123456789012:root on f !"]),
        Case(
            description: "a layer for an organization", type: "AWS::Lambda::LayerVersionPermission", before: nil,
            after: "{Action: 'lambda:GetLayerVersion', LayerVersionArn: l, Principal: '*', OrganizationId: o-1}",
            rows: ["+ Allow lambda:GetLayerVersion → * on l if aws:PrincipalOrgID StringEquals o-1 !"]),
        Case(
            description: "a statement of an event bus", type: "AWS::Events::EventBusPolicy", before: nil,
            after: """
                EventBusName: bus
                StatementId: s
                Statement: {Effect: Allow, Principal: {AWS: '123456789012'}, Action: 'events:PutEvents', Resource: r}
                """, rows: ["+ Allow events:PutEvents → AWS:123456789012 on r !"]),
        Case(
            description: "an event bus in the old way", type: "AWS::Events::EventBusPolicy", before: nil,
            after: """
                {EventBusName: bus, StatementId: s, Action: 'events:PutEvents', Principal: '*',
                  Condition: {Type: StringEquals, Key: 'aws:PrincipalOrgID', Value: o-1}}
                """, rows: ["+ Allow events:PutEvents → * on bus if aws:PrincipalOrgID StringEquals o-1 !"]),
        Case(
            description: "a bucket's policy", type: "AWS::S3::BucketPolicy", before: nil,
            after: """
                {Bucket: !Ref Bucket, PolicyDocument: {Statement: {Effect: Allow, Principal: '*', Action: 's3:GetObject',
                  Resource: !Sub '${Bucket.Arn}/*'}}}
                """, rows: ["+ Allow s3:GetObject → * on ${Bucket.Arn}/* !"]),
        Case(
            description: "a removed bucket policy that denied", type: "AWS::S3::BucketPolicy",
            before: """
                {Bucket: b, PolicyDocument: {Statement: {Effect: Deny, Principal: '*', Action: 's3:*', Resource: x,
                  Condition: {Bool: {'aws:SecureTransport': false}}}}}
                """, after: nil, rows: ["- Deny s3:* → * on x if aws:SecureTransport Bool false !"]),
        Case(
            description: "a key's policy", type: "AWS::KMS::Key",
            before: "{KeyPolicy: {Statement: {Effect: Allow, Principal: {AWS: a}, Action: 'kms:*', Resource: '*'}}}",
            after: "{KeyPolicy: {Statement: {Effect: Allow, Principal: {AWS: [a, b]}, Action: 'kms:*', Resource: '*'}}}",
            rows: ["+ Allow kms:* → AWS:b on * !"]),
        Case(
            description: "a policy without resources", type: "AWS::ECR::Repository", before: "{RepositoryName: r}",
            after: "{RepositoryPolicyText: {Statement: {Effect: Allow, Principal: {AWS: a}, Action: ['ecr:BatchGetImage']}}}",
            rows: ["+ Allow ecr:BatchGetImage → AWS:a on ${It} !"]),
        Case(
            description: "a policy as text", type: "AWS::Logs::ResourcePolicy", before: nil,
            after: #"""
                PolicyName: p
                PolicyDocument: '{"Statement": [{"Effect": "Allow", "Principal": {"Service": "es.amazonaws.com"}, "Action": "logs:*", "Resource": "*"}]}'
                """#, rows: ["+ Allow logs:* → Service:es.amazonaws.com on * !"]),
        Case(
            description: "a policy deep inside", type: "AWS::DynamoDB::GlobalTable", before: nil,
            after: """
                {Replicas: [{Region: r, ResourcePolicy: {PolicyDocument: {Statement: {Effect: Allow, Principal: {AWS: a},
                  Action: 'dynamodb:GetItem', Resource: t}}}}]}
                """, rows: ["+ Allow dynamodb:GetItem → AWS:a on t !"]),
        Case(
            description: "a permission set", type: "AWS::SSO::PermissionSet", before: nil,
            after: """
                ManagedPolicies: [m]
                CustomerManagedPolicyReferences: [{Name: c}]
                PermissionsBoundary: {ManagedPolicyArn: b}
                """, rows: ["+ Allow m, c → ${It} on  !", "+ Boundary b → ${It} on "]),
        Case(
            description: "an assignment", type: "AWS::SSO::Assignment", before: nil,
            after: "{PermissionSetArn: s, PrincipalId: p, PrincipalType: GROUP, TargetId: '1', TargetType: AWS_ACCOUNT, InstanceArn: i}",
            rows: ["+ Allow s → p on 1 !"]),
        Case(
            description: "access to a cluster", type: "AWS::EKS::AccessEntry", before: nil,
            after: "{ClusterName: c, PrincipalArn: p, AccessPolicies: [{PolicyArn: admin, AccessScope: {Type: cluster}}]}",
            rows: ["+ Allow admin → p on c !"]),
        Case(
            description: "a share", type: "AWS::RAM::ResourceShare", before: "{Name: n, ResourceArns: [r], Principals: [a]}",
            after: "{Name: n, ResourceArns: [r], Principals: [a, b]}", rows: ["+ Allow use → b on r !"]),
        Case(
            description: "a statement under a condition that is not decided", type: "AWS::IAM::Role", before: role(read),
            after: role(read, "!If [IsProd, {Effect: Allow, Action: 'a:B', Resource: x}, !Ref 'AWS::NoValue']"),
            rows: ["+ Allow a:B → ${It} on x if if IsProd !"]),
        Case(
            description: "a policy under a condition that is not decided", type: "AWS::KMS::Key", before: nil,
            after: "{KeyPolicy: !If [IsProd, {Statement: \(read)}, {Statement: {Effect: Deny, Action: '*', Resource: '*'}}]}",
            rows: ["+ Allow s3:GetObject → ${It} on * if if IsProd !", "+ Deny * → ${It} on * if unless IsProd"]),
        Case(
            description: "an effect that is not decided", type: "AWS::IAM::Role",
            before: role("{Effect: Deny, Action: 'a:B', Resource: x}"),
            after: role("{Effect: !Ref Stage, Action: 'a:B', Resource: x}"),
            rows: ["- Deny a:B → ${It} on x !", "+ ${Stage} a:B → ${It} on x !"]),
        Case(
            description: "a policy that only the deployed stack knows", type: "AWS::IAM::Policy", before: attached(read),
            after: "{PolicyName: p, Roles: [a], PolicyDocument: !Ref Stage}",
            rows: ["- Allow s3:GetObject → a on *", "+ ${Stage}  → a on ${It} !"]),
        Case(
            description: "a secret, which is not shown", type: "AWS::IAM::Role", before: nil,
            after: role(
                "{Effect: Allow, Action: 'a:B', Resource: !Ref Token, Condition: {StringEquals: {'sts:ExternalId': !Sub 'x-${Token}'}}}"),
            rows: ["+ Allow a:B → ${It} on (sensitive) if sts:ExternalId StringEquals x-(sensitive) !"]),
        Case(
            description: "what grants nothing", type: "AWS::SQS::Queue", before: nil,
            after: "{QueueName: q, RedrivePolicy: !Ref Stage, Tags: [{Key: Policy, Value: '{not json'}]}", rows: []),
        Case(
            description: "the statements of a firewall, which are none of IAM", type: "AWS::WAFv2::WebACL", before: nil,
            after: "{Rules: [{Name: r, Statement: {GeoMatchStatement: {CountryCodes: [DE]}}}]}", rows: []),
    ]

    @Test(arguments: cases) func `says who may do what`(_ example: Case) throws {
        #expect(try Self.rows(example.type, example.before, example.after) == example.rows, "\(example)")
        #expect(try Self.rows(example.type, example.before, example.before) == [], "\(example)")
        #expect(try Self.rows(example.type, example.after, example.after) == [], "\(example)")
    }

    @Test func `access to a resource that is about to be replaced is that to its replacement`() throws {
        func policy(_ resource: Symbol) -> OrderedDictionary<String, Value> {
            [
                "PolicyDocument": .object([
                    "Statement": .object(["Effect": .string("Allow"), "Action": .string("s3:*"), "Resource": .symbol(resource)])
                ])
            ]
        }
        let arn = Symbol.attribute(logicalID: "Bucket", name: "Arn")
        let pending = Symbol.concatenation([.symbol(.pending(arn)), .string("/*")])
        #expect(
            accessChanges(
                logicalID: "It", type: "AWS::IAM::Policy", before: policy(.concatenation([.symbol(arn), .string("/*")])),
                after: policy(pending)) == [])
    }

    @Test(.timeLimit(.minutes(1))) func `a statement of very many parts stays together`() throws {
        let many = (0..<3_000).map { Value.string("service:Action\($0)") }
        func policy(_ actions: [Value]) -> OrderedDictionary<String, Value> {
            [
                "PolicyDocument": .object([
                    "Statement": .object([
                        "Effect": .string("Allow"), "Action": .list(actions), "Resource": .list((0..<3_000).map { .string("r\($0)*") }),
                    ])
                ])
            ]
        }
        let rows = accessChanges(
            logicalID: "It", type: "AWS::IAM::Policy", before: policy(many), after: policy(many + [.string("service:More")]))
        #expect(rows.map(\.widens) == [false, true])
        #expect(rows.map(\.actions.count) == [3_000, 3_001])
    }

    @Test(.timeLimit(.minutes(1))) func `very many statements are each said, and taken for wider where there are too many to compare`() {
        func policy(_ prefix: String) -> OrderedDictionary<String, Value> {
            let statements = (0..<2_000).map { number in
                Value.object(["Effect": .string("Allow"), "Action": .string("a:*"), "Resource": .string("\(prefix)*-\(number)-*x")])
            }
            return ["PolicyDocument": .object(["Statement": .list(statements)])]
        }
        let rows = accessChanges(logicalID: "It", type: "AWS::IAM::Policy", before: policy("one"), after: policy("two"))
        #expect(rows.map(\.kind) == [.removed, .added])
        #expect(rows.map(\.widens) == [false, true])
        #expect(rows.map(\.resources.count) == [2_000, 2_000])
    }

    @Test func `malformed policies grant nothing, and harm nothing`() throws {
        let wrong = [
            "~", "true", "7", "a", "[]", "{}", "[[a]]", "{a: {b: c}}", "{Statement: ~}", "{Statement: [~, a]}", "'{\"Statement\":'",
        ]
        let types = PolicyCarrier.tableTypes.map(\.type) + ["AWS::KMS::Key", "AWS::S3::Bucket", "Custom::Thing"]
        for type in types {
            let names = Set(PolicyCarrier.of(type).paths.map { $0.split(separator: ".").first.map(String.init) ?? "" })
            for name in names.union([
                "PolicyDocument", "Policies", "KeyPolicy", "Policy", "PublicAccessBlockConfiguration", "AccessControl",
            ]) {
                for wrong in wrong {
                    guard case .object(let members) = try plainValue("{\(name): \(wrong)}") else { continue }
                    let rows = accessChanges(logicalID: "It", type: type, before: members, after: members)
                    #expect(rows == [], "\(type) \(name) \(wrong)")
                    _ = accessChanges(logicalID: "It", type: type, before: nil, after: members)
                    _ = exposures(logicalID: "It", type: type, before: nil, after: members)
                    _ = exposures(logicalID: "It", type: type, before: members, after: nil)
                }
            }
        }
    }

    @Test func `every property that is looked at exists`() {
        let missing = PolicyCarrier.tableTypes.flatMap { type, carrier in
            carrier.paths.filter { ResourceTypeCatalog.bundled.schema(of: type, at: $0) == nil }.map { "\(type) \($0)" }
        }
        #expect(missing == [])
    }
}

extension ResourceTypeCatalog {
    /// What may stand at a path with dots, each list on the way meaning its items.
    func schema(of type: String, at path: String) -> PropertySchema? {
        guard var schema = self[type]?.properties else { return nil }
        for name in path.split(separator: ".") {
            while schema.property(String(name)) == nil, let items = schema.items { schema = items }
            guard let next = schema.child(String(name)) else { return nil }
            schema = next
        }
        return schema
    }
}
