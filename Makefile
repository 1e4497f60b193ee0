# The front door. Meson builds; this gives the commands short names and sees that what they need is there.

PREFIX ?= /usr/local

.DEFAULT_GOAL := build
MINUTES ?= 10
.PHONY: build run test stress soak torture fuzz coverage portability package bench bench-setup check docs install format clean help

build: ## the libraries and vowsum, in build/
	@scripts/install-dependencies build
	@scripts/configure build
	@scripts/build build

run: build ## the main job: vowsum over a tree of this machine (TREE=folder), three ways
	@scripts/main-job

test: ## all tests, or some: TEST=promise
	@scripts/install-dependencies build test
	@scripts/configure build tests=enabled examples=enabled tools=enabled
	@scripts/test

stress: ## everything at once, MINUTES=10 each: plain, under AddressSanitizer, under ThreadSanitizer
	@scripts/install-dependencies build test check
	@scripts/stress $(MINUTES)

torture: ## each allocation, mapping, thread and descriptor fails, each job is canceled: what may come of it; also under AddressSanitizer
	@scripts/install-dependencies build test check
	@scripts/torture

soak: ## everything at once for MINUTES=10: no memory, no handle, no thread is lost
	@scripts/install-dependencies build test
	@scripts/soak $(MINUTES)

fuzz: ## random programs against a model, and manifests: MINUTES=10 each
	@scripts/install-dependencies build test check
	@scripts/fuzz $(MINUTES)

check: ## format, layers, contracts, two compilers, sanitizers, valgrind … (scripts/check asan: one)
	@scripts/install-dependencies build test check docs
	@scripts/check

portability: ## the tests with other compilers, options, C libraries and processors; or some: WHAT="i386 musl"
	@scripts/install-dependencies build test check portability
	@scripts/portability $(WHAT)

coverage: ## which lines the tests reach: a table of the floors, each line in build-coverage/html/index.html
	@scripts/install-dependencies build test coverage
	@scripts/coverage

package: ## Debian packages, read by lintian and tried, in build-package/
	@scripts/install-dependencies build test docs package
	@scripts/package

bench: ## the benchmarks, beside those peers that are installed, or one: JOB=P5
	@scripts/install-dependencies build
	@scripts/configure build-bench auto_features=disabled bench=enabled tools=enabled
	@scripts/build build-bench
	@bench/run --build build-bench $(JOB)

bench-setup: ## installs the peers of the benchmarks that Debian packages, and what counts and draws
	@scripts/install-dependencies build bench
	@[ ! -f build-bench/build.ninja ] || meson setup --reconfigure build-bench >/dev/null

docs: ## the site, in build/docs/html: the guide, and the reference from the headers; manual pages, in build/docs/man3
	@scripts/install-dependencies build docs
	@scripts/configure build docs=enabled
	@scripts/build build reference
	@scripts/make-man-pages . build "$(CURDIR)/build/docs/man3"
	@echo "build/docs/html/index.html, build/docs/man3"

install: build ## to PREFIX=/usr/local, below DESTDIR= if given
	@scripts/configure build prefix=$(PREFIX)
	@meson install -C build --no-rebuild --quiet --destdir "$(DESTDIR)"
	@[ -n "$(DESTDIR)" ] || [ ! -x /sbin/ldconfig ] || /sbin/ldconfig

format: ## lays the sources out with clang-format
	@find include src tests examples tools bench -name '*.[ch]' -exec clang-format -i {} +

clean: ## removes everything that was built
	@rm -rf build build-*

help: ## this list
	@echo "make …"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14
