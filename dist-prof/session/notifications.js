/** The notifications of one cell: delivered one at a time, in the order in which they were sent. */
export class Notifications {
    #deliver;
    #timeoutMs;
    #waiting = [];
    #abort = new AbortController();
    #delivering = false;
    #drained = null;
    constructor(deliver, { timeoutMs }) {
        this.#deliver = deliver;
        this.#timeoutMs = timeoutMs;
    }
    get isDelivering() {
        return this.#delivering;
    }
    send(text) {
        this.#waiting.push(text);
        if (!this.#delivering)
            void this.#run();
    }
    /** Calls back, once, when nothing is left to deliver; at once when that is now. */
    whenDrained(callback) {
        if (this.#delivering)
            this.#drained = callback;
        else
            callback();
    }
    /** Drops what has not been delivered and gives up what is being delivered. */
    cancel() {
        this.#waiting.length = 0;
        this.#drained = null;
        this.#abort.abort(new DOMException('code mode notification cancelled', 'AbortError'));
    }
    async #run() {
        this.#delivering = true;
        for (let text = this.#waiting.shift(); text !== undefined; text = this.#waiting.shift())
            await this.#one(text);
        this.#delivering = false;
        this.#drained?.();
        this.#drained = null;
    }
    async #one(text) {
        const timeout = AbortSignal.timeout(this.#timeoutMs);
        const signal = AbortSignal.any([this.#abort.signal, timeout]);
        const given = Promise.withResolvers();
        signal.addEventListener('abort', () => given.resolve());
        try {
            await Promise.race([this.#deliver(text, { signal }), given.promise]);
        }
        catch {
            // A notification that cannot be delivered is no error of the cell (contract N2).
        }
    }
}
//# sourceMappingURL=notifications.js.map