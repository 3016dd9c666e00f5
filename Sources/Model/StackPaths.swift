/// Where the stacks of an operation stand in each other, as far as its events tell.
package struct StackPaths: Sendable {
    private struct Place {
        var stackID: String
        var logicalID: String
    }

    /// By the nested stack's ID.
    private var places: [String: Place] = [:]

    package init(_ events: [StackEvent] = []) { take(events) }

    package mutating func take(_ events: [StackEvent]) {
        for event in events {
            guard let nested = event.nestedStackID else { continue }
            places[nested] = Place(stackID: event.stackID, logicalID: event.logicalID)
        }
    }

    /// The logical IDs on the way from the outermost stack to this one, as `Network/Subnets`; `nil` for the outermost itself.
    package func path(ofStack id: String) -> String? {
        var names: [String] = []
        var current = id
        // No stack is nested in itself; an answer that says so must not be followed for ever.
        while let place = places[current], names.count < places.count {
            names.insert(place.logicalID, at: 0)
            current = place.stackID
        }
        return names.isEmpty ? nil : names.joined(separator: "/")
    }

    /// What an event is of, as `Network/Vpc`: a resource, or a stack itself.
    package func name(of event: StackEvent) -> String { event.name(within: path(ofStack: event.stackID)) }
}

extension StackEvent {
    /// The stack that is nested as the resource of this event; `nil` for every other resource, and where the event does not
    /// tell which one it is.
    package var nestedStackID: String? {
        guard isOfNestedStack, let physicalID, physicalID.hasPrefix("arn:"), physicalID.contains(":cloudformation:") else { return nil }
        return physicalID
    }

    /// Whether this is an event of a stack as a resource of another.
    package var isOfNestedStack: Bool { resourceType == "AWS::CloudFormation::Stack" && !isOfStack }

    /// - Parameter path: of the event's stack, `nil` for the outermost.
    package func name(within path: String?) -> String {
        guard let path else { return logicalID }
        return isOfStack ? path : "\(path)/\(logicalID)"
    }
}
