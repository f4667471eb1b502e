import { ChildProcess } from 'node:child_process'
import { expect, test } from 'vitest'
import { startChildTransport } from './child-transport.ts'

const options = { profile: 'default', memoryMb: 64, timeZone: 'UTC', locale: 'en-US' } as const

function systemError(code: string): Error {
  return Object.assign(new Error(`spawn node ${code}`), { code })
}

/** The two ways in which `spawn` of Node fails: it throws, or it returns a process without channels that emits `error`. */
const failures: readonly [way: string, spawn: (error: Error) => ChildProcess][] = [
  [
    'synchronously',
    (error) => {
      throw error
    },
  ],
  [
    'by an event, without channels',
    (error) => {
      const child = new ChildProcess()
      process.nextTick(() => child.emit('error', error))
      return child
    },
  ],
]

const codes: readonly [code: string, reason: string][] = [
  ['ENOENT', `it could not be started: "${process.execPath}" does not exist (ENOENT)`],
  ['EACCES', `it could not be started: "${process.execPath}" is not executable (EACCES)`],
  ['EAGAIN', 'it could not be started: the system allows no more processes (EAGAIN)'],
  ['ENOMEM', 'it could not be started: the machine has no memory for another process (ENOMEM)'],
  ['EMFILE', 'it could not be started: this process has too many open files (EMFILE)'],
  ['ENFILE', 'it could not be started: the machine has too many open files (ENFILE)'],
  ['EPIPE', 'it could not be started: spawn node EPIPE'],
]

test.each(failures.flatMap(([way, spawn]) => codes.map(([code, reason]) => ({ way, spawn, code, reason }))))(
  'a host that cannot be spawned is lost with a reason: $code, $way',
  async ({ spawn, code, reason }) => {
    const transport = startChildTransport(options, () => spawn(systemError(code)))
    transport.send({ type: 'ping', id: 1 })
    expect(await transport.ended).toMatchObject({ type: 'lost', reason, detail: '' })
    transport.kill()
    await transport[Symbol.asyncDispose]()
    expect(transport.residentBytes()).toBeNull()
  },
)
