// swift-tools-version: 6.2
import PackageDescription

let orderedCollections = Target.Dependency.product(name: "OrderedCollections", package: "swift-collections")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
/// Not FlyingFox itself: it has a proxy on Foundation's URLSession, which links libcurl with all its libraries into every start.
let sockets = Target.Dependency.product(name: "FlyingSocks", package: "FlyingFox")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let swiftSettings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

/// A module of the program with its tests beside it.
/// - Parameter scripts: folders beside the tests that hold no Swift.
func module(_ name: String, _ dependencies: [Target.Dependency], scripts: [String] = []) -> [Target] {
    [
        .target(name: name, dependencies: dependencies, swiftSettings: swiftSettings),
        .testTarget(
            name: "\(name)Tests", dependencies: [.target(name: name), "TestSupport"] + dependencies, exclude: scripts,
            swiftSettings: swiftSettings),
    ]
}

let package = Package(
    name: "pipeplan",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "pipeplan", targets: ["pipeplan"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swhitty/FlyingFox", from: "0.27.1"),
    ],
    targets: [
        .executableTarget(name: "pipeplan", dependencies: ["Model", "PipeplanCommands"], swiftSettings: swiftSettings),
        .target(name: "CCurl", linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "CResourceCatalog"),
        .target(name: "TestSupport", dependencies: ["Model"], path: "Tests/TestSupport", swiftSettings: swiftSettings),
        // Times the YAML reader for scripts/bench.
        .executableTarget(
            name: "reader-bench", dependencies: ["Templates", "Yams"], path: "Tests/ReaderBench", swiftSettings: swiftSettings),
        // Fills state databases for scripts/bench, and is killed by it.
        .executableTarget(
            name: "state-bench", dependencies: ["Model", "StateDatabase"], path: "Tests/StateBench", swiftSettings: swiftSettings),
        // The program as its users run it; it has to be built, but is not linked.
        .testTarget(
            name: "Scenarios", dependencies: ["TestSupport", "pipeplan"], path: "Tests/Scenarios", exclude: ["clients"],
            swiftSettings: swiftSettings),
    ]
        + module("Model", [orderedCollections, crypto, cryptoExtras])
        + module("ResourceTypes", ["Model", "CResourceCatalog"])
        + module("Templates", ["Model", "ResourceTypes", orderedCollections, "Yams"])
        + module("Planning", ["Model", "ResourceTypes", "Templates", orderedCollections])
        + module("Project", ["Model", "Templates", "CZlib", orderedCollections])
        + module("AWS", ["Model", "CCurl", crypto], scripts: ["Peers"])
        + module("StateDatabase", ["Model", "CZlib", grdb, orderedCollections])
        + module("StateSharing", ["Model", "AWS", "StateDatabase"])
        + module(
            "Deploying", ["Model", "ResourceTypes", "Templates", "Planning", "AWS", "StateDatabase", "StateSharing", orderedCollections])
        + module("Reporting", ["Model", "Templates", "Planning", "StateDatabase", "Deploying"])
        + module("Sandbox", ["Model", "ResourceTypes", "Templates", sockets, grdb, orderedCollections])
        + module(
            "PipeplanCommands",
            [
                "Model", "AWS", "Deploying", "Planning", "Project", "Reporting", "ResourceTypes", "Sandbox", "StateDatabase",
                "StateSharing", "Templates",
                argumentParser, orderedCollections,
            ])
)
