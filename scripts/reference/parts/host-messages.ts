import { chmodSync, existsSync, linkSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { isRecord } from '../../../src/protocol/json.ts'
import { runCodex, type CodexOptions } from '../../../test/codex-cli/codex-run.ts'
import { scenarios } from '../../../test/codex-cli/scenarios.ts'
import type { Reference } from '../install-reference.ts'
import type { WireMessage } from '../reference-connection.ts'
import type { Facts } from '../track/facts.ts'
import type { Part } from '../track/track-part.ts'
import { FieldTable, fieldPaths } from './field-paths.ts'
import { framesIn } from './frames.ts'
import { grpcMessagesIn, protobufPaths } from './grpc-messages.ts'

/** The messages between the agent and its host in the scenarios, over both protocols. Not on Windows. */
export const hostMessages: Part = {
  name: 'messages',
  title: 'Messages between the agent and its host',
  isTimed: true,
  async collect(reference): Promise<Facts> {
    const fields = new FieldTable()
    for (const scenario of Object.values(scenarios)) {
      await observe(reference, fields, { ...scenario, protocol: 'framed' })
      await observe(reference, fields, { ...scenario, protocol: 'grpc' })
    }
    return fields.facts()
  },
}

async function observe(reference: Reference, fields: FieldTable, scenario: Omit<CodexOptions, 'codex'>): Promise<void> {
  const relay = createRelay(reference)
  try {
    await runCodex({ ...scenario, codex: relay.codex })
    if (scenario.protocol === 'framed') addFramed(fields, relay)
    else await addGrpc(fields, relay)
  } finally {
    relay.remove()
  }
}

function addFramed(fields: FieldTable, relay: Relay): void {
  for (const side of ['client', 'host'] as const) {
    for (const message of framesIn(relay.bytes(side))) addMessage(fields, side, message)
  }
}

async function addGrpc(fields: FieldTable, relay: Relay): Promise<void> {
  for (const { side, method, body } of await grpcMessagesIn(relay.bytes('client'), relay.bytes('host'))) {
    fields.add(`${side} (grpc): ${method}`, protobufPaths(body))
  }
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
  /** All bytes that a side has sent. */
  readonly bytes: (side: 'client' | 'host') => Buffer
  readonly remove: () => void
}

/** The agent starts only a host in its own folder: here a script that copies all bytes to files. */
function createRelay({ folder: root, codex, host }: Reference): Relay {
  const folder = mkdtempSync(join(root, 'relay-'))
  const logOf = (side: string): string => join(folder, `${side}.log`)
  const script = join(folder, basename(host))
  linkSync(codex, join(folder, basename(codex)))
  writeFileSync(script, `#!/bin/sh\ntee -a '${logOf('client')}' | '${host}' "$@" | tee -a '${logOf('host')}'\n`)
  chmodSync(script, 0o755)
  return {
    codex: join(folder, basename(codex)),
    // An agent whose model never calls exec does not start its host.
    bytes: (side) => (existsSync(logOf(side)) ? readFileSync(logOf(side)) : Buffer.alloc(0)),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
