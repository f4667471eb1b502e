import supported from '../../bin/supported-node.cjs'

// The first import of every entry, so that it is evaluated before anything else of this package: what the entries import
// is read and linked by any Node since 20, and only this says which one is needed.
supported.checkRuntime()
