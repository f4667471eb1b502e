import { CodecellError } from '../../errors.ts'
import { defaultEngine } from '../../protocol/default-engine.ts'
import { engineLabels, engineNamed, engineNames, type EngineName } from '../../protocol/engine-name.ts'
import type { SessionStore } from '../../storage/session-store.ts'
import type { SessionOptions } from '../api/session-options.ts'
import { callListener } from '../common/call-listener.ts'
import { chooseEngine, type EngineListener } from '../hosts/choose-engine.ts'
import { localPoolOf } from '../hosts/host-pool.ts'

/**
 * Returns the engine of the cells of a session: that on record, else the chosen one, else that of its hosts.
 *
 * @throws {CodecellError} `SESSION_INVALID` for another engine than that on record; `INVALID_OPTION` when the hosts cannot have it
 */
export function sessionEngineOf(options: SessionOptions, store: SessionStore): EngineName {
  const recorded = recordedEngineOf(store)
  const engine = recorded ?? chosenEngineOf(options)
  const { hosts, engine: choice = 'auto' } = options
  if (recorded !== null && choice !== 'auto' && choice !== recorded) throw otherEngine(store.id, recorded, choice)
  const pool = hosts === undefined ? null : localPoolOf(hosts)
  if (pool === null || pool.canHave(engine)) return engine
  if (recorded !== null) throw otherEngine(store.id, recorded, pool.engineName)
  const text = `Cannot use engine "${engine}" with these hosts: they have ${engineLabels[pool.engineName]} only`
  throw new CodecellError('INVALID_OPTION', text, {
    details: { option: 'engine', value: engine, expected: `"${pool.engineName}"` },
  })
}

function chosenEngineOf({ engine, hosts, onWarning }: SessionOptions): EngineName {
  if (hosts !== undefined && (engine === undefined || engine === 'auto')) return localPoolOf(hosts).engineName
  return chooseEngine(engine ?? defaultEngine, listenerOf(onWarning))
}

function listenerOf(onWarning: SessionOptions['onWarning']): EngineListener | undefined {
  if (onWarning === undefined) return undefined
  return (taken) => callListener('onWarning', () => onWarning({ type: 'engine_taken', ...taken }))
}

/** Returns the engine on record; null for a session without one. Sessions from before there was a choice have V8. */
function recordedEngineOf(store: SessionStore): EngineName | null {
  const { id, engine = null, cellCount } = store
  if (engine === null) return cellCount > 0 ? 'v8' : null
  const known = engineNamed(engine)
  if (known !== null) return known
  const reason = `it runs on the engine "${engine}", expected ${engineNames.join(' or ')}; use a newer version of codecell`
  throw new CodecellError('SESSION_INVALID', `Cannot open session "${id}": ${reason}`)
}

function otherEngine(id: string, recorded: EngineName, given: EngineName): CodecellError {
  const labels = `it runs on ${engineLabels[recorded]}, and ${engineLabels[given]} cannot resume its cells`
  return new CodecellError(
    'SESSION_INVALID',
    `Cannot open session "${id}" with engine "${given}": ${labels}; open it with engine "${recorded}" or "auto", or start another session`,
  )
}
