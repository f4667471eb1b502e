import { join } from 'node:path'
import { expect, test } from 'vitest'
import { newFolder } from '../../../test/support/folder.ts'
import { runInProcess } from '../../../test/support/in-process-cli.ts'

const own = ['--model', 'm', '--api', 'openai-chat', '--base-url', 'http://127.0.0.1:9/v1']

test.each([
  [['--api', 'anthropic'], 'Cannot use api.anthropic.com: expected --key-env NAME, the variable with the key'],
  [['--model', 'm'], 'Cannot run "codecell eval": expected --api openai-chat|openai-responses|anthropic'],
  [['--api', 'openai'], 'Cannot use --api: expected openai-chat, openai-responses or anthropic, got "openai"'],
  [['--api', 'openai-chat', '--base-url', 'x'], 'Cannot use --base-url: expected http://… or https://… without a user'],
  [['--api', 'openai-chat', '--base-url', 'file:///x'], 'Cannot use --base-url: '],
  [['--api', 'openai-chat', '--base-url', 'http://user:secret@127.0.0.1'], 'Cannot use --base-url: '],
  [['--api', 'openai-chat', '--base-url', 'http://127.0.0.1'], 'Cannot run "codecell eval": expected --model NAME'],
  [own, 'Cannot run "codecell eval": expected --output DIR'],
  [[...own, '--key-env', 'NONE'], 'Cannot use --key-env: the variable NONE is not set'],
  [[...own, '--key-env', 'EMPTY'], 'Cannot use --key-env: the variable EMPTY is not set'],
  [[...own, '--key-env', 'BAD'], 'Cannot use --key-env: expected printable ASCII without spaces in BAD'],
  [[...own, '--key-header', 'api-key'], 'Cannot use --key-header: expected --key-env'],
  [[...own, '--key-env', 'KEY', '--key-header', 'a b'], 'Cannot use --key-header: '],
  [
    [...own, '--base-url', 'http://models.example/v1', '--key-env', 'KEY'],
    'Cannot send a key to models.example: expected https, or an address of this machine',
  ],
  [[...own, '--base-url', 'http://127.0.0.1.example/v1', '--key-env', 'KEY'], 'Cannot send a key to 127.0.0.1.example'],
  [[...own, '--mode', 'both'], 'Cannot use --mode: expected plain, code or both, got "both"'],
  [[...own, '--mode', ''], 'Cannot use --mode: '],
  [[...own, '--repeat', '0'], 'Cannot use --repeat: expected an integer from 1, got 0'],
  [[...own, '--concurrency', '0'], 'Cannot use --concurrency: '],
  [[...own, '--max-turns', '0'], 'Cannot use --max-turns: '],
  [[...own, '--max-output-tokens', '0'], 'Cannot use --max-output-tokens: '],
  [[...own, '--api', 'anthropic', '--seed', '1'], 'Cannot use --seed: the API anthropic has no seeds'],
  [[...own, '--exec-form', 'custom'], 'Cannot use --exec-form custom: expected --api openai-responses'],
  [[...own, '--param', 'temperature'], 'Cannot use --param: expected NAME=JSON, got "temperature"'],
  [[...own, '--param', 'a=b'], 'write a string as NAME=\'"text"\''],
  [[...own, '--param', 'messages=[]'], 'Cannot use --param messages: the evaluation sets this member'],
  [[...own, '--param', 'stream=true'], 'Cannot use --param stream: '],
  [[...own, '--json', '--markdown'], 'Cannot use --json with --markdown: expected one of both'],
  [[...own, '--task', 'none'], 'no task fits "none"'],
  [['/no/such/folder', ...own], 'Cannot read tasks: not found: "/no/such/folder"'],
])('codecell eval %j exits with 2 and sends no request', async (flags, reason) => {
  const io = { env: { KEY: 'k', EMPTY: '', BAD: 'a\nb' } }
  const { code, out, err } = await runInProcess(['eval', ...flags], { io })
  expect(err).toContain(reason)
  expect({ code, out }).toEqual({ code: 2, out: '' })
})

test('codecell eval refuses prices that cannot be read before it runs anything', async () => {
  const folder = join(newFolder(), 'results')
  const { code, err } = await runInProcess(['eval', ...own, '-o', folder, '--prices', '/no/prices.json'])
  expect(err).toContain('Cannot read prices from /no/prices.json')
  expect(code).toBe(1)
})

test('codecell eval --list needs no model and lists the tasks', async () => {
  const { code, out } = await runInProcess(['eval', '--list', '--tag', 'lookup'])
  expect(code).toBe(0)
  expect(out.split('\n')[0]).toMatch(/^task +servers +tags$/)
  expect(out.trimEnd().split('\n')).toHaveLength(8)
  const { out: json } = await runInProcess(['eval', '--list', '--json'])
  const lines = json
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line))
  expect(lines).toHaveLength(40)
  expect(lines[0]).toMatchObject({ id: 'builds-flaky-test', servers: ['builds'] })
})
