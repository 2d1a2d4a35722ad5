module gotk.rs/peer-sourceignore

go 1.26.0

require github.com/fluxcd/pkg/sourceignore v0.19.0

require gotk.rs/peer-harness v0.0.0

replace gotk.rs/peer-harness => ../harness
