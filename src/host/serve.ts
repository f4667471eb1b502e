import { encodeFrames, FrameReader } from '../protocol/frame.ts'
import { parseToHost } from '../protocol/parse-message.ts'
import { joinTexts } from '../protocol/text-run.ts'
import { Drain } from '../protocol/stream-writes.ts'
import type { Engine } from './engine/engine.ts'
import type { Inspection } from './engine/inspection.ts'
import { openHostChannel } from './host-channel.ts'
import { HostRuntime } from './runtime.ts'

/**
 * Runs a host in this process. It communicates over descriptor 3 and lives as long as the other end. It exits by
 * SIGKILL, because an ordinary exit waits for isolates that may never stop.
 */
export function serveHost(engine: Engine, inspection: Inspection | null): void {
  const channel = openHostChannel()
  const drain = new Drain(channel)
  const reader = new FrameReader()
  const runtime = new HostRuntime(
    engine,
    {
      deliver(messages) {
        for (const frame of encodeFrames(joinTexts(messages))) channel.write(frame)
      },
      drained: () => drain.drained(),
    },
    inspection,
  )
  channel.on('data', (chunk: Buffer) => {
    const messages = reader.push(chunk).map((message) => parseToHost(message))
    if (messages.length > 0) runtime.receive(messages)
  })
  channel.on('end', leave)
  channel.on('error', leave)
  channel.on('close', leave)
}

export function leave(): never {
  process.kill(process.pid, 'SIGKILL')
  for (;;);
}
