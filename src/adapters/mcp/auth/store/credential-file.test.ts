import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { newFolder } from '../../../../../test/support/folder.ts'
import { credentialFolder } from './credential-folder.ts'
import { CredentialFile, loginKey } from './credential-file.ts'
import type { StoredLogin } from './stored-login.ts'

const login: StoredLogin = {
  url: 'https://a.example/mcp',
  issuer: {
    issuer: 'https://auth.example',
    tokenEndpoint: 'https://auth.example/token',
    revocationEndpoint: null,
    authMethods: [],
  },
  client: { id: 'c', secret: null, authMethod: 'none' },
  resource: null,
  tokens: { accessToken: 'canary-access', refreshToken: 'canary-refresh', expiresAt: 5, scope: 'a b' },
  since: 1,
}

let folder = ''
let path = ''
beforeEach(() => {
  folder = join(newFolder(), 'state', 'codecell')
  path = join(folder, 'credentials.json')
})
afterEach(() => vi.unstubAllEnvs())

const store = async (key = 'a'): Promise<void> => await new CredentialFile(folder).update(key, () => login)

const modeOf = (file: string): string => (statSync(file).mode & 0o777).toString(8)

function problem(): string {
  try {
    new CredentialFile(folder).read()
    return ''
  } catch (error) {
    return error instanceof Error ? error.message : ''
  }
}

describe('the file with the logins', () => {
  test('is private, in a private folder, and complete after each change', async () => {
    await store('a')
    const one = new CredentialFile(folder)
    expect(one.read()).toEqual(new Map([['a', login]]))
    await store('b')
    expect([...one.read().keys()]).toEqual(['a', 'b'])
    await one.update('a', () => undefined)
    expect([...new CredentialFile(folder).read().keys()]).toEqual(['b'])
    expect([modeOf(path), modeOf(folder)]).toEqual(['600', '700'])
    expect(readdirSync(folder).sort()).toEqual(['credentials.json', 'credentials.lock'])
  })

  test('keeps the changes of all writers at once', async () => {
    await Promise.all(['a', 'b', 'c', 'd'].map(store))
    expect([...new CredentialFile(folder).read().keys()].sort()).toEqual(['a', 'b', 'c', 'd'])
  })

  test.each([
    ['others can read it', () => chmodSync(path, 0o640), 'other users can read it; run: chmod 600'],
    ['it is a symbolic link', () => (renameSync(path, `${path}.x`), symlinkSync(`${path}.x`, path)), 'it is a link'],
    ['it is a broken link', () => (renameSync(path, `${path}.x`), symlinkSync('nowhere', path)), 'it is a link'],
    ['it is a hard link', () => linkSync(path, `${path}.x`), 'it is a link'],
    ['it is a folder', () => (renameSync(path, `${path}.x`), mkdirSync(path)), 'not a regular file'],
    ['it is newer', () => writeFileSync(path, '{"version":2,"canary":1}'), 'expected version 1 of the format, got 2'],
    ['it is damaged', () => writeFileSync(path, '{"version":1, canary'), 'expected a JSON object'],
  ])('is refused and not changed when %s', async (_, change, expected) => {
    await store()
    change()
    const before = readdirSync(folder).sort()
    expect(problem()).toContain(`Cannot read the logins in "${path}": `)
    expect(problem()).toContain(expected)
    expect(problem()).not.toContain('canary')
    await expect(store('b')).rejects.toThrow(expected)
    expect(readdirSync(folder).sort()).toEqual(before)
  })

  test('is not stored in a folder that others can write to, or that is a link', async () => {
    await store()
    chmodSync(folder, 0o770)
    await expect(store('b')).rejects.toThrow(`other users can write to "${folder}"; run: chmod 700`)
    chmodSync(folder, 0o700)
    renameSync(folder, `${folder}-x`)
    symlinkSync(`${folder}-x`, folder)
    await expect(store('b')).rejects.toThrow('is not a folder, or is a link')
  })

  test('skips a login that is malformed', async () => {
    await store()
    const content = JSON.parse(readFileSync(path, 'utf8'))
    content.logins.b = { ...login, tokens: { accessToken: 1 } }
    writeFileSync(path, JSON.stringify(content))
    expect([...new CredentialFile(folder).read().keys()]).toEqual(['a'])
  })
})

test.each([
  [{ CODECELL_HOME: '/own', XDG_STATE_HOME: '/state' }, '/own'],
  [{ CODECELL_HOME: '', XDG_STATE_HOME: '/state' }, '/state/codecell'],
])('the folder of %j is %s', (env, expected) => {
  expect(credentialFolder(env)).toBe(expected)
})

test('the key of a login has the whole URL of the server and the configured client', () => {
  expect(loginKey('https://A.example/mcp?x=1#y', undefined)).toBe('https://a.example/mcp?x=1')
  expect(loginKey('https://a.example', 'c')).toBe('https://a.example/ c')
})

describe('with CODECELL_KEYCHAIN', () => {
  /** A keychain of libsecret that keeps its secret in a file. */
  function fakeKeychain(): string {
    const bin = newFolder()
    const tool = join(bin, 'secret-tool')
    writeFileSync(
      tool,
      `#!/bin/sh\ncase "$1" in lookup) cat "${bin}/secret" 2>/dev/null ;; store) cat > "${bin}/secret" ;; esac\n`,
      { mode: 0o755 },
    )
    return tool
  }

  test.skipIf(process.platform !== 'linux')(
    'the logins are encrypted, and can be read with the keychain only',
    async () => {
      vi.stubEnv('CODECELL_KEYCHAIN', '1')
      vi.stubEnv('PATH', `${dirname(fakeKeychain())}:/usr/bin:/bin`)
      await new CredentialFile(folder).update('a', () => login)
      expect(readFileSync(path, 'utf8')).not.toMatch(/canary|auth\.example/)
      expect(new CredentialFile(folder).read()).toEqual(new Map([['a', login]]))
      vi.stubEnv('PATH', newFolder())
      expect(() => new CredentialFile(folder).read()).toThrow('the keychain has no secret of codecell')
      await expect(new CredentialFile(folder).update('b', () => login)).rejects.toThrow('the keychain has no')
    },
  )
})
