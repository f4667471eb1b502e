import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createSession, type Outcome } from '../../src/index.ts'
import { encodeFrames, FrameReader } from '../../src/protocol/frame.ts'
import type { FromHost, ToHost } from '../../src/protocol/message.ts'
import { parseFromHost } from '../../src/protocol/parse-message.ts'
import { joinTexts } from '../../src/protocol/text-run.ts'
import type { Transport, TransportEnd } from '../../src/protocol/transport.ts'
import { HostPool } from '../../src/session/host-pool.ts'

describe('frames', () => {
  const message = fc.record({
    type: fc.constant('text'),
    cell: fc.nat(),
    body: fc.string({ unit: 'grapheme', maxLength: 20_000, size: 'max' }),
  })

  test('bring any messages over, however the stream is cut', () => {
    const chunked = fc.tuple(
      fc.array(message, { maxLength: 20 }),
      fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1 }),
    )
    fc.assert(
      fc.property(chunked, ([messages, sizes]) => {
        const stream = Buffer.concat(encodeFrames(messages))
        const reader = new FrameReader()
        const read: unknown[] = []
        for (let at = 0, n = 0; at < stream.length; n++) {
          const size = sizes[n % sizes.length] ?? 1
          read.push(...reader.push(Buffer.from(stream.subarray(at, at + size))))
          at += size
        }
        expect(read).toEqual(messages)
        expect(reader.atBoundary).toBe(true)
      }),
      { numRuns: 50 },
    )
  })

  test('bring texts that follow each other over as they were', () => {
    const messages = fc.array(fc.oneof(message, fc.record({ type: fc.constant('yield_requested'), cell: fc.nat(2) })), {
      maxLength: 30,
    })
    fc.assert(
      fc.property(messages, (list) => {
        const parsed = list.flatMap((value) => parseFromHost(value))
        expect(joinTexts(parsed).flatMap((value) => parseFromHost(value))).toEqual(parsed)
      }),
    )
  })

  const u32 = (value: number): Buffer => {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32LE(value)
    return bytes
  }
  const frame = (...parts: (string | Buffer)[]): Buffer => {
    const body = Buffer.concat(parts.map((part) => Buffer.from(part)))
    return Buffer.concat([u32(body.length), body])
  }
  test.each<[name: string, bytes: Buffer, code: string]>([
    ['too long', u32(2 ** 32 - 1), 'FRAME_TOO_LARGE'],
    ['of no bytes', u32(0), 'FRAME_TOO_LARGE'],
    ['of an unknown kind', frame('\u0007{}'), 'PROTOCOL_VIOLATION'],
    ['that is no JSON', frame('\0[{]'), 'PROTOCOL_VIOLATION'],
    ['that is no list', frame('\0{}'), 'PROTOCOL_VIOLATION'],
    ['whose message is longer than it', frame('\u0001', u32(999), '{}'), 'PROTOCOL_VIOLATION'],
    ['whose message is a list', frame('\u0001', u32(2), '[]body'), 'PROTOCOL_VIOLATION'],
    ['with half a length', frame('\u0001', 'a'), 'PROTOCOL_VIOLATION'],
  ])('%s are refused', (_name, bytes, code) => {
    expect(() => new FrameReader().push(bytes)).toThrow(expect.objectContaining({ code }))
  })

  test('that are not complete bring nothing, and are not a boundary', () => {
    const reader = new FrameReader()
    expect(reader.push(frame('\0[]').subarray(0, 5))).toEqual([])
    expect(reader.atBoundary).toBe(false)
  })
})

describe('messages of a host', () => {
  test.each([
    [null],
    [[]],
    ['text'],
    [{}],
    [{ type: 5 }],
    [{ type: 'nonsense' }],
    [{ type: '__proto__' }],
    [{ type: 'text' }],
    [{ type: 'text', cell: 1 }],
    [{ type: 'text', cell: '1', body: '' }],
    [{ type: 'text', cell: -1, body: '' }],
    [{ type: 'text', cell: 1.5, body: '' }],
    [{ type: 'text', cell: 2 ** 60, body: '' }],
    [{ type: 'text', cell: 1, body: 5 }],
    [{ type: 'texts', cell: 1, texts: 'a' }],
    [{ type: 'texts', cell: 1, texts: [1] }],
    [{ type: 'image', cell: 1, body: '', detail: 'huge' }],
    [{ type: 'failed', cell: 1, body: '', limit: 'patience' }],
    [{ type: 'tool_call', cell: 1, id: 1, body: '' }],
    [{ type: 'timer_set', cell: 1, id: 1, delay: '5' }],
  ])('%j is none', (value) => {
    expect(() => parseFromHost(value)).toThrow(expect.objectContaining({ code: 'PROTOCOL_VIOLATION' }))
  })

  test('are never anything but messages, whatever arrives', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        try {
          parseFromHost(value)
        } catch (error) {
          expect(error).toMatchObject({ code: 'PROTOCOL_VIOLATION' })
        }
      }),
      { numRuns: 1000 },
    )
  })
})

/** A host that says what a test tells it to: `script` answers the start of a cell. */
function lyingPool(script: (cell: number) => FromHost[]): { hosts: HostPool; received: ToHost[] } {
  const received: ToHost[] = []
  const start = (): Transport => {
    let listener: (messages: readonly FromHost[]) => void = () => undefined
    const { promise: ended, resolve } = Promise.withResolvers<TransportEnd>()
    const say = (messages: FromHost[]): void => queueMicrotask(() => listener(messages))
    return {
      send(message) {
        received.push(message)
        if (message.type === 'hello') say([{ type: 'ready', version: 1, pid: 1 }])
        else if (message.type === 'start') say([{ type: 'started', cell: message.cell }, ...script(message.cell)])
        else if (message.type === 'terminate') say([{ type: 'stopped', cell: message.cell }])
      },
      listen(onMessages) {
        listener = onMessages
      },
      ended,
      kill: () => resolve({ type: 'lost', reason: 'it was killed', detail: '', cause: 'SIGKILL' }),
      residentBytes: () => null,
      [Symbol.asyncDispose]: () => {
        resolve({ type: 'closed' })
        return Promise.resolve()
      },
    }
  }
  return { hosts: new HostPool({ start, size: 1, spares: 0, memoryMb: 64 }), received }
}

async function hear(
  script: (cell: number) => FromHost[],
): Promise<{ outcome: Outcome; calls: unknown[]; received: ToHost[] }> {
  const calls: unknown[] = []
  const { hosts, received } = lyingPool(script)
  await using pool = hosts
  const tool = { name: 'listed', call: (input: unknown) => (calls.push(input), new Promise(() => undefined)) }
  await using session = await createSession({ hosts: pool, tools: [tool], deadlock: 'wait' })
  return { outcome: await session.execute('text(1)', { yieldTimeMs: 50 }), calls, received }
}

const call = (cell: number, id: number, tool = 'listed', body = '{"n":1}'): FromHost => ({
  type: 'tool_call',
  cell,
  id,
  tool,
  body,
})
const impossible = {
  type: 'failed',
  errorText: expect.stringMatching(/^exec runtime ended unexpectedly: its host reported a call of/),
}

describe('a host that lies', () => {
  test('about a tool that was not offered fails the cell, and calls nothing', async () => {
    const { outcome, calls, received } = await hear((cell) => [call(cell, 1, 'secret'), { type: 'completed', cell }])
    expect(outcome).toMatchObject(impossible)
    expect(calls).toEqual([])
    expect(received).toContainEqual(expect.objectContaining({ type: 'terminate' }))
  })

  test.each([
    ['the same id twice', (cell: number) => [call(cell, 1), call(cell, 1)], 1],
    ['an id out of turn', (cell: number) => [call(cell, 2)], 0],
    ['an id that comes back', (cell: number) => [call(cell, 1), call(cell, 2), call(cell, 1)], 2],
  ])('about calls, with %s, fails the cell', async (_name, script, made) => {
    const { outcome, calls } = await hear(script)
    expect(outcome).toMatchObject(impossible)
    expect(calls).toHaveLength(made)
  })

  test('with a call whose input is no JSON gives the call an error, and no tool', async () => {
    const { outcome, calls, received } = await hear((cell) => [call(cell, 1, 'listed', '{')])
    expect(outcome.type).toBe('yielded')
    expect(calls).toEqual([])
    expect(received).toContainEqual(expect.objectContaining({ type: 'tool_error', id: 1 }))
  })

  test('about another cell changes nothing', async () => {
    const { outcome } = await hear((cell) => [
      { type: 'text', cell: cell + 1, body: 'foreign' },
      { type: 'completed', cell: 999 },
      { type: 'text', cell, body: 'own' },
      { type: 'completed', cell },
    ])
    expect(outcome).toMatchObject({ type: 'completed', items: [{ type: 'input_text', text: 'own' }] })
  })

  test('about the end, twice or with more to follow, is heard once', async () => {
    const { outcome, calls } = await hear((cell) => [
      { type: 'text', cell, body: 'a' },
      { type: 'completed', cell },
      { type: 'failed', cell, limit: null, body: 'again' },
      { type: 'text', cell, body: 'late' },
      call(cell, 1),
      { type: 'stored', cell, key: 'k', body: '1' },
    ])
    expect(outcome).toMatchObject({ type: 'completed', items: [{ type: 'input_text', text: 'a' }] })
    expect(calls).toEqual([])
  })

  test('with more output than a cell may have fails the cell', async () => {
    const { outcome } = await hear((cell) =>
      Array.from({ length: 40 }, () => ({ type: 'text', cell, body: 'x'.repeat(500_000) })),
    )
    expect(outcome).toMatchObject({ type: 'failed', limit: 'output_bytes' })
  })

  test('of another version is not used', async () => {
    const start = (): Transport => {
      let listener: (messages: readonly FromHost[]) => void = () => undefined
      const { promise: ended, resolve } = Promise.withResolvers<TransportEnd>()
      return {
        send(message) {
          if (message.type === 'hello') queueMicrotask(() => listener([{ type: 'ready', version: 2, pid: 1 }]))
        },
        listen: (onMessages) => (listener = onMessages),
        ended,
        kill: () => resolve({ type: 'lost', reason: 'it was killed', detail: '', cause: 'SIGKILL' }),
        residentBytes: () => null,
        [Symbol.asyncDispose]: () => Promise.resolve(),
      }
    }
    await using hosts = new HostPool({ start, size: 1, spares: 0, memoryMb: 64 })
    await expect(createSession({ hosts })).rejects.toMatchObject({
      code: 'HOST_START_FAILED',
      message: 'Cannot start a host: it is of another version',
    })
  })
})
