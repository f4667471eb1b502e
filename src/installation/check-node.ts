import supported from '../../bin/supported-node.cjs'

// The first import of every entry, so that it runs before any other module. Every Node since 20 parses and links the others; this one
// reports the versions that work.
supported.checkRuntime()
