import type { Outcome } from './outcome.ts';
export type ObserverOptions = {
    readonly yieldTimeMs: number;
    readonly maxYieldTimeMs: number | null;
    readonly signal: AbortSignal | null;
    readonly preempt: AbortSignal | null;
    /** The observer wants its answer now. */
    readonly onDue: () => void;
    /** The observer's caller went away. */
    readonly onAbandoned: () => void;
};
/** Someone who waits for the next response of a cell: until it comes, the time is over, or they lose interest. */
export declare class Observer {
    #private;
    readonly response: Promise<Outcome>;
    readonly startedAt: number;
    constructor(options: ObserverOptions);
    /** The yield time begins to run (contract L3, A6). */
    arm(): void;
    answer(outcome: Outcome): void;
    fail(error: unknown): void;
}
//# sourceMappingURL=observer.d.ts.map