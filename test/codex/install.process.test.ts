import { execFileSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, test } from 'vitest'
import { childEnv, runCli } from '../support/cli.ts'
import { InstalledHost } from './installed-host.ts'

describe.skipIf(process.platform === 'win32')('codecell codex-host install', () => {
  test('links the executable of Codex next to a host of codecell, also the second time', async () => {
    using installed = new InstalledHost()
    const codex = installed.write('native/codex')
    installed.write('native/codex-code-mode-host')
    const target = installed.path('new', 'place')
    const text = `Installed: run ${target}/codex instead of codex`
    const result = await runCli(['codex-host', 'install', target, '--codex', codex])
    expect(result).toEqual({ code: 0, out: `${text}\n`, err: '' })
    expect(installed.install('new/place', codex)).toBe(text)
    expect(statSync(`${target}/codex`).ino).toBe(statSync(codex).ino)
    // Without a client, the end of input ends it.
    const host = `${target}/codex-code-mode-host`
    expect(execFileSync(host, { input: '', encoding: 'utf8', env: childEnv() })).toBe('')
  })

  test.each([
    ['beside', '@openai/codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex'],
    ['inside', '@openai/codex/node_modules/@openai/codex-darwin-arm64/vendor/aarch64-apple-darwin/codex/codex'],
  ])('finds the executable in a package %s the npm package of Codex', (_, native) => {
    using installed = new InstalledHost()
    const script = installed.write('node_modules/@openai/codex/bin/codex.js')
    const executable = installed.write(`node_modules/${native}`)
    installed.install('out', script)
    expect(statSync(installed.path('out', 'codex')).ino).toBe(statSync(executable).ino)
  })

  test('asks for the flag --codex when Codex is not on PATH', async () => {
    using installed = new InstalledHost()
    const env = { PATH: dirname(process.execPath) }
    expect(await runCli(['codex-host', 'install', installed.path('out')], { env })).toEqual({
      code: 2,
      out: '',
      err: 'Cannot find codex on PATH: pass the executable of Codex with --codex FILE\n',
    })
  })

  test('refuses a file that is not the executable of Codex', () => {
    using installed = new InstalledHost()
    const other = installed.write('other')
    expect(() => installed.install('out', other)).toThrow('it is not the executable of Codex')
  })

  test('refuses the folder in which Codex itself is installed', () => {
    using installed = new InstalledHost()
    const codex = installed.write('native/codex')
    installed.write('native/codex-code-mode-host')
    expect(() => installed.install('native', codex)).toThrow('Codex itself is installed there')
  })
})
