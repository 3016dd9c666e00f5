import ResourceTypes
import Testing

struct DataHoldingTests {
    @Test func `every type that is said to hold data exists`() {
        #expect(DataHolding.typeNames.filter { ResourceTypeCatalog.bundled[$0] == nil } == [])
    }

    @Test(
        arguments: [
            ("AWS::S3::Bucket", "its objects"),
            ("AWS::ECR::Repository", "its images"),
            ("AWS::DynamoDB::Table", "its items"),
            ("AWS::KMS::Key", "everything encrypted with it"),
            ("AWS::IAM::Role", nil),
            ("AWS::CodePipeline::Pipeline", nil),
            ("Custom::Thing", nil),
        ] as [(String, String?)])
    func `what is lost with a resource is said in a phrase`(typeName: String, expected: String?) {
        #expect(DataHolding.loss(of: typeName) == expected)
    }
}
