import Model
import Planning
import Templates

extension DesiredStack {
    /// A stack as it is recorded, for what asks nothing new of it.
    /// - Throws: `Problem` where the recorded template can't be read.
    init(asRecorded stack: RecordedStack, accountID: String) throws {
        // That of a stack whose creation was rolled back has no resources, which is an error in any other.
        let reading = Template.read(stack.templateBody, file: "recorded template")
        guard let template = reading.value else { throw Problem(.badInput, reading.findings) }
        self.init(
            address: stack.address, stackName: stack.stackName, region: stack.region, accountID: accountID,
            template: template,
            parameters: stack.parameters.mapValues { value in
                switch value {
                case .plain(let text): .plain(text)
                case .secret(let digest): .previousSecret(digest)
                }
            }, tags: stack.tags, capabilities: stack.capabilities, notificationArns: stack.notificationArns,
            terminationProtection: stack.terminationProtection, stackPolicy: stack.stackPolicy,
            rollback: stack.rollback, storedValues: stack.storedValues)
    }
}
