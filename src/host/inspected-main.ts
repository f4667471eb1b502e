import { Socket } from 'node:net'
import { leave, serveHost } from './serve.ts'
import { NudgedIsolate } from './v8/nudged-isolate.ts'
import { v8Engine } from './v8/v8-engine.ts'

// The host process for a debugger. Descriptor 4 carries lines: messages of the Chrome DevTools protocol, and two words
// of codecell: "ready" when the program is compiled, and "run" when it may run.
const channel = new Socket({ fd: 4 })
let isolate: NudgedIsolate | null = null
let release: () => void = () => undefined
let rest = ''

serveHost(v8Engine, {
  attach(inspected) {
    isolate = new NudgedIsolate(inspected)
    channel.write('ready\n')
    return new Promise((resolve) => {
      release = resolve
    })
  },
  onMessage(message) {
    if (isolate?.onMessage(message) !== false) channel.write(`${message}\n`)
  },
})

channel.setEncoding('utf8')
channel.on('data', (chunk: string) => {
  const lines = (rest + chunk).split('\n')
  rest = lines.pop() ?? ''
  for (const line of lines) {
    if (line === 'run') release()
    else isolate?.dispatch(line)
  }
})
channel.on('error', leave)
channel.on('close', leave)
