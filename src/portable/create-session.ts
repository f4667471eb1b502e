import type { Session, SessionOptions as CoreOptions } from '../session/api/session-options.ts'
import { createSession as createCoreSession } from '../session/create-session.ts'
import { disposeWith } from '../session/session-internals.ts'
import { createHostPool, type HostPoolOptions } from './create-host-pool.ts'

/**
 * The options of a session in memory, and either `hosts`, a pool that several sessions share, or `wasm` and `worker` of a pool of its
 * own.
 */
export type SessionOptions = Omit<CoreOptions, 'storage' | 'store' | 'isolation' | 'engine' | 'engineChange'> &
  Partial<Pick<HostPoolOptions, 'wasm' | 'worker'>>

/**
 * Creates a session in memory, and waits until a host runs.
 *
 * @throws {CodecellError} `INVALID_OPTION` for an unknown option or an invalid value; `HOST_START_FAILED` when no host starts
 * @throws The reason of `signal` when it is aborted already.
 * @example
 * ```ts
 * await using session = await createSession({ wasm, tools: [{ name: 'six', call: () => 6 }] })
 * console.log(await session.execute('text(await tools.six() * 7)'))
 * ```
 */
export async function createSession(options: SessionOptions): Promise<Session> {
  const { wasm, worker, ...others } = options
  if (wasm === undefined) return await createCoreSession(others)
  const hosts = createHostPool({ wasm, ...(worker === undefined ? {} : { worker }) })
  try {
    const session = await createCoreSession({ ...others, hosts })
    disposeWith(session, hosts)
    return session
  } catch (error) {
    await hosts[Symbol.asyncDispose]()
    throw error
  }
}
