import { expect, test } from 'vitest'
import { Certificates } from '../support/links/certificates.ts'
import { textsOf } from '../support/texts.ts'
import { RemoteSession, TestSupervisor } from './test-supervisor.ts'

const longYieldTime = { yieldTimeMs: 300_000 }

test('a remote host is ended by its supervisor above the memory of a process, and its cell fails in the end', async () => {
  using certificates = new Certificates()
  const pem = certificates.make()
  await using supervisor = await TestSupervisor.start(pem, { processMemoryMb: 256 })
  await using remote = await RemoteSession.start({
    addresses: [supervisor.address],
    tls: pem,
    size: 1,
    memoryMb: 1024,
  })
  const bomb = 'const all = []; for (;;) { all.push(new Uint8Array(4 << 20).fill(1)); await null }'
  expect(await remote.session.execute(bomb, longYieldTime)).toMatchObject({
    type: 'failed',
    errorText: expect.stringContaining('it used more memory than its supervisor allows (256 MB)'),
  })
  expect(textsOf(await remote.session.execute('text("next")', longYieldTime))).toEqual(['next'])
})
