import type { Session } from '../../src/index.ts'

/** A session that passes everything on to another one, for tests and benches that put something in between. */
export function passedOn(session: Session): Session {
  return {
    id: session.id,
    pendingApprovals: (cellId) => session.pendingApprovals(cellId),
    decide: (key, decision) => session.decide(key, decision),
    ledger: (cellId) => session.ledger(cellId),
    revert: (cellId) => session.revert(cellId),
    catalogue: session.catalogue,
    setTools: (tools) => session.setTools(tools),
    execute: (source, options) => session.execute(source, options),
    observe: (cellId, options) => session.observe(cellId, options),
    terminate: (cellId, options) => session.terminate(cellId, options),
    follow: (cellId, options) => session.follow(cellId, options),
    cells: () => session.cells(),
    endingOf: (cellId) => session.endingOf(cellId),
    keepOutput: (cellId, text, options) => session.keepOutput(cellId, text, options),
    keptOutput: (cellId) => session.keptOutput(cellId),
    keptOutputs: () => session.keptOutputs(),
    close: () => session.close(),
    [Symbol.asyncDispose]: () => session.close(),
  }
}
