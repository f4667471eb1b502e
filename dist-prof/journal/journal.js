/** Everything that decides what a cell does: how it started, and the commands it was given since, in order. */
export class Journal {
    start;
    /** What `load` finds in the cell. */
    storedValues;
    #commands = [];
    constructor(start, storedValues) {
        this.start = start;
        this.storedValues = storedValues;
    }
    append(command) {
        this.#commands.push(command);
    }
    get commands() {
        return this.#commands;
    }
    /** All commands from the first on, in the order in which a host has to get them. */
    *replay() {
        for (const [key, body] of this.storedValues)
            yield { type: 'preload', key, body };
        yield this.start;
        yield* this.#commands;
    }
}
//# sourceMappingURL=journal.js.map