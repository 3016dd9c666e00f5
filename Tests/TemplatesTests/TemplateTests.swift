import Model
import OrderedCollections
import Templates
import Testing

@Suite struct `A template` {
    @Test func `is read with all its sections`() throws {
        let text = """
            AWSTemplateFormatVersion: "2010-09-09"
            Description: What it is
            Transform: [AWS::LanguageExtensions, {Name: Mine}]
            Metadata: {Any: [thing]}
            Parameters:
              Size: {Type: Number, Default: 5, MinValue: 1, MaxValue: 1e1, Description: How many, ConstraintDescription: Few}
              Name: {Type: String, AllowedPattern: "[a-z]+", AllowedValues: [a, b], MinLength: 1, MaxLength: 9, NoEcho: true}
            Mappings: {M: {top: {second: value, list: [1, 2]}}}
            Conditions: {C: !Equals [a, a]}
            Rules: {R: {RuleCondition: !Equals [a, b], Assertions: [{Assert: !Equals [a, a], AssertDescription: Why}]}}
            Resources:
              A:
                Type: AWS::SNS::Topic
                Condition: C
                DependsOn: B
                DeletionPolicy: RetainExceptOnCreate
                UpdateReplacePolicy: Snapshot
                CreationPolicy: {ResourceSignal: {Count: 1}}
                UpdatePolicy: {AutoScalingReplacingUpdate: {WillReplace: true}}
                Metadata: {Of: A}
                Properties: {TopicName: name}
              B: {Type: Custom::Thing, DependsOn: [], Version: "1.0", Description: any}
            Outputs:
              O: {Value: !Ref A, Description: The topic, Condition: C, Export: {Name: exported}}
            """
        let reading = Template.read(text, file: "t.yml")
        #expect(brief(reading.findings) == [])
        let template = try #require(reading.value)
        #expect(template.description == "What it is")
        #expect(template.transforms == ["AWS::LanguageExtensions", "Mine"] && template.hasOpaqueTransform)
        #expect(template.mappings["M"]?.rows == ["top": ["second": "value", "list": [1, 2]]])
        let size = try #require(template.parameters["Size"]), name = try #require(template.parameters["Name"])
        #expect(size.defaultValue == "5" && size.minValue == 1 && size.maxValue == 10 && size.description == "How many")
        #expect(size.constraintDescription == "Few" && !size.noEcho && !size.isList)
        #expect(
            name.allowedPattern == "[a-z]+" && name.allowedValues == ["a", "b"] && name.minLength == 1 && name.maxLength == 9 && name.noEcho
        )
        let a = try #require(template.resources["A"])
        #expect(a.type == "AWS::SNS::Topic" && a.condition == "C" && a.dependsOn == ["B"] && a.properties.map(\.key) == ["TopicName"])
        var literals: [String] = []
        a.forEachExpression { literals.append($0.literalText ?? "map") }
        #expect(literals == ["name", "map", "RetainExceptOnCreate", "Snapshot", "map", "map"])
        let output = try #require(template.outputs["O"])
        #expect(output.description == "The topic" && output.condition == "C" && output.exportName?.literalText == "exported")
        #expect(template.rules["R"]?.assertions.map(\.description) == ["Why"])
        #expect(template.source.range(a.span).description == "t.yml:12:3" && template.source.range(a.typeSpan).description == "t.yml:13:11")
    }

    @Test func `has all its errors reported at once`() throws {
        let text = """
            AWSTemplateFormatVersion: 2010-09-08
            Resource: {}
            Parameters:
              Ünï: {Type: String}
              P: {Type: Strin, NoEcho: maybe, AllowedValues: a, MinLength: x, Defalt: y, Default: [a]}
              Q: text
              T: {Default: a}
            Mappings:
              M: {a: text, b: {c: {d: e}}}
            Conditions:
              C: !Equals [!Ref Tpic, !GetAtt Topic.Arn]
            Resources:
              my-topic: {Type: AWS::SNS::Topic}
              NoType: {Properties: {A: b}}
              Text: text
              Topic:
                Type: AWS::SNS::Topic
                Propertis: {}
                DependsOn: [Tpic, Topic]
                DeletionPolicy: Retian
                UpdateReplacePolicy: RetainExceptOnCreate
                Condition: D
                Properties:
                  A: !Ref Quue
                  B: !GetAtt Qeue.Arn
                  C: !FindInMap [N, a, b]
                  D: !If [E, 1, 2]
                  S: !Sub |
                    über ${Topic.Arn}
                    in ${Quue.Arn} with ${VAR:-x}
                  E:
              Queue: {Type: AWS::SQS::Queue, Properties: [], DependsOn: {a: b}}
            Outputs:
              O: {Valu: x}
              P: {Value: !Ref Queue, Export: text}
            """
        let reading = Template.read(text, file: "t.yml")
        let template = try #require(reading.value)
        #expect(
            shown(reading.findings + template.check()) == """
                bad-format-version t.yml:1:27
                AWSTemplateFormatVersion: 2010-09-08
                                          ^
                The only template format version is 2010-09-09
                Write AWSTemplateFormatVersion: "2010-09-09", or leave it out.

                unknown-section t.yml:2:1
                Resource: {}
                ^
                Unknown section: Resource
                Did you mean Resources?

                bad-logical-id t.yml:4:3
                  Ünï: {Type: String}
                  ^
                The parameter name "Ünï" is not alphanumeric
                CloudFormation takes 1 to 255 letters and digits.

                unknown-parameter-type t.yml:5:13
                  P: {Type: Strin, NoEcho: maybe, AllowedValues: a, MinLength: x, Defalt: y, Default: [a]}
                            ^
                Unknown parameter type Strin
                Did you mean String?

                bad-parameter t.yml:5:28
                  P: {Type: Strin, NoEcho: maybe, AllowedValues: a, MinLength: x, Defalt: y, Default: [a]}
                                           ^
                NoEcho of parameter P must be true or false

                bad-parameter t.yml:5:50
                  P: {Type: Strin, NoEcho: maybe, AllowedValues: a, MinLength: x, Defalt: y, Default: [a]}
                                                                 ^
                AllowedValues of parameter P must be a list of strings

                bad-parameter t.yml:5:64
                  P: {Type: Strin, NoEcho: maybe, AllowedValues: a, MinLength: x, Defalt: y, Default: [a]}
                                                                               ^
                MinLength of parameter P must be a number

                unknown-attribute t.yml:5:67
                  P: {Type: Strin, NoEcho: maybe, AllowedValues: a, MinLength: x, Defalt: y, Default: [a]}
                                                                                  ^
                Unknown attribute of parameter P: Defalt
                Did you mean Default?

                bad-default t.yml:5:87
                  P: {Type: Strin, NoEcho: maybe, AllowedValues: a, MinLength: x, Defalt: y, Default: [a]}
                                                                                                      ^
                Default of parameter P must be a string, found a list
                A list is written as one string with commas.

                bad-parameter t.yml:6:6
                  Q: text
                     ^
                Parameter Q must be a map with a Type

                no-type t.yml:7:3
                  T: {Default: a}
                  ^
                Parameter T has no Type

                bad-section t.yml:9:10
                  M: {a: text, b: {c: {d: e}}}
                         ^
                Mapping M.a must be a map, found a string

                bad-mapping t.yml:9:23
                  M: {a: text, b: {c: {d: e}}}
                                      ^
                Mapping M.b.c must be a string or a list of strings, found a map

                bad-logical-id t.yml:13:3
                  my-topic: {Type: AWS::SNS::Topic}
                  ^
                The logical ID "my-topic" is not alphanumeric
                CloudFormation takes 1 to 255 letters and digits.

                no-type t.yml:14:3
                  NoType: {Properties: {A: b}}
                  ^
                Resource NoType has no Type

                bad-resource t.yml:15:9
                  Text: text
                        ^
                Resource Text must be a map with a Type, found a string

                unknown-attribute t.yml:18:5
                    Propertis: {}
                    ^
                Unknown attribute of resource Topic: Propertis
                Did you mean Properties?

                bad-policy t.yml:20:21
                    DeletionPolicy: Retian
                                    ^
                DeletionPolicy of Topic can't be "Retian"
                Did you mean Retain? It is one of Delete, Retain, RetainExceptOnCreate, Snapshot.

                bad-policy t.yml:21:26
                    UpdateReplacePolicy: RetainExceptOnCreate
                                         ^
                UpdateReplacePolicy of Topic can't be "RetainExceptOnCreate"
                It is one of Delete, Retain, Snapshot.

                bad-sub t.yml:30:29
                        in ${Quue.Arn} with ${VAR:-x}
                                            ^
                ${VAR:-x} of Fn::Sub is no name
                Names have letters, digits, _, . and : only. To leave it to the text, as a shell variable, write ${!VAR:-x}.

                null-value t.yml:31:9
                      E:
                        ^
                A value is null
                CloudFormation refuses null. Leave the key out, or write !Ref AWS::NoValue.

                bad-section t.yml:32:46
                  Queue: {Type: AWS::SQS::Queue, Properties: [], DependsOn: {a: b}}
                                                             ^
                Properties of Queue must be a map, found a list

                bad-depends-on t.yml:32:61
                  Queue: {Type: AWS::SQS::Queue, Properties: [], DependsOn: {a: b}}
                                                                            ^
                DependsOn of Queue is a logical ID or a list of them, found a map

                no-output-value t.yml:34:3
                  O: {Valu: x}
                  ^
                Output O has no Value

                unknown-attribute t.yml:34:7
                  O: {Valu: x}
                      ^
                Unknown attribute of output O: Valu
                Did you mean Value?

                bad-export t.yml:35:34
                  P: {Value: !Ref Queue, Export: text}
                                                 ^
                Export of output P is a map with a Name

                unknown-reference t.yml:11:15
                  C: !Equals [!Ref Tpic, !GetAtt Topic.Arn]
                              ^
                Tpic is no parameter, resource or pseudo parameter
                Did you mean Topic?

                resource-in-condition t.yml:11:26
                  C: !Equals [!Ref Tpic, !GetAtt Topic.Arn]
                                         ^
                The condition C refers to the resource Topic
                It is decided before any resource exists: it may read parameters and mappings only.

                circular-dependency t.yml:16:3
                  Topic:
                  ^
                Resources depend on each other in a circle: Topic → Topic
                CloudFormation can't decide which to create first. Break the circle at one reference or DependsOn.

                unknown-reference t.yml:19:17
                    DependsOn: [Tpic, Topic]
                                ^
                DependsOn of Topic names Tpic, which is no resource of this template
                Did you mean Topic?

                unknown-condition t.yml:22:16
                    Condition: D
                               ^
                The condition D of resource Topic is not defined
                Did you mean C?

                unknown-reference t.yml:24:10
                      A: !Ref Quue
                         ^
                Quue is no parameter, resource or pseudo parameter
                Did you mean Queue?

                unknown-reference t.yml:25:10
                      B: !GetAtt Qeue.Arn
                         ^
                Qeue is no resource of this template
                Did you mean Queue?

                unknown-mapping t.yml:26:22
                      C: !FindInMap [N, a, b]
                                     ^
                The mapping N is not defined
                Did you mean M?

                unknown-condition t.yml:27:10
                      D: !If [E, 1, 2]
                         ^
                The condition E is not defined
                Did you mean C?

                unknown-reference t.yml:30:12
                        in ${Quue.Arn} with ${VAR:-x}
                           ^
                Quue is no resource of this template
                Did you mean Queue?
                """)
    }

    @Test func `that a macro rewrites is not held to what CloudFormation itself knows`() throws {
        let text = """
            Transform: AWS::Serverless-2016-10-31
            Globals: {Function: {Runtime: python3.12}}
            Resources:
              F: {Type: AWS::Serverless::Function, Connectors: {C: {}}, Properties: {Role: !GetAtt FRole.Arn}}
            """
        let reading = Template.read(text, file: "t.yml")
        #expect(brief(reading.findings + (try #require(reading.value)).check()) == [])
    }

    @Test(arguments: [
        "Resources: {R: {Type: T, Properties: {A: !Ref Included}}, 'Fn::Transform': {Name: AWS::Include, Parameters: {Location: l}}}",
        "Fn::Transform: {Name: AWS::Include, Parameters: {Location: l}}\nResources: {R: {Type: T, Properties: {A: !Ref Included}}}",
        "Mappings: {'Fn::Transform': {Name: AWS::Include, Parameters: {Location: l}}}\nResources: {R: {Type: T, Properties: {A: !FindInMap [a, b, c]}}}",
        "Resources: {R: {Type: T, Properties: {'Fn::Transform': {Name: M}, A: b}}}",
        "Resources: {R: {Type: T, 'Fn::Transform': {Name: M}, Properties: {A: {'Fn::Transform': {Name: M}, b: c}}}}",
    ])
    func `may include what is not there yet`(_ text: String) throws {
        let reading = Template.read(text, file: "t.yml")
        #expect(brief(reading.findings + (try #require(reading.value)).check()) == [])
    }

    @Test func `over CloudFormation's limits is warned about`() throws {
        let resources = (0..<501).map { "R\($0): {Type: T}" }.joined(separator: ", ")
        let template = try #require(Template.read("Resources: {\(resources)}", file: "t.yml").value)
        #expect(
            template.check().map { "\($0.severity) \($0.summary)" } == ["warning The template has 501 resources; CloudFormation takes 500"])
    }

    @Test func `throws all its errors at once where it must be good`() throws {
        let reading = Template.read("Resources: {A: {}, B: {}}", file: "t.yml")
        let problem = #expect(throws: Problem.self) { _ = try reading.get() }
        #expect(problem?.status == .badInput && problem?.findings.map(\.summary) == ["Resource A has no Type", "Resource B has no Type"])
    }
}
