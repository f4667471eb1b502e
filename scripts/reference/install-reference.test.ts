import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { newFolder } from '../../test/support/folder.ts'
import { installReference, pinnedVersion } from './install-reference.ts'

const bin = 'node_modules/@openai/codex-linux-x64/vendor/bin'

/** An installation that only has the two programs, and counts its calls. */
function fakeInstaller(): { install: (prefix: string, name: string) => Promise<void>; installed: string[] } {
  const installed: string[] = []
  return {
    installed,
    install: async (prefix, name) => {
      installed.push(name)
      mkdirSync(join(prefix, bin), { recursive: true })
      writeFileSync(join(prefix, bin, 'codex'), `codex of ${name}`)
      writeFileSync(join(prefix, bin, 'codex-code-mode-host'), `host of ${name}`)
      await Promise.resolve()
    },
  }
}

test('installReference() installs versions next to each other and uses them again', async () => {
  const folder = newFolder()
  const { install, installed } = fakeInstaller()
  for (const version of ['0.171.0', '0.172.0-alpha.1', '0.171.0']) {
    const reference = await installReference(version, { folder, install })
    expect(reference).toEqual({
      version,
      folder: join(folder, version),
      codex: join(folder, version, bin, 'codex'),
      host: join(folder, version, bin, 'codex-code-mode-host'),
    })
    expect(readFileSync(reference.host, 'utf8')).toBe(`host of @openai/codex@${version}`)
  }
  expect(installed).toEqual(['@openai/codex@0.171.0', '@openai/codex@0.172.0-alpha.1'])
  expect(readdirSync(folder).toSorted()).toEqual(['0.171.0', '0.172.0-alpha.1'])
})

test.each<readonly [string, (folder: string) => void]>([
  ['without a program', (folder) => rmSync(join(folder, bin, 'codex'))],
  ['with a truncated program', (folder) => writeFileSync(join(folder, bin, 'codex'), 'co')],
  ['without its list of files', (folder) => rmSync(join(folder, 'installed.json'))],
  ['with a broken list of files', (folder) => writeFileSync(join(folder, 'installed.json'), '{')],
])('installReference() replaces an installation %s', async (_, damage) => {
  const folder = newFolder()
  const { install, installed } = fakeInstaller()
  await installReference('1.2.3', { folder, install })
  damage(join(folder, '1.2.3'))
  const { codex } = await installReference('1.2.3', { folder, install })
  expect(readFileSync(codex, 'utf8')).toBe('codex of @openai/codex@1.2.3')
  expect(installed).toHaveLength(2)
})

test('installReference() leaves nothing of an installation that fails', async () => {
  const folder = newFolder()
  const install = async (prefix: string): Promise<void> => {
    writeFileSync(join(prefix, 'half'), '')
    await Promise.reject(new RangeError('no network'))
  }
  await expect(installReference('1.2.3', { folder, install })).rejects.toThrow('no network')
  expect(readdirSync(folder)).toEqual([])
})

test.each(['latest', '', '../0.171.0', '0.171', '^0.171.0'])(
  'installReference() refuses the version %j',
  async (version) => {
    await expect(installReference(version, fakeInstaller())).rejects.toThrow(
      `Cannot install the reference: expected a version such as ${pinnedVersion}, got "${version}"`,
    )
  },
)

test.each(['codex.md', 'conformance.md', 'compatibility.md'])('docs/%s names the pinned version', (page) => {
  expect(readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8')).toContain(`Codex ${pinnedVersion}`)
})
