import { CodecellError } from '../../errors.ts'
import type { EngineName } from '../../protocol/engine-name.ts'
import type { EnginePrint } from '../../protocol/engine-print.ts'
import { protocolVersion } from '../../protocol/message.ts'
import { endText } from './crash-attribution.ts'
import { startBuildTransport } from './process/child-transport.ts'
import type { HostBuild } from './process/host-command.ts'

/** Maximum duration of the start of a host, in milliseconds. */
const startMs = 30_000

/** The engine and the protocol version of the hosts of a build. */
export type ReadBuild = { readonly engine: EnginePrint; readonly version: number }

/**
 * Starts a host of a build with an engine once, and returns what it reports. Null is the build of this process. A build that does not
 * know the engine reports V8.
 *
 * @throws {CodecellError} `HOST_START_FAILED` when the host does not start, or does not report its engine
 */
export async function readHostBuild(build: HostBuild | null, engineName: EngineName): Promise<ReadBuild> {
  const needs = { profile: 'default', engineName, memoryMb: 64, timeZone: 'UTC', locale: 'en-US' } as const
  await using transport = startBuildTransport(needs, build)
  const { promise, resolve, reject } = Promise.withResolvers<ReadBuild>()
  const fail = (reason: string): void =>
    reject(new CodecellError('HOST_START_FAILED', `Cannot start a host: ${reason}`))
  const timer = setTimeout(() => fail(`it did not start within ${startMs} ms`), startMs)
  transport.listen((messages) => {
    for (const message of messages) {
      if (message.type !== 'ready') continue
      const { engine, version } = message
      if (engine === null) fail('it does not report its engine')
      else resolve({ engine, version })
    }
  })
  void transport.ended.then((end) => fail(end.type === 'lost' ? `${endText(end)}: ${end.detail}` : endText(end)))
  transport.send({ type: 'hello', version: protocolVersion, spares: 0, memoryMb: needs.memoryMb })
  try {
    return await promise
  } finally {
    clearTimeout(timer)
  }
}
