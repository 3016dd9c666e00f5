import Model
import OrderedCollections
import Templates
import Testing

@testable import Planning

/// A value as a template would say it: YAML, with functions.
func value(_ yaml: String) throws -> Value {
    let indented = yaml.split(separator: "\n", omittingEmptySubsequences: false).map { "        \($0)" }.joined(separator: "\n")
    let body = """
        Parameters: {Token: {Type: String, NoEcho: true}, Account: {Type: String}, Stage: {Type: String}}
        Conditions: {IsProd: !Equals [!Ref Stage, prod]}
        Resources:
          Bucket: {Type: AWS::S3::Bucket}
          Topic: {Type: AWS::SNS::Topic}
          It:
            Type: Custom::It
            Properties:
              Value:

        """
    let template = try Template.read(body + indented + "\n", file: "value.yml").get()
    var evaluator = Evaluator(
        template,
        EvaluationEnvironment(
            parameters: ["Token": .previousSecret(nil)],
            pseudo: EvaluationEnvironment.pseudoParameters(stackName: "shop", region: "us-east-1")))
    let property = try #require(template.resources["It"]?.properties.first { $0.key == "Value" })
    return evaluator.value(of: property.value)
}

/// A value without functions, in which there may also be what a template may not hold.
func plainValue(_ yaml: String) throws -> Value { Value(try Document.read(yaml, file: "value.yml").get().root.json) }

func policy(_ yaml: String) throws -> PolicyDocument? { PolicyDocument(try value(yaml)) }

@Suite struct `Policies are compared by what they mean` {
    /// A policy of one statement, from its elements.
    private static func statement(_ elements: String) -> String { "{Statement: [{\(elements)}]}" }

    private static let read = "Effect: Allow, Action: 's3:GetObject', Resource: '*'"

    @Test(
        arguments: [
            ("a lone statement and a list of one", "{Statement: {\(read)}}", "{Statement: [{\(read)}]}"),
            ("a lone action and a list of one", statement(read), statement("Effect: Allow, Action: ['s3:GetObject'], Resource: ['*']")),
            (
                "actions in another order", statement("Effect: Allow, Action: ['s3:GetObject', 's3:PutObject'], Resource: '*'"),
                statement("Effect: Allow, Action: ['s3:PutObject', 's3:GetObject'], Resource: '*'")
            ),
            ("actions in another case", statement(read), statement("Effect: Allow, Action: 'S3:getobject', Resource: '*'")),
            (
                "NotAction in another case", statement("Effect: Deny, NotAction: 'iam:*', Resource: '*'"),
                statement("Effect: Deny, NotAction: ['IAM:*'], Resource: '*'")
            ),
            (
                "statements in another order", "{Statement: [{\(read)}, {Effect: Deny, Action: 's3:*', Resource: a}]}",
                "{Statement: [{Effect: Deny, Action: 's3:*', Resource: a}, {\(read)}]}"
            ),
            (
                "anyone in both forms", statement("Effect: Allow, Principal: '*', Action: 'sns:Publish'"),
                statement("Effect: Allow, Principal: {AWS: ['*']}, Action: 'sns:Publish'")
            ),
            (
                "an account and its root user", statement("Effect: Allow, Principal: {AWS: '123456789012'}, Action: 'a:B'"),
                statement("Effect: Allow, Principal: {AWS: 'arn:aws:iam::123456789012:root'}, Action: 'a:B'")
            ),
            (
                "an account written as a number", statement("Effect: Allow, Principal: {AWS: 123456789012}, Action: 'a:B'"),
                statement("Effect: Allow, Principal: {AWS: 'arn:aws:iam::123456789012:root'}, Action: 'a:B'")
            ),
            (
                "this account and its root user", statement("Effect: Allow, Principal: {AWS: !Ref 'AWS::AccountId'}, Action: 'a:B'"),
                statement(
                    "Effect: Allow, Principal: {AWS: !Sub 'arn:${AWS::Partition}:iam::${AWS::AccountId}:root'}, Action: 'a:B'")
            ),
            (
                "principals in another order", statement("Effect: Allow, Principal: {Service: [a, b], AWS: c}, Action: 'a:B'"),
                statement("Effect: Allow, Principal: {AWS: [c], Service: [b, a]}, Action: 'a:B'")
            ),
            (
                "condition keys in another case", statement("\(read), Condition: {StringEquals: {'aws:SourceIP': x}}"),
                statement("\(read), Condition: {StringEquals: {'AWS:sourceip': [x]}}")
            ),
            (
                "Booleans and their text", statement("\(read), Condition: {Bool: {'aws:SecureTransport': true}}"),
                statement("\(read), Condition: {Bool: {'aws:SecureTransport': 'true'}}")
            ),
            (
                "numbers and their text", statement("\(read), Condition: {NumericLessThan: {'s3:max-keys': 10}}"),
                statement("\(read), Condition: {NumericLessThan: {'s3:max-keys': ['10']}}")
            ),
            (
                "equal symbols", statement("Effect: Allow, Action: 's3:*', Resource: !Sub '${Bucket.Arn}/*'"),
                statement("Effect: Allow, Action: ['s3:*'], Resource: [!Join ['', [!GetAtt Bucket.Arn, '/*']]]")
            ),
            (
                "what AWS::NoValue leaves out", statement(read),
                statement(
                    "Effect: Allow, Action: ['s3:GetObject', !Ref 'AWS::NoValue'], Resource: '*', Condition: !Ref 'AWS::NoValue'")
            ),
        ])
    func `the same`(_ what: String, _ one: String, _ other: String) throws {
        let first = try #require(try policy(one), "\(what)")
        let second = try #require(try policy(other), "\(what)")
        #expect(first == second, "\(what)")
        #expect(first.hashValue == second.hashValue, "\(what)")
    }

    @Test(
        arguments: [
            ("another effect", statement(read), statement("Effect: Deny, Action: 's3:GetObject', Resource: '*'")),
            ("another action", statement(read), statement("Effect: Allow, Action: 's3:GetObjectAcl', Resource: '*'")),
            ("one action more", statement(read), statement("Effect: Allow, Action: ['s3:GetObject', 's3:PutObject'], Resource: '*'")),
            ("an action twice", statement(read), statement("Effect: Allow, Action: ['s3:GetObject', 's3:GetObject'], Resource: '*'")),
            ("NotAction", statement(read), statement("Effect: Allow, NotAction: 's3:GetObject', Resource: '*'")),
            ("NotResource", statement(read), statement("Effect: Allow, Action: 's3:GetObject', NotResource: '*'")),
            ("no resource", statement(read), statement("Effect: Allow, Action: 's3:GetObject'")),
            (
                "resources in another case", statement("Effect: Allow, Action: 's3:*', Resource: A"),
                statement("Effect: Allow, Action: 's3:*', Resource: a")
            ),
            ("a Sid", statement(read), statement("Sid: One, \(read)")),
            ("an Id", "{Statement: {\(read)}}", "{Id: One, Statement: {\(read)}}"),
            ("a version", "{Statement: {\(read)}}", "{Version: '2008-10-17', Statement: {\(read)}}"),
            ("a statement twice", "{Statement: {\(read)}}", "{Statement: [{\(read)}, {\(read)}]}"),
            ("an empty condition", statement(read), statement("\(read), Condition: {}")),
            (
                "a condition's operator", statement("\(read), Condition: {StringEquals: {a: x}}"),
                statement("\(read), Condition: {StringLike: {a: x}}")
            ),
            (
                "a condition's value in another case", statement("\(read), Condition: {StringEquals: {a: x}}"),
                statement("\(read), Condition: {StringEquals: {a: X}}")
            ),
            (
                "values of another key", statement("\(read), Condition: {StringEquals: {a: x, b: y}}"),
                statement("\(read), Condition: {StringEquals: {a: y, b: x}}")
            ),
            (
                "keys that differ only in case, twice", statement("\(read), Condition: {StringEquals: {a: x, A: y}}"),
                statement("\(read), Condition: {StringEquals: {a: x}}")
            ),
            (
                "anyone and every service", statement("Effect: Allow, Principal: '*', Action: 'a:B'"),
                statement("Effect: Allow, Principal: {Service: '*'}, Action: 'a:B'")
            ),
            (
                "NotPrincipal", statement("Effect: Allow, Principal: '*', Action: 'a:B'"),
                statement("Effect: Allow, NotPrincipal: '*', Action: 'a:B'")
            ),
            (
                "another account", statement("Effect: Allow, Principal: {AWS: '123456789012'}, Action: 'a:B'"),
                statement("Effect: Allow, Principal: {AWS: 'arn:aws:iam::123456789013:root'}, Action: 'a:B'")
            ),
            (
                "an account's user called root", statement("Effect: Allow, Principal: {AWS: '123456789012'}, Action: 'a:B'"),
                statement("Effect: Allow, Principal: {AWS: 'arn:aws:iam::123456789012:user/root'}, Action: 'a:B'")
            ),
            (
                "the root user of another partition", statement("Effect: Allow, Principal: {AWS: '123456789012'}, Action: 'a:B'"),
                statement("Effect: Allow, Principal: {AWS: 'arn:aws-cn:iam::123456789012:root'}, Action: 'a:B'")
            ),
            (
                "an account's root as a resource", statement("Effect: Allow, Action: 'a:B', Resource: '123456789012'"),
                statement("Effect: Allow, Action: 'a:B', Resource: 'arn:aws:iam::123456789012:root'")
            ),
            (
                "another attribute", statement("Effect: Allow, Action: 's3:*', Resource: !GetAtt Bucket.Arn"),
                statement("Effect: Allow, Action: 's3:*', Resource: !GetAtt Topic.TopicArn")
            ),
            (
                "letters that only look alike", statement("Effect: Allow, Action: 'a:B', Resource: \"\\u00e9\""),
                statement("Effect: Allow, Action: 'a:B', Resource: \"e\\u0301\"")
            ),
            (
                "a Kelvin sign in an action", statement("Effect: Allow, Action: 'kms:x', Resource: a"),
                statement("Effect: Allow, Action: \"\\u212Ams:x\", Resource: a")
            ),
        ])
    func `different`(_ what: String, _ one: String, _ other: String) throws {
        let first = try #require(try policy(one), "\(what)")
        let second = try #require(try policy(other), "\(what)")
        #expect(first != second, "\(what)")
    }

    @Test func `a resource that is about to be replaced is another value`() throws {
        let now = Value.symbol(.attribute(logicalID: "Bucket", name: "Arn"))
        func document(_ resource: Value) -> PolicyDocument? {
            PolicyDocument(.object(["Statement": .object(["Effect": .string("Allow"), "Action": .string("s3:*"), "Resource": resource])]))
        }
        let before = try #require(document(now))
        let after = try #require(document(.symbol(.pending(.attribute(logicalID: "Bucket", name: "Arn")))))
        #expect(before != after)
    }

    @Test(
        arguments: [
            statement("Effect: !Ref Stage, Action: 'a:B', Resource: '*'"),
            statement("Effect: Allow, Action: !Ref Stage, Resource: !Ref Token"),
            statement("Effect: Allow, Action: 'a:B', Principal: !Ref Stage, Condition: !Ref Stage"),
            statement("Effect: Allow, Action: 'a:B', Principal: {AWS: !Ref Stage}, Condition: {StringEquals: !Ref Stage}"),
            statement("Effect: Allow, Action: 'a:B', Resource: !If [IsProd, a, b]"),
            "{Statement: !Ref Stage}",
            "{Statement: [!If [IsProd, {Effect: Allow, Action: 'a:B'}, !Ref 'AWS::NoValue']]}",
            "{Version: !Ref Stage, Id: !Ref Stage, Statement: []}",
        ])
    func `symbols may stand where values may`(_ yaml: String) throws {
        #expect(try policy(yaml) != nil)
        #expect(try policy(yaml) == policy(yaml))
    }

    private static let wrong = ["~", "true", "[]", "{}", "[[a]]", "{a: {b: c}}", "7.5"]

    @Test func `what is no policy has no meaning but its text`() throws {
        let documents = [
            "{}", "a", "[]", "7", "~", "{Version: '2012-10-17'}", "{Statement: a}", "{Statement: [a]}", "{Statement: ~}",
            "{Statement: [~]}",
            "{Statement: [[{\(Self.read)}]]}", "{Statement: {\(Self.read)}, More: a}", "{Version: [a], Statement: {\(Self.read)}}",
            "{Version: ~, Statement: {\(Self.read)}}", "{Id: {}, Statement: {\(Self.read)}}", Self.statement("Action: a, Resource: b"),
            Self.statement("Effect: allow, Action: a"), Self.statement("Effect: [Allow], Action: a"),
            Self.statement("Effect: Allow, Resource: a"),
            Self.statement("Effect: Allow, Action: a, NotAction: b"),
            Self.statement("Effect: Allow, Action: a, Resource: b, NotResource: c"),
            Self.statement("Effect: Allow, Action: a, Principal: '*', NotPrincipal: '*'"),
            Self.statement("Effect: Allow, Action: a, action: b"),
            Self.statement("Effect: Allow, Action: a, Principal: someone"), Self.statement("Effect: Allow, Action: a, Principal: ['*']"),
            Self.statement("Effect: Allow, Action: true"), Self.statement("Effect: Allow, Action: {a: b}"),
            Self.statement("Effect: Allow, Action: [[a]]"), Self.statement("Effect: Allow, Action: a, Sid: [b]"),
            Self.statement("Effect: Allow, Action: a, Condition: b"), Self.statement("Effect: Allow, Action: a, Condition: [b]"),
            Self.statement("Effect: Allow, Action: a, Condition: {StringEquals: b}"),
            Self.statement("Effect: Allow, Action: a, Condition: {StringEquals: {b: {c: d}}}"),
            Self.statement("Effect: Allow, Action: a, Condition: {StringEquals: {b: [[c]]}}"),
            Self.statement("Effect: Allow, Action: a, Condition: {StringEquals: {b: ~}}"),
        ]
        for yaml in documents { #expect(PolicyDocument(try plainValue(yaml)) == nil, "\(yaml)") }
    }

    @Test func `a wrong type in any place is read without harm, and the same each time`() throws {
        let places = ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"]
        for place in places {
            for wrong in Self.wrong {
                for base in ["", "Effect: Allow, ", "Effect: Allow, Action: a, "] where !base.contains("\(place):") {
                    let yaml = Self.statement("\(base)\(place): \(wrong)")
                    #expect(PolicyDocument(try plainValue(yaml)) == PolicyDocument(try plainValue(yaml)), "\(yaml)")
                }
            }
        }
    }
}
