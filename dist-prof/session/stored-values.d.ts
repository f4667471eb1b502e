import type { Limits } from './limits.ts';
/** The values that cells of a session share through `store` and `load`, as JSON text by key. */
export declare class StoredValues {
    #private;
    /** What a cell that starts now sees. It never changes afterwards. */
    snapshot(): ReadonlyMap<string, string>;
    /** How much may still be added, in the measure that cells count in. */
    roomWithin({ storedBytes, storedKeys }: Limits): {
        storedBytes: number;
        storedKeys: number;
    };
    /** Merges what one cell wrote: only its own keys, the later commit wins (contract V3, V6). */
    commit(writes: ReadonlyMap<string, string>): void;
}
//# sourceMappingURL=stored-values.d.ts.map