//! The generator of `assent-proto`'s code is this package's test.
