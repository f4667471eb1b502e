import { spawn } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { isRecord } from '../../../src/protocol/json.ts'
import { toolsOf, withSlack } from '../../../test/codex/recorded-conversations.ts'
import type { WireMessage } from '../reference-connection.ts'
import { framesIn } from './frames.ts'

/** Maximum wait for a message that the recording has, and for the end of the host, in milliseconds. */
const missingMs = 3000

/** Extra time for cells and pauses on a slow machine, in milliseconds. */
export const slackMs = 200

/** Time during which a message of the recording does not arrive, in milliseconds. */
const silenceMs = 500

type Seen = { readonly messages: readonly unknown[]; readonly code: number | string | null }

/** Plays the client of a conversation. A message of the recording is waited for, so the order stays the same. */
export async function holdConversation(executable: string, steps: readonly WireMessage[]): Promise<Seen> {
  const child = spawn(executable, [], { stdio: ['pipe', 'pipe', 'ignore'] })
  let bytes: Buffer = Buffer.alloc(0)
  const arrival = { wake: (): void => undefined }
  child.stdout.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk])
    arrival.wake()
  })
  child.stdin.on('error', () => undefined)
  const ended = new Promise<number | string | null>((resolve) => {
    child.on('close', (code, signal) => {
      resolve(code ?? signal)
      arrival.wake()
    })
  })
  let wanted = 0
  for (const { send, recv, raw, pause, silence, timeout, end } of steps) {
    if (isRecord(send)) child.stdin.write(frameOf(withSlack(send, slackMs)))
    if (typeof raw === 'string') child.stdin.write(Buffer.from(raw, 'hex'))
    if (end === true) child.stdin.end()
    // waits because the recording waited here
    if (typeof pause === 'number' || typeof silence === 'number') await delay(Number(pause ?? silence) + slackMs)
    if (timeout !== undefined) await delay(silenceMs)
    if (recv === undefined) continue
    wanted++
    const limit = AbortSignal.timeout(missingMs)
    while (framesIn(bytes).length < wanted && !limit.aborted && child.exitCode === null) {
      await new Promise<void>((resolve) => {
        arrival.wake = resolve
        limit.addEventListener('abort', () => resolve(), { once: true })
      })
    }
  }
  child.stdin.end()
  const timer = setTimeout(() => child.kill('SIGKILL'), missingMs)
  const code = await ended
  clearTimeout(timer)
  return { messages: framesIn(bytes).map(comparable), code }
}

function frameOf(message: WireMessage): Buffer {
  const json = JSON.stringify(message, (name, value: unknown) => (name === 'enabled_tools' ? toolsOf(value) : value))
  const body = Buffer.from(json)
  const head = Buffer.alloc(4)
  head.writeUInt32LE(body.length)
  return Buffer.concat([head, body])
}

/** Returns a message without its durations. */
export function comparable(message: WireMessage): unknown {
  return JSON.parse(
    JSON.stringify(message, (name, value: unknown) =>
      /_ns$|^duration/.test(name) && typeof value === 'number' ? 0 : value,
    ),
  )
}
