import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { afterAll, describe } from 'vitest'
import { createHostPool } from '../../src/portable.ts'
import { startThreadWorker } from '../portable/thread-worker.ts'
import { loadCases } from './load-cases.ts'
import { testCases } from './test-cases.ts'

/** Cases that QuickJS does not pass: `Intl`, and the words of some errors. */
const otherOnQuickJs = new Set(['CM-G24', 'CM-G81', 'CM-G83', 'CM-G85', 'CM-G87'])
/** Cases with programs that loop, which block the thread of the caller until their CPU limit. */
const blocking = new Set(['CM-J08', 'CM-J32', 'CM-J38'])

const wasm = new WebAssembly.Module(readFileSync(createRequire(import.meta.url).resolve('quickjs-wasi/quickjs.wasm')))
const here = createHostPool({ wasm })
const inWorkers = createHostPool({ wasm, worker: startThreadWorker, max: 2 })
afterAll(() => Promise.all([here, inWorkers].map((hosts) => hosts[Symbol.asyncDispose]())))

const cases = loadCases()
  .filter(({ id, slow }) => !slow && !otherOnQuickJs.has(id))
  .map((each) => ({ ...each, rounds: Math.min(each.rounds, 3) }))

describe('conformance on the thread of the caller', () =>
  testCases(
    cases.filter(({ id }) => !blocking.has(id)),
    here,
  ))

describe('conformance in workers', () => testCases(cases, inWorkers))
