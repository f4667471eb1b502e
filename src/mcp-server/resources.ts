import { ProtocolError, ProtocolErrorCode, type Server } from '@modelcontextprotocol/server'
import type { Session } from '../session/api/session-options.ts'
import type { RetainedOutputs } from '../session/services/retained-outputs.ts'
import { internalsOf } from '../session/session-internals.ts'
import type { ClientSession } from './client-session.ts'

const outputs = 'codecell://output/'
const traces = 'codecell://trace/'

/** Serves retained output and, if the server records, the traces of cells. */
export function offerResources(server: Server, client: () => ClientSession): void {
  server.setRequestHandler('resources/list', () => ({
    resources: [...retainedOutputs(client()), ...cellTraces(client())],
  }))
  server.setRequestHandler('resources/templates/list', () => ({
    resourceTemplates: [
      { uriTemplate: `${outputs}{cell}`, name: 'Output that a response truncated', mimeType: 'text/plain' },
      ...(client().trace === null
        ? []
        : [{ uriTemplate: `${traces}{cell}`, name: 'Trace of a cell', mimeType: 'text/plain' }]),
    ],
  }))
  server.setRequestHandler('resources/read', async ({ params: { uri } }) => {
    const text = await textOf(client(), uri)
    if (text === null) throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'Unknown resource')
    return { contents: [{ uri, mimeType: 'text/plain', text }] }
  })
}

type Resource = { readonly uri: string; readonly name: string; readonly mimeType: string; readonly size?: number }

function retainedOutputs({ session }: ClientSession): Resource[] {
  return (outputsOf(session)?.list() ?? []).map(({ cellId, text }) => ({
    uri: `${outputs}${cellId}`,
    name: `Output of cell ${cellId}`,
    mimeType: 'text/plain',
    size: Buffer.byteLength(text),
  }))
}

function cellTraces({ trace }: ClientSession): Resource[] {
  return (trace?.cells() ?? []).map((cellId) => ({
    uri: `${traces}${cellId}`,
    name: `Trace of cell ${cellId}`,
    mimeType: 'text/plain',
  }))
}

async function textOf({ session, trace }: ClientSession, uri: string): Promise<string | null> {
  if (uri.startsWith(outputs)) return outputsOf(session)?.get(uri.slice(outputs.length))?.text ?? null
  return uri.startsWith(traces) ? ((await trace?.read(uri.slice(traces.length))) ?? null) : null
}

function outputsOf(session: Session | null): RetainedOutputs | null {
  return session === null ? null : (internalsOf(session)?.retainedOutputs ?? null)
}
