import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'acorn'
import { describe, expect, test } from 'vitest'
import { isRecord } from '../../src/protocol/json.ts'
import { newProject, otherNodes, packageFolder, runNode } from './project.ts'

const manifest: unknown = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'))
const exported = isRecord(manifest) && isRecord(manifest['exports']) ? Object.entries(manifest['exports']) : []
/** The entries for Node. */
const entries = exported.flatMap(([name, entry]) =>
  isRecord(entry) && 'require' in entry ? [`codecell${name.slice(1)}`] : [],
)

describe('every entry', () => {
  test('exists', () => {
    expect(entries.length).toBeGreaterThan(10)
    expect(entries).toEqual(
      expect.arrayContaining(['codecell', 'codecell/ai-sdk', 'codecell/openai-agents', 'codecell/otel']),
    )
  })

  test.each(entries)('%s is the same module when required and imported', async (entry) => {
    const program = `
      const required = require(${JSON.stringify(entry)})
      import(${JSON.stringify(entry)}).then((imported) => {
        const names = Object.keys(imported).filter((name) => name !== 'module.exports')
        if (names.length === 0) throw new Error('it exports nothing')
        for (const name of names) if (required[name] !== imported[name]) throw new Error(name + ' differs')
        console.log('same')
      })`
    expect(await runNode(['--no-node-snapshot', '-e', program], newProject())).toEqual({
      code: 0,
      out: 'same\n',
      err: '',
    })
  })
})

describe('a Node that is not supported', () => {
  // With newer syntax an older Node fails with a syntax error instead of our error.
  test('parses the published files', () => {
    for (const file of globSync('dist/**/*.js', { cwd: packageFolder })) {
      const source = readFileSync(join(packageFolder, file), 'utf8')
      expect(() => parse(source, { ecmaVersion: 2023, sourceType: 'module' }), file).not.toThrow()
    }
  })

  test('is refused with the supported versions, before a module that it lacks is loaded', async () => {
    const project = newProject()
    for (const node of otherNodes()) {
      const version = (await runNode(['-p', 'process.versions.node'], project, node)).out.trim()
      const [major = 0, minor = 0] = version.split('.').map(Number)
      if (major > 22 || (major === 22 && minor >= 15)) continue
      const text = `codecell does not run in Node ${version}: it needs Node 22.15 or newer`
      const program = `void (async () => {
        for (const entry of ${JSON.stringify(entries)}) {
          try { require(entry) } catch ({ code, message }) { console.log(code, message) }
          try { await import(entry) } catch ({ code, message }) { console.log(code, message) }
        }
      })()`
      const lines = (await runNode(['-e', program], project, node)).out.trim().split('\n')
      const line = expect.stringContaining(`NODE_UNSUPPORTED ${text}. Install`)
      expect(lines).toEqual(entries.flatMap(() => [line, line]))
      const command = await runNode(['node_modules/codecell/bin/codecell.js', 'doctor'], project, node)
      expect(command).toMatchObject({ code: 4, out: '', err: expect.stringContaining(text) })
    }
  })
})
