import { execFileSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { InstalledHost } from './installed-host.ts'

describe.skipIf(process.platform === 'win32')('codecell codex-host install', () => {
  test('puts a link to the executable beside a host that is ours, and may be repeated', () => {
    using installed = new InstalledHost()
    const codex = installed.write('native/codex')
    installed.write('native/codex-code-mode-host')
    const target = installed.path('new', 'place')
    const done = { status: 0, stdout: `Installed: run ${target}/codex in the place of codex\n`, stderr: '' }
    expect(installed.install('new/place', '--codex', codex)).toEqual(done)
    expect(installed.install('new/place', '--codex', codex)).toEqual(done)
    expect(statSync(`${target}/codex`).ino).toBe(statSync(codex).ino)
    // No client: the end of input ends it.
    expect(execFileSync(`${target}/codex-code-mode-host`, { input: '', encoding: 'utf8' })).toBe('')
  })

  test.each([
    ['beside it', '@openai/codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex'],
    ['inside it', '@openai/codex/node_modules/@openai/codex-darwin-arm64/vendor/aarch64-apple-darwin/codex/codex'],
  ])('finds the executable in the package of npm, or %s', (_, native) => {
    using installed = new InstalledHost()
    const script = installed.write('node_modules/@openai/codex/bin/codex.js')
    const executable = installed.write(`node_modules/${native}`)
    expect(installed.install('out', '--codex', script)).toMatchObject({ status: 0 })
    expect(statSync(installed.path('out', 'codex')).ino).toBe(statSync(executable).ino)
  })

  test('says what to do where there is no Codex', () => {
    using installed = new InstalledHost()
    const advice = 'name the executable of Codex with --codex\n'
    expect(installed.install('out')).toEqual({ status: 2, stdout: '', stderr: `Cannot find codex on PATH: ${advice}` })
    const other = installed.write('other')
    expect(installed.install('out', '--codex', other)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('it is not the executable of Codex'),
    })
  })

  test("leaves Codex's own folder alone", () => {
    using installed = new InstalledHost()
    const codex = installed.write('native/codex')
    installed.write('native/codex-code-mode-host')
    const { status, stderr } = installed.install('native', '--codex', codex)
    expect([status, stderr]).toEqual([2, expect.stringContaining('it is where Codex itself is installed')])
  })
})
