import { spawn, type ChildProcess } from 'node:child_process'
import { createServer } from 'node:net'
import { type ListedServer, listedServers, programOf } from './server-list.ts'

/** The servers that run over HTTP, with the URL of each by name. */
export type WebServers = AsyncDisposable & { readonly urls: ReadonlyMap<string, string> }

/** Starts the servers that are reached over HTTP, on loopback. They end when the result is disposed. */
export async function startWebServers(installed: string): Promise<WebServers> {
  const children: ChildProcess[] = []
  const starts = listedServers.map(async (server): Promise<[string, string][]> => {
    if (server.web === undefined) return []
    const port = await freePort()
    const child = spawn(process.execPath, [programOf(server, installed), server.web.transport], {
      env: { PATH: process.env['PATH'], PORT: String(port) },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    children.push(child)
    await listening(child, server)
    return [[server.name, `http://127.0.0.1:${port}/${server.web.path}`]]
  })
  const end = async (): Promise<void> => {
    await Promise.all(children.map((child) => ended(child)))
  }
  try {
    return { urls: new Map((await Promise.all(starts)).flat()), [Symbol.asyncDispose]: end }
  } catch (error) {
    await end()
    throw error
  }
}

/** Returns a port that is free at the moment. These servers cannot choose one themselves. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new TypeError('The server has no port')
  return address.port
}

/** Resolves when a server writes that it accepts connections. */
async function listening({ stderr }: ChildProcess, { name }: ListedServer): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let said = ''
    stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk
      if (/on port/.test(said)) resolve()
    })
    stderr?.on('end', () => reject(new Error(`Server ${name} has exited: ${said}`)))
  })
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  await new Promise((resolve) => {
    child.once('exit', resolve)
    child.kill('SIGKILL')
  })
}
