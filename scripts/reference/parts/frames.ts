import { isRecord } from '../../../src/protocol/json.ts'
import type { WireMessage } from '../reference-connection.ts'

/** Returns the messages in bytes of the framed protocol. The last frame can be incomplete. */
export function framesIn(bytes: Buffer): readonly WireMessage[] {
  const messages: WireMessage[] = []
  let start = 0
  while (start + 4 <= bytes.length) {
    const end = start + 4 + bytes.readUInt32LE(start)
    if (end > bytes.length) break
    const message: unknown = JSON.parse(bytes.toString('utf8', start + 4, end))
    if (isRecord(message)) messages.push(message)
    start = end
  }
  return messages
}
