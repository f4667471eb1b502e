/** The values that cells of a session share through `store` and `load`, as JSON text by key. */
export class StoredValues {
    #values = new Map();
    #length = 0;
    /** What a cell that starts now sees. It never changes afterwards. */
    snapshot() {
        return this.#values;
    }
    /** How much may still be added, in the measure that cells count in. */
    roomWithin({ storedBytes, storedKeys }) {
        return {
            storedBytes: Math.max(storedBytes - this.#length, 0),
            storedKeys: Math.max(storedKeys - this.#values.size, 0),
        };
    }
    /** Merges what one cell wrote: only its own keys, the later commit wins (contract V3, V6). */
    commit(writes) {
        if (writes.size === 0)
            return;
        this.#values = new Map([...this.#values, ...writes]);
        this.#length = 0;
        for (const [key, json] of this.#values)
            this.#length += key.length + json.length;
    }
}
//# sourceMappingURL=stored-values.js.map