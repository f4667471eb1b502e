import { effectiveYieldTimeMs } from '../protocol/yield-time.js';
/** Node cuts longer delays to a millisecond. */
const longestDelayMs = 2 ** 31 - 1;
/** Someone who waits for the next response of a cell: until it comes, the time is over, or they lose interest. */
export class Observer {
    response;
    startedAt = performance.now();
    #settle;
    #reject;
    #options;
    #listeners = new AbortController();
    #timer = null;
    constructor(options) {
        this.#options = options;
        const { promise, resolve, reject } = Promise.withResolvers();
        this.response = promise;
        this.#settle = resolve;
        this.#reject = reject;
        this.#follow();
    }
    #follow() {
        const { signal, preempt, onDue, onAbandoned } = this.#options;
        const once = { once: true, signal: this.#listeners.signal };
        const abandon = () => {
            this.#close();
            onAbandoned();
            this.#reject(signal?.reason);
        };
        if (signal?.aborted === true)
            queueMicrotask(abandon);
        else
            signal?.addEventListener('abort', abandon, once);
        if (preempt?.aborted === true)
            queueMicrotask(onDue);
        else
            preempt?.addEventListener('abort', onDue, once);
    }
    /** The yield time begins to run (contract L3, A6). */
    arm() {
        if (this.#timer !== null || this.#listeners.signal.aborted)
            return;
        const { yieldTimeMs, maxYieldTimeMs, onDue } = this.#options;
        const delay = Math.min(effectiveYieldTimeMs(maxYieldTimeMs, yieldTimeMs), longestDelayMs);
        this.#timer = setTimeout(onDue, delay);
    }
    answer(outcome) {
        this.#close();
        this.#settle(outcome);
    }
    fail(error) {
        this.#close();
        this.#reject(error);
    }
    #close() {
        if (this.#timer !== null)
            clearTimeout(this.#timer);
        this.#listeners.abort();
    }
}
//# sourceMappingURL=observer.js.map