// Packs the package, installs it into an empty project, and uses the library, the command and the strict profile there.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { packedFileProblems } from './release/packed-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'codecell-package-'))
try {
  const [{ filename }] = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', folder], process.cwd()))
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }')
  run(
    'npm',
    ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', resolve(folder, filename)],
    folder,
  )
  const problems = packedFileProblems(join(folder, 'node_modules', 'codecell'))
  if (problems.length > 0) throw new Error(`The packed files are not right:\n${problems.join('\n')}`)
  writeFileSync(
    join(folder, 'use.js'),
    `import { createHostPool, createSession } from 'codecell'
     import { loadMcpConfig } from 'codecell/mcp'
     for (const profile of ['default', 'strict']) {
       await using hosts = createHostPool({ profile, size: 1 })
       await using session = await createSession({ hosts, tools: [{ name: 'six', call: () => 6 }] })
       const { items } = await session.execute('const n: number = await tools.six(); text(n * 7)')
       console.log(profile, items[0].text, typeof loadMcpConfig)
     }`,
  )
  expect(run(process.execPath, ['use.js'], folder), 'default 42 function\nstrict 42 function\n')
  writeFileSync(
    join(folder, 'integrations.js'),
    `import { codeMode } from 'codecell/openai-responses'
     import * as anthropic from 'codecell/anthropic'
     import { fromFunctions } from 'codecell/tools'
     await using mode = await codeMode({ tools: fromFunctions({ six: () => 6 }) })
     const input = 'text(await tools.six() * 7)'
     const [{ output }] = await mode.runToolCalls([{ type: 'custom_tool_call', call_id: '1', name: 'exec', input }])
     console.log(output[1].text, typeof anthropic.codeMode)
     await (await import('codecell/otel')).createOtelListener().catch(({ code, message }) => console.log(code, message))
     const { postgresStore } = await import('codecell/store')
     const { readSessions } = await import('codecell')
     await readSessions({ store: postgresStore('postgres://db/app') }).catch(({ code, message }) => console.log(code, message))
     for (const entry of ['codecell/ai-sdk', 'codecell/openai-agents']) {
       const { codeMode } = await import(entry)
       await codeMode().catch(({ code, message }) => console.log(code, message))
     }`,
  )
  const needs = (entry, name, version) =>
    `PACKAGE_MISSING Cannot use "${entry}": expected the package "${name}"; run npm install ${name}@${version}\n`
  expect(
    run(process.execPath, ['integrations.js'], folder),
    `42 function\n${needs('codecell/otel', '@opentelemetry/api', '1')}${needs('codecell/store', 'pg', '8')}${needs('codecell/ai-sdk', 'ai', '7')}${needs('codecell/openai-agents', '@openai/agents', '0.20')}`,
  )
  writeFileSync(join(folder, 'cell.js'), 'text("from the command line")')
  expect(run('npx', ['codecell', 'exec', 'cell.js', '--quiet'], folder), 'from the command line\n')
  const tasks = run('npx', ['codecell', 'eval', '--list', '--json'], folder)
  expect(String(tasks.trimEnd().split('\n').length), '40')
  console.log('The package installs into an empty project and works there')
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function run(command, args, cwd) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })
  if (status !== 0) throw new Error(`"${command} ${args.join(' ')}" ended with code ${status}:\n${stdout}${stderr}`)
  return stdout
}

function expect(actual, expected) {
  if (actual !== expected) throw new Error(`expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`)
}
