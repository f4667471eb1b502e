import { expect, test } from 'vitest'
import { createHostPool, createSession } from '../../../src/index.ts'

test('createSession() rejects a memory limit above the memory of the strict hosts of its pool', async () => {
  await using hosts = createHostPool({ profile: 'strict', size: 1 })
  await expect(createSession({ hosts, limits: { maxMemoryMbPerCell: 257 } })).rejects.toMatchObject({
    code: 'INVALID_OPTION',
    message: expect.stringMatching(
      /"maxMemoryMbPerCell" to 257 .* expected at most 256 MiB.*; create the pool with createHostPool\(\{ profile: 'strict', memoryMb: 257 \}\)/,
    ),
  })
  await using session = await createSession({ hosts, limits: { maxMemoryMbPerCell: 256 } })
  expect(await session.execute('text(1)')).toMatchObject({ type: 'completed' })
})

test('a cell can use its memory limit on a strict pool with enough memory', async () => {
  await using hosts = createHostPool({ profile: 'strict', size: 1, memoryMb: 1024 })
  await using session = await createSession({ hosts, limits: { maxMemoryMbPerCell: 1024 } })
  const source =
    'const parts = []; for (let n = 0; n < 500; n++) parts.push(new Uint8Array(1e6).fill(1)); text(parts.length)'
  expect(await session.execute(source, { yieldTimeMs: 60_000 })).toMatchObject({ type: 'completed' })
})

test('hosts of the default profile accept cells of any memory limit', async () => {
  await using hosts = createHostPool({ size: 1, memoryMb: 64 })
  await using session = await createSession({ hosts, limits: { maxMemoryMbPerCell: 512 } })
  const source =
    'const parts = []; for (let n = 0; n < 200; n++) parts.push(new Uint8Array(1e6).fill(1)); text(parts.length)'
  expect(await session.execute(source, { yieldTimeMs: 60_000 })).toMatchObject({ type: 'completed' })
})
