import { execFileSync } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { newFolder } from '../../../test/support/folder.ts'

const stdioServer = new URL('stdio-server.ts', import.meta.url).href

test('a command that is a script runs in cmd.exe on Windows', () => {
  const folder = newFolder()
  // The shell of this machine stands for cmd.exe, and says how it was started.
  const shell = join(folder, 'cmd.exe')
  writeFileSync(shell, '#!/bin/sh\nprintf \'%s\\n\' "$@" > "$0.args"\n')
  chmodSync(shell, 0o755)
  const script = join(folder, 'npx.cmd')
  writeFileSync(script, '@echo off\n')
  chmodSync(script, 0o755)
  const program = `
    Object.defineProperty(process, 'platform', { value: 'win32' })
    const { StdioServer } = await import(${JSON.stringify(stdioServer)})
    const server = new StdioServer({
      type: 'stdio', name: 's', command: 'npx', args: ['-y', 'my server', 'a&b'], env: {}, cwd: null,
    })
    const ended = new Promise((resolve) => (server.onclose = resolve))
    await server.start()
    await ended`
  execFileSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module-typescript', '-e', program],
    { env: { ...process.env, PATH: folder, PATHEXT: '.CMD', comspec: shell }, stdio: 'inherit' },
  )
  const args = readFileSync(`${shell}.args`, 'utf8')
  expect(args.split('\n')).toEqual(['/d', '/s', '/c', '"npx ^"-y^" ^"my^ server^" ^"a^&b^""', ''])
})
