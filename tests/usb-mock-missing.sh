#!/bin/sh
# Stands for the tests that need a USB bus.
echo "SKIP: configured without umockdev (Debian package libumockdev-dev): no test of USB modems" >&2
exit 77
