import { randomUUID } from 'node:crypto'
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  type Stats,
} from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { isRecord } from '../../../../protocol/json.ts'
import { messageOf } from '../../../../errors.ts'
import { credentialFolder, prepareFolder } from './credential-folder.ts'
import { withFileLock } from './file-lock.ts'
import { hasModes, ownProblem } from './file-owner.ts'
import { sealerFor, type Sealer } from './sealer.ts'
import { parseStoredLogin, type StoredLogin } from './stored-login.ts'

/** The format of the file. A file of a newer one is not read or changed. */
const version = 1

/** Maximum size of the file in bytes. */
const maxBytes = 16 * 1024 * 1024

/** Maximum time to wait for another process that writes the file, in milliseconds. */
const maxWriteMs = 10_000

/** Maximum time to wait for another process that refreshes the same login, in milliseconds. */
const maxRefreshMs = 45_000

type Logins = ReadonlyMap<string, StoredLogin>

const noLogins: Logins = new Map()

/** The private file with the logins of a user. Every process of the user can read and write it at the same time. */
export class CredentialFile {
  readonly path: string
  readonly #folder: string
  readonly #sealer: Sealer
  #stamp = ''
  #logins: Logins = noLogins

  /** `folder` is the one of the user by default. */
  constructor(folder: string | null = null) {
    this.#folder = folder ?? credentialFolder()
    this.path = join(this.#folder, 'credentials.json')
    this.#sealer = sealerFor(process.env)
  }

  /** Returns the logins by key. Throws when the file cannot be used, e.g. when others can read it. */
  read(): Logins {
    const stamp = stampOf(this.path)
    if (stamp !== '' && stamp === this.#stamp) return this.#logins
    try {
      this.#logins = stamp === '' ? noLogins : this.#parse(readPrivate(this.path))
      this.#stamp = stamp
    } catch (cause) {
      throw new Error(`Cannot read the logins in "${this.path}": ${messageOf(cause)}`, { cause })
    }
    return this.#logins
  }

  /** Stores or removes a login. Other logins stay as other processes have stored them. */
  async update(key: string, change: (login: StoredLogin | undefined) => StoredLogin | undefined): Promise<void> {
    this.#prepare()
    await withFileLock(join(this.#folder, 'credentials.lock'), maxWriteMs, () => {
      const logins = new Map(this.read())
      const changed = change(logins.get(key))
      if (changed === undefined) logins.delete(key)
      else logins.set(key, changed)
      this.#write(logins)
      return Promise.resolve()
    })
  }

  /** Runs a refresh of a login while no other process refreshes it: most servers accept a refresh token once. */
  async whileAlone<Value>(key: string, action: () => Promise<Value>): Promise<Value> {
    this.#prepare()
    const name = createHash('sha256').update(key).digest('hex').slice(0, 16)
    return await withFileLock(join(this.#folder, `refresh-${name}.lock`), maxRefreshMs, action)
  }

  #prepare(): void {
    try {
      prepareFolder(this.#folder)
    } catch (cause) {
      throw new Error(`Cannot store logins: ${messageOf(cause)}`, { cause })
    }
  }

  #parse(text: string): Logins {
    const content = parseObject(text)
    if (content['version'] !== version) {
      throw new Error(`expected version ${version} of the format, got ${JSON.stringify(content['version'])}`)
    }
    const sealed = content['sealed']
    const logins = typeof sealed === 'string' ? parseObject(this.#sealer.open(sealed)) : content['logins']
    const entries = isRecord(logins) ? Object.entries(logins) : []
    return new Map(
      entries.flatMap(([key, value]): [string, StoredLogin][] => {
        const login = parseStoredLogin(value)
        return login === null ? [] : [[key, login]]
      }),
    )
  }

  #write(logins: Logins): void {
    const draft = `${this.path}.${randomUUID()}`
    const content = this.#sealer.seal(Object.fromEntries(logins))
    try {
      const file = openSync(draft, 'wx', 0o600)
      try {
        writeFileSync(file, `${JSON.stringify({ version, ...content }, null, 2)}\n`)
        fsyncSync(file)
      } finally {
        closeSync(file)
      }
      renameSync(draft, this.path)
    } catch (cause) {
      rmSync(draft, { force: true })
      throw new Error(`Cannot write the logins to "${this.path}": ${messageOf(cause)}`, { cause })
    }
  }
}

/** Returns the key of a login: the same server can have logins of several clients. */
export function loginKey(url: string, clientId: string | undefined): string {
  const target = new URL(url)
  target.hash = ''
  return clientId === undefined ? target.href : `${target.href} ${clientId}`
}

/** Returns a text that changes with the content of the file; empty without a file. */
function stampOf(path: string): string {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
  if (stat !== undefined) return `${stat.ino}:${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}`
  // A link to a missing file is refused like other links.
  return lstatSync(path, { throwIfNoEntry: false }) === undefined ? '' : 'link'
}

function readPrivate(path: string): string {
  if (lstatSync(path).isSymbolicLink()) throw new Error('it is a link')
  // Not followed even if it has become a link.
  const file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0))
  try {
    const problem = problemWith(fstatSync(file), path)
    if (problem !== null) throw new Error(problem)
    return readFileSync(file, 'utf8')
  } finally {
    closeSync(file)
  }
}

function problemWith(stat: Stats, path: string): string | null {
  if (!stat.isFile()) return 'it is not a regular file'
  if (stat.nlink > 1) return 'it is a link'
  if (stat.size > maxBytes) return `it exceeds ${maxBytes} bytes`
  const problem = ownProblem(stat)
  if (problem !== null) return `it ${problem}`
  if (hasModes && (stat.mode & 0o077) !== 0) return `other users can read it; run: chmod 600 "${path}"`
  return null
}

/** Does not quote the text in errors, which can have tokens. */
function parseObject(text: string): Readonly<Record<string, unknown>> {
  let value: unknown = null
  try {
    value = JSON.parse(text)
  } catch {
    // Reported below.
  }
  if (!isRecord(value)) throw new Error('expected a JSON object')
  return value
}
