import { CodecellError } from '../errors.js';
import { protocolVersion } from '../protocol/message.js';
const memoryWatchMs = 20;
const heartbeatMs = 1000;
/** How long a host may leave a ping unanswered: long, because a loaded machine is no reason to kill it. */
const silenceMs = 8000;
const startMs = 30_000;
/** Signals by which V8 ends a process that it cannot carry on with. */
const crashSignals = new Set(['SIGTRAP', 'SIGSEGV', 'SIGABRT', 'SIGILL', 'SIGBUS', 'SIGFPE', 'SIGSYS']);
/** One host from the session's side: its cells, its health, and who is to blame when it dies. */
export class Host {
    ready;
    solo;
    #options;
    #transport;
    #cells = new Map();
    #catalogues = new Set();
    #started = Promise.withResolvers();
    #phase = { type: 'starting' };
    #nextCell = 1;
    #idleBytes = 0;
    #memoryWatch = null;
    #heartbeat = null;
    #lastPong = performance.now();
    constructor(transport, options) {
        this.#transport = transport;
        this.#options = options;
        this.solo = options.solo;
        this.ready = this.#started.promise;
        // Whoever waits for `ready` hears of a failure; nobody has to.
        this.ready.catch(() => undefined);
        transport.listen((messages) => {
            for (const message of messages)
                this.#heard(message);
        });
        void transport.ended.then((end) => this.#ended(end));
        transport.send({ type: 'hello', version: protocolVersion, spares: options.spares, memoryMb: options.memoryMb });
        const timer = setTimeout(() => this.condemn('it did not start in time', null), startMs);
        timer.unref();
        void this.ready.then(() => clearTimeout(timer), () => clearTimeout(timer));
    }
    get isReady() {
        return this.#phase.type === 'ready';
    }
    get isGone() {
        return this.#phase.type === 'condemned' || this.#phase.type === 'gone';
    }
    /** Cells that run here. */
    get load() {
        return this.#cells.size;
    }
    /** Takes a cell in; what the cell sends from now on names it by the returned number. */
    adopt(cell, catalogue) {
        if (this.#cells.size === 0)
            this.#idleBytes = this.#transport.residentBytes() ?? 0;
        if (!this.#catalogues.has(catalogue.id)) {
            this.#catalogues.add(catalogue.id);
            this.#transport.send({ type: 'catalogue', catalogue: catalogue.id, body: catalogue.json });
        }
        const id = this.#nextCell++;
        this.#cells.set(id, cell);
        this.#watch();
        return id;
    }
    forgetCatalogue(catalogue) {
        if (this.#catalogues.delete(catalogue))
            this.#transport.send({ type: 'forget_catalogue', catalogue });
    }
    send(message) {
        if (!this.isGone)
            this.#transport.send(message);
    }
    #heard(message) {
        switch (message.type) {
            case 'ready':
                if (message.version !== protocolVersion)
                    return this.condemn('it is of another version', null);
                this.#phase = { type: 'ready' };
                this.#idleBytes = this.#transport.residentBytes() ?? 0;
                return this.#started.resolve();
            case 'pong':
                this.#lastPong = performance.now();
                return;
            case 'stuck': {
                const culprit = this.#cells.get(message.cell);
                return this.condemn(`a cell on it could not be stopped: ${message.body}`, culprit ?? null);
            }
            case 'stopped': {
                const cell = this.#cells.get(message.cell);
                this.#cells.delete(message.cell);
                if (this.#cells.size === 0)
                    this.#rest();
                return cell?.heard(message);
            }
            default:
                return this.#cells.get(message.cell)?.heard(message);
        }
    }
    #watch() {
        this.#memoryWatch ??= setInterval(() => this.#checkMemory(), memoryWatchMs);
        this.#memoryWatch.unref();
        if (this.#heartbeat !== null)
            return;
        this.#lastPong = performance.now();
        this.#transport.send({ type: 'ping', id: 1 });
        this.#heartbeat = setInterval(() => this.#checkPulse(), heartbeatMs);
        this.#heartbeat.unref();
    }
    #rest() {
        if (this.#memoryWatch !== null)
            clearInterval(this.#memoryWatch);
        if (this.#heartbeat !== null)
            clearInterval(this.#heartbeat);
        this.#memoryWatch = null;
        this.#heartbeat = null;
    }
    /** isolated-vm's own limit is a guideline; what the process occupies is the truth. */
    #checkMemory() {
        const resident = this.#transport.residentBytes();
        if (resident === null)
            return;
        const used = (resident - this.#idleBytes) / 1024 / 1024;
        if (used <= this.#memoryAllowance())
            return;
        const [only] = this.#cells.values();
        this.condemn('it used too much memory', this.#cells.size === 1 && only !== undefined ? only : null, Math.round(used));
    }
    /** Half again what the greediest cell may use, and a share for each further one; a cell alone is judged exactly. */
    #memoryAllowance() {
        let largest = 0;
        for (const cell of this.#cells.values())
            largest = Math.max(largest, cell.memoryMb);
        return largest * 1.5 + 48 * (this.#cells.size - 1);
    }
    #checkPulse() {
        const silent = performance.now() - this.#lastPong;
        if (silent > silenceMs)
            this.condemn('it stopped answering', null);
        else
            this.#transport.send({ type: 'ping', id: 1 });
    }
    /** Kills the host. Its cells hear `lost` once the process is gone, so nothing of theirs runs twice. */
    condemn(reason, culprit, memoryMb = null) {
        if (this.isGone)
            return;
        this.#phase = { type: 'condemned', reason, culprit, memoryMb };
        this.#rest();
        this.#transport.kill();
    }
    #ended(end) {
        const phase = this.#phase;
        this.#phase = { type: 'gone' };
        this.#rest();
        const reason = phase.type === 'condemned' ? phase.reason : end.type === 'lost' ? end.reason : 'it was closed';
        const detail = end.type === 'lost' && end.detail !== '' ? `: ${end.detail}` : '';
        this.#started.reject(new CodecellError('HOST_START_FAILED', `Cannot start a host: ${reason}${detail}`));
        const cells = [...this.#cells.values()];
        this.#cells.clear();
        this.#options.onGone(this);
        const judge = phase.type === 'condemned' ? judgeCondemned(phase, cells) : judgeLoss(end, cells);
        const memoryMb = phase.type === 'condemned' ? phase.memoryMb : null;
        for (const cell of cells)
            cell.lost({ role: judge(cell), reason, memoryMb });
    }
    async dispose() {
        this.#phase = { type: 'gone' };
        this.#rest();
        await this.#transport[Symbol.asyncDispose]();
    }
}
/** We killed it: the culprit is known, or it is one of those that were running. */
function judgeCondemned(phase, cells) {
    if (phase.culprit !== null)
        return (cell) => (cell === phase.culprit ? 'guilty' : 'innocent');
    return suspects(cells);
}
/** It died: a crash with one cell running is that cell's work; a kill from outside is nobody's until it repeats. */
function judgeLoss(end, cells) {
    const busy = cells.filter((cell) => cell.isBusy);
    const crashed = end.type === 'lost' && (crashSignals.has(end.cause) || typeof end.cause !== 'string');
    if (crashed && busy.length === 1)
        return (cell) => (cell === busy[0] ? 'guilty' : 'innocent');
    return suspects(cells);
}
function suspects(cells) {
    const anyBusy = cells.some((cell) => cell.isBusy);
    return (cell) => (cell.isBusy || !anyBusy ? 'suspect' : 'innocent');
}
//# sourceMappingURL=host.js.map