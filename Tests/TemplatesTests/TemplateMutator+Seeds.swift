extension TemplateMutator {
    static let seeds = [everything, loops, flow, json, typed]

    private static let everything = """
        AWSTemplateFormatVersion: "2010-09-09"
        Description: Everything a template may hold, ünïcödé too
        Metadata: {Owner: &owner {Key: Owner, Value: team}}
        Parameters:
          Stage: {Type: String, Default: prod, AllowedValues: [dev, prod]}
          Token: {Type: String, NoEcho: true, MinLength: 4, MaxLength: 64, Default: hunter2-must-never-show}
          Size: {Type: Number, Default: 10, MinValue: 1, MaxValue: 1e3}
          Zones: {Type: CommaDelimitedList, Default: "a, b,c", AllowedPattern: "[a-z]+"}
          Image: {Type: "AWS::SSM::Parameter::Value<String>", Default: /image}
        Rules:
          Sizes:
            RuleCondition: !Equals [!Ref Stage, prod]
            Assertions:
              - Assert: !Contains [[10, 20], !Ref Size]
                AssertDescription: Ten or twenty
              - {Assert: {"Fn::EachMemberIn": [!Ref Zones, [a, b, c]]}}
        Mappings:
          Regions:
            eu-west-1: {Size: small, Zones: [a, b]}
            us-east-1: {Size: large, Zones: [c]}
        Conditions:
          IsProd: !Equals [!Ref Stage, prod]
          IsBig: !And [!Condition IsProd, !Not [!Equals [!Ref Size, 1]]]
          HasImage: !Or [!Equals [!Ref Image, ""], !Condition IsBig]
          HasToken: !Not [!Equals [!Ref Token, ""]]
        Resources:
          Topic:
            Type: AWS::SNS::Topic
            DeletionPolicy: Retain
            UpdateReplacePolicy: !If [IsProd, Retain, Delete]
            Metadata: {Of: topic}
            Properties: &base
              TopicName: !Sub "${AWS::StackName}-${Stage}-${!literal}"
              DisplayName: !Join ["-", [a, !Ref Size, !If [HasImage, b, !Ref AWS::NoValue], !GetAtt Queue.QueueName]]
              Tags:
                - *owner
                - Key: Zone
                  Value: !Select [1, !Ref Zones]
          Copy:
            Type: AWS::SNS::Topic
            Condition: IsBig
            DependsOn: [Topic, Queue]
            Properties:
              <<: *base
              DisplayName: !Base64
                Fn::Sub:
                  - "${Name} in ${AWS::Region} at ${Topic}"
                  - Name: !FindInMap [Regions, !Ref AWS::Region, Size]
          Queue:
            Type: AWS::SQS::Queue
            CreationPolicy: {ResourceSignal: {Count: 1}}
            UpdatePolicy: {AutoScalingReplacingUpdate: {WillReplace: true}}
            Properties:
              QueueName: "{{resolve:ssm:/queue}}"
              Secret: !Sub "{{resolve:secretsmanager:${Stage}:SecretString:key}}"
              Blocks: !Cidr [10.0.0.0/16, 3, 8]
              First: !Select [0, !GetAZs ""]
              Parts: !Split [",", !ImportValue shared]
              Count: !Length [1, 2, 3]
              Text: !ToJsonString {a: [1, !Ref Zones]}
              Default: !FindInMap [Regions, nowhere, Size, {DefaultValue: none}]
              Script: |
                #!/bin/sh
                echo "$HOME"
              Folded: >-
                one
                two
        Outputs:
          Arn:
            Condition: IsProd
            Description: Where
            Value: !GetAtt Topic.TopicArn
            Export: {Name: !Sub "${AWS::StackName}-arn"}

        """

    private static let loops = """
        Transform: AWS::LanguageExtensions
        Parameters:
          Names: {Type: CommaDelimitedList, Default: "Success,Failure"}
        Conditions:
          Fn::ForEach::Checks:
            - Name
            - [A, B]
            - Is${Name}: !Equals [!Ref AWS::Region, "${Name}"]
        Resources:
          Fn::ForEach::Topics:
            - Name
            - !Ref Names
            - Topic${Name}:
                Type: AWS::SNS::Topic
                Properties:
                  TopicName: !Ref Name
                  Fn::ForEach::Tags:
                    - Key
                    - [Display]
                    - ${Key}Name: !Sub "${Name} of ${AWS::StackName}"
          Fn::ForEach::Outer:
            - X
            - [a, b]
            - Fn::ForEach::Inner:
                - Y
                - ["1.0", "2.0"]
                - Queue${X}&{Y}:
                    Type: AWS::SQS::Queue
                    DependsOn: TopicSuccess
        Outputs:
          Fn::ForEach::Arns:
            - Name
            - [Success]
            - Arn${Name}: {Value: !GetAtt ["Topic${Name}", TopicArn]}

        """

    /// Real resource types, in which each feature of a schema occurs.
    private static let typed = """
        Parameters:
          Subnets: {Type: "List<AWS::EC2::Subnet::Id>"}
          Days: {Type: Number, Default: 30}
        Conditions: {IsProd: !Equals [!Ref AWS::Region, eu-west-1]}
        Resources:
          Logs: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: !If [IsProd, 30, !Ref AWS::NoValue]}}
          Bucket:
            Type: AWS::S3::Bucket
            DeletionPolicy: Retain
            Properties:
              BucketName: my-bucket
              LifecycleConfiguration:
                Rules:
                  - {Status: Enabled, ExpirationInDays: !Ref Days, Id: one}
                  - Fn::If: [IsProd, {Status: Disabled, Prefix: a/}, !Ref AWS::NoValue]
              CorsConfiguration: {CorsRules: [{AllowedMethods: [GET, PUT], AllowedOrigins: ["*"]}]}
          Pipeline:
            Type: AWS::CodePipeline::Pipeline
            Properties:
              RoleArn: !GetAtt Role.Arn
              ArtifactStore: {Type: S3, Location: !Ref Bucket}
              Stages:
                - Name: Source
                  Actions:
                    - Name: Read
                      ActionTypeId: {Category: Source, Owner: AWS, Provider: S3, Version: "1"}
                      Configuration: {S3Bucket: !Ref Bucket, S3ObjectKey: key}
          Role:
            Type: AWS::IAM::Role
            Properties:
              AssumeRolePolicyDocument:
                Version: "2012-10-17"
                Statement: [{Effect: Allow, Action: "sts:AssumeRole", Principal: {Service: lambda.amazonaws.com}}]
              Policies: [{PolicyName: p, PolicyDocument: {Statement: []}}]
          Function:
            Type: AWS::Lambda::Function
            Properties:
              Role: !GetAtt Role.Arn
              Runtime: python3.13
              Handler: index.handler
              MemorySize: "256"
              Code: {ZipFile: "pass"}
              Environment: {Variables: {NAME: !Sub "${Bucket.Arn}", DEBUG: true}}
              VpcConfig: {SubnetIds: !Ref Subnets, SecurityGroupIds: !Split [",", !ImportValue groups]}
          Instance:
            Type: AWS::EC2::Instance
            Properties:
              SubnetId: !Select [0, !Ref Subnets]
              BlockDeviceMappings: [{DeviceName: /dev/sda1, Ebs: {VolumeSize: 8, Encrypted: "true"}}]
          Firewall:
            Type: AWS::WAFv2::WebACL
            Properties:
              Scope: REGIONAL
              DefaultAction: {Allow: {}}
              VisibilityConfig: {SampledRequestsEnabled: true, CloudWatchMetricsEnabled: true, MetricName: m}
              Rules:
                - Name: r
                  Priority: 0
                  Action: {Block: {}}
                  VisibilityConfig: {SampledRequestsEnabled: true, CloudWatchMetricsEnabled: true, MetricName: r}
                  Statement: {NotStatement: {Statement: {AndStatement: {Statements: [{GeoMatchStatement: {CountryCodes: [DE]}}]}}}}
          Custom: {Type: "Custom::Thing", Properties: {ServiceToken: !GetAtt Function.Arn, Anything: [1, {a: b}]}}
          Child: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: child.yml, Parameters: {A: !GetAtt Custom.Any}}}
          Module: {Type: "My::Own::Thing::MODULE", Properties: {A: b}}
        Outputs:
          Child: {Value: !GetAtt Child.Outputs.Anything}
          Zone: {Value: !Select [0, !GetAZs ""]}

        """

    private static let flow = """
        {Resources: {A: {Type: T, Properties: {X: !GetAtt B.Arn, Y: ['q', "d\\n", plain]}}, B: {Type: T, DependsOn: [C]}, C: {Type: T}}}
        """

    private static let json = #"""
        {
          "Parameters": {"P": {"Type": "String", "Default": "\u00e9\ud83d\ude00"}},
          "Resources": {
            "A": {"Type": "T", "Properties": {"X": {"Fn::Sub": ["${a}${P}", {"a": {"Ref": "P"}}]}, "N": [1, -2.50, 1e3, true, false]}},
            "B": {"Type": "T", "Properties": {"Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": "s3://b/k"}}, "Y": "z"}}
          },
          "Outputs": {"O": {"Value": {"Fn::GetAtt": ["A", "Arn"]}}}
        }
        """#
}
