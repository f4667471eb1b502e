/** One limit: what holds when nothing is said, and the range of what may be said. */
type LimitRange = {
    readonly default: number;
    readonly min: number;
    readonly max: number;
};
export type LimitName = 'memoryMb' | 'cpuMs' | 'stallMs' | 'sourceBytes' | 'outputBytes' | 'errorBytes' | 'toolCalls' | 'pendingToolCalls' | 'argumentBytes' | 'resultBytes' | 'toolTimeoutMs' | 'jsonDepth' | 'notifications' | 'notificationBytes' | 'notificationTimeoutMs' | 'storedValueBytes' | 'storedBytes' | 'storedKeys' | 'timers' | 'cells';
/** Every limit of a session. `docs/limits.md` has the same table with what happens at each edge; a test compares them. */
export declare const limitRanges: {
    readonly [name in LimitName]: LimitRange;
};
export type Limits = {
    readonly [name in LimitName]: number;
};
/** The limits with the defaults filled in. Throws `INVALID_OPTION` for an unknown name or a value out of range. */
export declare function resolveLimits(given?: Partial<Limits>): Limits;
export {};
//# sourceMappingURL=limits.d.ts.map