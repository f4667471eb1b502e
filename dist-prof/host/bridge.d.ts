import type { CellLimitName } from '../protocol/cell-limits.ts';
import type { CellEvent } from '../protocol/event.ts';
/** Kinds of what the prelude sends out; `prelude.js` has the same numbers. */
export declare const out: {
    readonly text: 1;
    readonly image: 2;
    readonly audio: 3;
    readonly yield: 4;
    readonly toolCall: 5;
    readonly timerSet: 6;
    readonly timerCleared: 7;
    readonly notify: 8;
    readonly stored: 9;
    readonly done: 10;
    readonly failed: 11;
    readonly exit: 12;
    readonly limit: 13;
};
/** What the isolate asks for when it waits: to be let go on, or to be thrown away where it stands. */
export declare const waits: {
    readonly fence: 14;
    readonly park: 15;
};
/** Kinds of what goes into the prelude; `prelude.js` has the same numbers. */
export declare const into: {
    readonly catalogue: 1;
    readonly preload: 2;
    readonly configure: 3;
    readonly toolResponse: 4;
    readonly toolError: 5;
    readonly timeoutFired: 6;
};
export type Emitted = {
    readonly kind: number;
    readonly id: number;
    readonly a: string;
    readonly b: string;
};
/** What an emission means, when it is an ordinary event; the ends of a cell are `cell.ts`'s to interpret. */
export declare function eventOf({ kind, id, a, b }: Emitted): CellEvent | null;
/** The name of a limit that the prelude reports. */
export declare function limitNameOf(text: string): CellLimitName;
//# sourceMappingURL=bridge.d.ts.map