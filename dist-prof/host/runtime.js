import { protocolVersion } from '../protocol/message.js';
import { Cell } from './cell.js';
import { SpareIsolates } from './spare-isolates.js';
/** How often running cells are measured, in milliseconds. */
const watchMs = 10;
/** The host: holds isolates, runs cells in them, and knows nothing else. One for a process. */
export class HostRuntime {
    #outlet;
    #cells = new Map();
    #preloads = new Map();
    #spares = null;
    #pending = [];
    #handled = new Map();
    #flushing = false;
    #behind = false;
    #watch = null;
    constructor(outlet) {
        this.#outlet = outlet;
    }
    receive(message) {
        switch (message.type) {
            case 'hello':
                this.#spares = new SpareIsolates({ size: message.spares, memoryMb: message.memoryMb });
                return this.#post({ type: 'ready', version: protocolVersion, pid: process.pid });
            case 'ping':
                return this.#post({ type: 'pong', id: message.id });
            case 'catalogue':
                return this.#spares?.addCatalogue(message.catalogue, message.body);
            case 'forget_catalogue':
                return this.#spares?.forgetCatalogue(message.catalogue);
            case 'preload': {
                const preloads = this.#preloads.get(message.cell);
                if (preloads === undefined)
                    this.#preloads.set(message.cell, [[message.key, message.body]]);
                else
                    preloads.push([message.key, message.body]);
                return;
            }
            case 'start':
                return this.#start(message);
            case 'tool_response':
            case 'tool_error':
            case 'timeout_fired':
            case 'terminate':
                this.#cells.get(message.cell)?.handle(message);
                return this.#watchCells();
            default:
                return message;
        }
    }
    #start(message) {
        const id = message.cell;
        const isolate = this.#spares?.take(message.catalogue, message.limits.memoryMb);
        if (isolate === undefined)
            return;
        for (const [key, json] of this.#preloads.get(id) ?? [])
            isolate.preload(key, json);
        this.#preloads.delete(id);
        const cell = new Cell(isolate, message.limits, {
            event: (event) => this.#post({ ...event, cell: id }),
            handled: (count) => this.#postHandled(id, count),
            fence: () => this.#fence(),
            stopped: () => {
                this.#cells.delete(id);
                this.#post({ type: 'stopped', cell: id });
            },
            stuck: (reason) => this.#post({ type: 'stuck', cell: id, body: reason }),
        });
        this.#cells.set(id, cell);
        cell.start(message);
        this.#watchCells();
    }
    #post(message) {
        this.#pending.push(message);
        this.#flushSoon();
    }
    /** Only the newest count of a cell matters, and it may stand behind the events that it covers. */
    #postHandled(cell, count) {
        this.#handled.set(cell, count);
        this.#flushSoon();
    }
    #flushSoon() {
        if (this.#flushing)
            return;
        this.#flushing = true;
        // Not `nextTick`: isolated-vm calls back outside of Node's own scopes, where it does not run.
        setImmediate(() => this.#flush());
    }
    #flush() {
        this.#flushing = false;
        for (const [cell, count] of this.#handled) {
            if (this.#cells.has(cell))
                this.#pending.push({ type: 'handled', cell, count });
        }
        this.#handled.clear();
        const messages = this.#pending;
        this.#pending = [];
        if (messages.length > 0)
            this.#behind = !this.#outlet.deliver(messages);
    }
    /** A cell that says much waits here until what it said is on its way. */
    async #fence() {
        await new Promise((resolve) => setImmediate(resolve));
        if (this.#behind)
            await this.#outlet.drained();
    }
    #watchCells() {
        this.#watch ??= setInterval(() => {
            let busy = false;
            for (const cell of this.#cells.values()) {
                cell.checkTime();
                busy ||= cell.isBusy;
            }
            if (busy || this.#watch === null)
                return;
            clearInterval(this.#watch);
            this.#watch = null;
        }, watchMs);
    }
    /** Lets go of everything; for a host inside another process. */
    dispose() {
        if (this.#watch !== null)
            clearInterval(this.#watch);
        for (const cell of this.#cells.values())
            cell.handle({ type: 'terminate' });
        this.#spares?.dispose();
    }
}
//# sourceMappingURL=runtime.js.map