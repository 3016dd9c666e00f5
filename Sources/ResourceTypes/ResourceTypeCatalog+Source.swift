// Written by scripts/make-catalog.py.
extension ResourceTypeCatalog {
    /// Where the facts of the catalog inside this program are from.
    package static let source = "cfn-lint 1.58.0"
}
