import { chmodSync, existsSync, linkSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { isRecord } from '../../../src/protocol/json.ts'
import { runCodex } from '../../../test/codex-cli/codex-run.ts'
import { scenarios } from '../../../test/codex-cli/scenarios.ts'
import type { Reference } from '../install-reference.ts'
import type { WireMessage } from '../reference-connection.ts'
import type { Facts } from '../track/facts.ts'
import type { Part } from '../track/track-part.ts'
import { FieldTable, fieldPaths } from './field-paths.ts'
import { framesIn } from './frames.ts'

/** The messages between the agent and its host over the framed protocol, in the scenarios. Not on Windows. */
export const hostMessages: Part = {
  name: 'messages',
  title: 'Messages between the agent and its host',
  isTimed: true,
  async collect(reference): Promise<Facts> {
    const fields = new FieldTable()
    for (const scenario of Object.values(scenarios)) {
      const relay = createRelay(reference)
      try {
        await runCodex({ ...scenario, codex: relay.codex, protocol: 'framed' })
        for (const message of relay.messages('client')) addMessage(fields, 'client', message)
        for (const message of relay.messages('host')) addMessage(fields, 'host', message)
      } finally {
        relay.remove()
      }
    }
    return fields.facts()
  },
}

/** The messages before the first request have their values as facts, the others their fields. */
function addMessage(fields: FieldTable, side: string, message: WireMessage): void {
  const type = String(message['type'])
  if (type.startsWith('connection/')) return fields.add(`${side}: ${type}`, [JSON.stringify(message, null, 1)])
  const inner = isRecord(message['request']) ? message['request'] : {}
  const method = inner['method'] ?? inner['type']
  fields.add(typeof method === 'string' ? `${side}: ${type} ${method}` : `${side}: ${type}`, fieldPaths(message, 5))
}

type Relay = {
  readonly codex: string
  readonly messages: (side: 'client' | 'host') => readonly WireMessage[]
  readonly remove: () => void
}

/** The agent starts only a host in its own folder: here a script that copies all bytes to files. */
function createRelay({ codex, host }: Reference): Relay {
  const folder = mkdtempSync(join(dirname(codex), 'relay-'))
  const logOf = (side: string): string => join(folder, `${side}.log`)
  const script = join(folder, basename(host))
  linkSync(codex, join(folder, basename(codex)))
  writeFileSync(script, `#!/bin/sh\ntee -a '${logOf('client')}' | '${host}' "$@" | tee -a '${logOf('host')}'\n`)
  chmodSync(script, 0o755)
  return {
    codex: join(folder, basename(codex)),
    // An agent whose model never calls exec does not start its host.
    messages: (side) => (existsSync(logOf(side)) ? framesIn(readFileSync(logOf(side))) : []),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
