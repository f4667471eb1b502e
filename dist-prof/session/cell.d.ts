import { type ObserverOptions } from './observer.ts';
import type { Outcome } from './outcome.ts';
import type { CellContext } from './cell-context.ts';
/** One cell on the session's side: everything of it that outlives a host. */
export declare class Cell {
    #private;
    readonly id: string;
    constructor(id: string, context: CellContext);
    /** Starts the program and observes it. */
    start(options: ObserverOptionsOfCaller): Promise<Outcome>;
    /** Waits for the next response. Throws `CELL_BUSY` while somebody else does. */
    observe(options: ObserverOptionsOfCaller): Promise<Outcome>;
    /** Stops the cell wherever it is. A result that is there already is handed over instead (contract L6). */
    terminate(): Promise<Outcome>;
}
export type ObserverOptionsOfCaller = Pick<ObserverOptions, 'yieldTimeMs' | 'signal' | 'preempt'>;
/** The answer about a cell that is not there (contract 3.2). */
export declare function missing(cellId: string, startedAt: number): Outcome;
//# sourceMappingURL=cell.d.ts.map