import Foundation

/// The image of a process that has crashed. It would hold the credentials and secret parameters of the run.
package enum CoreDumps {
    /// Has the system write none, whatever the shell allows.
    package static func forbid() {
        #if canImport(Darwin)
            let resource = RLIMIT_CORE
        #else
            let resource = __rlimit_resource_t(RLIMIT_CORE.rawValue)
        #endif
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return }
        limit.rlim_cur = 0
        setrlimit(resource, &limit)
    }
}
