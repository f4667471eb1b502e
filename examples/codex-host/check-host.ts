import { spawn } from 'node:child_process'

/** Starts `codecell codex-host`, greets it as Codex does, and returns "ready" when it accepts the connection. */
export async function checkHost(): Promise<string> {
  const host = spawn('npx', ['--no-install', 'codecell', 'codex-host'], { stdio: ['pipe', 'pipe', 'inherit'] })
  try {
    const hello = {
      type: 'connection/hello',
      supportedVersions: [1],
      requiredCapabilities: [],
      optionalCapabilities: [],
    }
    host.stdin.write(frameOf(hello))
    let received = Buffer.alloc(0)
    for await (const chunk of host.stdout) {
      received = Buffer.concat([received, chunk])
      if (received.length >= 4 && received.length >= 4 + received.readUInt32LE()) break
    }
    const reply: unknown = JSON.parse(received.subarray(4).toString())
    const isReady = typeof reply === 'object' && reply !== null && 'type' in reply && reply.type === 'connection/ready'
    if (!isReady) throw new Error(`The host did not accept the connection: ${received.toString()}`)
    return 'ready'
  } finally {
    host.stdin.end()
  }
}

/** Returns a frame of the protocol: a little-endian length, and JSON. */
function frameOf(message: object): Buffer {
  const body = Buffer.from(JSON.stringify(message))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(body.length)
  return Buffer.concat([length, body])
}
