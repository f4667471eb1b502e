import { CodecellError } from '../errors.js';
import { limitText } from '../protocol/cell-limits.js';
import { CellTimers } from './cell-timers.js';
import { NestedCalls } from './nested-calls.js';
import { Notifications } from './notifications.js';
import { Observer } from './observer.js';
/** One cell on the session's side: everything of it that outlives a host. */
export class Cell {
    id;
    #context;
    #listener = { event: (event) => this.#heard(event), idle: () => this.#idle() };
    #runtime;
    #output;
    #calls;
    #timers;
    #notifications;
    #writes = new Map();
    #phase = { type: 'running', observer: null };
    #isStarted = false;
    #isStalled = false;
    #isMended = false;
    #lastTime;
    constructor(id, context) {
        this.id = id;
        this.#context = context;
        this.#lastTime = context.startedAt;
        this.#output = context.makeOutput();
        this.#timers = new CellTimers((timer) => {
            this.#runtime.send({ type: 'timeout_fired', time: this.#now(), id: timer });
        });
        this.#calls = new NestedCalls({
            cellId: id,
            execCallId: context.execCallId,
            catalogue: context.catalogue,
            limits: context.limits,
            answered: (call, { type, body }) => this.#runtime.send({ type, time: this.#now(), id: call, body }),
        });
        this.#notifications = new Notifications((text, options) => context.notify({ cellId: id, execCallId: context.execCallId, text }, options), { timeoutMs: context.limits.notificationTimeoutMs });
        this.#runtime = context.makeRuntime(this.#listener);
    }
    /** Starts the program and observes it. */
    start(options) {
        const response = this.observe(options);
        this.#runtime.start();
        return response;
    }
    /** Commands of a cell never go back in time, whatever the clock of the machine does. */
    #now() {
        this.#lastTime = Math.max(this.#lastTime, Date.now());
        return this.#lastTime;
    }
    /** Waits for the next response. Throws `CELL_BUSY` while somebody else does. */
    async observe(options) {
        const phase = this.#phase;
        switch (phase.type) {
            case 'finished':
                return this.#claim(phase.ending, performance.now());
            case 'terminating':
            case 'closed':
                return missing(this.id, performance.now());
            case 'running':
            case 'finishing': {
                if (phase.observer !== null) {
                    throw new CodecellError('CELL_BUSY', `exec cell ${this.id} already has an active observer`);
                }
                const observer = this.#makeObserver(options);
                this.#phase = { ...phase, observer };
                if (this.#isStarted)
                    observer.arm();
                if (this.#isStalled && phase.type === 'running')
                    this.#yield();
                return observer.response;
            }
            default:
                return phase;
        }
    }
    #makeObserver({ yieldTimeMs, signal, preempt }) {
        return new Observer({
            yieldTimeMs,
            signal,
            preempt,
            maxYieldTimeMs: this.#context.maxYieldTimeMs,
            onDue: () => this.#yield(),
            onAbandoned: () => void this.#releaseObserver(),
        });
    }
    /** Takes the observer away from the cell, to be answered. */
    #releaseObserver() {
        const phase = this.#phase;
        if (phase.type !== 'running' && phase.type !== 'finishing')
            return null;
        this.#phase = { ...phase, observer: null };
        return phase.observer;
    }
    #yield() {
        const observer = this.#releaseObserver();
        if (observer === null)
            return;
        const items = this.#output.take();
        const stalled = this.#isStalled && this.#phase.type === 'running';
        observer.answer({ type: 'yielded', cellId: this.id, items, stalled, durationMs: since(observer.startedAt) });
    }
    #heard(event) {
        if (this.#phase.type !== 'running')
            return;
        switch (event.type) {
            case 'started':
                this.#isStarted = true;
                return this.#phase.observer?.arm();
            case 'text':
                return this.#add({ type: 'input_text', text: event.body });
            case 'image':
                return this.#add({ type: 'input_image', image_url: event.body, detail: event.detail });
            case 'audio':
                return this.#add({ type: 'input_audio', audio_url: event.body });
            case 'yield_requested':
                return this.#yield();
            case 'tool_call':
                if (!this.#calls.make(event.id, event.tool, event.body))
                    this.#breach(`a call of "${event.tool}"`);
                return;
            case 'timer_set':
                return this.#timers.set(event.id, event.delay);
            case 'timer_cleared':
                return this.#timers.clear(event.id);
            case 'notify':
                return this.#notifications.send(event.body);
            case 'stored':
                this.#writes.set(event.key, event.body);
                return;
            case 'rejected':
                return void this.#mend(event.body);
            case 'completed':
                return this.#finish({ errorText: null, limit: null });
            case 'failed':
                return this.#finish({ errorText: event.body, limit: event.limit });
            default:
                return event;
        }
    }
    /** What does not compile as JavaScript may be TypeScript: then it runs without its types. Nothing has run yet. */
    async #mend(errorText) {
        const stripped = this.#isMended ? null : await this.#context.stripTypes();
        this.#isMended = true;
        if (this.#phase.type !== 'running')
            return;
        if (stripped?.type === 'stripped') {
            this.#runtime = this.#context.makeRuntime(this.#listener, stripped.source);
            return this.#runtime.start();
        }
        const text = stripped?.type === 'unsupported' ? `SyntaxError: ${stripped.reason}` : errorText;
        this.#finish({ errorText: text, limit: null });
    }
    #add(item) {
        this.#output.add(item);
        const { outputBytes } = this.#context.limits;
        if (this.#output.bytes <= outputBytes)
            return;
        this.#fail(limitText('output_bytes', outputBytes, this.#output.bytes), 'output_bytes');
    }
    /** The host said something about this cell that no cell can do. */
    #breach(what) {
        this.#fail(`exec runtime ended unexpectedly: its host reported ${what}, which is not possible`, null);
    }
    /** Ends the cell from this side. */
    #fail(errorText, limit) {
        void this.#runtime.terminate();
        this.#finish({ errorText, limit });
    }
    /** Every command has been handled. If nothing is under way either, nothing will ever move this cell again. */
    #idle() {
        this.#isStalled = this.#phase.type === 'running' && this.#calls.size === 0 && this.#timers.size === 0;
        const { deadlock } = this.#context;
        if (deadlock === 'wait')
            this.#isStalled = false;
        if (!this.#isStalled)
            return;
        if (deadlock === 'fail')
            return this.#fail(deadlockText, null);
        this.#yield();
    }
    /** The program is over: its calls are cancelled, its notifications delivered, then its stored values count. */
    #finish(ending) {
        const phase = this.#phase;
        if (phase.type !== 'running')
            return;
        this.#phase = { type: 'finishing', observer: phase.observer, ending };
        this.#calls.cancel();
        this.#timers.clearAll();
        this.#notifications.whenDrained(() => this.#settle(ending));
    }
    #settle(ending) {
        if (this.#phase.type !== 'finishing')
            return;
        this.#context.commit(this.#writes);
        const observer = this.#releaseObserver();
        this.#phase = { type: 'finished', ending };
        observer?.answer(this.#claim(ending, observer.startedAt));
    }
    #claim(ending, startedAt) {
        this.#close();
        const base = { cellId: this.id, items: this.#output.take(), durationMs: since(startedAt) };
        const { errorText, limit } = ending;
        return errorText === null ? { type: 'completed', ...base } : { type: 'failed', ...base, errorText, limit };
    }
    /** Stops the cell wherever it is. A result that is there already is handed over instead (contract L6). */
    async terminate() {
        const startedAt = performance.now();
        const phase = this.#phase;
        switch (phase.type) {
            case 'finished':
                return this.#claim(phase.ending, startedAt);
            case 'terminating':
                throw new CodecellError('CELL_TERMINATING', `exec cell ${this.id} is already terminating`);
            case 'closed':
                return missing(this.id, startedAt);
            case 'running':
            case 'finishing':
                return await this.#terminate(phase.observer, startedAt);
            default:
                return phase;
        }
    }
    async #terminate(observer, startedAt) {
        this.#phase = { type: 'terminating' };
        this.#calls.cancel();
        this.#timers.clearAll();
        this.#notifications.cancel();
        await this.#runtime.terminate();
        this.#close();
        const base = { type: 'terminated', cellId: this.id };
        // Unread output goes to one caller only: to whoever asked for the end.
        observer?.answer({ ...base, items: [], durationMs: since(observer.startedAt) });
        return { ...base, items: this.#output.take(), durationMs: since(startedAt) };
    }
    #close() {
        this.#phase = { type: 'closed' };
        this.#context.closed(this.id);
    }
}
const deadlockText = 'the script can make no progress any more: it awaits a promise that no tool call, timer or other event will settle';
/** The answer about a cell that is not there (contract 3.2). */
export function missing(cellId, startedAt) {
    return { type: 'missing', cellId, errorText: `exec cell ${cellId} not found`, durationMs: since(startedAt) };
}
function since(startedAt) {
    return performance.now() - startedAt;
}
//# sourceMappingURL=cell.js.map