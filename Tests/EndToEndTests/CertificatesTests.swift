import Disk
import Support
import Testing

/// Which certificates are believed, as far as the environment has a say.
@Suite(.waiting) struct CertificatesTests {
    @Test("a server is believed when SSL_CERT_FILE has its certificate, and only then")
    func named() throws {
        let server = try TLSServer()
        let folder = try TemporaryFolder()
        func status(_ environment: [String: String]) throws -> Int32 {
            try Binary.run(
                "torrent", "add", "\(server.url)/torrent", "--data", folder["data"].description,
                environment: environment
            ).status
        }
        #expect(try status([:]) == 7)
        // The server was reached, and what it sent is no torrent.
        #expect(try status(["SSL_CERT_FILE": server.certificate.description]) == 10)
        #expect(try status(["SSL_CERT_FILE": folder["none.pem"].description]) == 7)
    }
}
