import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The values of `http.retries` before the task, by the number of the file. They must be those of `maxRetries` now. */
const wanted = {
  10: 4,
  11: 3,
  13: 3,
  14: 5,
  17: 3,
  18: 1,
  20: 6,
  21: 2,
  22: 2,
  23: 2,
  24: 3,
  '02': 3,
  '03': 4,
  '05': 1,
  '08': 5,
}

/** The number of settings `queue.retries`, which must stay. */
const queues = 16

export function check({ folder }) {
  const config = join(folder, 'files', 'config')
  const found = {}
  let kept = 0
  for (const name of readdirSync(config).sort()) {
    const { http, queue } = JSON.parse(readFileSync(join(config, name), 'utf8'))
    if (http.retries !== undefined) return { pass: false, reason: `${name} still has http.retries` }
    if (http.timeout === undefined) return { pass: false, reason: `${name} has lost http.timeout` }
    if (http.maxRetries !== undefined) found[name.slice(4, 6)] = http.maxRetries
    if (queue?.retries !== undefined) kept++
  }
  if (kept !== queues) return { pass: false, reason: `expected ${queues} settings queue.retries, got ${kept}` }
  const isSame = JSON.stringify(found) === JSON.stringify(wanted)
  return isSame
    ? { pass: true }
    : { pass: false, reason: `the values of http.maxRetries differ: ${JSON.stringify(found)}` }
}
