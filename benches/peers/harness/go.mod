module gotk.rs/peer-harness

go 1.26.0
