/** Node cuts longer delays to a millisecond. */
const longestDelayMs = 2 ** 31 - 1;
/**
 * The timers of one cell. They live with the session, so they outlast the host. Timers that are due fire in order of due
 * time, equal ones in order of creation (contract T2a).
 */
export class CellTimers {
    #fire;
    /** Sorted: the next one is first. */
    #timers = [];
    #alarm = null;
    constructor(fire) {
        this.#fire = fire;
    }
    /** Timers that have not fired. */
    get size() {
        return this.#timers.length;
    }
    /** `delayMs` counts from now. */
    set(id, delayMs) {
        const timer = { id, due: performance.now() + delayMs };
        let at = this.#timers.length;
        while (at > 0 && isLater(this.#timers[at - 1], timer))
            at--;
        this.#timers.splice(at, 0, timer);
        if (at === 0)
            this.#arm();
    }
    clear(id) {
        const at = this.#timers.findIndex((timer) => timer.id === id);
        if (at === -1)
            return;
        this.#timers.splice(at, 1);
        if (at === 0)
            this.#arm();
    }
    clearAll() {
        this.#timers.length = 0;
        this.#arm();
    }
    #arm() {
        if (this.#alarm !== null)
            clearTimeout(this.#alarm);
        const next = this.#timers[0];
        this.#alarm = next === undefined ? null : setTimeout(() => this.#ring(), delayUntil(next.due));
    }
    #ring() {
        const now = performance.now();
        // An alarm may ring a fraction of a millisecond early.
        while (this.#timers[0] !== undefined && this.#timers[0].due - now < 1) {
            const timer = this.#timers.shift();
            if (timer !== undefined)
                this.#fire(timer.id);
        }
        this.#arm();
    }
}
function isLater(timer, than) {
    return timer !== undefined && timer.due > than.due;
}
function delayUntil(due) {
    return Math.min(Math.max(Math.ceil(due - performance.now()), 0), longestDelayMs);
}
//# sourceMappingURL=cell-timers.js.map