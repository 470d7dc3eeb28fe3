# The front door. CMake does the work (CMakeLists.txt, CMakePresets.json); here are the short names.
#
#   make                  build/halloc, build/libhalloc.so, build/libhalloc.a, build/halloc.o
#   make run              a real program on halloc, with a report;  make run CMD="your program"
#   make test             every test, 15 to 40 minutes on two processors
#   make test-world       real programs of Debian 12 on halloc and on glibc, compared; ONLY=ruby,java for some
#   make page             build/halloc.html, a heap to play with in a browser
#   make site             build/site/, the book, the manual, the race and the slides around it: static files
#   make test-site        the site under Lighthouse, which npm brings: accessibility of at least 95
#   make bench            the races
#   make install          PREFIX=/usr/local DESTDIR=;  make uninstall: the same, back
#   make deb              Debian packages in build/deb/;  make deb-check: installed in a fresh Debian 12, as root
#   make rpm              RPM packages in build/rpm/
#   make dist             all files of a release in build/dist/: tarball, single file, SBOM; the same from every clone
#   make test-aarch64     portable tests under qemu;  make test-musl: against musl libc
#   make handout          the course for a class, without its answers;  make answers: with them
#   make lint             gcc's analyser, every warning an error;  make format: clang-format
#   make clean
PREFIX ?= /usr/local
DESTDIR ?=
BUILD := build
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
need := tools/install-packages.sh

# What `make run` shows: Python, with all its objects from malloc, filling a large dictionary.
CMD ?= $(or $(wildcard /usr/bin/python3),python3) -c \
  'd = {str(i): [i] * (i % 9) for i in range(400000)}; print(len(d), "lists in a dictionary")'

# The rows of tests/world/ that `make test-world` runs; all of them where this is empty.
comma := ,
ONLY ?=

.PHONY: all run page site test test-world test-site fuzz mutants bench install uninstall deb deb-check rpm dist
.PHONY: test-aarch64 test-musl lint format handout answers clean

all: $(BUILD)/CMakeCache.txt
	@cmake --build $(BUILD) --parallel $(JOBS) --target artefacts -- --no-print-directory

$(BUILD)/CMakeCache.txt: CMakePresets.json
	@$(need) build
	@cmake --preset release || { echo "CMake 3.20 or later is needed. With gcc alone: tools/build-with-gcc.sh" >&2; exit 1; }
	@touch $@

run: all
	@command -v python3 >/dev/null || $(need) python
	PYTHONMALLOC=malloc $(BUILD)/halloc run --stats -- $(CMD)

test:
	@[ -d tests ] || { echo "make test: the tests are not in a handout" >&2; exit 2; }
	@$(need) build test page site
	@cmake --preset release
	@cmake --build $(BUILD) --parallel $(JOBS) -- --no-print-directory -k || touch $(BUILD)/incomplete
	@ctest --preset release --parallel $$(($(JOBS) + 1)) --no-label-summary # a quarter of their time they wait
	@if rm $(BUILD)/incomplete 2>/dev/null; then echo "not everything was built: see above" >&2; exit 1; fi

test-world: all
	@$(need) build python
	@BUILD=$(BUILD) tests/world/run $(subst $(comma), ,$(ONLY))
	@[ "$(ONLY)" ] || HALLOC_SOURCE=. HALLOC_BUILD=$(BUILD) bash tests/packaging/using.sh # its Java: installed by now

test-site: site
	@$(need) test page
	@tests/site/lighthouse $(BUILD)/site

fuzz: SECONDS ?= 60
fuzz:
	@$(need) test
	@tests/fuzz/run $(SECONDS)

mutants: SECONDS ?= 1200
mutants:
	@$(need) build test
	@tests/mutants/run --seconds $(SECONDS)

page: all
	@$(need) page
	@cmake $(BUILD) >/dev/null
	@cmake --build $(BUILD) --parallel $(JOBS) --target page -- --no-print-directory

site: all
	@$(need) page site
	@cmake $(BUILD) >/dev/null
	@cmake --build $(BUILD) --parallel $(JOBS) --target site -- --no-print-directory

bench: all
	@$(need) bench
	@bench/run

install: all
	@cmake $(BUILD) -D CMAKE_INSTALL_PREFIX="$(PREFIX)" >/dev/null
	@cmake --build $(BUILD) --parallel $(JOBS) --target artefacts >/dev/null
	@DESTDIR="$(DESTDIR)" cmake --install $(BUILD)

# An installation beside the build says which files are ours; then folders of ours that are empty go.
uninstall: all
	@rm -rf $(BUILD)/uninstall
	@$(MAKE) --no-print-directory install DESTDIR="$(abspath $(BUILD))/uninstall" >/dev/null
	@cd $(BUILD)/uninstall && find . ! -type d -printf '%P\0' | (cd "$(or $(DESTDIR),/)" && xargs -0 rm -f)
	@cd $(BUILD)/uninstall && find . -depth -type d -name halloc -printf '%P\0' | \
	  (cd "$(or $(DESTDIR),/)" && xargs -0 -r rmdir 2>/dev/null) || true
	@rm -rf $(BUILD)/uninstall

deb:
	@$(need) build deb
	@packaging/deb $(BUILD)/deb

deb-check: deb
	@packaging/deb-check $(BUILD)/deb

rpm:
	@$(need) build rpm
	@packaging/rpm $(BUILD)/rpm

dist:
	@$(need) python
	@packaging/assets $(BUILD)/dist
	@cat $(BUILD)/dist/SHA256SUMS

test-aarch64 test-musl: test-%:
	@$(need) build $*
	@cmake --preset $*
	@cmake --build --preset $* --parallel $(JOBS) --target unit_tests -- --no-print-directory
	@ctest --preset $* --no-tests=error --tests-regex '^portable/'

lint:
	@$(need) build
	@cmake --preset lint
	@cmake --build --preset lint --parallel $(JOBS) -- --no-print-directory

format:
	@$(need) format
	@git ls-files '*.[ch]' '*.cpp' | xargs clang-format -i

handout answers:
	@mkdir -p $(BUILD)
	@tools/pack-course.sh $@ $(BUILD)/halloc-$@.tar.gz

clean:
	@rm -rf build $(addprefix build-,dev asan-ubsan tsan clang lint aarch64 musl fuzz mutants)
