// One program in isolated-vm alone.
import ivm from 'isolated-vm'

const isolate = new ivm.Isolate({ memoryLimit: 256 })
const context = isolate.createContextSync()
const text = new ivm.Callback((value) => process.stdout.write(value), { ignored: true })
await context.evalClosure('$0("hi")', [text])
