import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { childEnv, runCli } from '../../support/cli.ts'
import { newFolder } from '../../support/folder.ts'
import { withoutV8 } from '../../support/without-v8.ts'

const run = promisify(execFile)
const entry = fileURLToPath(new URL('../../../dist/index.js', import.meta.url))

/** Runs a program that uses the package, and returns the value that it prints, with its process warnings. */
async function resultOf(program: string, nodeFlags: readonly string[]): Promise<unknown> {
  const source = `
import { createHostPool, createSession } from ${JSON.stringify(entry)}
const emitted = []
process.emitWarning = (text) => emitted.push(text)
const storage = ${JSON.stringify(newFolder())}
const errorOf = async (work) => await work().then(() => null, ({ code, message }) => ({ code, message }))
const result = await (async () => { ${program} })()
console.log(JSON.stringify({ result, emitted }))
process.exit()`
  const args = [...nodeFlags, '--input-type=module', '--eval', source]
  const { stdout } = await run(process.execPath, args, { env: childEnv() })
  return JSON.parse(stdout)
}

const reason = 'isolated-vm is not installed'

test('engine "auto" takes V8 where isolated-vm loads, and says so once per process', async () => {
  const program = `
const engines = []
for (let count = 0; count < 2; count++) {
  await using session = await createSession({ engine: 'auto' })
  engines.push(session.engine)
}
await using pool = createHostPool({ engine: 'auto' })
return engines`
  expect(await resultOf(program, [])).toEqual({
    result: ['v8', 'v8'],
    emitted: ['engine "auto" took V8: isolated-vm loads'],
  })
})

test('engine "auto" says to onWarning which engine it took, if the session has it', async () => {
  const program = `
const warnings = []
const onWarning = (warning) => warnings.push(warning)
for (let count = 0; count < 2; count++) {
  await using session = await createSession({ engine: 'auto', onWarning })
}
return warnings`
  expect(await resultOf(program, [])).toEqual({
    result: [{ type: 'engine_taken', engine: 'v8', reason: 'isolated-vm loads' }],
    emitted: [],
  })
})

test('engine "auto" takes QuickJS where isolated-vm does not load, and says once why', async () => {
  const program = `
await using first = createHostPool({ engine: 'auto', min: 0 })
await using second = createHostPool({ engine: 'auto', min: 0 })`
  expect(await resultOf(program, withoutV8)).toEqual({
    emitted: [expect.stringMatching(new RegExp(`^engine "auto" took QuickJS: ${reason}\\. \\w`))],
  })
})

test('a session on V8 where isolated-vm does not load fails with the reason, and names QuickJS', async () => {
  const program = `
const wanted = [{}, { engine: 'v8' }, { storage, sessionId: 's' }, { storage, sessionId: 's', engine: 'v8' }]
const errors = []
for (const options of wanted) errors.push(await errorOf(() => createSession(options)))
return errors`
  const error = {
    code: 'HOST_START_FAILED',
    message: expect.stringMatching(
      new RegExp(
        `^Cannot start a host with V8: ${reason}\\. .+, or run new sessions on QuickJS with engine "quickjs" or "auto"`,
      ),
    ),
  }
  expect(await resultOf(program, withoutV8)).toEqual({ result: [error, error, error, error], emitted: [] })
})

test('codecell exec --engine v8 fails with the reason where isolated-vm does not load', async () => {
  const { code, err } = await runCli(['exec', '-', '--engine', 'v8'], { stdin: 'text(1)', nodeFlags: withoutV8 })
  expect([code, err]).toEqual([4, expect.stringContaining(`Cannot start a host with V8: ${reason}`)])
})

test('codecell exec takes QuickJS where isolated-vm does not load, and says so', async () => {
  const { code, out, err } = await runCli(['exec', '-', '--quiet'], {
    stdin: 'text(typeof Intl)',
    nodeFlags: withoutV8,
  })
  expect([code, out]).toEqual([0, 'undefined\n'])
  expect(err).toMatch(new RegExp(`^engine "auto" took QuickJS: ${reason}\\. .+\n$`))
})

test('a stored session on V8 does not resume on QuickJS where isolated-vm does not load', async () => {
  const folder = newFolder()
  const args = ['exec', '-', '--quiet', '--durable', folder, '--session', 's']
  expect(await runCli(args, { stdin: 'text(1)' })).toMatchObject({ code: 0 })
  const { code, err } = await runCli(args, { stdin: 'text(2)', nodeFlags: withoutV8 })
  expect([code, err]).toEqual([4, expect.stringContaining(`Cannot start a host with V8: ${reason}`)])
  const refused = await runCli([...args, '--engine', 'quickjs'], { stdin: 'text(2)', nodeFlags: withoutV8 })
  expect(refused.err).toContain('open it with engine "v8" or "auto"')
  // It is unchanged.
  expect(await runCli(args, { stdin: 'text(3)' })).toMatchObject({ code: 0, out: '3\n' })
})

test('codecell doctor explains both engines, and which one "auto" takes', async () => {
  const [here, without] = await Promise.all([
    runCli(['doctor', '--json']),
    runCli(['doctor', '--json'], { nodeFlags: withoutV8 }),
  ])
  const quickjs = {
    available: true,
    id: expect.stringMatching(/^[\da-f]{12}$/),
    print: expect.objectContaining({ name: 'quickjs' }),
    reason: null,
    advice: null,
  }
  expect(here.code).toBe(0)
  expect(JSON.parse(here.out)).toMatchObject({
    ok: true,
    engines: { auto: 'v8', v8: { ...quickjs, print: expect.objectContaining({ name: 'v8' }) }, quickjs },
  })
  expect(without.code).toBe(0)
  const missing = { available: false, id: null, print: null, reason, advice: expect.any(String) }
  expect(JSON.parse(without.out)).toMatchObject({ ok: true, engines: { auto: 'quickjs', v8: missing, quickjs } })
})
