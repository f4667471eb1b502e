import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { isRecord } from '../../../src/protocol/json.ts'
import { firstDifference } from '../difference.ts'
import type { WireMessage } from '../reference-connection.ts'
import type { Facts } from '../track/facts.ts'
import type { Part } from '../track/track-part.ts'
import { framesIn } from './frames.ts'

const recorded = new URL('../../../test/fixtures/codex-conversations.jsonl', import.meta.url)

/** Maximum wait for a message that the recording has, and for the end of the host, in milliseconds. */
const missingMs = 3000

/**
 * The recorded conversations with a host, held again with the host of a version. A fact has the messages of the host and
 * the status of its process, and the first difference from the recording.
 */
export const conversations: Part = {
  name: 'conversations',
  title: 'Host conversations',
  isTimed: true,
  async collect({ host }, only): Promise<Facts> {
    const facts: Record<string, unknown> = {}
    for (const line of readFileSync(recorded, 'utf8').trim().split('\n')) {
      const conversation: unknown = JSON.parse(line)
      if (!isRecord(conversation)) continue
      const { name, steps, end } = conversation
      if (only?.has(String(name)) === false) continue
      const all = Array.isArray(steps) ? steps.filter(isRecord) : []
      const seen = await holdConversation(host, all)
      const wanted = all.flatMap(({ recv }) => (isRecord(recv) ? [comparable(recv)] : []))
      const code = isRecord(end) ? end['code'] : null
      const difference = firstDifference({ messages: wanted, code }, seen)
      facts[String(name)] = { ...seen, recording: difference ?? 'the same' }
    }
    return facts
  },
}

type Seen = { readonly messages: readonly unknown[]; readonly code: number | string | null }

/** Plays the client of a conversation. A message of the recording is waited for, so the order stays the same. */
async function holdConversation(executable: string, steps: readonly WireMessage[]): Promise<Seen> {
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
  for (const { send, recv, raw, pause, silence, end } of steps) {
    if (isRecord(send)) child.stdin.write(frameOf(send))
    if (typeof raw === 'string') child.stdin.write(Buffer.from(raw, 'hex'))
    if (end === true) child.stdin.end()
    // waits because the recording waited here
    if (typeof pause === 'number' || typeof silence === 'number') await delay(Number(pause ?? silence))
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
  const body = Buffer.from(JSON.stringify(message))
  const head = Buffer.alloc(4)
  head.writeUInt32LE(body.length)
  return Buffer.concat([head, body])
}

/** Returns a message without its durations. */
function comparable(message: WireMessage): unknown {
  return JSON.parse(
    JSON.stringify(message, (name, value: unknown) =>
      /_ns$|^duration/.test(name) && typeof value === 'number' ? 0 : value,
    ),
  )
}
