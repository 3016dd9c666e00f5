import Model
import OrderedCollections
import Templates

struct PolicyDocument: Hashable {
    init?(_ value: Value) { return nil }
}
