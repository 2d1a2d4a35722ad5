# Sourced by the scripts: where everything lives that may be thrown away. Outside the repository, so
# that a clean clone finds it again.
export GOTK_CACHE="${GOTK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/gotk}"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$GOTK_CACHE/target}"
export CARGO_TERM_COLOR="${CARGO_TERM_COLOR:-never}"

cargo_deny_version=0.20.2
export GOTK_CARGO_DENY="$GOTK_CACHE/tools/cargo-deny-$cargo_deny_version/bin/cargo-deny"
