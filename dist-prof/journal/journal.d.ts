import type { Command, JournaledCommand } from '../protocol/command.ts';
/** Everything that decides what a cell does: how it started, and the commands it was given since, in order. */
export declare class Journal {
    #private;
    readonly start: Extract<Command, {
        readonly type: 'start';
    }>;
    /** What `load` finds in the cell. */
    readonly storedValues: ReadonlyMap<string, string>;
    constructor(start: Extract<Command, {
        readonly type: 'start';
    }>, storedValues: ReadonlyMap<string, string>);
    append(command: JournaledCommand): void;
    get commands(): readonly JournaledCommand[];
    /** All commands from the first on, in the order in which a host has to get them. */
    replay(): Generator<Command>;
}
//# sourceMappingURL=journal.d.ts.map