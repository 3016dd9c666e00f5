import Model
import Templates
import Testing

@Suite struct `Functions` {
    @Test(arguments: [
        ("!Ref Stage", #""prod""#),
        ("!Ref Size", #""10""#),
        ("!Ref Zones", #"["a","b"]"#),
        ("!Ref AWS::Region", #""eu-west-1""#),
        ("!Ref AWS::StackName", #""demo""#),
        ("!Ref AWS::Partition", #""aws""#),
        ("!Ref AWS::URLSuffix", #""amazonaws.com""#),
        ("!Ref AWS::AccountId", #""123456789012""#),
        ("!Ref AWS::NoValue", "nothing"),
        ("!Base64 hello", #""aGVsbG8=""#),
        ("!Join ['-', [a, !Ref Stage, 5, true]]", #""a-prod-5-true""#),
        ("!Join [',', !Ref Zones]", #""a,b""#),
        ("!Join ['', []]", #""""#),
        ("!Select [1, [x, y]]", #""y""#),
        ("!Select ['0', !Ref Zones]", #""a""#),
        ("!Select [0, !Split ['.', a.b]]", #""a""#),
        ("!Split [',', 'a,,b']", #"["a","","b"]"#),
        ("!Split ['ab', xabyab]", #"["x","y",""]"#),
        ("!FindInMap [Regions, !Ref AWS::Region, Size]", #""small""#),
        ("!FindInMap [Regions, eu-west-1, Zones]", #"["a","b"]"#),
        ("!FindInMap [Regions, nowhere, Size, {DefaultValue: !Ref Stage}]", #""prod""#),
        ("!FindInMap [Nothing, nowhere, Size, {DefaultValue: none}]", #""none""#),
        ("!If [IsProd, yes, no]", "true"),
        ("!If [IsTest, 'yes', 'no']", #""no""#),
        ("!If [IsTest, 'yes', !Ref AWS::NoValue]", "nothing"),
        ("!Cidr [10.0.0.0/16, 2, 8]", #"["10.0.0.0/24","10.0.1.0/24"]"#),
        ("!Cidr [10.0.0.7/30, 2, 1]", #"["10.0.0.4/31","10.0.0.6/31"]"#),
        ("!Cidr [255.255.255.0/24, '1', '8']", #"["255.255.255.0/24"]"#),
        ("!Cidr [10.0.0.0/24, 1]", #"["10.0.0.0/24"]"#),
        ("!Length [a, b, c]", "3"),
        ("!Length {Ref: Zones}", "2"),
        ("!ToJsonString {a: [1, 'x', true], b: !Ref Stage}", #""{'a':[1,'x',true],'b':'prod'}""#),
        ("{'Fn::Join': ['', [a, {Ref: Stage}]]}", #""aprod""#),
        ("{'Fn::GetAtt': Topic.Arn}", #""<Topic.Arn>""#),
        ("{'Fn::GetAtt': [Topic, Arn]}", #""<Topic.Arn>""#),
        ("{'Fn::GetAtt': [Topic, Endpoint, Address]}", #""<Topic.Endpoint.Address>""#),
        ("!GetAtt Topic.Endpoint.Address", #""<Topic.Endpoint.Address>""#),
        ("!GetAtt [Topic, !Ref Stage]", #""<Topic.prod>""#),
        ("[1, !Ref AWS::NoValue, 2]", "[1,2]"),
        ("{a: 1, b: !Ref AWS::NoValue}", #"{"a":1}"#),
        ("{a: !If [IsTest, 1, !Ref AWS::NoValue]}", "{}"),
    ])
    func `a function of known arguments is evaluated`(_ expression: String, _ value: String) {
        let found = Sample.evaluate(expression)
        #expect(found.first == value)
        // A mapping that is not there is a finding of the checks even where there is a default.
        #expect(found.dropFirst().allSatisfy { $0 == "unknown-mapping: The mapping Nothing is not defined" })
    }

    @Test(arguments: [
        ("!Ref Topic", "<Ref Topic>"),
        ("!Ref Unset", "<parameter Unset>"),
        ("!Ref Token", "<secret Token>"),
        ("!Ref Image", "<AWS::SSM::Parameter::Value<String>('/image')>"),
        ("!Ref AWS::StackId", "<AWS::StackId>"),
        ("!GetAtt Topic.Arn", "<Topic.Arn>"),
        ("!GetAtt [Topic, !Ref Unset]", "<Fn::GetAtt('Topic', <parameter Unset>)>"),
        ("!Join ['-', [a, b, !Ref Topic, c, !Ref Size]]", "<a-b- + <Ref Topic> + -c-10>"),
        ("!Join ['-', !Ref Unset]", "<Fn::Join('-', <parameter Unset>)>"),
        ("!Select [0, !Ref Unset]", "<Fn::Select('0', <parameter Unset>)>"),
        ("!Select [!Ref Unset, [a]]", "<Fn::Select(<parameter Unset>, ['a'])>"),
        ("!Split [',', !Ref Topic]", "<Fn::Split(',', <Ref Topic>)>"),
        ("!Base64 {Ref: Topic}", "<Fn::Base64(<Ref Topic>)>"),
        ("!FindInMap [Regions, !Ref Unset, Size, {DefaultValue: d}]", "<Fn::FindInMap('Regions', <parameter Unset>, 'Size', 'd')>"),
        ("!If [IsOpen, a, !Ref AWS::NoValue]", "<IsOpen ? 'a' : nothing>"),
        ("!GetAZs ''", "<Fn::GetAZs('eu-west-1')>"),
        ("!GetAZs {Ref: AWS::Region}", "<Fn::GetAZs('eu-west-1')>"),
        ("!ImportValue shared", "<Fn::ImportValue('shared')>"),
        ("!ImportValue {'Fn::Sub': '${Stage}-vpc'}", "<Fn::ImportValue('prod-vpc')>"),
        ("!Length {Ref: Unset}", "<Fn::Length(<parameter Unset>)>"),
        ("!ToJsonString {a: !Ref Topic}", "<Fn::ToJsonString({'a':'<Ref Topic>'})>"),
        ("!Cidr [!GetAtt Topic.Block, 2, 8]", "<Fn::Cidr(<Topic.Block>, 2, 8)>"),
        ("!Cidr ['2001:db8::/56', 2, 64]", "<Fn::Cidr('2001:db8::/56', 2, 64)>"),
        ("!Transform {Name: Macro, Parameters: {a: !Ref Stage}}", "<Fn::Transform('Macro', {'a':'prod'})>"),
    ])
    func `a function of what only the deployed stack knows stays a symbol`(_ expression: String, _ symbol: String) {
        #expect(Sample.evaluate(expression) == ["\"\(symbol)\""])
    }

    @Test(arguments: ["!Select [1, [!If [IsOpen, a, !Ref AWS::NoValue], b, c]]", "!Length [!If [IsOpen, a, !Ref AWS::NoValue], b]"])
    func `a list whose length is not known is neither counted nor selected from`(_ expression: String) {
        #expect(Sample.evaluate(expression).first?.contains("IsOpen ? 'a' : nothing") == true)
    }

    @Test func `an item before the unknown one is selected`() {
        #expect(Sample.evaluate("!Select [0, [a, !If [IsOpen, b, !Ref AWS::NoValue]]]") == [#""a""#])
    }

    @Test(arguments: [
        ("!Sub plain", #""plain""#),
        ("!Sub '${Stage}-${AWS::Region}'", #""prod-eu-west-1""#),
        ("!Sub '${ Stage }'", #""prod""#),
        ("!Sub '${!Stage} $ {} ${'", #""${Stage} $ {} ${""#),
        ("!Sub '$${Stage}'", #""$prod""#),
        ("!Sub '${Zones}'", #""a,b""#),
        ("!Sub '${Topic} at ${Topic.Arn}'", #""<<Ref Topic> +  at  + <Topic.Arn>>""#),
        ("!Sub '${Topic}'", #""<Ref Topic>""#),
        ("!Sub ['${a}${a}/${Stage}', {a: !Ref Size}]", #""1010/prod""#),
        ("!Sub ['${Stage}', {Stage: mine}]", #""mine""#),
        ("!Sub ['${a.b}', {a.b: dotted}]", #""dotted""#),
        ("!Sub ['${a}', {a: !Sub '${Topic}x'}]", #""<<Ref Topic> + x>""#),
        ("!Sub \"${Stage}\\r\\n}\\u0301\"", "\"prod\\r\\n}\u{301}\""),
        ("{'Fn::Sub': ['${a}', {a: {Ref: Stage}}]}", #""prod""#),
    ])
    func `Sub puts values into text`(_ expression: String, _ value: String) {
        #expect(Sample.evaluate(expression) == [value])
    }

    @Test(arguments: [
        ("!Sub '${VAR:-x}'", "bad-sub: ${VAR:-x} of Fn::Sub is no name"),
        ("!Sub '${}'", "bad-sub: ${} of Fn::Sub is no name"),
        ("!Sub [a]", "bad-function: Fn::Sub takes a string, or [string, map of variables]"),
        ("!Sub [a, [b]]", "bad-function: Fn::Sub takes a string, or [string, map of variables]"),
        ("!Sub '${Nope}'", "unknown-reference: Nope is no parameter, resource or pseudo parameter"),
        ("!Ref [a]", "bad-function: Ref takes the name of a parameter or resource as a literal string, found a list"),
        ("!Ref", "unknown-reference: An empty name is no parameter, resource or pseudo parameter"),
        ("!GetAtt Topic", "bad-function: Fn::GetAtt takes [logical ID, attribute] or the short form LogicalID.Attribute"),
        ("!GetAtt [Topic, {a: b}, c]", "bad-function: Fn::GetAtt takes [logical ID, attribute], found a list of 3"),
        ("!Join [a]", "bad-function: Fn::Join takes [delimiter, list], found a list of 1"),
        ("!Join [!Ref Stage, [a]]", "bad-function: Fn::Join takes a delimiter as a literal string, found a map"),
        ("!Join [a, b]", "bad-join: Fn::Join takes a list to join"),
        ("!Join [a, [{b: c}]]", "bad-join: Fn::Join takes a list of strings, found a map in it"),
        ("!Select [2, [a, b]]", "bad-select: Fn::Select asks for item 2 of a list of 2"),
        ("!Select [-1, [a]]", #"bad-select: The index of Fn::Select must be a whole number from 0, found "-1""#),
        (
            "!Select [99999999999999999999, [a]]",
            #"bad-select: The index of Fn::Select must be a whole number from 0, found "99999999999999999999""#
        ),
        (
            "!Select [9223372036854775807, [a]]",
            #"bad-select: The index of Fn::Select must be a whole number from 0, found "9223372036854775807""#
        ),
        ("!Select [0, text]", "bad-select: Fn::Select takes a list to select from"),
        ("!Split [a]", "bad-function: Fn::Split takes [delimiter, string], found a list of 1"),
        ("!FindInMap [a, b]", "bad-function: Fn::FindInMap takes [map, top-level key, second-level key], found a list of 2"),
        ("!FindInMap [a, b, c, {d: e}]", "bad-function: The fourth argument of Fn::FindInMap is a map with the key DefaultValue"),
        ("!FindInMap [Regions, mars, Size]", "missing-map-key: Mapping Regions has no mars"),
        ("!FindInMap [Regions, eu-west-1, Colour]", "missing-map-key: Mapping Regions has no eu-west-1.Colour"),
        ("!If [IsProd, a]", "bad-function: Fn::If takes [condition, value if true, value if false], found a list of 2"),
        ("!If [{a: b}, a, b]", "bad-function: Fn::If takes the name of a condition as a literal string, found a map"),
        ("!If [IsPrd, a, b]", "unknown-condition: The condition IsPrd is not defined"),
        ("!Cidr [10.0.0.0/16, 257, 8]", "bad-cidr: Fn::Cidr can't make these blocks"),
        ("!Cidr [10.0.0.0/30, 8, 1]", "bad-cidr: Fn::Cidr can't make these blocks"),
        ("!Cidr [10.0.0.0/16, 1, 32]", "bad-cidr: Fn::Cidr can't make these blocks"),
        ("!Cidr [10.0.0.0/16, 1, -1]", "bad-cidr: Fn::Cidr can't make these blocks"),
        ("!Cidr [10.0.0/16, 1, 1]", "bad-cidr: Fn::Cidr can't make these blocks"),
        ("!Cidr [10.0.0.256/16, 1, 1]", "bad-cidr: Fn::Cidr can't make these blocks"),
        ("!Cidr [10.0.0.0//16, 1, 1]", "bad-cidr: Fn::Cidr can't make these blocks"),
        ("!Cidr [10.0.0.0/33, 1, 1]", "bad-cidr: Fn::Cidr can't make these blocks"),
        ("!Cidr text", "bad-function: Fn::Cidr takes [IP block, count, CIDR bits], found a string"),
        ("!Transform {Of: x}", "bad-function: Fn::Transform takes a map with Name and Parameters, the name of a macro, or a list of these"),
        ("{'Fn::Joyn': []}", "unknown-function: Unknown function Fn::Joyn"),
        ("{'Fn::ForEach': []}", "foreach-without-transform: Fn::ForEach can't be used here"),
        ("{'Fn::Join': ['', []], Other: 1}", "function-with-siblings: Fn::Join must be the only key of its map"),
        ("null", "null-value: A value is null"),
        ("[a, ~]", "null-value: A value is null"),
    ])
    func `a function of a wrong shape is found`(_ expression: String, _ finding: String) {
        #expect(Sample.evaluate(expression).dropFirst().contains(finding))
    }

    @Test(arguments: [
        "!Ref Stage", "!Sub '${Stage}'", "!Sub ['${a}', {a: !Ref Stage}]", "!Join ['', [pr, od]]", "!Select [0, [!Ref Stage]]",
        "!If [IsProd, !Ref Stage, x]",
    ])
    func `equal texts are equal values however they are written`(_ expression: String) {
        #expect(Sample.evaluate(expression) == [#""prod""#])
    }

    @Test(arguments: [
        ("'{{resolve:ssm:/path}}'", "<dynamic {{resolve:ssm:/path}}>", false),
        ("'{{resolve:ssm-secure:/path:1}}'", "<dynamic {{resolve:ssm-secure:/path:1}}>", true),
        ("'{{resolve:secretsmanager:id:SecretString:key}}'", "<dynamic {{resolve:secretsmanager:id:SecretString:key}}>", true),
        ("!Sub '{{resolve:secretsmanager:${Stage}:SecretString:key}}'", "<dynamic {{resolve:secretsmanager:prod:SecretString:key}}>", true),
        ("!Join ['', ['{{resolve:ssm:', !Ref Stage, '}}']]", "<dynamic {{resolve:ssm:prod}}>", false),
        ("!Sub '{{resolve:secretsmanager:${Topic}}}'", "<<dynamic {{resolve:secretsmanager:> + <Ref Topic> + }}>", true),
        ("!Sub '{{resolve:ssm:/a}}-{{resolve:ssm-secure:/b}}'", "<dynamic {{resolve:ssm:/a}}-{{resolve:ssm-secure:/b}}>", true),
    ])
    func `a dynamic reference is recognised`(_ expression: String, _ symbol: String, _ isSensitive: Bool) throws {
        #expect(Sample.evaluate(expression) == ["\"\(symbol)\""])
        let template = try #require(Template.read(Sample.text(expression), file: "t.yml").value)
        var evaluator = Evaluator(template, Sample.environment)
        #expect(evaluator.value(of: try #require(template.resources["Tested"]?.properties.first?.value)).isSensitive == isSensitive)
    }

    @Test func `a known symbol is resolved`() {
        var environment = Sample.environment
        environment.resolve = { $0 == .attribute(logicalID: "Topic", name: "Arn") ? .string("arn:topic") : nil }
        #expect(Sample.evaluate("!Sub '${Topic.Arn}/${Topic}'", in: environment) == [#""<arn:topic/ + <Ref Topic>>""#])
    }

    @Test func `a secret shows in nothing that is evaluated`() throws {
        let expressions = [
            "!Ref Token", "!Sub 'x-${Token}'", "!Base64 {Ref: Token}", "!Join ['', [!Ref Token, a]]", "!Split [',', !Ref Token]",
        ]
        for expression in expressions {
            let template = try #require(Template.read(Sample.text(expression), file: "t.yml").value)
            var evaluator = Evaluator(template, Sample.environment)
            let value = evaluator.value(of: try #require(template.resources["Tested"]?.properties.first?.value))
            #expect(value.isSensitive && !"\(value)".contains(Sample.secret), "\(expression)")
        }
    }

    @Test func `a Sub of 20,000 known parts takes no square of the time`() {
        let text = String(repeating: "${Stage}-", count: 20_000)
        #expect(Sample.evaluate("!Sub '\(text)'").first?.utf8.count == 20_000 * 5 + 2)
    }
}
