import { limitText } from '../protocol/cell-limits.js';
import { eventOf, into, limitNameOf, out } from './bridge.js';
import { loadSource } from './source.js';
/** How long an isolate that was thrown away may go on before it counts as stuck, in milliseconds. */
const stopMs = 250;
/** One cell in the host: commands go in one after the other, events come out, until a result or a termination. */
export class Cell {
    limits;
    #isolate;
    #listener;
    #phase = { type: 'running' };
    #inFlight = 0;
    #handled = 0;
    /** When this cell last did something that can be seen, by `performance.now()`. */
    #lastSign = performance.now();
    #slice = { cpuMs: 0, processMs: 0 };
    constructor(isolate, limits, listener) {
        this.#isolate = isolate;
        this.limits = limits;
        this.#listener = listener;
        isolate.attach(this);
    }
    start({ time, seed, body }) {
        this.#isolate.configure({ time, seed, limits: this.limits });
        this.#listener.event({ type: 'started' });
        const loaded = loadSource(this.#isolate, body);
        if (loaded.type === 'ready')
            return this.#await(this.#isolate.run());
        this.#end(loaded.type === 'rejected'
            ? { type: 'rejected', body: loaded.errorText }
            : { type: 'failed', limit: null, body: loaded.errorText });
    }
    handle(command) {
        if (this.#phase.type === 'over')
            return;
        switch (command.type) {
            case 'tool_response':
                return this.#await(this.#isolate.receive(into.toolResponse, command.id, command.time, command.body));
            case 'tool_error':
                return this.#await(this.#isolate.receive(into.toolError, command.id, command.time, command.body));
            case 'timeout_fired':
                return this.#await(this.#isolate.receive(into.timeoutFired, command.id, command.time, ''));
            case 'terminate':
                this.#phase = { type: 'over' };
                return this.#stop();
            default:
                return command;
        }
    }
    /** A rejection may belong to any promise of the cell, so only the fact that the call returned counts. */
    #await(running) {
        if (this.#inFlight++ === 0) {
            this.#slice = { cpuMs: this.#isolate.cpuMs, processMs: processCpuMs() };
            this.#lastSign = performance.now();
        }
        running.then(() => this.#returned(), () => this.#returned());
    }
    #returned() {
        this.#inFlight--;
        this.#handled++;
        this.#lastSign = performance.now();
        if (this.#phase.type === 'over') {
            if (this.#inFlight === 0)
                this.#listener.stopped();
            return;
        }
        if (this.#phase.type === 'ending')
            return this.#end(this.#phase.result);
        if (this.#isolate.isDisposed)
            return this.fail('memory', this.limits.memoryMb, this.limits.memoryMb);
        this.#listener.handled(this.#handled);
    }
    emitted(emission) {
        this.#lastSign = performance.now();
        if (this.#phase.type === 'over')
            return;
        switch (emission.kind) {
            case out.done:
                this.#phase = { type: 'ending', result: { type: 'completed' } };
                return;
            case out.failed:
                this.#phase = { type: 'ending', result: { type: 'failed', limit: null, body: withoutPrelude(emission.b) } };
                return;
            case out.exit:
                return this.#end({ type: 'completed' });
            case out.limit:
                return this.#end({ type: 'failed', limit: limitNameOf(emission.a), body: emission.b });
            default: {
                const event = eventOf(emission);
                if (event !== null)
                    this.#listener.event(event);
            }
        }
    }
    fence() {
        return this.#listener.fence();
    }
    lost(message) {
        if (this.#phase.type !== 'over')
            this.#listener.event(this.#limitResult('memory', this.limits.memoryMb, this.limits.memoryMb));
        this.#phase = { type: 'over' };
        this.#listener.stuck(message);
    }
    /** Ends the cell because it passed a limit. */
    fail(limit, max, observed) {
        this.#end(this.#limitResult(limit, max, observed));
    }
    #limitResult(limit, max, observed) {
        return { type: 'failed', limit, body: limitText(limit === 'memory' ? 'memory_mb' : limit, max, observed) };
    }
    #end(result) {
        this.#phase = { type: 'over' };
        this.#listener.event(result);
        this.#stop();
    }
    #stop() {
        this.#isolate.dispose();
        if (this.#inFlight === 0)
            return this.#listener.stopped();
        const timer = setTimeout(() => {
            if (this.#inFlight > 0)
                this.#listener.stuck('the program cannot be interrupted');
        }, stopMs);
        timer.unref();
    }
    /** Ends the cell if it has used up its processor time, or has been silent for too long while it ran. */
    checkTime() {
        if (this.#inFlight === 0 || this.#phase.type === 'over')
            return;
        const { cpuMs, processMs } = this.#slice;
        // The isolate's own figure counts waiting for a core as work; the process cannot have worked more than it says.
        const used = cpuMs + Math.min(this.#isolate.cpuMs - cpuMs, processCpuMs() - processMs);
        if (used > this.limits.cpuMs)
            return this.fail('cpu_ms', this.limits.cpuMs, Math.round(used));
        const silent = performance.now() - this.#lastSign;
        if (silent > this.limits.stallMs)
            this.fail('stall_ms', this.limits.stallMs, Math.round(silent));
    }
    get isBusy() {
        return this.#inFlight > 0;
    }
}
function processCpuMs() {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
}
/** The frames of the prelude say nothing to whoever wrote the cell. */
function withoutPrelude(errorText) {
    if (!errorText.includes('codecell:prelude'))
        return errorText;
    return errorText.replace(/\n {4}at [^\n]*codecell:prelude[^\n]*/g, '');
}
//# sourceMappingURL=cell.js.map