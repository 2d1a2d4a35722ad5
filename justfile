# Every recipe runs the same on a laptop and in CI.

# what there is
default:
    @just --list

# everything CI runs, cheap stages first
gate:
    .ci/run

# formatting, clippy and unit tests of the crates that changed
quick:
    .ci/run quick

# the tests a stranger runs
test:
    cargo test --workspace --all-features

# long fuzzing, every supported Kubernetes, kill loops: what must not decide a landing
nightly:
    .ci/nightly

# a real control plane for the tests; prints the folder for KUBEBUILDER_ASSETS
control-plane version="":
    hack/control-plane/build {{version}}

# tests that nobody here wrote, against the embedded API server and a real one
foreign:
    hack/foreign

# known vulnerabilities in the graph; informs, never blocks
advisories:
    hack/tools && "${GOTK_CACHE:-$HOME/.cache/gotk}"/tools/cargo-deny-*/bin/cargo-deny check advisories
