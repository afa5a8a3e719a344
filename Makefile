# `make demo` and `make test` do all the set-up that they need.

PREFIX ?= /usr/local
DESTDIR ?=
SWIFT ?= swift
BINARY = .build/release/imagenet-fetch
SHARE = $(DESTDIR)$(PREFIX)/share

.PHONY: build demo check test bench bench-shaped bench-lab fuzz sanitize interop soak powercut month install install-files deb tarball wheel test-packages uninstall format docs clean setup-build setup-demo setup-test

build: setup-build
	$(SWIFT) build -c release --static-swift-stdlib --product imagenet-fetch

demo: setup-demo build
	@scripts/demo $(BINARY)

# All tests, those of the command with the release binary; FILTER runs some of them, with a debug build.
ifdef FILTER
test: setup-test
	$(SWIFT) test --filter '$(FILTER)'
else
test: setup-test build
	IMAGENET_FETCH_BINARY="$(CURDIR)/$(BINARY)" $(SWIFT) test
endif

# Format, headers, links, words, and whether the generated files are current.
check: build
	@scripts/check
	@scripts/check-generated $(BINARY)

bench: setup-test build
	$(SWIFT) build -c release --static-swift-stdlib --product checksum-speed
	@scripts/bench $(BINARY)

# Two seeds behind 1 Gbit/s and 80 ms, in network namespaces: needs root, and some minutes.
bench-shaped: setup-test build
	$(SWIFT) build -c release --static-swift-stdlib --product delay-relay
	@scripts/bench-shaped $(BINARY)

# Sixteen machines behind one uplink, in network namespaces: needs root, 20 GiB of memory and some minutes.
bench-lab: setup-test build
	@scripts/bench-lab $(BINARY)

# Each target for SECONDS seconds (60); the corpus grows in Fuzz/corpus, the seeds are committed.
fuzz: setup-build
	@scripts/fuzz $(or $(SECONDS_EACH),60) $(TARGETS)

sanitize: setup-test
	@scripts/sanitize address
	@scripts/sanitize thread

interop: setup-test build
	@scripts/interop $(BINARY)

# Kills fetches at random moments, KILLS of them (50), and untar, KILLS a form (20): the end must always
# be the same bytes.
soak: setup-test build
	@scripts/soak $(BINARY) $(or $(KILLS),50)
	@scripts/soak-untar $(BINARY) $(or $(KILLS),20)

# Cuts the power at random moments of fetch, repair, sync, untar and mds, CUTS times (50); SEED repeats
# the moments. Needs root, for an ext4 file system of its own.
powercut: setup-test build
	@scripts/powercut $(BINARY) $(or $(CUTS),50) $(SEED)

# A month of cron in a minute: SYNCS of them (50) with damage, outages and kills; SEED repeats one.
month: setup-test build
	@scripts/month $(BINARY) $(or $(SYNCS),50) $(SEED)

install: build install-files

install-files:
	install -D -m 0755 $(BINARY) $(DESTDIR)$(PREFIX)/bin/imagenet-fetch
	install -D -m 0644 man/imagenet-fetch.1 $(SHARE)/man/man1/imagenet-fetch.1
	install -D -m 0644 completions/imagenet-fetch.bash $(SHARE)/bash-completion/completions/imagenet-fetch
	install -D -m 0644 completions/_imagenet-fetch $(SHARE)/zsh/site-functions/_imagenet-fetch
	install -D -m 0644 completions/imagenet-fetch.fish $(SHARE)/fish/vendor_completions.d/imagenet-fetch.fish

# What people install: below .build/package. Each is tried in a bare Debian 12 of its own (root).
deb: setup-package build
	@scripts/package-deb .build/package

tarball: setup-package build
	@scripts/package-tarball .build/package

wheel: setup-package build
	@scripts/package-wheel .build/package

test-packages: deb tarball wheel
	@scripts/test-packages .build/package

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/imagenet-fetch $(SHARE)/man/man1/imagenet-fetch.1 \
	    $(SHARE)/bash-completion/completions/imagenet-fetch \
	    $(SHARE)/zsh/site-functions/_imagenet-fetch \
	    $(SHARE)/fish/vendor_completions.d/imagenet-fetch.fish

format:
	$(SWIFT) format -i -r Sources Tests Fuzz/Sources Package.swift

# The man page, the reference and the completions are made from the flag table.
docs: build
	@scripts/docs $(BINARY) .

clean:
	rm -rf .build Fuzz/.build Fuzz/corpus

setup-build:
	@scripts/setup build

setup-demo:
	@scripts/setup build demo

setup-test:
	@scripts/setup build test

setup-package:
	@scripts/setup build package
