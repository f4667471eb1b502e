import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import supported, { type Runtime } from '../../bin/supported-node.cjs'
import { newFolder } from '../../test/support/folder.ts'
import { installedVersion } from './installed-version.ts'
import { isolateBinary, isolateNodes } from './isolate-binary.ts'
import { loadPeer, type PeerPackage } from './peer-package.ts'
import { findTypeScript } from './type-script.ts'
import { packageVersion } from './package-version.ts'

const require = createRequire(import.meta.url)
const node: Runtime = {
  name: 'Node',
  version: '24.1.0',
  node: '24.1.0',
  abi: '137',
  platform: 'linux',
  arch: 'x64',
  isMusl: () => false,
}

/** Creates a project with a package, and returns the URL of a module in it. */
function projectWith(name: string, version: string | null, files: readonly string[] = []): string {
  const folder = newFolder()
  const place = join(folder, 'node_modules', name)
  mkdirSync(place, { recursive: true })
  if (version !== null) writeFileSync(join(place, 'package.json'), JSON.stringify({ name, version }))
  for (const file of files) {
    mkdirSync(dirname(join(place, file)), { recursive: true })
    writeFileSync(join(place, file), '')
  }
  return pathToFileURL(join(folder, 'main.js')).href
}

describe('the supported versions of Node', () => {
  test('the oldest version is in package.json', () => {
    const { engines }: { engines: { node: string } } = JSON.parse(
      readFileSync(require.resolve('../../package.json'), 'utf8'),
    )
    expect([engines.node, supported.wanted]).toEqual(['>=22.15', 'Node 22.15 or newer'])
  })

  test.each(['22.15.0', '22.23.3', '23.11.0', '24.0.0', '25.9.0', '26.0.0-nightly20260101', '100.0.0'])(
    'Node %s is supported',
    (version) => {
      expect(supported.runtimeProblem({ ...node, version, node: version })).toBeNull()
    },
  )

  test.each(['18.20.8', '20.20.2', '22.0.0', '22.14.0', '22.2.0'])('Node %s is unsupported', (version) => {
    expect(supported.runtimeProblem({ ...node, version, node: version })).toBe(
      `codecell does not run in Node ${version}: it needs Node 22.15 or newer. Install Node 22.15 or newer.`,
    )
  })

  test.each(['Bun', 'Deno', 'Electron'] as const)('%s is judged by the version of Node that it follows', (name) => {
    expect(supported.runtimeProblem({ ...node, name, version: '2.1.0' })).toBeNull()
    expect(supported.runtimeProblem({ ...node, name, version: '1.0.0', node: '20.11.1' })).toBe(
      `codecell does not run in ${name} 1.0.0 (Node 20.11.1): it needs Node 22.15 or newer. Install Node 22.15 or newer.`,
    )
  })
})

describe('the binary of isolated-vm', () => {
  test('isolated-vm has binaries for the versions of Node and the platforms in the advice', () => {
    const folder = join(dirname(require.resolve('isolated-vm/package.json')), 'prebuilds')
    const files = readdirSync(folder).flatMap((platform) =>
      readdirSync(join(folder, platform)).map((file) => `prebuilds/${platform}/${file}`),
    )
    const platforms = [
      ['linux', 'x64'],
      ['linux', 'arm64'],
      ['darwin', 'arm64'],
      ['win32', 'x64'],
    ] as const
    const expected = platforms.flatMap(([platform, arch]) =>
      ['137', '147'].flatMap((abi) =>
        (platform === 'linux' ? [false, true] : [false]).map((musl) =>
          supported.binaryFile({ ...node, platform, arch, abi, isMusl: () => musl }),
        ),
      ),
    )
    expect(files.toSorted()).toEqual(expected.toSorted())
    // ABI 137 is Node 24, and 147 is Node 26.
    expect(isolateNodes).toBe('Node 24 or 26')
  })

  test('the binary of isolated-vm is the one in its package, or a compiled one', () => {
    expect(isolateBinary()).toMatchObject({ type: 'found' })
    const compiled = projectWith('isolated-vm', '7.0.1', ['build/Release/isolated_vm.node'])
    const folder = join(dirname(new URL(compiled).pathname), 'node_modules', 'isolated-vm')
    expect(isolateBinary(folder, { ...node, abi: '141' })).toMatchObject({ type: 'found' })
  })

  test.each([
    [{ version: '25.9.0', abi: '141' }, 'isolated-vm.abi141.glibc.node', 'Use Node 24 or 26 for V8'],
    [{ version: '22.23.3', abi: '127' }, 'isolated-vm.abi127.glibc.node', 'Use Node 24 or 26 for V8'],
    [{ isMusl: () => true }, 'linux-x64/isolated-vm.abi137.musl.node', 'Reinstall isolated-vm: the file is missing in'],
    [
      { platform: 'darwin' },
      'darwin-x64/isolated-vm.abi137.node',
      'Use Linux x64 or arm64, macOS arm64 or Windows x64',
    ],
  ])('a missing binary of isolated-vm is named, with advice: %j', (here, file, advice) => {
    const found = isolateBinary(newFolder(), { ...node, ...here })
    expect(found).toMatchObject({
      type: 'missing',
      reason: expect.stringContaining(file),
      advice: expect.stringContaining(advice),
    })
  })
})

describe('V8', () => {
  test.each([
    [{ version: '22.23.3', node: '22.23.3' }, 'isolated-vm is not installed', 'Use Node 24 or 26 for V8'],
    [{}, 'isolated-vm is not installed', 'npm install isolated-vm@7'],
    [{ arch: 'arm64', platform: 'win32' }, 'isolated-vm is not installed', 'Use Linux x64 or arm64'],
  ])('is missing without isolated-vm, with advice: %j', (here, reason, advice) => {
    const found = isolateBinary(null, { ...node, ...here })
    expect(found).toEqual({ type: 'missing', reason, advice: expect.stringContaining(advice) })
  })

  test.each(['Bun', 'Deno', 'Electron'] as const)('is missing in %s, even when isolated-vm is installed', (name) => {
    const found = isolateBinary(dirname(require.resolve('isolated-vm/package.json')), { ...node, name, version: '2.0' })
    expect(found).toMatchObject({ type: 'missing', reason: `isolated-vm does not run in ${name} 2.0` })
  })
})

describe('TypeScript', () => {
  test.each([
    ['5.9.3', ['lib/typescript.js'], 'TypeScript 5.9.3 is installed, and type notes need TypeScript 7'],
    ['6.0.3', [], 'TypeScript 6.0.3 is installed, and type notes need TypeScript 7'],
    ['7.0.2', [], 'TypeScript 7.0.2 has no "typescript/unstable/async", which type notes need'],
  ])('TypeScript %s is unusable for type notes, with the reason', (version, files, reason) => {
    expect(findTypeScript(projectWith('typescript', version, files))).toEqual({ type: 'unusable', reason })
  })

  test('a missing TypeScript is unusable for type notes, with the reason', () => {
    expect(findTypeScript(projectWith('other', '1.0.0'))).toEqual({
      type: 'unusable',
      reason: 'TypeScript is not installed, and type notes need TypeScript 7',
    })
  })

  test('TypeScript 7 is usable', () => {
    expect(findTypeScript()).toEqual({ type: 'usable', version: expect.stringMatching(/^7\./) })
    const url = projectWith('typescript', '7.1.0', ['unstable/async.js', 'unstable/async'])
    expect(findTypeScript(url)).toEqual({ type: 'usable', version: '7.1.0' })
  })
})

describe('a peer', () => {
  const peer: PeerPackage = { name: '@scope/sdk', entry: 'codecell/sdk', versions: '0.20', needs: ['run'] }
  const load = async (): Promise<object> => await Promise.resolve({ run: () => 1 })

  test.each(['0.20.0', '0.20.7', '0.20.1-beta.2', null])('a peer of version %s is loaded', async (version) => {
    expect(await loadPeer(peer, load, version)).toHaveProperty('run')
  })

  test.each(['0.19.0', '0.2.0', '0.200.0', '1.0.0', '0.21.0'])(
    'a peer of version %s is rejected by name',
    async (version) => {
      await expect(loadPeer(peer, load, version)).rejects.toMatchObject({
        code: 'PACKAGE_UNSUPPORTED',
        message: `Cannot use "codecell/sdk" with "@scope/sdk" ${version}: expected version 0.20; run npm install @scope/sdk@0.20`,
      })
    },
  )

  test('a peer of unknown version is rejected when it lacks an export', async () => {
    await expect(loadPeer(peer, async () => await Promise.resolve({}), null)).rejects.toMatchObject({
      code: 'PACKAGE_UNSUPPORTED',
      message: expect.stringContaining('with the installed version of "@scope/sdk"'),
    })
  })

  test('a missing peer is named, and an error inside a peer is passed on', async () => {
    const broken = (name: string) => async (): Promise<object> => {
      await Promise.resolve()
      throw Object.assign(new Error(`Cannot find package '${name}'`), { code: 'ERR_MODULE_NOT_FOUND' })
    }
    await expect(loadPeer(peer, broken('@scope/sdk'), null)).rejects.toMatchObject({
      code: 'PACKAGE_MISSING',
      message: 'Cannot use "codecell/sdk": expected the package "@scope/sdk"; run npm install @scope/sdk@0.20',
    })
    await expect(loadPeer(peer, broken('zod'), '0.20.0')).rejects.toMatchObject({ code: 'ERR_MODULE_NOT_FOUND' })
  })

  test('the version of a peer is that of its manifest, whatever the package exports', () => {
    expect(installedVersion('@scope/sdk', projectWith('@scope/sdk', '0.20.3'))).toBe('0.20.3')
    expect(installedVersion('@scope/sdk', projectWith('@scope/sdk', null))).toBeNull()
    expect(installedVersion('@scope/sdk', 'data:text/javascript,')).toBeNull()
  })
})

test('the version in the code is the version of the package', () => {
  const manifest: unknown = JSON.parse(readFileSync(require.resolve('../../package.json'), 'utf8'))
  expect(manifest).toMatchObject({ version: packageVersion })
})
