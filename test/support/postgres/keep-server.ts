import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PostgresServer } from './postgres-server.ts'

// node keep-server.ts <folder of the run>
// Runs the server that all test files of a run share, until the run ends, however it ends.

const [folder = ''] = process.argv.slice(2)
const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'))

function publish(result: { readonly url: string } | { readonly error: string }): void {
  const path = join(folder, 'server.json')
  writeFileSync(`${path}.new`, JSON.stringify({ ...result, pid: process.pid }))
  renameSync(`${path}.new`, path)
}

function isRunning(): boolean {
  try {
    process.kill(pid, 0)
    return existsSync(folder)
  } catch {
    return false
  }
}

try {
  const server = await PostgresServer.start()
  const timer = setInterval(() => {
    if (isRunning()) return
    clearInterval(timer)
    void server.stop()
  }, 300)
  publish({ url: server.url() })
} catch (error) {
  if (isRunning()) publish({ error: String(error) })
}
