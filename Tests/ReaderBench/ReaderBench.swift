import CYaml
import Foundation
import Templates

/// Times the template reader's YAML beside libyaml's own parsing of the same text, for `scripts/bench`.
///
/// Prints the least of many runs each, in milliseconds: libyaml's events taken and thrown away, and `Document.read`.
@main
struct ReaderBench {
    static func main() throws {
        guard let path = CommandLine.arguments.dropFirst().first else {
            FileHandle.standardError.write(Data("usage: reader-bench TEMPLATE\n".utf8))
            exit(4)
        }
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        let clock = ContinuousClock()
        var parsing = Duration.seconds(1000)
        var reading = parsing
        let start = clock.now
        // The two take turns, so that what else the machine does meets both.
        repeat {
            parsing = min(parsing, clock.measure { precondition(countEvents(data) > 0, "libyaml can't parse \(path)") })
            reading = min(reading, clock.measure { precondition(Document.read(data, file: path).value != nil, "\(path) can't be read") })
        } while clock.now - start < .seconds(2)
        print(parsing / .milliseconds(1), reading / .milliseconds(1))
    }

    /// How many events libyaml parses the text into; 0 where it is no YAML.
    private static func countEvents(_ data: Data) -> Int {
        var parser = yaml_parser_t()
        guard yaml_parser_initialize(&parser) == 1 else { return 0 }
        defer { yaml_parser_delete(&parser) }
        return data.withUnsafeBytes { bytes in
            yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING)
            yaml_parser_set_input_string(&parser, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count)
            var count = 0
            while true {
                var event = yaml_event_t()
                guard yaml_parser_parse(&parser, &event) == 1 else { return 0 }
                count += 1
                let isEnd = event.type == YAML_STREAM_END_EVENT
                yaml_event_delete(&event)
                if isEnd { return count }
            }
        }
    }
}
