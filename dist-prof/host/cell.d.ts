import { type CellLimitName, type CellLimits } from '../protocol/cell-limits.ts';
import type { Command } from '../protocol/command.ts';
import type { CellEvent } from '../protocol/event.ts';
import { type Emitted } from './bridge.ts';
import type { Isolate, IsolateListener } from './isolate.ts';
/** What a cell tells the runtime around it. */
export interface CellListener {
    event(event: CellEvent): void;
    /** One more command has been handled with its micro-tasks. */
    handled(count: number): void;
    fence(): Promise<void>;
    /** The isolate is gone. */
    stopped(): void;
    /** The isolate does not stop. */
    stuck(reason: string): void;
}
/** One cell in the host: commands go in one after the other, events come out, until a result or a termination. */
export declare class Cell implements IsolateListener {
    #private;
    readonly limits: CellLimits;
    constructor(isolate: Isolate, limits: CellLimits, listener: CellListener);
    start({ time, seed, body }: Extract<Command, {
        readonly type: 'start';
    }>): void;
    handle(command: Exclude<Command, {
        readonly type: 'start' | 'preload';
    }>): void;
    emitted(emission: Emitted): void;
    fence(): Promise<void>;
    lost(message: string): void;
    /** Ends the cell because it passed a limit. */
    fail(limit: CellLimitName, max: number, observed: number): void;
    /** Ends the cell if it has used up its processor time, or has been silent for too long while it ran. */
    checkTime(): void;
    get isBusy(): boolean;
}
//# sourceMappingURL=cell.d.ts.map