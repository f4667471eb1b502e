import type { SessionStore, StoredCell } from '../../src/storage/session-store.ts'

/** Returns everything that a session can read from its store, without times and tokens of openings. */
export function readsOf(store: SessionStore): unknown {
  const ids = Array.from({ length: store.cellCount }, (_, at) => String(at + 1))
  const requests = ['q1', 'q2', 'last', ...ids.map((id) => `r${id}`)]
  return {
    cellCount: store.cellCount,
    storedValues: byKey(store.storedValues),
    endings: [...store.endings()],
    retained: [...store.retainedOutputs()],
    client: store.clientState?.() ?? null,
    notices: store.notices?.() ?? [],
    grants: store.approvals.grants().toSorted((left, right) => nameOf(left) - nameOf(right)),
    started: requests.map((request) => store.cellStartedBy(request)),
    responses: ids.flatMap((id) => requests.map((request) => store.responseTo(request, id) ?? null)),
    approvals: ids.map((id) =>
      store.approvals.ofCell(id).map(({ call, decidedAt, ...record }) => ({
        call,
        ...record,
        isDecided: decidedAt !== null,
        input: store.approvals.inputOf(id, call),
      })),
    ),
    ledger: store.ledger(null).map(({ startedAt, endedAt, key, deferral, ...entry }) => ({
      ...entry,
      deferral: deferral === null ? null : { ...deferral, at: 0 },
      provided: store.ledgerOf(entry.cellId)?.provided(Number(entry.callId.slice('tool-'.length))) ?? null,
      key: key.replace(/~\w+$/, ''),
      isStarted: startedAt !== null,
      isEnded: endedAt !== null,
      revertible: store.ledgerOf(entry.cellId)?.revertible(Number(entry.callId.slice('tool-'.length))) ?? null,
    })),
    cells: store.unfinished().map(cellReads),
  }
}

function nameOf({ cellId }: { readonly cellId: string | null }): number {
  return Number(cellId ?? 0)
}

function byKey(values: ReadonlyMap<string, string>): readonly (readonly [string, string])[] {
  return [...values].toSorted(([left], [right]) => (left < right ? -1 : 1))
}

function cellReads({ store, state, storedValues, start, ...cell }: StoredCell): unknown {
  // A program that has ended does not read its values again, and a folder does not keep them.
  if (state.type === 'finished') return { ...cell, state }
  const journal = store.journal(start)
  const { responses, firedTimers, recordedTimers, ...memory } = state.memory
  return {
    ...cell,
    start,
    storedValues: byKey(storedValues),
    memory: {
      ...memory,
      responses: [...responses],
      firedTimers: [...firedTimers],
      recordedTimers: [...recordedTimers],
    },
    engine: journal.engine,
    commands: [...journal.commands()],
    prints: Buffer.from(journal.fingerprints.bytesFrom(0)).toString('base64'),
    outputs: [1, 2, 3].map((output) => knownOutput(() => journal.retainedOutput(output, unknownOutput))),
  }
}

/** Returns an output that the cell has loaded. */
function knownOutput(read: () => string | null): string | null {
  try {
    return read()
  } catch {
    return 'not loaded'
  }
}

function unknownOutput(): never {
  throw new TypeError('not loaded')
}
