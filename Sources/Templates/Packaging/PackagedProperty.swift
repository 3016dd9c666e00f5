/// A property in which a path of a local file or folder may stand, to be put where AWS can read it.
///
/// These are the properties that `aws cloudformation package` and SAM take paths in (their lists are in `artifact_exporter.py` of the
/// AWS CLI and `packageable_resources.py` of the SAM CLI), and CodeBuild's build specification.
package struct PackagedProperty: Hashable, Sendable {
    /// What may stand at the path.
    package enum Contents: Hashable, Sendable {
        /// A folder, or a file that is no archive: either is made into a zip archive. An archive is uploaded as it is.
        case archive
        /// A folder, which is made into a zip archive, or a file, which is uploaded as it is.
        case bundle
        /// A file, which is uploaded as it is.
        case file
        /// A template, in which paths are replaced too.
        case template
        /// A text, which takes the place of its path.
        case text
    }

    /// How a property says where something is.
    package enum Form: Hashable, Sendable {
        /// A map of bucket and key, under these names.
        case map(bucket: String, key: String)
        /// `s3://bucket/key`
        case s3
        /// `https://s3.us-east-1.amazonaws.com/bucket/key`
        case https
        /// The contents themselves.
        case inline
    }

    package var type: String
    /// Below the resource's properties.
    package var path: [String]
    package var contents: Contents
    package var form: Form

    private init(_ type: String, _ path: String..., is contents: Contents, as form: Form = .s3) {
        self.type = type
        self.path = path
        self.contents = contents
        self.form = form
    }

    private static let bucketAndKey = Form.map(bucket: "Bucket", key: "Key")
    private static let s3BucketAndKey = Form.map(bucket: "S3Bucket", key: "S3Key")

    package static let all: [PackagedProperty] = [
        PackagedProperty("AWS::ApiGateway::RestApi", "BodyS3Location", is: .file, as: bucketAndKey),
        PackagedProperty("AWS::AppSync::FunctionConfiguration", "CodeS3Location", is: .file),
        PackagedProperty("AWS::AppSync::FunctionConfiguration", "RequestMappingTemplateS3Location", is: .file),
        PackagedProperty("AWS::AppSync::FunctionConfiguration", "ResponseMappingTemplateS3Location", is: .file),
        PackagedProperty("AWS::AppSync::GraphQLSchema", "DefinitionS3Location", is: .file),
        PackagedProperty("AWS::AppSync::Resolver", "CodeS3Location", is: .file),
        PackagedProperty("AWS::AppSync::Resolver", "RequestMappingTemplateS3Location", is: .file),
        PackagedProperty("AWS::AppSync::Resolver", "ResponseMappingTemplateS3Location", is: .file),
        PackagedProperty(nestedStack, "TemplateURL", is: .template, as: .https),
        PackagedProperty("AWS::CloudFormation::ModuleVersion", "ModulePackage", is: .bundle),
        PackagedProperty("AWS::CloudFormation::ResourceVersion", "SchemaHandlerPackage", is: .bundle),
        PackagedProperty("AWS::CodeBuild::Project", "Source", "BuildSpec", is: .text, as: .inline),
        PackagedProperty("AWS::CodeCommit::Repository", "Code", "S3", is: .archive, as: bucketAndKey),
        PackagedProperty("AWS::ElasticBeanstalk::ApplicationVersion", "SourceBundle", is: .bundle, as: s3BucketAndKey),
        PackagedProperty("AWS::Glue::Job", "Command", "ScriptLocation", is: .file),
        PackagedProperty("AWS::Lambda::Function", "Code", is: .archive, as: s3BucketAndKey),
        PackagedProperty("AWS::Lambda::LayerVersion", "Content", is: .archive, as: s3BucketAndKey),
        PackagedProperty("AWS::Serverless::Api", "DefinitionUri", is: .file),
        PackagedProperty(serverlessApplication, "Location", is: .template, as: .https),
        PackagedProperty("AWS::Serverless::Function", "CodeUri", is: .archive),
        PackagedProperty("AWS::Serverless::HttpApi", "DefinitionUri", is: .file),
        PackagedProperty("AWS::Serverless::LayerVersion", "ContentUri", is: .archive),
        PackagedProperty("AWS::Serverless::StateMachine", "DefinitionUri", is: .file, as: bucketAndKey),
        PackagedProperty("AWS::StepFunctions::StateMachine", "DefinitionS3Location", is: .file, as: bucketAndKey),
    ]

    static let nestedStack = "AWS::CloudFormation::Stack"
    static let serverlessApplication = "AWS::Serverless::Application"

    static let byType = Dictionary(grouping: all, by: \.type)

    /// What the macro AWS::Include, called anywhere in a template, reads.
    package static let include = PackagedProperty("AWS::Include", "Location", is: .file)

    /// Of `Metadata.AWS::ServerlessRepo::Application`.
    package static let metadata = [
        PackagedProperty("AWS::ServerlessRepo::Application", "LicenseUrl", is: .file),
        PackagedProperty("AWS::ServerlessRepo::Application", "ReadmeUrl", is: .file),
    ]

    /// Whether a text means a local file here.
    func isLocal(_ text: String) -> Bool {
        // Without a dot in front, a build specification is a path in the source that CodeBuild gets.
        if contents == .text { return (text.hasPrefix("./") || text.hasPrefix("../")) && !text.contains("\n") }
        return !text.isEmpty && !text.contains("://") && !text.hasPrefix("{{")
    }
}
