import type { CellEvent } from '../protocol/event.ts';
/**
 * Remembers how many events a cell has emitted and a fingerprint of them, so that a replay can be told from the original:
 * the events that were seen already are passed over, and a replay that takes another way is noticed.
 */
export declare class EventTrail {
    #private;
    /** The next event of a run. `fresh`: not seen before. `repeated`: pass over it. `diverged`: the replay went wrong. */
    follow(event: CellEvent): 'fresh' | 'repeated' | 'diverged';
    /** The cell runs again from its start. */
    rewind(): void;
}
//# sourceMappingURL=event-trail.d.ts.map