import type { Journal } from '../journal/journal.ts';
import type { JournaledCommand } from '../protocol/command.ts';
import type { CellEvent } from '../protocol/event.ts';
import type { FromHost } from '../protocol/message.ts';
import type { HostedCell, HostLoss } from './host.ts';
import type { HostPool } from './host-pool.ts';
/** What a running cell tells the session's side of it. */
export interface RuntimeListener {
    event(event: CellEvent): void;
    /** All commands so far have been handled: only a new one can make the cell move again. */
    idle(): void;
}
export type RuntimePlace = {
    readonly pool: HostPool;
    /** The session, when it does not share hosts with others. */
    readonly owner: object | null;
    readonly catalogue: {
        readonly id: number;
        readonly json: string;
    };
};
/**
 * A cell's runtime as the session sees it: always there. It runs on some host; when that host dies it is revived on
 * another by replaying its journal, and what it emitted before is passed over.
 */
export declare class CellRuntime implements HostedCell {
    #private;
    readonly memoryMb: number;
    constructor(journal: Journal, place: RuntimePlace, listener: RuntimeListener);
    /** Runs the cell on the next free host. */
    start(): void;
    /** Gives the cell a command; it is on the journal from here on. */
    send(command: JournaledCommand): void;
    get isBusy(): boolean;
    heard(message: FromHost): void;
    lost(loss: HostLoss): void;
    /** Stops the cell for good. Resolves when nothing of it runs any more; a host that does not obey is killed. */
    terminate(): Promise<void>;
}
//# sourceMappingURL=cell-runtime.d.ts.map