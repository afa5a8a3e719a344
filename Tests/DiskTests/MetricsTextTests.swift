import Disk
import Testing

@Suite struct MetricsTextTests {
    @Test("metrics are those of Prometheus's text format")
    func text() {
        var metrics = MetricsText()
        metrics.add("files", "Files to keep.", "3")
        metrics.add(
            "given_bytes_total", "Bytes given.", by: "file", [("a.tar", "1"), (#"b"\"#, "2")])
        #expect(
            String(decoding: metrics.bytes, as: UTF8.self) == #"""
                # HELP imagenet_fetch_files Files to keep.
                # TYPE imagenet_fetch_files gauge
                imagenet_fetch_files 3
                # HELP imagenet_fetch_given_bytes_total Bytes given.
                # TYPE imagenet_fetch_given_bytes_total counter
                imagenet_fetch_given_bytes_total{file="a.tar"} 1
                imagenet_fetch_given_bytes_total{file="b\"\\"} 2

                """#)
    }
}
