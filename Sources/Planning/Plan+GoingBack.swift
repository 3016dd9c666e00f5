package import Model

extension Plan {
    /// The plan of what only brings a stack back to what is recorded of it: it changes nothing that is.
    package init(goingBackTo stack: RecordedStack) {
        self.init(
            address: stack.address, stackName: stack.stackName, region: stack.region, kind: .update, basedOnSerial: stack.serial,
            changes: [], unchangedCount: stack.resources.count, parameters: [], outputs: [], tags: [], settings: [], hazards: [], notes: [])
    }
}
