import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'vite'
import { describe, expect, test } from 'vitest'
import { newFolder } from '../support/folder.ts'
import { newProject, runNode } from './project.ts'

const program = `
  import { createSession } from 'codecell'
  async function main() {
    const session = await createSession()
    const { items } = await session.execute('text(6 * 7)')
    console.log(items[0].text)
    await session.close()
  }
  main().catch(({ code, message }) => console.log(code, message))`

/** A program whose host has no files of its own. The second cell needs the thread that strips types. */
const inProcess = `
  import { createSession } from 'codecell'
  import { inProcessHostPool } from 'codecell/in-process'
  async function main() {
    const hosts = inProcessHostPool({ engine: 'quickjs' })
    const session = await createSession({ hosts, tools: [{ name: 'six', call: () => 6 }] })
    for (const source of ['text(await tools.six() * 7)', 'const n: number = 1; text(n)', 'let (']) {
      const { type, items } = await session.execute(source)
      console.log(type, ...items.map(({ text }) => text))
    }
    await session.close()
    await hosts[Symbol.asyncDispose]()
  }
  main().catch(({ code, message }) => console.log(code, message))`

/** Creates a project with a program. */
function projectWith(source: string): string {
  const folder = newProject()
  writeFileSync(join(folder, 'main.js'), source)
  return folder
}

/** The parts of the error for every bundler. */
const advice = [
  'HOST_START_FAILED',
  'host/main.cjs',
  '`inProcessHostPool` of codecell/in-process',
  'esbuild `external: ["codecell"]`',
  'Vite `ssr: { external: ["codecell"] }`',
  'Next.js `serverExternalPackages: ["codecell"]`',
  'docs/bundlers.md',
]

type Format = 'es' | 'cjs'

/** Bundles a program. Returns the path of the bundle. */
async function bundle(folder: string, format: Format, external: readonly string[]): Promise<string> {
  const name = format === 'es' ? 'main.mjs' : 'main.cjs'
  await build({
    root: folder,
    configFile: false,
    logLevel: 'silent',
    ssr: { noExternal: true, external: [...external] },
    build: { ssr: 'main.js', outDir: 'out', rolldownOptions: { output: { format, entryFileNames: name } } },
  })
  return join(folder, 'out', name)
}

async function outputOf(file: string, cwd: string): Promise<string> {
  const { out, err } = await runNode([file], cwd)
  return out + err
}

describe('codecell in a bundle', () => {
  test.each(['es', 'cjs'] as const)(
    'of Vite in %s fails with the setting to use, and works as an external package',
    async (format) => {
      const folder = projectWith(program)
      const inside = await outputOf(await bundle(folder, format, []), folder)
      for (const text of advice) expect(inside).toContain(text)
      expect(await outputOf(await bundle(folder, format, ['codecell']), folder)).toBe('42\n')
    },
  )

  test.each(['es', 'cjs'] as const)(
    'of Vite in %s runs cells in the process, without a setting and without node_modules',
    async (format) => {
      const folder = projectWith(inProcess)
      const file = await bundle(folder, format, [])
      const deployed = newFolder()
      cpSync(join(folder, 'out'), deployed, { recursive: true })
      const type = format === 'es' ? 'module' : 'commonjs'
      writeFileSync(join(deployed, 'package.json'), JSON.stringify({ type }))
      const moved = join(deployed, file.slice(join(folder, 'out').length))
      expect(await outputOf(moved, deployed)).toBe('completed 42\ncompleted 1\nfailed\n')
    },
  )

  test("codecell under Yarn Plug'n'Play reports the configuration to write, and runs cells in the process", async () => {
    const folder = newProject()
    writeFileSync(join(folder, 'pnp.cjs'), `Object.defineProperty(process.versions, 'pnp', { value: '3' })`)
    writeFileSync(join(folder, 'main.mjs'), program)
    writeFileSync(join(folder, 'in-process.mjs'), inProcess)
    const inside = await runNode(['--require', './pnp.cjs', 'in-process.mjs'], folder)
    expect(inside).toMatchObject({ code: 0, out: 'completed 42\ncompleted 1\nfailed\n' })
    const { out } = await runNode(['--require', './pnp.cjs', 'main.mjs'], folder)
    expect(out).toContain('HOST_START_FAILED')
    expect(out).toContain('write "nodeLinker: node-modules" into .yarnrc.yml')
    expect(out).toContain('docs/bundlers.md')
  })
})
