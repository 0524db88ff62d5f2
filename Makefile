# SPDX-License-Identifier: ISC
#
# The front door. Every target installs what it lacks (Debian packages, with sudo if you are not root), says what it does, and
# hands over to Meson or to a script in tools/.

PREFIX ?= /usr/local
PORT ?= virtio
UNIKERNEL ?= echo

.PHONY: help run test bench size boot prove fuzz build install clean

help:
	@echo "make run      build the echo unikernel, boot it in QEMU, show a round trip"
	@echo "              PORT=virtio|virtio-tap|tap|solo5-spt|solo5-hvt  UNIKERNEL=echo  ARGS='--port=7'"
	@echo "make test     run all tests (about a quarter of an hour on two cores)"
	@echo "make bench    measure mnet beside lwIP and the Linux kernel"
	@echo "make size     the size of every image"
	@echo "make boot     the time from starting a machine to an image's first frame (RUNS=11)"
	@echo "make fuzz     fuzz every parser and the input path (SECONDS=60 each)"
	@echo "make prove    run all Frama-C proofs"
	@echo "make build    build everything, run nothing"
	@echo "make install  for Linux programs, below PREFIX ($(PREFIX)); PORT=virtio|solo5-spt|...: for images of that port, too"
	@echo "make clean    remove the build folders"

build:
	@tools/setup build
	@tools/build build

run:
	@tools/setup run
	@tools/run $(PORT) $(UNIKERNEL) $(ARGS)

test:
	@tools/setup test
	@tools/test

bench:
	@tools/setup bench
	@tools/build build-bench bench/peer bench/server-kernel bench/server-mnet
	@tools/bench

size:
	@tools/setup run
	@tools/size

boot:
	@tools/setup run
	@tools/boot-time $(RUNS)

prove:
	@tools/setup test
	@tools/prove --all

fuzz:
	@tools/setup test
	@tools/fuzz build-fuzz $(or $(SECONDS),60)

# PORT has another default for `run`: only what was asked for counts.
install: install_port = $(if $(filter file undefined,$(origin PORT)),tap,$(PORT))
install:
	@tools/setup $(if $(filter virtio,$(install_port)),run,build)
	@tools/install $(install_port) '$(PREFIX)'

clean:
	rm -rf build build-*
