module peer

go 1.26.0

require gotk.rs/peer-harness v0.0.0

replace gotk.rs/peer-harness => ../harness
