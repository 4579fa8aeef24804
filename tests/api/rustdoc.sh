#!/bin/sh
# rustdoc with its unstable options, while cargo and the dependencies are stable.
RUSTC_BOOTSTRAP=1 exec rustdoc "$@"
