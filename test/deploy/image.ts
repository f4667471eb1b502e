import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { chmodSync, copyFileSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { CliResult } from '../support/cli.ts'

const repository = fileURLToPath(new URL('../..', import.meta.url))

/** Returns the reason why this process cannot create namespaces; null when it can. */
export function namespacesProblem(): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'expected root on Linux'
  const { status } = spawnSync('unshare', ['--mount', '--pid', '--fork', 'setpriv', '--version'], { stdio: 'ignore' })
  return status === 0 ? null : 'expected unshare and setpriv of util-linux, and the right to create namespaces'
}

/** The content of the image of `examples/deploy/Dockerfile`, made by its steps. */
export class Image implements Disposable {
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  static build(): Image {
    // Not below /tmp, which containers replace.
    const folder = mkdtempSync('/var/tmp/codecell-image-')
    chmodSync(folder, 0o755)
    run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], repository)
    const [tarball = ''] = readdirSync(folder)
    renameSync(join(folder, tarball), join(folder, 'codecell.tgz'))
    copyFileSync(join(repository, 'examples/deploy/package.json'), join(folder, 'package.json'))
    run('npm', ['install', '--omit=dev', '--no-audit', '--no-fund', '--prefer-offline'], folder)
    copyFileSync(process.execPath, join(folder, 'node'))
    return new Image(folder)
  }

  /** Runs `codecell` as the image does: as process 1 and user 10001, without rights, on a read-only file system with an empty /tmp. */
  start(args: readonly string[]): ContainerRun {
    const mounts = 'mount -o remount,bind,ro / && mount -t tmpfs tmpfs /tmp && mount -t proc proc /proc && cd /tmp'
    const user = '--reuid=10001 --regid=10001 --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all'
    const program = `${this.#folder}/node ${this.#folder}/node_modules/codecell/bin/codecell.js "$@"`
    const script = `${mounts} && exec setpriv ${user} env -i HOME=/tmp NODE_ENV=production ${program}`
    const namespaces = ['--mount', '--pid', '--fork', '--kill-child', '--propagation=private']
    return new ContainerRun(spawn('unshare', [...namespaces, 'sh', '-c', script, 'sh', ...args], { stdio: 'pipe' }))
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true })
  }
}

/** A process of an image. */
export class ContainerRun implements AsyncDisposable {
  readonly result: Promise<CliResult>
  readonly #unshare: ChildProcess
  #out = ''
  #err = ''

  constructor(unshare: ChildProcess) {
    this.#unshare = unshare
    unshare.stdout?.on('data', (chunk: Buffer) => (this.#out += chunk.toString()))
    unshare.stderr?.on('data', (chunk: Buffer) => (this.#err += chunk.toString()))
    this.result = new Promise((resolve) => {
      unshare.on('close', (code) => resolve({ code, out: this.#out, err: this.#err }))
    })
  }

  get err(): string {
    return this.#err
  }

  /** The id of process 1 of the container, as seen from outside; 0 when there is none. */
  get pid(): number {
    return childrenOf(this.#unshare.pid ?? 0)[0]?.pid ?? 0
  }

  /** The processes of the container except process 1, with the state of the kernel: `Z` for a process that was not waited for. */
  get children(): readonly ProcessState[] {
    return childrenOf(this.pid)
  }

  /** Sends a signal to process 1. Returns false when it has ended. */
  kill(signal: NodeJS.Signals): boolean {
    const { pid } = this
    try {
      return pid !== 0 && process.kill(pid, signal)
    } catch {
      // It ended after it was found.
      return false
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The kernel has forgotten to end process 1 with unshare, because its user has changed.
    this.kill('SIGKILL')
    this.#unshare.kill('SIGKILL')
    await this.result
  }
}

type ProcessState = { readonly pid: number; readonly state: string }

function childrenOf(parent: number): readonly ProcessState[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const [, state = '', ppid] = /\) (\S) (\d+)/.exec(statOf(name)) ?? []
      return Number(ppid) === parent ? [{ pid: Number(name), state }] : []
    })
}

function statOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return ''
  }
}

function run(command: string, args: readonly string[], cwd: string): void {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}\n${stderr}`)
}
