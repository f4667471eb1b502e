import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, Socket, type Server } from 'node:net'
import type { HostNeeds } from '../../../src/session/hosts/host-placer.ts'
import { hostCommand } from '../../../src/session/hosts/host-command.ts'
import { portOf } from './port-of.ts'

/** Runs a host process for each connection, and passes bytes. A process ends with its connection. */
export class HostServer implements AsyncDisposable {
  readonly port: number
  readonly #server: Server
  readonly #needs: HostNeeds
  readonly #hosts = new Set<ChildProcess>()

  private constructor(server: Server, needs: HostNeeds) {
    this.#server = server
    this.#needs = needs
    this.port = portOf(server)
    server.on('connection', (socket) => this.#serve(socket))
  }

  static async start(needs: HostNeeds): Promise<HostServer> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new HostServer(server, needs)
  }

  #serve(socket: Socket): void {
    const { command, args, env } = hostCommand(this.#needs)
    // The built program starts faster.
    const built = args.map((arg) => arg.replace(/src\/host\/main\.ts$/, 'dist/host/main.js'))
    const host = spawn(command, built, { env, stdio: ['ignore', 'ignore', 'ignore', 'pipe'] })
    const channel = host.stdio[3]
    this.#hosts.add(host)
    socket.on('error', () => undefined)
    socket.on('close', () => host.kill('SIGKILL'))
    host.on('close', () => {
      this.#hosts.delete(host)
      socket.destroy()
    })
    if (!(channel instanceof Socket)) return
    channel.on('error', () => undefined)
    socket.pipe(channel).pipe(socket)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    const hosts = [...this.#hosts]
    const ended = hosts.map((host) => once(host, 'close'))
    for (const host of hosts) host.kill('SIGKILL')
    await Promise.all(ended)
  }
}
