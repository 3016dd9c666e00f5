import Foundation
package import Model

/// Both of AWS's shared files, and the profiles in them.
package struct SharedFiles: Hashable, Sendable {
    package var config: SharedFile
    package var credentials: SharedFile

    package init(config: SharedFile, credentials: SharedFile) {
        self.config = config
        self.credentials = credentials
    }

    /// Reads the files that AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name, else those in `~/.aws`. A file that
    /// does not exist is empty. Throws `Problem` where one can't be read.
    package static func read(environment: [String: String], workingDirectory: String) throws(Problem) -> SharedFiles {
        SharedFiles(
            config: try file(environment, "AWS_CONFIG_FILE", "config", workingDirectory),
            credentials: try file(environment, "AWS_SHARED_CREDENTIALS_FILE", "credentials", workingDirectory))
    }

    static func home(_ environment: [String: String]) -> String { environment["HOME"] ?? environment["USERPROFILE"] ?? "" }

    private static func file(
        _ environment: [String: String], _ variable: String, _ name: String, _ workingDirectory: String
    ) throws(Problem) -> SharedFile {
        let path = environment[variable].flatMap { $0.isEmpty ? nil : $0 } ?? "~/.aws/\(name)"
        let expanded = path.hasPrefix("~/") ? home(environment) + path.dropFirst() : path
        let absolute = expanded.hasPrefix("/") ? expanded : "\(workingDirectory)/\(expanded)"
        guard FileManager.default.fileExists(atPath: absolute) else { return SharedFile(missing: path) }
        let text: String
        do {
            // By a handle, because /dev/null is a file too here: the usual way of having none.
            let data = try FileHandle(forReadingFrom: URL(filePath: absolute)).readToEnd() ?? Data()
            guard let decoded = String(validating: data, as: UTF8.self) else { throw CocoaError(.fileReadInapplicableStringEncoding) }
            text = decoded
        } catch {
            throw Problem(
                .badInput, "unreadable-aws-file", "\(path) can't be read",
                detail: "It must be a file of UTF-8 text that you may read.")
        }
        return try SharedFile(path: path, text: text)
    }

    /// All profiles, sorted.
    package var profileNames: [String] {
        let fromConfig = config.sections.keys.compactMap { name in
            name == "default" ? name : name.hasPrefix("profile ") ? String(name.dropFirst(8)) : nil
        }
        return Set(fromConfig).union(credentials.sections.keys).sorted()
    }

    /// The settings of a profile: those of the credentials file win over those of the config file, as the SDKs have it.
    package func profile(_ name: String) -> [String: SharedFile.Setting] {
        configProfile(name).merging(credentials.sections[name] ?? [:]) { _, last in last }
    }

    /// The settings that the config file alone has of a profile.
    func configProfile(_ name: String) -> [String: SharedFile.Setting] {
        let plain = (name == "default" ? config.sections["default"] : nil) ?? [:]
        return plain.merging(config.sections["profile \(name)"] ?? [:]) { _, last in last }
    }

    /// A `[sso-session …]` section of the config file.
    func ssoSession(_ name: String) -> [String: SharedFile.Setting]? { config.sections["sso-session \(name)"] }

    var ssoSessionNames: [String] {
        config.sections.keys.filter { $0.hasPrefix("sso-session ") }.map { String($0.dropFirst(12)) }.sorted()
    }

    /// A `[services …]` section of the config file.
    func services(_ name: String) -> [String: SharedFile.Setting] {
        config.sections["services \(name)"] ?? [:]
    }
}
