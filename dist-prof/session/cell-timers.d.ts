/**
 * The timers of one cell. They live with the session, so they outlast the host. Timers that are due fire in order of due
 * time, equal ones in order of creation (contract T2a).
 */
export declare class CellTimers {
    #private;
    constructor(fire: (id: number) => void);
    /** Timers that have not fired. */
    get size(): number;
    /** `delayMs` counts from now. */
    set(id: number, delayMs: number): void;
    clear(id: number): void;
    clearAll(): void;
}
//# sourceMappingURL=cell-timers.d.ts.map