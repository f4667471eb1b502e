import type { Session } from '../../src/index.ts'

/** Returns a session that forwards everything to another one, so that tests and benches can override members. */
export function passedOn(session: Session): Session {
  return {
    id: session.id,
    ...(session.engine === undefined ? {} : { engine: session.engine }),
    pendingApprovals: (cellId) => session.pendingApprovals(cellId),
    decide: (key, decision) => session.decide(key, decision),
    provideResult: (key, result, options) => session.provideResult(key, result, options),
    ledger: (cellId) => session.ledger(cellId),
    revert: (cellId) => session.revert(cellId),
    catalogue: session.catalogue,
    setTools: (tools) => session.setTools(tools),
    execute: (source, options) => session.execute(source, options),
    observe: (cellId, options) => session.observe(cellId, options),
    terminate: (cellId, options) => session.terminate(cellId, options),
    follow: (cellId, options) => session.follow(cellId, options),
    cells: () => session.cells(),
    close: () => session.close(),
    [Symbol.asyncDispose]: () => session.close(),
  }
}
