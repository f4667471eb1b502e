import { PassThrough } from 'node:stream'
import type { JSONRPCMessage } from '@modelcontextprotocol/server'
import { expect, test } from 'vitest'
import { StdioWire } from './stdio-wire.ts'

const message = (id: number): JSONRPCMessage => ({ jsonrpc: '2.0', id, result: {} })

test('a client that does not read adds no listener per message', async () => {
  const output = new PassThrough({ highWaterMark: 1 })
  const wire = new StdioWire(new PassThrough(), output)
  await wire.start()
  const before = [output.listenerCount('drain'), output.listenerCount('error')]
  const sent = Array.from({ length: 100 }, async (_, id) => await wire.send(message(id)))
  expect(output.writableNeedDrain).toBe(true)
  expect([output.listenerCount('drain'), output.listenerCount('error')]).toEqual(before)
  let text = ''
  output.on('data', (chunk: Buffer) => (text += chunk.toString()))
  await Promise.all(sent)
  expect([...text.matchAll(/"id":(\d+)/g)].map(([, id]) => Number(id))).toEqual(
    Array.from({ length: 100 }, (_, id) => id),
  )
})

test('a closed transport sends nothing', async () => {
  const output = new PassThrough()
  const wire = new StdioWire(new PassThrough(), output)
  await wire.start()
  await wire.close()
  await expect(wire.send(message(1))).rejects.toThrow('the connection to the client is closed')
  expect(output.readableLength).toBe(0)
})
