import { setTimeout as delay } from 'node:timers/promises'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { negotiation } from '../mcp-server/served.ts'
import { Image, namespacesProblem, type ContainerRun } from './image.ts'

const problem = namespacesProblem()

test('the tests of containers run in CI', () => {
  if (process.env['CODECELL_REQUIRE_NAMESPACES'] === '1') expect(problem).toBe(null)
})

describe.skipIf(problem !== null)('the image, as process 1 without rights on a read-only file system,', () => {
  let image: Image
  beforeAll(() => {
    image = Image.build()
  })
  afterAll(() => image[Symbol.dispose]())

  async function serve(): Promise<ContainerRun & { readonly url: string }> {
    const run = image.start(['serve', '--http', '--no-token'])
    await expect.poll(() => run.err).toContain('/mcp\n')
    const [, url = ''] = /Serving (\S+)/.exec(run.err) ?? []
    return Object.assign(run, { url })
  }

  async function exec(url: string, code: string): Promise<string> {
    const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: negotiation('modern') })
    await client.connect(new StreamableHTTPClientTransport(new URL(url)))
    const response = JSON.stringify(await client.callTool({ name: 'exec', arguments: { code } }))
    await client.close()
    return response
  }

  test('finds everything that it needs', async () => {
    await using run = image.start(['doctor'])
    const { code, out } = await run.result
    expect([code, out]).toEqual([0, expect.stringContaining('A host in the strict profile runs a cell')])
  })

  test('runs programs, and is ready', async () => {
    await using run = await serve()
    expect(await exec(run.url, 'text(6 * 7)')).toContain('42')
    const response = await fetch(new URL('/readyz', run.url))
    expect([response.status, await response.text()]).toEqual([200, 'ready\n'])
    run.kill('SIGTERM')
    expect((await run.result).code).toBe(0)
  })

  test('leaves no zombies of host processes', async () => {
    await using run = await serve()
    expect(await exec(run.url, 'text(1)')).toContain('completed')
    const hosts = run.children
    expect(hosts.length).toBeGreaterThan(0)
    for (const { pid } of hosts) process.kill(pid, 'SIGKILL')
    await expect.poll(() => run.children.filter((child) => hosts.some(({ pid }) => pid === child.pid))).toEqual([])
    expect(await exec(run.url, 'text(2)')).toContain('completed')
  })

  test('ends at signals while it starts', async () => {
    await using run = image.start(['serve', '--http', '--no-token'])
    const ended = run.result.then(() => true)
    do run.kill('SIGTERM')
    // waits because the kernel ignores the signal until Node has started
    while (!(await Promise.race([ended, delay(10, false)])))
    const { code } = await run.result
    // 143 while the modules load, 0 or 130 from then on.
    expect([143, 130, 0]).toContain(code)
  })
})
