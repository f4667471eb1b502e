import { ProtocolError, ProtocolErrorCode, type Server } from '@modelcontextprotocol/server'
import type { ClientSession } from './client-session.ts'

const outputs = 'codecell://output/'
const traces = 'codecell://trace/'

/** What responses had no room for, and, where the server records, what happened in cells. */
export function offerResources(server: Server, client: () => ClientSession): void {
  server.setRequestHandler('resources/list', () => ({ resources: [...keptOutputs(client()), ...cellTraces(client())] }))
  server.setRequestHandler('resources/templates/list', () => ({
    resourceTemplates: [
      { uriTemplate: `${outputs}{cell}`, name: 'Output that an answer had no room for', mimeType: 'text/plain' },
      ...(client().trace === null
        ? []
        : [{ uriTemplate: `${traces}{cell}`, name: 'What happened in a cell', mimeType: 'text/plain' }]),
    ],
  }))
  server.setRequestHandler('resources/read', async ({ params: { uri } }) => {
    const text = await textOf(client(), uri)
    if (text === null) throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'There is no such resource')
    return { contents: [{ uri, mimeType: 'text/plain', text }] }
  })
}

type Resource = { readonly uri: string; readonly name: string; readonly mimeType: string; readonly size?: number }

function keptOutputs({ session }: ClientSession): Resource[] {
  return (session?.keptOutputs() ?? []).map(({ cellId, text }) => ({
    uri: `${outputs}${cellId}`,
    name: `Output of cell ${cellId}`,
    mimeType: 'text/plain',
    size: Buffer.byteLength(text),
  }))
}

function cellTraces({ trace }: ClientSession): Resource[] {
  return (trace?.cells() ?? []).map((cellId) => ({
    uri: `${traces}${cellId}`,
    name: `What happened in cell ${cellId}`,
    mimeType: 'text/plain',
  }))
}

async function textOf({ session, trace }: ClientSession, uri: string): Promise<string | null> {
  if (uri.startsWith(outputs)) return session?.keptOutput(uri.slice(outputs.length)) ?? null
  return uri.startsWith(traces) ? ((await trace?.read(uri.slice(traces.length))) ?? null) : null
}
